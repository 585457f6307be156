// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

func (g ground) group() *asgtypes.AutoScalingGroup {
	g.t.Helper()
	out, err := awsasg.NewFromConfig(g.cloud.Config()).DescribeAutoScalingGroups(g.t.Context(), &awsasg.DescribeAutoScalingGroupsInput{})
	require.NoError(g.t, err)
	if len(out.AutoScalingGroups) == 0 {
		return nil
	}
	return &out.AutoScalingGroups[0]
}

// lively is a group with all parts that can be shown by a template alone.
func lively() autoscaling.Group {
	return nodes().
		WithHealthCheck(time.Minute).WithTerminationPolicies(autoscaling.OldestInstance).
		WithMaxInstanceLifetime(7*24*time.Hour).WithDefaultWarmup(0).WithCooldown(time.Minute).
		WithSuspended(autoscaling.AZRebalance).WithMetrics(autoscaling.AllGroupMetrics()...).
		WithPolicy(autoscaling.GroupTargetTracking{Metric: autoscaling.GroupCPUUtilization, Target: 60}).
		WithPolicy(autoscaling.GroupStepScaling{
			Name: "step", Alarm: autoscaling.GroupAlarm{Threshold: 70}, Steps: []autoscaling.GroupStep{{From: autoscaling.Bound(0), Change: 1}},
		}).
		WithSchedule(autoscaling.GroupCron("morning", "0 8 * * 1-5").WithTimeZone("Europe/Berlin").WithSize(1, 4)).
		WithTag("team", "web").WithPropagatedTag("Name", "node")
}

func TestGroupIsAppliedOnce(t *testing.T) {
	t.Parallel()
	for name, group := range map[string]autoscaling.Group{
		"least": autoscaling.NewGroup("nodes", node(), vpc.Default()), "two": nodes(), "lively": lively(),
		"none": nodes().WithSize(0, 0).WithDesired(0),
		"mixed": nodes().WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large"}, autoscaling.InstanceType{Name: "m5.xlarge"}).
			WithMix(autoscaling.Mix{OnDemandBase: 1}),
		"requirements": nodes().WithRequirements(autoscaling.Requirements{MinVCPUs: 4, MaxVCPUs: 8, MinMemory: 16384}).WithMix(autoscaling.Mix{OnDemandBase: 1}),
		"pool":         nodes().WithWarmPool(autoscaling.WarmPool{MinSize: 1}),
		"profile":      autoscaling.NewGroup("nodes", node().WithInstanceProfile(iam.NewInstanceProfile("node", iam.NewRole("node"))), vpc.Default()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			out := slipway.Output(g.apply(group), group)
			require.Equal(t, "nodes", out.Name)
			require.Contains(t, out.ARN, ":autoScalingGroupName/nodes")
			require.Len(t, g.group().Instances, int(*g.group().DesiredCapacity))
			before := g.cloud.Snapshot()
			g.steady(group)
			g.apply(group)
			require.Empty(t, g.cloud.Snapshot().Since(before))
		})
	}
}

// TestGroupChoosesByRequirements: the cheapest type that will do, of the image's
// architecture.
func TestGroupChoosesByRequirements(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.apply(nodes().WithRequirements(autoscaling.Requirements{MinVCPUs: 4, MinMemory: 16384, Excluded: []string{"m7a.*"}}))
	for _, i := range g.group().Instances {
		require.Regexp(t, `^m\w+\.xlarge$`, *i.InstanceType)
	}
}

func TestGroupThereAndBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(autoscaling.Group) autoscaling.Group{
		"size": func(g autoscaling.Group) autoscaling.Group { return g.WithSize(1, 3) },
		"requirements": func(g autoscaling.Group) autoscaling.Group {
			return g.WithRequirements(autoscaling.Requirements{MinVCPUs: 4, MinMemory: 16384})
		},
		"desired": func(g autoscaling.Group) autoscaling.Group { return g.WithDesired(3) },
		"hook": func(g autoscaling.Group) autoscaling.Group {
			return g.WithLifecycleHook(autoscaling.LifecycleHook{Name: "x", On: autoscaling.Launching})
		},
		"health":     func(g autoscaling.Group) autoscaling.Group { return g.WithHealthCheck(time.Minute) },
		"protection": func(g autoscaling.Group) autoscaling.Group { return g.WithScaleInProtection() },
		"terminations": func(g autoscaling.Group) autoscaling.Group {
			return g.WithTerminationPolicies(autoscaling.NewestInstance)
		},
		"rebalance": func(g autoscaling.Group) autoscaling.Group { return g.WithCapacityRebalance() },
		"lifetime":  func(g autoscaling.Group) autoscaling.Group { return g.WithMaxInstanceLifetime(48 * time.Hour) },
		"warm-up":   func(g autoscaling.Group) autoscaling.Group { return g.WithDefaultWarmup(time.Minute) },
		"cooldown":  func(g autoscaling.Group) autoscaling.Group { return g.WithCooldown(time.Minute) },
		"maintenance": func(g autoscaling.Group) autoscaling.Group {
			return g.WithMaintenance(autoscaling.Maintenance{MinHealthy: 100, MaxHealthy: 110})
		},
		"suspended": func(g autoscaling.Group) autoscaling.Group {
			return g.WithSuspended(autoscaling.AZRebalance, autoscaling.Terminate)
		},
		"schedule": func(g autoscaling.Group) autoscaling.Group {
			return g.WithSchedule(autoscaling.GroupCron("x", "0 8 * * *").WithSize(1, 4))
		},
		"metrics": func(g autoscaling.Group) autoscaling.Group {
			return g.WithMetrics(autoscaling.GroupTotalInstances, autoscaling.GroupInServiceInstances)
		},
		"tags": func(g autoscaling.Group) autoscaling.Group { return g.WithTag("a", "b").WithPropagatedTag("c", "") },
		"tracking": func(g autoscaling.Group) autoscaling.Group {
			return g.WithPolicy(autoscaling.GroupTargetTracking{Metric: autoscaling.GroupNetworkIn, Target: 1000})
		},
		"simple": func(g autoscaling.Group) autoscaling.Group {
			return g.WithPolicy(autoscaling.GroupSimpleScaling{Name: "x", Change: 1, Alarm: autoscaling.GroupAlarm{Threshold: 99}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, changed := newGround(t), change(nodes())
			g.apply(nodes())
			require.False(t, g.plan(changed).Empty())
			g.apply(changed)
			g.steady(changed)
			g.apply(nodes())
			g.steady(nodes())
		})
	}
}

func TestCapacityThatScalesIsLeftAlone(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for _, group := range []autoscaling.Group{lively(), nodes().WithExternalScaling(), autoscaling.NewGroup("nodes", node(), vpc.Default()).WithSize(0, 4)} {
		g.apply(group)
		_, err := awsasg.NewFromConfig(g.cloud.Config()).SetDesiredCapacity(t.Context(), &awsasg.SetDesiredCapacityInput{
			AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(4),
		})
		require.NoError(t, err)
		g.steady(group)
		g.apply(group.WithTag("again", "x"))
		require.Equal(t, int32(4), *g.group().DesiredCapacity)
	}
}

func TestGroupsArePrunedAndDestroyed(t *testing.T) {
	t.Parallel()
	for name, group := range map[string]autoscaling.Group{
		"two": nodes(), "lively": lively(), "protected": nodes().WithScaleInProtection(),
		"held": nodes().WithSuspended(autoscaling.Terminate), "pool": nodes().WithWarmPool(autoscaling.WarmPool{MinSize: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			g.apply(group)
			g.apply()
			require.Nil(t, g.group(), "pruned")
			g.apply(group)
			require.NoError(t, g.stack(group).Destroy(t.Context(), g.cloud.Config()))
			require.NoError(t, g.stack(group).Destroy(t.Context(), g.cloud.Config()))
			require.Nil(t, g.group(), "destroyed")
		})
	}
}

func TestGroupIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	group := nodes().WithTag("a", "b").
		WithPolicy(autoscaling.GroupSimpleScaling{Name: "x", Change: 1, Alarm: autoscaling.GroupAlarm{Threshold: 99}})
	killed(t, func(ground) {}, applied(group), func(g ground, n int) {
		g.steady(group)
		require.Len(t, g.group().Instances, 2, "after call %d", n)
	})
}

func TestAGroupThatCannotLaunchSaysWhy(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	wrong := autoscaling.NewLaunchTemplate("node", al2023).WithInstanceType("t4g.large") // the image is for x86_64
	_, err := g.stack(autoscaling.NewGroup("nodes", wrong, vpc.Default())).Apply(t.Context(), g.cloud.Config())
	require.Error(t, err)
	require.ErrorContains(t, err, "architecture")
}
