// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// GroupPolicy moves the number of instances of a group. The set is sealed:
// [GroupTargetTracking], [GroupStepScaling], [GroupSimpleScaling].
type GroupPolicy interface {
	// forGroup returns the policy for a group. Problems' paths start below the policy.
	forGroup(group string) (model.GroupPolicy, []slipway.FieldError)
}

// GroupMetric is what a [GroupTargetTracking] holds on to: [GroupCPUUtilization],
// [GroupNetworkIn], [GroupNetworkOut], or [GroupRequestsPerTarget]. The set is sealed.
type GroupMetric interface {
	track() *asgtypes.PredefinedMetricSpecification
}

type groupMetric asgtypes.MetricType

func (m groupMetric) track() *asgtypes.PredefinedMetricSpecification {
	return &asgtypes.PredefinedMetricSpecification{PredefinedMetricType: asgtypes.MetricType(m)}
}

// The metrics that AWS has for the instances of a group.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PredefinedMetricSpecification.html
const (
	// GroupCPUUtilization is the average CPU use of the group's instances in percent.
	GroupCPUUtilization = groupMetric(asgtypes.MetricTypeASGAverageCPUUtilization)
	// GroupNetworkIn is the average number of bytes that an instance receives a minute.
	GroupNetworkIn = groupMetric(asgtypes.MetricTypeASGAverageNetworkIn)
	// GroupNetworkOut is the average number of bytes that an instance sends a minute.
	GroupNetworkOut = groupMetric(asgtypes.MetricTypeASGAverageNetworkOut)
)

// GroupRequestsPerTarget is the number of requests that each instance gets from an
// Application Load Balancer in a minute. The group has the target group.
type GroupRequestsPerTarget struct {
	// LoadBalancerSuffix and TargetGroupSuffix are the last parts of the ARNs, "app/..."
	// and "targetgroup/...", or placeholders for them.
	LoadBalancerSuffix, TargetGroupSuffix string
}

func (m GroupRequestsPerTarget) track() *asgtypes.PredefinedMetricSpecification {
	return &asgtypes.PredefinedMetricSpecification{
		PredefinedMetricType: asgtypes.MetricTypeALBRequestCountPerTarget,
		ResourceLabel:        aws.String(m.LoadBalancerSuffix + "/" + m.TargetGroupSuffix),
	}
}

// GroupTargetTracking keeps a metric of the instances near a target, as a thermostat
// does. AWS makes the alarms.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
type GroupTargetTracking struct {
	// Metric to hold on to.
	Metric GroupMetric
	// Target is the value of the metric.
	Target float64
	// DisableScaleIn: the policy only ever adds instances.
	DisableScaleIn bool
	// Warmup is how long a new instance takes until its metrics count, in whole seconds;
	// 0 means the group's default warm-up, or else its cooldown.
	Warmup time.Duration
	// Name of the policy; the metric's name if empty.
	Name string
}

func (t GroupTargetTracking) forGroup(group string) (model.GroupPolicy, []slipway.FieldError) {
	var found []slipway.FieldError
	in := policyInput(group, t.Name, "TargetTrackingScaling")
	in.EstimatedInstanceWarmup = secondsOrNil("EstimatedInstanceWarmup", t.Warmup, &found)
	in.TargetTrackingConfiguration = &asgtypes.TargetTrackingConfiguration{
		TargetValue: aws.Float64(t.Target), DisableScaleIn: aws.Bool(t.DisableScaleIn),
	}
	if t.Metric == nil {
		return named(in), append(found, slipway.FieldError{
			Path: "Metric", Got: "none", Want: "a metric, such as GroupCPUUtilization", Rule: "asg-policy-builder",
			Doc: "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TargetTrackingConfiguration.html",
		})
	}
	in.TargetTrackingConfiguration.PredefinedMetricSpecification = t.Metric.track()
	if t.Name == "" {
		in.PolicyName = aws.String(string(in.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType))
	}
	return named(in), found
}

func policyInput(group, name, kind string) awsasg.PutScalingPolicyInput {
	return awsasg.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(group), PolicyName: aws.String(name), PolicyType: aws.String(kind), Enabled: aws.Bool(true),
	}
}

func named(in awsasg.PutScalingPolicyInput, alarms ...awscw.PutMetricAlarmInput) model.GroupPolicy {
	return model.GroupPolicy{Name: aws.ToString(in.PolicyName), Put: in, Alarms: alarms}
}

func secondsOrNil(path string, d time.Duration, found *[]slipway.FieldError) *int32 {
	if d == 0 {
		return nil
	}
	return wholeSeconds(path, d, found)
}

// Adjustment is what the numbers of a step or simple policy mean.
type Adjustment string

// The adjustments.
const (
	// ChangeBy adds the number, which is below 0 to take away.
	ChangeBy Adjustment = "ChangeInCapacity"
	// ChangeByPercent adds so much of the present capacity.
	ChangeByPercent Adjustment = "PercentChangeInCapacity"
	// ChangeTo sets the capacity.
	ChangeTo Adjustment = "ExactCapacity"
)

