// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
)

// Policy moves the number of tasks. The set is sealed: [TargetTracking].
type Policy interface {
	// put returns the policy for a service. Problems' paths start below the
	// policy.
	put(service ECSService) (awsaas.PutScalingPolicyInput, []slipway.FieldError)
}

// Metric is what [TargetTracking] holds on to: [CPUUtilization],
// [MemoryUtilization] or [RequestsPerTarget]. The set is sealed.
type Metric interface {
	specification(service ECSService) (*aastypes.PredefinedMetricSpecification, []slipway.FieldError)
}

// predefined is a metric that AWS knows by name.
type predefined aastypes.MetricType

// The metrics that AWS has for ECS services.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
const (
	// CPUUtilization is the average CPU use of the service's tasks in percent of
	// what they reserve.
	CPUUtilization = predefined(aastypes.MetricTypeECSServiceAverageCPUUtilization)
	// MemoryUtilization is the average memory use of the service's tasks in
	// percent of what they reserve.
	MemoryUtilization = predefined(aastypes.MetricTypeECSServiceAverageMemoryUtilization)
	// RequestsPerTarget is the number of requests that each task gets from the
	// Application Load Balancer in a minute. The service needs a route.
	RequestsPerTarget = predefined(aastypes.MetricTypeALBRequestCountPerTarget)
)

func (m predefined) specification(s ECSService) (*aastypes.PredefinedMetricSpecification, []slipway.FieldError) {
	spec := &aastypes.PredefinedMetricSpecification{PredefinedMetricType: aastypes.MetricType(m)}
	if m != RequestsPerTarget {
		return spec, nil
	}
	if s.LoadBalancerSuffix == "" || s.TargetGroupSuffix == "" {
		return spec, []slipway.FieldError{{
			Path: "Metric", Got: "RequestsPerTarget", Want: "a service with a route of an Application Load Balancer",
			Doc: policyDoc, Rule: "aas-requests-need-route",
		}}
	}
	spec.ResourceLabel = aws.String(s.LoadBalancerSuffix + "/" + s.TargetGroupSuffix)
	return spec, nil
}

const policyDoc = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html"

// DefaultCooldown is what a zero cooldown stands for: AWS's default, for ECS services and for groups.
const DefaultCooldown = 5 * time.Minute

// NoCooldown as a cooldown lets the next scaling activity start at once.
const NoCooldown time.Duration = -1

// TargetTracking keeps a metric near a target, as a thermostat does: it adds
// tasks when the metric is above the target for three minutes, and takes tasks
// away when it is well below for a quarter of an hour.
type TargetTracking struct {
	// Metric to hold on to.
	Metric Metric
	// Target is the value of the metric: percent for CPUUtilization and
	// MemoryUtilization, requests a minute for RequestsPerTarget. More than 0.
	Target float64
	// ScaleInCooldown is how long after tasks were taken away no more are, in
	// whole seconds; 0 means [DefaultCooldown].
	ScaleInCooldown time.Duration
	// ScaleOutCooldown is how long to wait for added tasks to take effect before
	// more are added, in whole seconds; 0 means [DefaultCooldown].
	ScaleOutCooldown time.Duration
	// DisableScaleIn: the policy only ever adds tasks.
	DisableScaleIn bool
	// Name of the policy; the metric's name if empty. Two policies of a service
	// may not have the same name.
	Name string
}

func (t TargetTracking) put(service ECSService) (awsaas.PutScalingPolicyInput, []slipway.FieldError) {
	config := &aastypes.TargetTrackingScalingPolicyConfiguration{
		TargetValue:    aws.Float64(t.Target),
		DisableScaleIn: aws.Bool(t.DisableScaleIn),
	}
	in := awsaas.PutScalingPolicyInput{
		PolicyName:                               aws.String(t.Name),
		PolicyType:                               aastypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: config,
	}
	var problems, found []slipway.FieldError
	if t.Metric == nil {
		problems = append(problems, slipway.FieldError{
			Path: "Metric", Got: "none", Want: "a metric, such as CPUUtilization", Doc: policyDoc, Rule: "aas-tt-metric",
		})
	} else {
		config.PredefinedMetricSpecification, found = t.Metric.specification(service)
		problems = append(problems, found...)
		if t.Name == "" {
			in.PolicyName = aws.String(string(config.PredefinedMetricSpecification.PredefinedMetricType))
		}
	}
	config.ScaleInCooldown, found = seconds("ScaleInCooldown", t.ScaleInCooldown)
	problems = append(problems, found...)
	config.ScaleOutCooldown, found = seconds("ScaleOutCooldown", t.ScaleOutCooldown)
	return in, append(problems, found...)
}

// seconds is a cooldown as AWS wants it.
func seconds(path string, d time.Duration) (*int32, []slipway.FieldError) {
	switch {
	case d == 0:
		d = DefaultCooldown
	case d == NoCooldown:
		d = 0
	case d < 0 || d%time.Second != 0 || d > math.MaxInt32*time.Second:
		return nil, []slipway.FieldError{{
			Path: path, Got: d.String(), Want: fmt.Sprintf("whole seconds, 0 for %s, or NoCooldown", DefaultCooldown),
			Doc: policyDoc, Rule: "aas-cooldown",
		}}
	}
	return aws.Int32(int32(d / time.Second)), nil
}
