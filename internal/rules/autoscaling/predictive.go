// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const metricsPath = "PredictiveScalingPolicyConfiguration.MetricSpecifications"

func checkOneMetric(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	if p := in.PredictiveScalingPolicyConfiguration; p != nil && len(p.MetricSpecifications) != 1 {
		r.Add(rules.Problem{Path: metricsPath, Got: strconv.Itoa(len(p.MetricSpecifications)), Want: "one"})
	}
}

func checkPredictiveMetric(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	if in.PredictiveScalingPolicyConfiguration == nil {
		return
	}
	for i, m := range in.PredictiveScalingPolicyConfiguration.MetricSpecifications {
		scaling := count(m.PredefinedScalingMetricSpecification != nil, m.CustomizedScalingMetricSpecification != nil)
		load := count(m.PredefinedLoadMetricSpecification != nil, m.CustomizedLoadMetricSpecification != nil)
		pair := count(m.PredefinedMetricPairSpecification != nil)
		single := scaling == 1 && load == 1
		if (pair == 1) == single || (pair == 1 && scaling+load > 0) {
			r.Add(rules.Problem{
				Path: rules.Elem(metricsPath, nil, i), Got: "neither or both", Want: "a scaling and a load metric, or a pair",
			})
		}
	}
}

func count(given ...bool) (n int) {
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}

// pairs are the predefined pairs that ECS services have.
var pairs = []string{"ECSServiceMemoryUtilization", "ALBRequestCount", "ECSServiceCPUUtilization"}

func checkPair(r *rules.Report, in *awsaas.PutScalingPolicyInput) {
	if in.PredictiveScalingPolicyConfiguration == nil || in.ScalableDimension != aastypes.ScalableDimensionECSServiceDesiredCount {
		return
	}
	for i, m := range in.PredictiveScalingPolicyConfiguration.MetricSpecifications {
		pair := m.PredefinedMetricPairSpecification
		if pair != nil && !slices.Contains(pairs, aws.ToString(pair.PredefinedMetricType)) {
			r.Add(rules.Problem{
				Path: rules.Elem(metricsPath, nil, i) + ".PredefinedMetricPairSpecification.PredefinedMetricType",
				Got:  aws.ToString(pair.PredefinedMetricType), Want: "a pair of ECS services",
			})
		}
	}
}
