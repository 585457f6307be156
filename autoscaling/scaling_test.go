// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

var update = flag.Bool("update", false, "write the golden files")

var web = autoscaling.ECSService{
	Cluster: "shop", Service: "web",
	LoadBalancerSuffix: "app/shop/0123456789abcdef", TargetGroupSuffix: "targetgroup/web/fedcba9876543210",
	After: slipway.ID{Kind: "ecs:Service", Name: "shop/web"},
}

// fullest sets all that the builder can.
func fullest() autoscaling.Scaling {
	return autoscaling.Between(2, 20).
		WithPolicy(autoscaling.TargetTracking{
			Metric: autoscaling.CPUUtilization, Target: 60,
			ScaleInCooldown: 2 * time.Minute, ScaleOutCooldown: autoscaling.NoCooldown, DisableScaleIn: true, Name: "cpu",
		}).
		WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.MemoryUtilization, Target: 70}).
		WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.RequestsPerTarget, Target: 1000}).
		WithSuspended(autoscaling.Suspension{ScaleIn: true, ScaleOut: true, Scheduled: true}).
		WithTag("team", "shop")
}

func state(t *testing.T, s autoscaling.ServiceScaling) *model.Scaling {
	t.Helper()
	d, err := s.Build()
	require.NoError(t, err)
	got, ok := d.State.(*model.Scaling)
	require.True(t, ok)
	return got
}

func TestGolden(t *testing.T) {
	for name, s := range map[string]autoscaling.Scaling{
		"fullest": fullest(),
		"bounds":  autoscaling.Between(0, 3),
		"cpu":     autoscaling.Between(2, 20).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(state(t, s.For(web)), "", "  ")
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o750))
				require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got)+"\n")
		})
	}
}

func TestForks(t *testing.T) {
	buildertest.Fork(t, autoscaling.Between(1, 2),
		autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60},
		autoscaling.TargetTracking{Metric: autoscaling.MemoryUtilization, Target: 70},
		autoscaling.Suspension{ScaleIn: true}, autoscaling.Suspension{ScaleOut: true},
		func(*awsaas.RegisterScalableTargetInput) {})
}

func TestDrift(t *testing.T) {
	s := state(t, fullest().WithOverride(func(*awsaas.RegisterScalableTargetInput) {}).For(web))
	buildertest.Drift(t, &s.Target)
	policies := make([]any, 0, len(s.Policies))
	for i := range s.Policies {
		policies = append(policies, &s.Policies[i])
	}
	buildertest.Drift(t, policies...)
}

func TestBuildIsPure(t *testing.T) {
	s := fullest().For(web)
	first := state(t, s)
	first.Target.Tags["team"] = "changed"
	first.Policies[0].PolicyName = aws.String("changed")
	require.Equal(t, state(t, fullest().For(web)), state(t, s))
}

func TestOrder(t *testing.T) {
	d, err := autoscaling.Between(1, 2).For(web).Build()
	require.NoError(t, err)
	require.Equal(t, []slipway.ID{web.After}, d.After, "the service must exist first")

	existing := autoscaling.ECSService{Cluster: "shop", Service: "web"}
	d, err = autoscaling.Between(1, 2).For(existing).Build()
	require.NoError(t, err)
	require.Empty(t, d.After, "an existing service is waited for by nobody")
}

func TestOverrideRunsLast(t *testing.T) {
	s := autoscaling.Between(1, 2).WithOverride(func(in *awsaas.RegisterScalableTargetInput) {
		in.MaxCapacity = aws.Int32(*in.MaxCapacity + 1)
	})
	require.Equal(t, int32(3), *state(t, s.For(web)).Target.MaxCapacity)
	d, err := s.For(web).Build()
	require.NoError(t, err)
	require.Equal(t, []string{"Target.MaxCapacity"}, d.Overridden)

	wrong := s.WithOverride(func(in *awsaas.RegisterScalableTargetInput) { in.MaxCapacity = aws.Int32(0) })
	require.ErrorIs(t, wrong.For(web).Validate(), slipway.ErrInvalid, "what an override does is checked")
}

