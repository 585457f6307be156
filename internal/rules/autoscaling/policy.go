// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// PutScalingPolicy is in AWS's order, which finds the target before it looks at the configuration.
var PutScalingPolicy = rules.Of[awsaas.PutScalingPolicyInput]{
	{Meta: rules.Meta{
		ID: "aas-policy-name", Code: validation, Doc: api + "API_PutScalingPolicy.html",
	}, Check: checkPolicyName},
	{Meta: rules.Meta{
		ID: "aas-policy-target", Code: "ObjectNotFoundException", Doc: "https://github.com/ansible/ansible/issues/35632",
	}, Check: func(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
		checkTarget(r, in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	}},
	{Meta: rules.Meta{
		ID: "aas-policy-unsupported", Code: "AccessDeniedException", Text: "Account is not authorized",
		Doc: preflight + "pf-appautoscaling-step-scaling-unsupported-namespace",
	}, Check: checkPolicySupported},
	{Meta: rules.Meta{
		ID: "aas-policy-type", Code: validation,
		Text: "You must only provide a single scaling policy configuration, which must match the scaling policy type specified.",
		Doc:  preflight + "pf-appautoscaling-policy-type-config-mismatch",
	}, Check: checkPolicyType},
	{Meta: rules.Meta{
		ID: "aas-tt-metric", Code: validation,
		Text: "PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.",
		Doc:  preflight + "pf-appautoscaling-tt-metric-spec-missing",
	}, Check: func(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
		t := in.TargetTrackingScalingPolicyConfiguration
		if t != nil && t.PredefinedMetricSpecification == nil && t.CustomizedMetricSpecification == nil {
			r.Add(rules.Problem{Path: tt, Got: "no metric", Want: "a predefined or a customized metric"})
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-tt-label-missing", Code: validation, Doc: preflight + "pf-appautoscaling-alb-metric-requires-resource-label",
	}, Check: checkLabelMissing},
	{Meta: rules.Meta{
		ID: "aas-tt-label", Code: validation, Doc: preflight + "pf-appautoscaling-resource-label-format",
	}, Check: checkLabel},
	{Meta: rules.Meta{
		ID: "aas-tt-math", Code: validation,
		Text: "The customized metric specification is not valid. You can use a specification with metric math or a " +
			"specification without metric math, but not a combination of both.",
		Doc: preflight + "pf-appautoscaling-customized-metric-exclusive",
	}, Check: checkMetricMath},
	{Meta: rules.Meta{
		ID: "aas-tt-cooldown", Code: validation, Doc: api + "API_TargetTrackingScalingPolicyConfiguration.html",
	}, Check: func(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
		if t := in.TargetTrackingScalingPolicyConfiguration; t != nil {
			notNegative(r, tt+".ScaleInCooldown", "scaleInCooldown", t.ScaleInCooldown)
			notNegative(r, tt+".ScaleOutCooldown", "scaleOutCooldown", t.ScaleOutCooldown)
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-tt-target", Warn: true, Doc: api + "API_TargetTrackingScalingPolicyConfiguration.html",
	}, Check: checkTargetValue},
	{Meta: stepMeta("aas-step-order", "Lower bound must be less than upper bound for a step adjustment", "bound-order"), Check: stepRule(checkStepOrder)},
	{Meta: stepMeta("aas-step-two-lower", "At most one step adjustment may have an unspecified lower bound", "two-null-lower"), Check: stepRule(checkTwoLower)},
	{Meta: stepMeta("aas-step-two-upper", "At most one step adjustment may have an unspecified upper bound", "two-null-upper"), Check: stepRule(checkTwoUpper)},
	{Meta: stepMeta("aas-step-open-lower",
		"There must be a step adjustment with an unspecified lower bound when one step adjustment has a negative lower bound",
		"missing-null-lower"), Check: stepRule(checkOpenLower)},
	{Meta: stepMeta("aas-step-open-upper",
		"There must be a step adjustment with an unspecified upper bound when one step adjustment has a positive upper bound",
		"missing-null-upper"), Check: stepRule(checkOpenUpper)},
	{Meta: stepMeta("aas-step-gap", "Step adjustment intervals cannot have gaps between them", "gap"), Check: stepRule(checkGap)},
	{Meta: stepMeta("aas-step-overlap", "Step adjustment intervals cannot overlap", "overlap"), Check: stepRule(checkOverlap)},
	{Meta: rules.Meta{
		ID: "aas-predictive-one-metric", Code: validation, Text: "You must specify one metric specification.",
		Doc: preflight + "pf-appautoscaling-predictive-metric-spec-single",
	}, Check: checkOneMetric},
	{Meta: rules.Meta{
		ID: "aas-predictive-metric", Code: validation,
		Text: "The metric specification is invalid. A policy must have either one scaling metric and one load metric or one metric pair.",
		Doc:  preflight + "pf-appautoscaling-predictive-metric-pair-exclusive",
	}, Check: checkPredictiveMetric},
	{Meta: rules.Meta{
		ID: "aas-predictive-pair", Code: validation,
		Text: "The predefined metric pair type for scalable dimension ecs:service:DesiredCount isn't valid. The supported values " +
			"are: ECSServiceMemoryUtilization, ALBRequestCount and ECSServiceCPUUtilization.",
		Doc: preflight + "pf-appautoscaling-predictive-metric-pair-type-dimension",
	}, Check: checkPair},
}

const (
	tt = "TargetTrackingScalingPolicyConfiguration"
	// maxName is the length of a policy's name.
	maxName = 256
)

func checkPolicyName(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	name := aws.ToString(in.PolicyName)
	if in.PolicyName != nil && (name == "" || len(name) > maxName) {
		r.Add(rules.Problem{
			Path: "PolicyName", Got: strconv.Quote(name), Want: "1 to 256 characters",
			Text: fmt.Sprintf("1 validation error detected: Value '%s' at 'policyName' failed to satisfy constraint: "+
				"Member must have length between 1 and 256, inclusive", name),
		})
	}
}

// checkPolicySupported: AWS words this misleadingly.
func checkPolicySupported(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	switch {
	case in.PolicyType == aastypes.PolicyTypeStepScaling && in.ServiceNamespace == aastypes.ServiceNamespaceDynamodb,
		in.PolicyType == aastypes.PolicyTypePredictiveScaling && in.ServiceNamespace != aastypes.ServiceNamespaceEcs:
		r.Add(rules.Problem{
			Path: "PolicyType", Got: string(in.PolicyType), Want: "a type that " + string(in.ServiceNamespace) + " supports",
		})
	}
}

func checkPolicyType(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	given := map[aastypes.PolicyType]bool{
		aastypes.PolicyTypeStepScaling:           in.StepScalingPolicyConfiguration != nil,
		aastypes.PolicyTypeTargetTrackingScaling: in.TargetTrackingScalingPolicyConfiguration != nil,
		aastypes.PolicyTypePredictiveScaling:     in.PredictiveScalingPolicyConfiguration != nil,
	}
	count := 0
	for _, ok := range given {
		if ok {
			count++
		}
	}
	if count != 1 || (in.PolicyType != "" && !given[in.PolicyType]) {
		r.Add(rules.Problem{
			Path: "PolicyType", Got: fmt.Sprintf("%s with %d configurations", in.PolicyType, count),
			Want: "the one configuration of its type",
		})
	}
}

// specification is the predefined metric of the policy, or nil.
func specification(in *awsaas.PutScalingPolicyInput) *aastypes.PredefinedMetricSpecification {
	if in.TargetTrackingScalingPolicyConfiguration == nil {
		return nil
	}
	return in.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification
}

const labelPath = tt + ".PredefinedMetricSpecification.ResourceLabel"

func checkLabelMissing(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	m := specification(in)
	if m == nil || m.PredefinedMetricType != aastypes.MetricTypeALBRequestCountPerTarget || aws.ToString(m.ResourceLabel) != "" {
		return
	}
	r.Add(rules.Problem{
		Path: labelPath, Got: "none", Want: labelForm,
		Text: "Resource label should be specified for predefined metric type ALBRequestCountPerTarget",
	})
}

const labelForm = "app/<balancer>/<id>/targetgroup/<group>/<id>"

var label = regexp.MustCompile(`^app/[^/]+/[0-9a-f]+/targetgroup/[^/]+/[0-9a-f]+$`)

func checkLabel(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	m := specification(in)
	if m == nil || aws.ToString(m.ResourceLabel) == "" || slipway.HasRef(*m.ResourceLabel) {
		return
	}
	if m.PredefinedMetricType == aastypes.MetricTypeALBRequestCountPerTarget && label.MatchString(*m.ResourceLabel) {
		return
	}
	r.Add(rules.Problem{
		Path: labelPath, Got: *m.ResourceLabel, Want: labelForm + ", for ALBRequestCountPerTarget only",
		Text: fmt.Sprintf("Invalid resource label '%s' for predefined metric type %s", *m.ResourceLabel, m.PredefinedMetricType),
	})
}

func checkMetricMath(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	t := in.TargetTrackingScalingPolicyConfiguration
	if t == nil || t.CustomizedMetricSpecification == nil {
		return
	}
	m := t.CustomizedMetricSpecification
	single := m.MetricName != nil || m.Namespace != nil || m.Statistic != ""
	if single && len(m.Metrics) > 0 {
		r.Add(rules.Problem{Path: tt + ".CustomizedMetricSpecification", Got: "both", Want: "Metrics or one metric"})
	}
}

func checkTargetValue(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	t, m := in.TargetTrackingScalingPolicyConfiguration, specification(in)
	if t == nil || m == nil || t.TargetValue == nil {
		return
	}
	got := strconv.FormatFloat(*t.TargetValue, 'g', -1, 64)
	switch m.PredefinedMetricType {
	case aastypes.MetricTypeECSServiceAverageCPUUtilization, aastypes.MetricTypeECSServiceAverageMemoryUtilization:
		if *t.TargetValue <= 0 || *t.TargetValue > 100 {
			r.Add(rules.Problem{Path: tt + ".TargetValue", Got: got, Want: "more than 0 and at most 100 percent"})
		}
	default:
		if *t.TargetValue <= 0 {
			r.Add(rules.Problem{Path: tt + ".TargetValue", Got: got, Want: "more than 0"})
		}
	}
}
