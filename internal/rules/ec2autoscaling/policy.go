// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// The types of scaling policies; SimpleScaling is the default.
const (
	SimpleScaling  = "SimpleScaling"
	StepScaling    = "StepScaling"
	TargetTracking = "TargetTrackingScaling"
	Predictive     = "PredictiveScaling"
)

// The ways in which simple and step scaling adjust the capacity.
const (
	ChangeInCapacity        = "ChangeInCapacity"
	ExactCapacity           = "ExactCapacity"
	PercentChangeInCapacity = "PercentChangeInCapacity"
)

const policyDoc = api + "API_PutScalingPolicy.html"

type policy = awsasg.PutScalingPolicyInput

func policyRule(id, doc string, check func(*rules.Report, *policy)) rules.Rule[policy] {
	return rules.Rule[policy]{Meta: rules.Meta{ID: id, Code: validation, Doc: doc}, Check: check}
}

// PutScalingPolicy has the rules of the scaling policies of groups.
var PutScalingPolicy = rules.Of[policy]{
	policyRule("asg-policy-type", policyDoc, func(r *rules.Report, in *policy) {
		oneOf(r, "PolicyType", "policyType", in.PolicyType, SimpleScaling, StepScaling, TargetTracking, Predictive)
	}),
	policyRule("asg-policy-adjustment", policyDoc, checkAdjustment),
	policyRule("asg-policy-fields", policyDoc, checkFields),
	policyRule("asg-policy-magnitude", policyDoc, checkMagnitude),
	policyRule("asg-policy-tracking", api+"API_TargetTrackingConfiguration.html", checkTracking),
	policyRule("asg-policy-target", api+"API_TargetTrackingConfiguration.html", checkTargetValue),
	policyRule("asg-policy-label", api+"API_PredefinedMetricSpecification.html", checkLabel),
	policyRule("asg-policy-steps", api+"API_StepAdjustment.html", checkSteps),
	policyRule("asg-policy-periods", policyDoc, func(r *rules.Report, in *policy) {
		within(r, "Cooldown", "cooldown", "s", in.Cooldown, 0, periodMost)
		within(r, "EstimatedInstanceWarmup", "estimatedInstanceWarmup", "s", in.EstimatedInstanceWarmup, 0, periodMost)
	}),
}

// PolicyType returns the type of a policy, which is SimpleScaling unless it says another.
func PolicyType(in *awsasg.PutScalingPolicyInput) string {
	if t := aws.ToString(in.PolicyType); t != "" {
		return t
	}
	return SimpleScaling
}

// stepped: the policy adjusts the capacity by itself.
func stepped(in *policy) bool { t := PolicyType(in); return t == SimpleScaling || t == StepScaling }

func checkAdjustment(r *rules.Report, in *policy) {
	if !stepped(in) {
		return
	}
	if in.AdjustmentType == nil {
		r.Add(rules.Problem{Path: "AdjustmentType", Got: "none", Want: ChangeInCapacity + ", " + ExactCapacity + " or " + PercentChangeInCapacity,
			Text: "AdjustmentType is required for policies of type " + PolicyType(in)})
		return
	}
	oneOf(r, "AdjustmentType", "adjustmentType", in.AdjustmentType, ChangeInCapacity, ExactCapacity, PercentChangeInCapacity)
	oneOf(r, "MetricAggregationType", "metricAggregationType", in.MetricAggregationType, "Minimum", "Maximum", "Average")
}

// fieldOf says of a field which types of policies have it, and whether they need it.
type fieldOf struct {
	name  string
	given bool
	types []string
	needs []string
}