func TestCooldowns(t *testing.T) {
	for name, c := range map[string]struct {
		given time.Duration
		want  int32
	}{
		"AWS's default is sent as such":  {0, 300},
		"none is not the default":        {autoscaling.NoCooldown, 0},
		"what is given is sent":          {90 * time.Second, 90},
		"the default can also be spelt":  {autoscaling.DefaultCooldown, 300},
		"the longest that can be stored": {math.MaxInt32 * time.Second, math.MaxInt32},
	} {
		t.Run(name, func(t *testing.T) {
			s := autoscaling.Between(1, 2).WithPolicy(autoscaling.TargetTracking{
				Metric: autoscaling.CPUUtilization, Target: 60, ScaleInCooldown: c.given, ScaleOutCooldown: c.given,
			})
			got := state(t, s.For(web)).Policies[0].TargetTrackingScalingPolicyConfiguration
			require.Equal(t, c.want, *got.ScaleInCooldown)
			require.Equal(t, c.want, *got.ScaleOutCooldown)
		})
	}
}

func TestMistakes(t *testing.T) {
	cpu := autoscaling.TargetTracking{Metric: autoscaling.CPUUtilization, Target: 60}
	for name, c := range map[string]struct {
		scaling autoscaling.Scaling
		service autoscaling.ECSService
		want    string
	}{
		"bounds the wrong way round": {
			autoscaling.Between(5, 2), web, "autoscaling:Scaling/shop/web Target.MinCapacity: got 5, want at most MaxCapacity, 2",
		},
		"fewer than none": {autoscaling.Between(-1, 2), web, "Target.MinCapacity: got -1, want 0 or more"},
		"more than AWS can count": {
			autoscaling.Between(0, math.MaxInt32+1), web, "Target.MaxCapacity: got 2147483648, want a number of 32 bits",
		},
		"requests without a route": {
			autoscaling.Between(1, 2).WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.RequestsPerTarget, Target: 9}),
			autoscaling.ECSService{Cluster: "shop", Service: "web"},
			"Policies[ALBRequestCountPerTarget].Metric: got RequestsPerTarget, want a service with a route",
		},
		"a policy without a metric": {
			autoscaling.Between(1, 2).WithPolicy(autoscaling.TargetTracking{Target: 60, Name: "x"}), web, "Policies[x].Metric: got none",
		},
		"no policy at all":         {autoscaling.Between(1, 2).WithPolicy(nil), web, "Policies[0]: got nil, want a policy"},
		"two policies of one name": {autoscaling.Between(1, 2).WithPolicy(cpu).WithPolicy(cpu), web, "want a name that no other policy"},
		"a cooldown of half a second": {
			autoscaling.Between(1, 2).WithPolicy(autoscaling.TargetTracking{
				Metric: autoscaling.CPUUtilization, Target: 60, ScaleInCooldown: 500 * time.Millisecond,
			}), web, "ScaleInCooldown: got 500ms, want whole seconds",
		},
		"a service without a name": {
			autoscaling.Between(1, 2), autoscaling.ECSService{Cluster: "shop"}, "Target.ResourceId: got service/shop/, want service/<cluster>/<service>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.scaling.For(c.service).Validate()
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, slipway.ErrInvalid)
		})
	}
}

func TestPlaceholdersPass(t *testing.T) {
	cluster, group := slipway.ID{Kind: "ecs:Cluster", Name: "shop"}, slipway.ID{Kind: "elb:TargetGroup", Name: "web"}
	s := autoscaling.Between(1, 2).
		WithPolicy(autoscaling.TargetTracking{Metric: autoscaling.RequestsPerTarget, Target: 100}).
		For(autoscaling.ECSService{
			Cluster: slipway.Ref(cluster, "name"), Service: "web", After: web.After,
			LoadBalancerSuffix: slipway.Ref(group, "loadbalancer"), TargetGroupSuffix: slipway.Ref(group, "suffix"),
		})
	require.NoError(t, s.Validate())
	require.Equal(t, "autoscaling:Scaling/shop/web", s.ID().String(), "the ID holds no placeholder")
}

func TestCheck(t *testing.T) {
	require.ErrorIs(t, autoscaling.Check("text"), slipway.ErrInvalid, "an input that has no rules")
	require.ErrorContains(t, autoscaling.Check(&awsaas.PutScalingPolicyInput{
		PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
	}), "the one configuration of its type")
	require.ErrorContains(t, autoscaling.Check(&awsaas.PutScheduledActionInput{}), "ScalableTargetAction")
}
