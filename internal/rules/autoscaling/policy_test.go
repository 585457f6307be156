// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/autoscaling"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

type (
	policy    = awsaas.PutScalingPolicyInput
	policyRow = rulestest.Row[policy]
	tracking  = aastypes.TargetTrackingScalingPolicyConfiguration
)

func predefined(metric aastypes.MetricType, label *string) *tracking {
	return &tracking{TargetValue: aws.Float64(60), PredefinedMetricSpecification: &aastypes.PredefinedMetricSpecification{
		PredefinedMetricType: metric, ResourceLabel: label,
	}}
}

func plainPolicy() *policy {
	return &policy{
		ServiceNamespace: ecs, ScalableDimension: tasks, ResourceId: aws.String(registered), PolicyName: aws.String("cpu"),
		PolicyType:                               aastypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: predefined(aastypes.MetricTypeECSServiceAverageCPUUtilization, nil),
	}
}

func tracks(c *tracking) func(*policy) {
	return func(in *policy) { in.TargetTrackingScalingPolicyConfiguration = c }
}

func TestEveryRuleOfPolicies(t *testing.T) {
	t.Parallel()
	var rows []policyRow
	for _, some := range [][]policyRow{policyRows(), trackingRows(), stepRows(), predictiveRows()} {
		rows = append(rows, some...)
	}
	rulestest.Holds(t, autoscaling.PutScalingPolicy, targets(), plainPolicy, rows)
}

func policyRows() []policyRow {
	name := func(n int) func(*policy) {
		return func(in *policy) { in.PolicyName = aws.String(strings.Repeat("p", n)) }
	}
	kind := func(k aastypes.PolicyType) func(*policy) { return func(in *policy) { in.PolicyType = k } }
	table := func(k aastypes.PolicyType) func(*policy) {
		return func(in *policy) { in.PolicyType, in.ServiceNamespace = k, aastypes.ServiceNamespaceDynamodb }
	}
	both := func(in *policy) { in.StepScalingPolicyConfiguration = &aastypes.StepScalingPolicyConfiguration{} }
	return []policyRow{
		{Rule: "aas-policy-name", Name: "empty", Breaks: name(0), Legal: name(1), Path: "PolicyName", Code: validation},
		{Rule: "aas-policy-name", Name: "257 characters", Breaks: name(257), Legal: name(256), Path: "PolicyName", Code: validation},
		{Rule: "aas-policy-target", Name: "not registered", Breaks: func(in *policy) { in.ResourceId = aws.String("service/shop/x") }, Path: "ResourceId", Code: notFound, Text: "No scalable target registered"},
		{Rule: "aas-policy-unsupported", Name: "steps for a table", Breaks: table(aastypes.PolicyTypeStepScaling), Legal: table(aastypes.PolicyTypeTargetTrackingScaling), Path: "PolicyType", Code: denied},
		{Rule: "aas-policy-unsupported", Name: "predictions for a table", Breaks: table(aastypes.PolicyTypePredictiveScaling), Legal: kind(aastypes.PolicyTypePredictiveScaling), Path: "PolicyType", Code: denied},
		{Rule: "aas-policy-type", Name: "another one", Breaks: kind(aastypes.PolicyTypeStepScaling), Path: "PolicyType", Code: validation, Text: "single"},
		{Rule: "aas-policy-type", Name: "two", Breaks: both, Path: "PolicyType", Code: validation},
	}
}

