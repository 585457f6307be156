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
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/vpc"
)

// nodes is a group of two instances.
func nodes() autoscaling.Group {
	return autoscaling.NewGroup("nodes", node(), vpc.Default()).WithSize(0, 4).WithDesired(2)
}

// targetGroup is as one of package elb.
type targetGroup string

func (g targetGroup) ARN() string                   { return string(g) }
func (g targetGroup) Resources() []slipway.Resource { return nil }

const targetARN = targetGroup("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef")

// fullGroup sets all that the builder can.
func fullGroup() autoscaling.Group {
	alarm := autoscaling.GroupAlarm{Threshold: 70, Period: 2 * time.Minute, Periods: 3}
	return autoscaling.NewGroup("nodes", node(), vpc.Default()).WithSize(1, 10).WithDesired(2).
		WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large", Weight: 1}, autoscaling.InstanceType{Name: "m5.xlarge", Weight: 2}).
		WithMix(autoscaling.Mix{OnDemandBase: 1, OnDemandPercent: 25, OnDemand: autoscaling.Prioritized, Spot: autoscaling.LowestPrice, SpotPools: 3, SpotMaxPrice: "0.1"}).
		WithInstanceRefresh(autoscaling.InstanceRefresh{
			MinHealthy: 90, MaxHealthy: 110, Warmup: time.Minute, Checkpoints: []int{50, 100}, CheckpointDelay: time.Minute, Bake: time.Minute,
			Alarms: []string{"errors"}, AutoRollback: true, Standby: asgtypes.StandbyInstancesIgnore,
		}).
		WithLifecycleHook(autoscaling.LifecycleHook{
			Name: "drain", On: autoscaling.Terminating, Timeout: time.Minute, Continue: true, Notify: "arn:aws:sqs:us-east-1:123456789012:drain",
			Role: iam.RoleARN("arn:aws:iam::123456789012:role/hooks"), Metadata: "shop",
		}).
		WithHealthCheck(time.Minute, autoscaling.BalancerHealth, autoscaling.VolumeHealth).
		WithScaleInProtection().WithTerminationPolicies(autoscaling.OldestInstance, autoscaling.DefaultTermination).
		WithCapacityRebalance().WithMaxInstanceLifetime(7*24*time.Hour).WithDefaultWarmup(time.Minute).WithCooldown(time.Minute).
		WithMaintenance(autoscaling.Maintenance{MinHealthy: 90, MaxHealthy: 120}).
		WithMetrics(autoscaling.AllGroupMetrics()...).WithSuspended(autoscaling.AZRebalance).WithTargetGroup(targetARN).
		WithPolicy(autoscaling.GroupTargetTracking{Metric: autoscaling.GroupCPUUtilization, Target: 60, Warmup: time.Minute, DisableScaleIn: true}).
		WithPolicy(autoscaling.GroupTargetTracking{Metric: autoscaling.GroupRequestsPerTarget{LoadBalancerSuffix: "app/shop/1", TargetGroupSuffix: "targetgroup/web/2"}, Target: 100}).
		WithPolicy(autoscaling.GroupStepScaling{
			Name: "step", Alarm: alarm, Adjust: autoscaling.ChangeByPercent, MinChange: 2, Warmup: time.Minute,
			Steps: []autoscaling.GroupStep{
				{From: autoscaling.Bound(0), To: autoscaling.Bound(10), Change: 10}, {From: autoscaling.Bound(10), Change: 30},
			},
		}).
		WithPolicy(autoscaling.GroupSimpleScaling{
			Name: "simple", Alarm: autoscaling.GroupAlarm{Threshold: 20, Below: true}, Change: -10, Adjust: autoscaling.ChangeByPercent, MinChange: 1, Cooldown: time.Minute,
		}).
		WithSchedule(autoscaling.GroupCron("morning", "0 8 * * 1-5").WithTimeZone("Europe/Berlin").WithSize(4, 10).WithDesired(6)).
		WithSchedule(autoscaling.GroupCron("night", "0 20 * * *").WithSize(0, 10).
			WithPeriod(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC))).
		WithTag("team", "web").WithPropagatedTag("Name", "node")
}

