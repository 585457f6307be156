// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/rules"
	asgrules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// row is a mistake and the rule that names it, at a path.
type row[T any] struct {
	name, rule, path string
	change           func(in *T)
}

// check demands that the input without a mistake keeps the rules and that each mistake
// breaks its own first.
func check[T any](t *testing.T, of rules.Of[T], good func() *T, rows []row[T]) {
	t.Helper()
	require.Empty(t, of.All(nil, good()))
	for _, c := range rows {
		in := good()
		c.change(in)
		v, bad := of.First(nil, in)
		require.True(t, bad, c.name)
		require.Equal(t, c.rule, v.Rule, c.name)
		require.Equal(t, c.path, v.Path, c.name)
		require.NotEmpty(t, v.Text, c.name)
	}
}

func mixed(in *awsasg.CreateAutoScalingGroupInput, types ...string) *asgtypes.MixedInstancesPolicy {
	p := &asgtypes.MixedInstancesPolicy{
		LaunchTemplate:        &asgtypes.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate},
		InstancesDistribution: &asgtypes.InstancesDistribution{},
	}
	for _, name := range types {
		p.LaunchTemplate.Overrides = append(p.LaunchTemplate.Overrides, asgtypes.LaunchTemplateOverrides{InstanceType: &name})
	}
	in.LaunchTemplate, in.MixedInstancesPolicy = nil, p
	return p
}

func TestGroups(t *testing.T) {
	t.Parallel()
	type in = awsasg.CreateAutoScalingGroupInput
	const distribution = "MixedInstancesPolicy.InstancesDistribution."
	check(t, asgrules.CreateAutoScalingGroup, func() *in {
		return &in{
			AutoScalingGroupName: aws.String("web fleet"), MinSize: aws.Int32(1), MaxSize: aws.Int32(3), DesiredCapacity: aws.Int32(2),
			VPCZoneIdentifier: aws.String("subnet-1"), LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1")},
			HealthCheckType: aws.String("EC2,ELB"), MaxInstanceLifetime: aws.Int32(0), TerminationPolicies: []string{"Default"},
		}
	}, []row[in]{
		{"a colon in the name", "asg-name", "AutoScalingGroupName", func(g *in) { g.AutoScalingGroupName = aws.String("a:b") }},
		{"two sources", "asg-launch", "LaunchTemplate", func(g *in) { g.LaunchConfigurationName = aws.String("c") }},
		{"no place", "asg-place", "VPCZoneIdentifier", func(g *in) { g.VPCZoneIdentifier = nil }},
		{"a template by both", "asg-template", "LaunchTemplate", func(g *in) { g.LaunchTemplate.LaunchTemplateName = aws.String("t") }},
		{"mixed without a template", "asg-mixed-template", "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification",
			func(g *in) { mixed(g).LaunchTemplate = nil }},
		{"more than all on demand", "asg-on-demand", distribution + "OnDemandPercentageAboveBaseCapacity",
			func(g *in) { mixed(g).InstancesDistribution.OnDemandPercentageAboveBaseCapacity = aws.Int32(101) }},
		{"an unknown strategy", "asg-allocation", distribution + "SpotAllocationStrategy",
			func(g *in) { mixed(g).InstancesDistribution.SpotAllocationStrategy = aws.String("cheap") }},
		{"pools for another strategy", "asg-spot-pools", distribution + "SpotInstancePools", func(g *in) {
			d := mixed(g).InstancesDistribution
			d.SpotAllocationStrategy, d.SpotInstancePools = aws.String("capacity-optimized"), aws.Int32(2)
		}},
		{"a type twice", "asg-overrides", "MixedInstancesPolicy.LaunchTemplate.Overrides[m5.large]", func(g *in) { mixed(g, "m5.large", "m5.large") }},
		{"a weight of nothing", "asg-overrides", "MixedInstancesPolicy.LaunchTemplate.Overrides[m5.large].WeightedCapacity",
			func(g *in) { mixed(g, "m5.large").LaunchTemplate.Overrides[0].WeightedCapacity = aws.String("0") }},
		{"a weight for one of two", "asg-weights", "MixedInstancesPolicy.LaunchTemplate.Overrides",
			func(g *in) {
				mixed(g, "m5.large", "m5.xlarge").LaunchTemplate.Overrides[0].WeightedCapacity = aws.String("2")
			}},
		{"fewer than none", "asg-bounds", "MinSize", func(g *in) { g.MinSize = aws.Int32(-1) }},
		{"bounds the wrong way round", "asg-bounds", "MaxSize", func(g *in) { g.MinSize = aws.Int32(4) }},
		{"more than the most", "asg-desired", "DesiredCapacity", func(g *in) { g.DesiredCapacity = aws.Int32(4) }},
		{"an unknown unit", "asg-desired-unit", "DesiredCapacityType", func(g *in) { g.DesiredCapacityType = aws.String("racks") }},
		{"an unknown health check", "asg-health-check", "HealthCheckType", func(g *in) { g.HealthCheckType = aws.String("EC2,HTTP") }},
		{"a negative grace", "asg-periods", "HealthCheckGracePeriod", func(g *in) { g.HealthCheckGracePeriod = aws.Int32(-1) }},
		{"a life too short", "asg-lifetime", "MaxInstanceLifetime", func(g *in) { g.MaxInstanceLifetime = aws.Int32(3600) }},
		{"half a maintenance policy", "asg-maintenance", "InstanceMaintenancePolicy",
			func(g *in) {
				g.InstanceMaintenancePolicy = &asgtypes.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(90)}
			}},
		{"a spread too wide", "asg-maintenance", "InstanceMaintenancePolicy.MaxHealthyPercentage", func(g *in) {
			g.InstanceMaintenancePolicy = &asgtypes.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(50), MaxHealthyPercentage: aws.Int32(151)}
		}},
		{"an unknown termination policy", "asg-termination-policy", "TerminationPolicies[0]", func(g *in) { g.TerminationPolicies = []string{"Random"} }},
		{"a reserved tag", "asg-tags", "Tags[aws:x].Key", func(g *in) { g.Tags = []asgtypes.Tag{{Key: aws.String("aws:x")}} }},
		{"a hook without a transition", "asg-hooks", "LifecycleHookSpecificationList[h].LifecycleTransition",
			func(g *in) {
				g.LifecycleHookSpecificationList = []asgtypes.LifecycleHookSpecification{{LifecycleHookName: aws.String("h")}}
			}},
	})
}

