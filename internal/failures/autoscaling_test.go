// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/rules"
	aasrules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

// autoscalingCases are the cases of this file's area, by id.
var autoscalingCases = map[string]func(t *testing.T, c Case){
	"aas-alb-metric-without-resource-label": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType = "ALBRequestCountPerTarget"
	}),
	"aas-invalid-resource-label": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		m := p.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification
		m.PredefinedMetricType, m.ResourceLabel = "ALBRequestCountPerTarget", aws.String("cdkpf-lb/cdkpf-tg")
	}),
	"aas-customized-metric-math-and-single": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification = nil
		p.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification = &aastypes.CustomizedMetricSpecification{
			MetricName: aws.String("m"), Namespace: aws.String("n"), Statistic: aastypes.MetricStatisticAverage,
			Metrics: []aastypes.TargetTrackingMetricDataQuery{{Id: aws.String("q")}},
		}
	}),
	"aas-tt-no-metric-spec": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification = nil
	}),
	"aas-policy-type-config-mismatch": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.PolicyType, p.StepScalingPolicyConfiguration = aastypes.PolicyTypeStepScaling, &aastypes.StepScalingPolicyConfiguration{}
	}),
	"aas-predictive-metric-incomplete": predictiveCase(aastypes.PredictiveScalingMetricSpecification{
		PredefinedScalingMetricSpecification: &aastypes.PredictiveScalingPredefinedScalingMetricSpecification{},
	}),
	"aas-predictive-not-one-metric-spec": predictiveCase(pair("ECSServiceCPUUtilization"), pair("ECSServiceMemoryUtilization")),
	"aas-predictive-pair-type-for-ecs":   predictiveCase(pair("ECSServiceTotalCPUUtilization")),
	"aas-predictive-not-ecs": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.ServiceNamespace, p.PolicyType = aastypes.ServiceNamespaceDynamodb, aastypes.PolicyTypePredictiveScaling
	}),
	"aas-step-scaling-on-dynamodb": policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.ServiceNamespace, p.PolicyType = aastypes.ServiceNamespaceDynamodb, aastypes.PolicyTypeStepScaling
	}),
	"aas-step-adjustments-gap":         stepCase(step("0", "10"), step("20", "")),
	"aas-step-bounds-equal":            stepCase(step("10", "10"), step("10", "")),
	"aas-step-negative-lower-not-open": stepCase(step("-1", "0"), step("0", "")),
	"aas-step-positive-upper-not-open": stepCase(step("", "0"), step("0", "1")),
	"aas-step-two-open-upper":          stepCase(step("", "0"), step("0", ""), step("10", "")),
	"aas-resource-id-bad-shape": func(t *testing.T, c Case) {
		t.Helper()
		rejects(t, c, aasrules.RegisterScalableTarget, &awsaas.RegisterScalableTargetInput{
			ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: dimension, ResourceId: aws.String("web"),
		})
	},
	"aas-emr-role-arn-missing": func(t *testing.T, c Case) {
		t.Helper()
		rejects(t, c, aasrules.RegisterScalableTarget, &awsaas.RegisterScalableTargetInput{
			ServiceNamespace: aastypes.ServiceNamespaceEmr, ResourceId: aws.String("instancegroup/j-1/ig-1"),
			ScalableDimension: aastypes.ScalableDimensionEMRInstanceGroupInstanceCount,
		})
	},
	"aas-schedule-cron-question-mark": scheduleCase(func(a *awsaas.PutScheduledActionInput) {
		a.Schedule = aws.String("cron(0 8 * * * *)")
	}),
	"aas-schedule-rate-zero": scheduleCase(func(a *awsaas.PutScheduledActionInput) { a.Schedule = aws.String("rate(0 minutes)") }),
	"aas-scheduled-action-empty-target-action": scheduleCase(func(a *awsaas.PutScheduledActionInput) {
		a.ScalableTargetAction = &aastypes.ScalableTargetAction{}
	}),
	"aas-scheduled-action-no-target-action": scheduleCase(func(a *awsaas.PutScheduledActionInput) { a.ScalableTargetAction = nil }),
	"aas-scheduled-action-start-after-end": scheduleCase(func(a *awsaas.PutScheduledActionInput) {
		end := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
		a.StartTime, a.EndTime = aws.Time(end.Add(time.Second)), &end
	}),
	"aas-policy-before-target":        policyBeforeTarget,
	"aas-ecs-service-not-visible-yet": serviceUnknown,
}

const dimension = aastypes.ScalableDimensionECSServiceDesiredCount

// rejects demands that the rules answer with the case's code and text.
func rejects[T any](t *testing.T, c Case, of rules.Of[T], in *T) {
	t.Helper()
	v, bad := of.First(nil, in)
	require.True(t, bad, c.Config)
	require.Equal(t, c.Message, v.Text)
	if c.Code != "" {
		require.Equal(t, c.Code, v.Code)
	}
}