func groupState(t *testing.T, g autoscaling.Group) *model.Group {
	t.Helper()
	d, err := g.Build()
	require.NoError(t, err)
	s, ok := d.State.(*model.Group)
	require.True(t, ok)
	return s
}

func TestGroupBuilds(t *testing.T) {
	t.Parallel()
	golden(t, "group", groupState(t, fullGroup()))
	golden(t, "group-least", groupState(t, autoscaling.NewGroup("nodes", node(), vpc.Default())))
	required := autoscaling.NewGroup("nodes", node(), vpc.Default()).WithWarmPool(autoscaling.WarmPool{MinSize: 1, MaxPrepared: 3, Reuse: true}).
		WithRequirements(autoscaling.Requirements{
			MinVCPUs: 2, MaxVCPUs: 8, MinMemory: 4096, MaxMemory: 16384, Excluded: []string{"t*"}, CurrentGeneration: true, LocalStorage: true,
			Manufacturers: []asgtypes.CpuManufacturer{asgtypes.CpuManufacturerAmazonWebServices}, MinGPUs: 1, Burstable: true,
		})
	golden(t, "group-requirements", groupState(t, required))
	first := groupState(t, fullGroup())
	require.Equal(t, first, groupState(t, fullGroup()), "pure")
}

func TestGroupDrift(t *testing.T) {
	t.Parallel()
	full := groupState(t, fullGroup())
	one := groupState(t, nodes())
	chosen := groupState(t, nodes().WithWarmPool(autoscaling.WarmPool{MaxPrepared: 3, Reuse: true}).WithRequirements(autoscaling.Requirements{
		MinVCPUs: 2, MaxVCPUs: 8, MinMemory: 4096, MaxMemory: 16384, Allowed: []string{"m5*"}, Excluded: []string{"t*"}, CurrentGeneration: true,
		Manufacturers: []asgtypes.CpuManufacturer{asgtypes.CpuManufacturerIntel}, MinGPUs: 1,
	}))
	buildertest.Drift(t, full.Create, one.Create, chosen.Create)
	buildertest.Drift(t, chosen.WarmPool[0])
	buildertest.Drift(t, *full.Refresh, *groupState(t, nodes()).Refresh)
	var policies, schedules []any
	for i := range full.Policies {
		policies = append(policies, full.Policies[i].Put)
	}
	for i := range full.Schedules {
		schedules = append(schedules, full.Schedules[i])
	}
	buildertest.Drift(t, policies...)
	buildertest.Drift(t, schedules...)
}

func TestGroupForks(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, autoscaling.NewGroup("nodes", node(), vpc.Default()),
		targetGroup("a"), targetGroup("b"),
		autoscaling.GroupTargetTracking{Name: "a"}, autoscaling.GroupTargetTracking{Name: "b"},
		autoscaling.GroupCron("a", "* * * * *"), autoscaling.GroupCron("b", "* * * * *"),
		autoscaling.LifecycleHook{Name: "a"}, autoscaling.LifecycleHook{Name: "b"},
		autoscaling.Mix{OnDemandBase: 1}, autoscaling.Mix{OnDemandBase: 2},
		autoscaling.Requirements{MinVCPUs: 1}, autoscaling.Requirements{MinVCPUs: 2},
		autoscaling.InstanceRefresh{MinHealthy: 1}, autoscaling.InstanceRefresh{MinHealthy: 2},
		autoscaling.WarmPool{MinSize: 1}, autoscaling.WarmPool{MinSize: 2},
		autoscaling.Maintenance{MinHealthy: 1}, autoscaling.Maintenance{MinHealthy: 2})
	buildertest.Fork(t, autoscaling.GroupCron("a", "* * * * *"), time.Unix(1, 0), time.Unix(2, 0))
}

func TestGroupIsOfWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	g := nodes()
	require.Equal(t, "nodes", g.Name())
	require.Equal(t, "${slipway:autoscaling:Group/nodes#arn}", g.ARN())
	require.Equal(t, "node", g.Template().Name())
	require.Equal(t, vpc.Default(), g.Network())
	require.False(t, g.Scales())
	require.True(t, g.WithSchedule(autoscaling.GroupAt("once", time.Unix(1, 0))).Scales())
	require.True(t, g.WithScaleInProtection().ProtectsFromScaleIn())
	require.Nil(t, groupState(t, g.WithoutInstanceRefresh()).Refresh)
}