// GroupAlarm is when a step or simple policy acts: a metric of CloudWatch is for some
// periods beyond a threshold.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
type GroupAlarm struct {
	// Metric is its name; CPUUtilization if empty.
	Metric string
	// Namespace of the metric; AWS/EC2 if empty.
	Namespace string
	// Dimensions of the metric; the group itself if nil.
	Dimensions map[string]string
	// Threshold in the unit of the metric.
	Threshold float64
	// Below: the alarm is for values at or below the threshold, not at or above it.
	Below bool
	// Statistic such as Average, which it is if empty.
	Statistic cwtypes.Statistic
	// Period in whole minutes; 0 means one, which needs detailed monitoring.
	Period time.Duration
	// Periods is how many must be beyond the threshold; 0 means 2.
	Periods int
}

func (a GroupAlarm) put(group, policy string, found *[]slipway.FieldError) awscw.PutMetricAlarmInput {
	in := awscw.PutMetricAlarmInput{
		AlarmName: aws.String(group + "-" + policy), MetricName: aws.String(orElse(a.Metric, "CPUUtilization")),
		Namespace: aws.String(orElse(a.Namespace, "AWS/EC2")), Statistic: orElse(a.Statistic, cwtypes.StatisticAverage),
		Threshold: aws.Float64(a.Threshold), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold,
		Period:            wholeSeconds("Alarm.Period", max(a.Period, time.Minute), found),
		EvaluationPeriods: quantity("Alarm.EvaluationPeriods", orElse(a.Periods, 2), found),
	}
	if a.Below {
		in.ComparisonOperator = cwtypes.ComparisonOperatorLessThanOrEqualToThreshold
	}
	dimensions := a.Dimensions
	if dimensions == nil {
		dimensions = map[string]string{"AutoScalingGroupName": group}
	}
	for _, k := range sortedKeys(dimensions) {
		in.Dimensions = append(in.Dimensions, cwtypes.Dimension{Name: aws.String(k), Value: aws.String(dimensions[k])})
	}
	if a.Period < 0 || a.Period%time.Minute != 0 {
		*found = append(*found, slipway.FieldError{
			Path: "Alarm.Period", Got: a.Period.String(), Want: "whole minutes", Rule: "asg-policy-builder",
			Doc: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
		})
	}
	return in
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// GroupStep is a step of a [GroupStepScaling].
type GroupStep struct {
	// From and To are how far the metric is from the threshold, From included for an alarm
	// above it. No From is minus infinity, no To infinity: see [Bound].
	From, To *float64
	// Change is what the policy's Adjustment says.
	Change int
}

// Bound is v, as the steps of a [GroupStepScaling] have it.
func Bound(v float64) *float64 { return new(v) }

// GroupStepScaling changes the capacity by how far a metric is beyond its threshold.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
type GroupStepScaling struct {
	// Name of the policy, unique in the group.
	Name string
	// Alarm calls the policy.
	Alarm GroupAlarm
	// Adjust is what the steps' numbers mean; ChangeBy if empty.
	Adjust Adjustment
	// Steps have neither gaps nor overlaps.
	Steps []GroupStep
	// MinChange is the least number of instances that ChangeByPercent adds or takes away;
	// 0 means 1.
	MinChange int
	// Warmup is as that of [GroupTargetTracking].
	Warmup time.Duration
}

func (s GroupStepScaling) forGroup(group string) (model.GroupPolicy, []slipway.FieldError) {
	var found []slipway.FieldError
	in := policyInput(group, s.Name, "StepScaling")
	in.AdjustmentType = aws.String(string(orElse(s.Adjust, ChangeBy)))
	in.MetricAggregationType = aws.String("Average")
	in.EstimatedInstanceWarmup = secondsOrNil("EstimatedInstanceWarmup", s.Warmup, &found)
	if s.MinChange != 0 {
		in.MinAdjustmentMagnitude = quantity("MinAdjustmentMagnitude", s.MinChange, &found)
	}
	for i, step := range s.Steps {
		in.StepAdjustments = append(in.StepAdjustments, asgtypes.StepAdjustment{
			MetricIntervalLowerBound: step.From, MetricIntervalUpperBound: step.To,
			ScalingAdjustment: quantity(fmt.Sprintf("StepAdjustments[%d].ScalingAdjustment", i), step.Change, &found),
		})
	}
	alarm := s.Alarm.put(group, s.Name, &found)
	return named(in, alarm), found
}

// GroupSimpleScaling changes the capacity, and waits for its cooldown before it does so
// again. AWS advises step scaling or target tracking in its place.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/simple-step-scaling.html
type GroupSimpleScaling struct {
	// Name of the policy, unique in the group.
	Name string
	// Alarm calls the policy.
	Alarm GroupAlarm
	// Adjust is what Change means; ChangeBy if empty.
	Adjust Adjustment
	Change int
	// MinChange is as that of [GroupStepScaling].
	MinChange int
	// Cooldown in whole seconds; 0 means the group's, see [Group.WithCooldown].
	Cooldown time.Duration
}

func (s GroupSimpleScaling) forGroup(group string) (model.GroupPolicy, []slipway.FieldError) {
	var found []slipway.FieldError
	in := policyInput(group, s.Name, "SimpleScaling")
	in.AdjustmentType = aws.String(string(orElse(s.Adjust, ChangeBy)))
	in.ScalingAdjustment = quantity("ScalingAdjustment", s.Change, &found)
	in.Cooldown = secondsOrNil("Cooldown", s.Cooldown, &found)
	if s.MinChange != 0 {
		in.MinAdjustmentMagnitude = quantity("MinAdjustmentMagnitude", s.MinChange, &found)
	}
	alarm := s.Alarm.put(group, s.Name, &found)
	return named(in, alarm), found
}