// trackingRows has the metrics of
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
func trackingRows() []policyRow {
	const (
		requests = aastypes.MetricTypeALBRequestCountPerTarget
		cpu      = aastypes.MetricTypeECSServiceAverageCPUUtilization
		memory   = aastypes.MetricTypeECSServiceAverageMemoryUtilization
		at       = "TargetTrackingScalingPolicyConfiguration"
		label    = at + ".PredefinedMetricSpecification.ResourceLabel"
		good     = "app/shop/0123456789abcdef/targetgroup/web/fedcba9876543210"
	)
	labelled := func(metric aastypes.MetricType, text string) func(*policy) { return tracks(predefined(metric, &text)) }
	aim := func(metric aastypes.MetricType, n float64) func(*policy) {
		c := predefined(metric, aws.String(good))
		c.TargetValue = &n
		return tracks(c)
	}
	cool := func(in, out int32) func(*policy) {
		c := predefined(cpu, nil)
		c.ScaleInCooldown, c.ScaleOutCooldown = &in, &out
		return tracks(c)
	}
	custom := func(m aastypes.CustomizedMetricSpecification) func(*policy) {
		return tracks(&tracking{TargetValue: aws.Float64(1), CustomizedMetricSpecification: &m})
	}
	queries := make([]aastypes.TargetTrackingMetricDataQuery, 1)
	return []policyRow{
		{Rule: "aas-tt-metric", Name: "none", Breaks: tracks(&tracking{TargetValue: aws.Float64(1)}), Legal: custom(aastypes.CustomizedMetricSpecification{}), Path: at, Code: validation},
		{Rule: "aas-tt-label-missing", Name: "requests of what", Breaks: tracks(predefined(requests, nil)), Legal: labelled(requests, good), Path: label, Code: validation},
		{Rule: "aas-tt-label", Name: "an ARN", Breaks: labelled(requests, "arn:aws:x"), Legal: labelled(requests, good), Path: label, Code: validation, Text: "Invalid resource label"},
		{Rule: "aas-tt-label", Name: "of a network balancer", Breaks: labelled(requests, strings.Replace(good, "app/", "net/", 1)), Legal: labelled(requests, slipway.Self("region")), Path: label, Code: validation},
		{Rule: "aas-tt-label", Name: "CPU has none", Breaks: labelled(cpu, good), Legal: labelled(cpu, ""), Path: label, Code: validation},
		{
			Rule: "aas-tt-math", Name: "both", Breaks: custom(aastypes.CustomizedMetricSpecification{MetricName: aws.String("m"), Metrics: queries}),
			Legal: custom(aastypes.CustomizedMetricSpecification{Metrics: queries}), Path: at + ".CustomizedMetricSpecification", Code: validation,
		},
		{Rule: "aas-tt-cooldown", Name: "before now", Breaks: cool(-1, 0), Legal: cool(0, 0), Path: at + ".ScaleInCooldown", Code: validation},
		{Rule: "aas-tt-cooldown", Name: "before now, on the way out", Breaks: cool(0, -1), Legal: cool(300, 300), Path: at + ".ScaleOutCooldown", Code: validation},
		{Rule: "aas-tt-target", Name: "no CPU", Breaks: aim(cpu, 0), Legal: aim(cpu, 0.1), Path: at + ".TargetValue"},
		{Rule: "aas-tt-target", Name: "more memory than there is", Breaks: aim(memory, 100.1), Legal: aim(memory, 100), Path: at + ".TargetValue"},
		{Rule: "aas-tt-target", Name: "no requests", Breaks: aim(requests, 0), Legal: aim(requests, 1000), Path: at + ".TargetValue"},
	}
}

// steps makes a policy of steps, "lower upper" each, with "-" for an open end.
func steps(list ...string) func(*policy) {
	return func(in *policy) {
		c := &aastypes.StepScalingPolicyConfiguration{}
		for _, s := range list {
			lower, upper, _ := strings.Cut(s, " ")
			c.StepAdjustments = append(c.StepAdjustments, aastypes.StepAdjustment{
				MetricIntervalLowerBound: bound(lower), MetricIntervalUpperBound: bound(upper), ScalingAdjustment: aws.Int32(1),
			})
		}
		in.PolicyType, in.StepScalingPolicyConfiguration, in.TargetTrackingScalingPolicyConfiguration = aastypes.PolicyTypeStepScaling, c, nil
	}
}