func TestGroupMistakes(t *testing.T) {
	t.Parallel()
	require.NoError(t, fullGroup().Validate())
	one := autoscaling.NewGroup("nodes", node(), vpc.Default())
	for _, tt := range []struct {
		name  string
		group autoscaling.Group
		want  string
	}{
		{"more than the most", one.WithSize(0, 2).WithDesired(3), "Create.DesiredCapacity"},
		{"a colon", autoscaling.NewGroup("a:b", node(), vpc.Default()), "Create.AutoScalingGroupName"},
		{"a short life", one.WithMaxInstanceLifetime(time.Hour), "Create.MaxInstanceLifetime"},
		{"half a second", one.WithDefaultWarmup(time.Second / 2), "Create.DefaultInstanceWarmup: got 500ms, want whole seconds"},
		{"some weights", one.WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large"}, autoscaling.InstanceType{Name: "m5.xlarge", Weight: 2}), "WeightedCapacity"},
		{"types and requirements", one.WithInstanceTypes(autoscaling.InstanceType{Name: "m5.large"}).WithRequirements(autoscaling.Requirements{}), "want either of the two"},
		{"a percentage", one.WithMix(autoscaling.Mix{OnDemandPercent: 101}), "OnDemandPercentageAboveBaseCapacity"},
		{"a hook without transition", one.WithLifecycleHook(autoscaling.LifecycleHook{Name: "x"}), "LifecycleTransition"},
		{"a long hook", one.WithLifecycleHook(autoscaling.LifecycleHook{Name: "x", On: autoscaling.Launching, Timeout: 3 * time.Hour}), "HeartbeatTimeout"},
		{"no policy", one.WithPolicy(nil), "Policies[0]: got nil, want a policy"},
		{"a policy without metric", one.WithPolicy(autoscaling.GroupTargetTracking{Name: "x", Target: 5}), "Policies[x].Metric: got none"},
		{"a policy twice", one.WithPolicy(autoscaling.GroupSimpleScaling{Name: "x", Change: 1}).WithPolicy(autoscaling.GroupSimpleScaling{Name: "x", Change: 1}), "want names that are unique"},
		{"no steps", one.WithPolicy(autoscaling.GroupStepScaling{Name: "x"}), "StepAdjustments"},
		{"half a minute", one.WithPolicy(autoscaling.GroupSimpleScaling{Name: "x", Change: 1, Alarm: autoscaling.GroupAlarm{Period: 90 * time.Second}}), "Alarm.Period: got 1m30s"},
		{"a schedule of nothing", one.WithSchedule(autoscaling.GroupCron("x", "* * * * *")), "Schedules[x]"},
		{"no cron", one.WithSchedule(autoscaling.GroupCron("x", "often").WithDesired(1)), "Schedules[x].Recurrence"},
		{"no target group", one.WithTargetGroup(nil), "TargetGroupARNs[0]: got nil"},
		{"a refresh", one.WithInstanceRefresh(autoscaling.InstanceRefresh{MinHealthy: 101}), "Refresh.Preferences.MinHealthyPercentage"},
		{"a refresh of two minds", one.WithInstanceRefresh(autoscaling.InstanceRefresh{MinHealthy: 10, NoneHealthy: true}), "got 10 with NoneHealthy"},
		{"an override", one.WithOverride(func(in *awsasg.CreateAutoScalingGroupInput) { in.MaxSize = aws.Int32(-1) }), "MaxSize"},
	} {
		err := tt.group.Validate()
		require.ErrorIs(t, err, slipway.ErrInvalid, tt.name)
		require.ErrorContains(t, err, tt.want, tt.name)
	}
}

func TestCheckKnowsGroups(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, autoscaling.Check(&awsasg.CreateAutoScalingGroupInput{}), "AutoScalingGroupName")
	require.ErrorContains(t, autoscaling.Check(&awsasg.StartInstanceRefreshInput{DesiredConfiguration: &asgtypes.DesiredConfiguration{}}), "DesiredConfiguration")
	require.NoError(t, autoscaling.Check(&awsasg.PutWarmPoolInput{MinSize: aws.Int32(1)}))
}