func policyCase(change func(*awsaas.PutScalingPolicyInput)) func(*testing.T, Case) {
	return func(t *testing.T, c Case) {
		t.Helper()
		in := &awsaas.PutScalingPolicyInput{
			PolicyName: aws.String("p"), PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
			ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: dimension, ResourceId: aws.String("service/shop/web"),
			TargetTrackingScalingPolicyConfiguration: &aastypes.TargetTrackingScalingPolicyConfiguration{
				TargetValue: aws.Float64(60),
				PredefinedMetricSpecification: &aastypes.PredefinedMetricSpecification{
					PredefinedMetricType: aastypes.MetricTypeECSServiceAverageCPUUtilization,
				},
			},
		}
		_, bad := aasrules.PutScalingPolicy.First(nil, in)
		require.False(t, bad, "without the mistake it is accepted")
		change(in)
		rejects(t, c, aasrules.PutScalingPolicy, in)
	}
}

func stepCase(steps ...aastypes.StepAdjustment) func(*testing.T, Case) {
	return policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.PolicyType, p.TargetTrackingScalingPolicyConfiguration = aastypes.PolicyTypeStepScaling, nil
		p.StepScalingPolicyConfiguration = &aastypes.StepScalingPolicyConfiguration{StepAdjustments: steps}
	})
}

// step is an interval between two numbers; "" is open.
func step(lower, upper string) aastypes.StepAdjustment {
	bounds := map[string]*float64{
		"-1": aws.Float64(-1), "0": aws.Float64(0), "1": aws.Float64(1), "10": aws.Float64(10), "20": aws.Float64(20),
	}
	return aastypes.StepAdjustment{
		ScalingAdjustment: aws.Int32(1), MetricIntervalLowerBound: bounds[lower], MetricIntervalUpperBound: bounds[upper],
	}
}

func predictiveCase(metrics ...aastypes.PredictiveScalingMetricSpecification) func(*testing.T, Case) {
	return policyCase(func(p *awsaas.PutScalingPolicyInput) {
		p.PolicyType, p.TargetTrackingScalingPolicyConfiguration = aastypes.PolicyTypePredictiveScaling, nil
		p.PredictiveScalingPolicyConfiguration = &aastypes.PredictiveScalingPolicyConfiguration{MetricSpecifications: metrics}
	})
}

func pair(kind string) aastypes.PredictiveScalingMetricSpecification {
	return aastypes.PredictiveScalingMetricSpecification{
		PredefinedMetricPairSpecification: &aastypes.PredictiveScalingPredefinedMetricPairSpecification{PredefinedMetricType: &kind},
	}
}

func scheduleCase(change func(*awsaas.PutScheduledActionInput)) func(*testing.T, Case) {
	return func(t *testing.T, c Case) {
		t.Helper()
		in := &awsaas.PutScheduledActionInput{
			ScheduledActionName: aws.String("morning"), Schedule: aws.String("cron(0 8 ? * MON-FRI *)"),
			ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: dimension, ResourceId: aws.String("service/shop/web"),
			ScalableTargetAction: &aastypes.ScalableTargetAction{MinCapacity: aws.Int32(1)},
		}
		_, bad := aasrules.PutScheduledAction.First(nil, in)
		require.False(t, bad, "without the mistake it is accepted")
		change(in)
		rejects(t, c, aasrules.PutScheduledAction, in)
	}
}

func policyBeforeTarget(t *testing.T, c Case) {
	t.Helper()
	const resource = "service/eg-test-ecs-web-app-367/eg-test-ecs-web-app-367"
	_, err := awsaas.NewFromConfig(fakes.New(fakes.Options{}).Config()).PutScalingPolicy(t.Context(), &awsaas.PutScalingPolicyInput{
		PolicyName: aws.String("p"), ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: dimension,
		ResourceId: aws.String(resource),
	})
	var missing *aastypes.ObjectNotFoundException
	require.ErrorAs(t, err, &missing, "the target is looked for before the configuration is looked at")
	require.Equal(t, c.Message, missing.ErrorMessage())
	require.Equal(t, c.Code, missing.ErrorCode())
}

func serviceUnknown(t *testing.T, c Case) {
	t.Helper()
	_, err := awsaas.NewFromConfig(fakes.New(fakes.Options{}).Config()).RegisterScalableTarget(t.Context(),
		&awsaas.RegisterScalableTargetInput{
			ServiceNamespace: aastypes.ServiceNamespaceEcs, ScalableDimension: dimension, ResourceId: aws.String("service/shop/web"),
			MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
		})
	var invalid *aastypes.ValidationException
	require.ErrorAs(t, err, &invalid)
	require.True(t, strings.HasPrefix(invalid.ErrorMessage(), c.Message))
	require.Equal(t, c.Code, invalid.ErrorCode())
}