func checkFields(r *rules.Report, in *policy) {
	kind := PolicyType(in)
	for _, f := range []fieldOf{
		{"ScalingAdjustment", in.ScalingAdjustment != nil, []string{SimpleScaling}, []string{SimpleScaling}},
		{"Cooldown", in.Cooldown != nil, []string{SimpleScaling}, nil},
		{"StepAdjustments", len(in.StepAdjustments) > 0, []string{StepScaling}, []string{StepScaling}},
		{"MetricAggregationType", in.MetricAggregationType != nil, []string{StepScaling}, nil},
		{"AdjustmentType", in.AdjustmentType != nil, []string{SimpleScaling, StepScaling}, nil},
		{"EstimatedInstanceWarmup", in.EstimatedInstanceWarmup != nil, []string{StepScaling, TargetTracking}, nil},
		{"TargetTrackingConfiguration", in.TargetTrackingConfiguration != nil, []string{TargetTracking}, []string{TargetTracking}},
		{"PredictiveScalingConfiguration", in.PredictiveScalingConfiguration != nil, []string{Predictive}, []string{Predictive}},
	} {
		checkField(r, kind, f)
	}
}

func checkField(r *rules.Report, kind string, f fieldOf) {
	switch {
	case f.given && !slices.Contains(f.types, kind):
		r.Add(rules.Problem{Path: f.name, Got: "one for " + kind, Want: "it for " + strings.Join(f.types, " and ") + " only",
			Text: fmt.Sprintf("%s is not supported for policies of type %s", f.name, kind)})
	case !f.given && slices.Contains(f.needs, kind):
		r.Add(rules.Problem{Path: f.name, Got: "none", Want: "it, which " + kind + " needs",
			Text: fmt.Sprintf("%s is required for policies of type %s", f.name, kind)})
	}
}

func checkMagnitude(r *rules.Report, in *policy) {
	if in.MinAdjustmentMagnitude != nil && aws.ToString(in.AdjustmentType) != PercentChangeInCapacity {
		r.Add(rules.Problem{Path: "MinAdjustmentMagnitude", Got: "one for " + aws.ToString(in.AdjustmentType), Want: "it for PercentChangeInCapacity only",
			Text: "MinAdjustmentMagnitude is only supported for the adjustment type PercentChangeInCapacity"})
	}
	if aws.ToString(in.AdjustmentType) == ExactCapacity && in.ScalingAdjustment != nil && *in.ScalingAdjustment < 0 {
		r.Add(rules.Problem{Path: "ScalingAdjustment", Got: strconv.Itoa(int(*in.ScalingAdjustment)), Want: "0 or more for ExactCapacity",
			Text: "ScalingAdjustment must not be negative for the adjustment type ExactCapacity"})
	}
}

const trackingPath = "TargetTrackingConfiguration"

func checkTracking(r *rules.Report, in *policy) {
	t := in.TargetTrackingConfiguration
	if t != nil && given(t.PredefinedMetricSpecification != nil, t.CustomizedMetricSpecification != nil) != 1 {
		r.Add(rules.Problem{Path: trackingPath, Got: "both or neither", Want: "a predefined or a customized metric",
			Text: "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling."})
	}
}

func checkTargetValue(r *rules.Report, in *policy) {
	t := in.TargetTrackingConfiguration
	if t == nil || t.TargetValue == nil {
		return
	}
	if *t.TargetValue <= 0 {
		r.Add(rules.Problem{Path: trackingPath + ".TargetValue", Got: fmt.Sprintf("%g", *t.TargetValue), Want: "more than 0",
			Text: "TargetValue must be greater than zero."})
	}
}

func checkLabel(r *rules.Report, in *policy) {
	t := in.TargetTrackingConfiguration
	if t == nil || t.PredefinedMetricSpecification == nil {
		return
	}
	m, path := t.PredefinedMetricSpecification, trackingPath+".PredefinedMetricSpecification.ResourceLabel"
	needs := m.PredefinedMetricType == asgtypes.MetricTypeALBRequestCountPerTarget
	switch {
	case needs && aws.ToString(m.ResourceLabel) == "":
		r.Add(rules.Problem{Path: path, Got: "none", Want: "app/<balancer>/<id>/targetgroup/<group>/<id>",
			Text: "Resource label should be specified for predefined metric type ALBRequestCountPerTarget"})
	case !needs && m.ResourceLabel != nil:
		r.Add(rules.Problem{Path: path, Got: aws.ToString(m.ResourceLabel), Want: "none but for ALBRequestCountPerTarget",
			Text: fmt.Sprintf("Resource label is not supported for predefined metric type %s", m.PredefinedMetricType)})
	}
}