func TestHooksPoolsAndRefreshes(t *testing.T) {
	t.Parallel()
	type hook = awsasg.PutLifecycleHookInput
	check(t, asgrules.PutLifecycleHook, func() *hook {
		return &hook{LifecycleHookName: aws.String("drain"), LifecycleTransition: aws.String(asgrules.Terminating), HeartbeatTimeout: aws.Int32(30)}
	}, []row[hook]{
		{"a name with blanks", "asg-hook", "LifecycleHookName", func(h *hook) { h.LifecycleHookName = aws.String("a b") }},
		{"an unknown transition", "asg-hook", "LifecycleTransition", func(h *hook) { h.LifecycleTransition = aws.String("x") }},
		{"an unknown result", "asg-hook", "DefaultResult", func(h *hook) { h.DefaultResult = aws.String("STOP") }},
		{"a time-out too short", "asg-hook", "HeartbeatTimeout", func(h *hook) { h.HeartbeatTimeout = aws.Int32(29) }},
	})
	type pool = awsasg.PutWarmPoolInput
	check(t, asgrules.PutWarmPool, func() *pool { return &pool{MinSize: aws.Int32(1), MaxGroupPreparedCapacity: aws.Int32(-1)} }, []row[pool]{
		{"an unknown state", "asg-warm-pool", "PoolState", func(p *pool) { p.PoolState = "Asleep" }},
		{"less prepared than the pool has", "asg-warm-pool", "MaxGroupPreparedCapacity", func(p *pool) { p.MaxGroupPreparedCapacity = aws.Int32(0) }},
	})
	type refresh = awsasg.StartInstanceRefreshInput
	check(t, asgrules.StartInstanceRefresh, func() *refresh {
		return &refresh{Preferences: &asgtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(90), CheckpointPercentages: []int32{20, 100}}}
	}, []row[refresh]{
		{"more than healthy", "asg-refresh-preferences", "Preferences.MinHealthyPercentage", func(r *refresh) { r.Preferences.MinHealthyPercentage = aws.Int32(101) }},
		{"checkpoints that fall", "asg-refresh-preferences", "Preferences.CheckpointPercentages[1]", func(r *refresh) { r.Preferences.CheckpointPercentages = []int32{50, 20} }},
		{"nothing to go back from", "asg-refresh-rollback", "Preferences.AutoRollback", func(r *refresh) { r.Preferences.AutoRollback = aws.Bool(true) }},
		{"no configuration", "asg-refresh-configuration", "DesiredConfiguration", func(r *refresh) { r.DesiredConfiguration = &asgtypes.DesiredConfiguration{} }},
	})
}