func bound(s string) *float64 {
	return map[string]*float64{"-10": aws.Float64(-10), "0": aws.Float64(0), "10": aws.Float64(10), "20": aws.Float64(20)}[s]
}

// stepRows has the conditions of
// https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
func stepRows() []policyRow {
	row := func(rule, name string, breaks, legal func(*policy), text string) policyRow {
		return policyRow{
			Rule: rule, Name: name, Breaks: breaks, Legal: legal, Path: "StepScalingPolicyConfiguration.StepAdjustments", Code: validation, Text: text,
		}
	}
	return []policyRow{
		row("aas-step-order", "backwards", steps("10 0"), steps("0 10", "10 -"), "less than"),
		row("aas-step-order", "nothing between", steps("10 10", "10 -"), steps("10 20", "20 -"), ""),
		row("aas-step-two-lower", "two", steps("- -10", "- 0"), steps("- -10", "-10 0"), "unspecified lower bound"),
		row("aas-step-two-upper", "two", steps("0 -", "10 -"), steps("0 10", "10 -"), "unspecified upper bound"),
		row("aas-step-open-lower", "none below the negative one", steps("-10 0"), steps("-10 0", "- -10"), "negative lower bound"),
		row("aas-step-open-upper", "none above the positive one", steps("0 10"), steps("10 -", "0 10"), "positive upper bound"),
		row("aas-step-gap", "10 to 20", steps("0 10", "20 -"), steps("0 10", "10 20", "20 -"), "gaps"),
		row("aas-step-overlap", "10 to 20", steps("0 20", "10 -"), steps("0 20", "20 -"), "overlap"),
	}
}

func predictiveRows() []policyRow {
	type metric = aastypes.PredictiveScalingMetricSpecification
	predicts := func(list ...metric) func(*policy) {
		return func(in *policy) {
			in.PolicyType, in.TargetTrackingScalingPolicyConfiguration = aastypes.PolicyTypePredictiveScaling, nil
			in.PredictiveScalingPolicyConfiguration = &aastypes.PredictiveScalingPolicyConfiguration{MetricSpecifications: list}
		}
	}
	pair := func(name string) metric {
		return metric{PredefinedMetricPairSpecification: &aastypes.PredictiveScalingPredefinedMetricPairSpecification{PredefinedMetricType: &name}}
	}
	cpu := pair("ECSServiceCPUUtilization")
	scaling := &aastypes.PredictiveScalingPredefinedScalingMetricSpecification{}
	load := &aastypes.PredictiveScalingPredefinedLoadMetricSpecification{}
	single := metric{PredefinedScalingMetricSpecification: scaling, PredefinedLoadMetricSpecification: load}
	beside := cpu
	beside.PredefinedLoadMetricSpecification = load
	const at = "PredictiveScalingPolicyConfiguration.MetricSpecifications"
	return []policyRow{
		{Rule: "aas-predictive-one-metric", Name: "none", Breaks: predicts(), Legal: predicts(cpu), Path: at, Code: validation},
		{Rule: "aas-predictive-one-metric", Name: "two", Breaks: predicts(cpu, single), Legal: predicts(single), Path: at, Code: validation},
		{Rule: "aas-predictive-metric", Name: "no load", Breaks: predicts(metric{PredefinedScalingMetricSpecification: scaling}), Legal: predicts(single), Path: at + "[0]", Code: validation},
		{Rule: "aas-predictive-metric", Name: "a load beside a pair", Breaks: predicts(beside), Legal: predicts(cpu), Path: at + "[0]", Code: validation},
		{
			Rule: "aas-predictive-pair", Name: "one of instances", Breaks: predicts(pair("ASGCPUUtilization")), Legal: predicts(pair("ALBRequestCount")),
			Path: at + "[0].PredefinedMetricPairSpecification.PredefinedMetricType", Code: validation, Text: "ECSServiceMemoryUtilization",
		},
	}
}