func steps(bounds ...[2]*float64) []asgtypes.StepAdjustment {
	var all []asgtypes.StepAdjustment
	for _, b := range bounds {
		all = append(all, asgtypes.StepAdjustment{MetricIntervalLowerBound: b[0], MetricIntervalUpperBound: b[1], ScalingAdjustment: aws.Int32(1)})
	}
	return all
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	type in = awsasg.PutScalingPolicyInput
	zero, ten, twenty := aws.Float64(0), aws.Float64(10), aws.Float64(20)
	check(t, asgrules.PutScalingPolicy, func() *in {
		return &in{
			PolicyType: aws.String("StepScaling"), AdjustmentType: aws.String("ChangeInCapacity"),
			StepAdjustments: steps([2]*float64{zero, ten}, [2]*float64{ten, nil}),
		}
	}, []row[in]{
		{"an unknown type", "asg-policy-type", "PolicyType", func(p *in) { p.PolicyType = aws.String("Magic") }},
		{"no adjustment", "asg-policy-adjustment", "AdjustmentType", func(p *in) { p.AdjustmentType = nil }},
		{"a simple policy's field", "asg-policy-fields", "Cooldown", func(p *in) { p.Cooldown = aws.Int32(1) }},
		{"a simple policy without its number", "asg-policy-fields", "ScalingAdjustment", func(p *in) { p.PolicyType, p.StepAdjustments = nil, nil }},
		{"a magnitude of no percentage", "asg-policy-magnitude", "MinAdjustmentMagnitude", func(p *in) { p.MinAdjustmentMagnitude = aws.Int32(1) }},
		{"a gap", "asg-policy-steps", "StepAdjustments", func(p *in) { p.StepAdjustments = steps([2]*float64{zero, ten}, [2]*float64{twenty, nil}) }},
		{"an overlap", "asg-policy-steps", "StepAdjustments", func(p *in) { p.StepAdjustments = steps([2]*float64{zero, twenty}, [2]*float64{ten, nil}) }},
		{"an end that is closed", "asg-policy-steps", "StepAdjustments", func(p *in) { p.StepAdjustments = steps([2]*float64{zero, ten}) }},
	})
	check(t, asgrules.PutScalingPolicy, func() *in {
		return &in{PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: &asgtypes.TargetTrackingConfiguration{
			TargetValue: ten, PredefinedMetricSpecification: &asgtypes.PredefinedMetricSpecification{PredefinedMetricType: "ASGAverageCPUUtilization"},
		}}
	}, []row[in]{
		{"no metric", "asg-policy-tracking", "TargetTrackingConfiguration", func(p *in) { p.TargetTrackingConfiguration.PredefinedMetricSpecification = nil }},
		{"no target", "asg-policy-target", "TargetTrackingConfiguration.TargetValue", func(p *in) { p.TargetTrackingConfiguration.TargetValue = zero }},
		{"requests without a balancer", "asg-policy-label", "TargetTrackingConfiguration.PredefinedMetricSpecification.ResourceLabel", func(p *in) {
			p.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType = "ALBRequestCountPerTarget"
		}},
	})
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	type in = awsasg.PutScheduledUpdateGroupActionInput
	start := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
	check(t, asgrules.PutScheduledUpdateGroupAction, func() *in {
		return &in{ScheduledActionName: aws.String("a"), Recurrence: aws.String("0 8 * * *"), DesiredCapacity: aws.Int32(1)}
	}, []row[in]{
		{"no name", "asg-schedule-name", "ScheduledActionName", func(s *in) { s.ScheduledActionName = nil }},
		{"no number", "asg-schedule-numbers", "DesiredCapacity", func(s *in) { s.DesiredCapacity = nil }},
		{"bounds the wrong way round", "asg-schedule-bounds", "MaxSize", func(s *in) { s.MinSize, s.MaxSize = aws.Int32(2), aws.Int32(1) }},
		{"no time", "asg-schedule-when", "Recurrence", func(s *in) { s.Recurrence = nil }},
		{"six fields", "asg-schedule-recurrence", "Recurrence", func(s *in) { s.Recurrence = aws.String("0 8 * * * *") }},
		{"no such zone", "asg-schedule-zone", "TimeZone", func(s *in) { s.TimeZone = aws.String("Mars/Base") }},
		{"an end before the start", "asg-schedule-order", "StartTime", func(s *in) { s.StartTime, s.EndTime = aws.Time(start), aws.Time(start) }},
	})
}

func TestRecurrences(t *testing.T) {
	t.Parallel()
	monday := time.Date(2035, 1, 1, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"0 8 * * *":      time.Date(2035, 1, 2, 8, 0, 0, 0, time.UTC),
		"30 9 * * 1":     time.Date(2035, 1, 1, 9, 30, 0, 0, time.UTC),
		"0 8 * * 0":      time.Date(2035, 1, 7, 8, 0, 0, 0, time.UTC),
		"0 8 * * 7":      time.Date(2035, 1, 7, 8, 0, 0, 0, time.UTC),
		"0 8 * * 5-7":    time.Date(2035, 1, 5, 8, 0, 0, 0, time.UTC),
		"0 8 * * WED":    time.Date(2035, 1, 3, 8, 0, 0, 0, time.UTC),
		"0 8 * * */3":    time.Date(2035, 1, 3, 8, 0, 0, 0, time.UTC),
		"0 8 10 * 6":     time.Date(2035, 1, 6, 8, 0, 0, 0, time.UTC),
		"0 8 3 * SAT":    time.Date(2035, 1, 3, 8, 0, 0, 0, time.UTC),
		"*/15 9 1 1 *":   time.Date(2035, 1, 1, 9, 15, 0, 0, time.UTC),
		"0 0 1 1,6,12 *": time.Date(2035, 6, 1, 0, 0, 0, 0, time.UTC),
	} {
		r, err := asgrules.ParseRecurrence(text, time.UTC)
		require.NoError(t, err, text)
		require.Equal(t, want, r.Next(monday).UTC(), text)
	}
	for _, text := range []string{"", "* * *", "0 8 * * 8", "0 8 * * 5-2", "0 8 * * 1/0", "61 8 * * *", "0 8 * * MOON"} {
		_, err := asgrules.ParseRecurrence(text, time.UTC)
		require.Error(t, err, text)
	}
}
