// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/internal/gosource"
)

// scaled gives the service its scaling.
func (x *exporter) scaled(s expressed[serviceCore]) expressed[serviceCore] {
	if x.scaling == nil {
		return s
	}
	t := &x.scaling.Target
	least, most := orZero(t.MinCapacity), orZero(t.MaxCapacity)
	a := gosource.Call(x.p, autoscaling.Between(least, most), "autoscaling.Between", least, most)
	for i := range x.scaling.Policies {
		a = x.policy(a, &x.scaling.Policies[i])
	}
	for i := range x.scaling.Schedules {
		x.leavef("the scheduled action %s cannot be declared", text(x.scaling.Schedules[i].ScheduledActionName))
	}
	if p := t.SuspendedState; p != nil {
		off := autoscaling.Suspension{
			ScaleIn: aws.ToBool(p.DynamicScalingInSuspended), ScaleOut: aws.ToBool(p.DynamicScalingOutSuspended),
			Scheduled: aws.ToBool(p.ScheduledScalingSuspended),
		}
		if off != (autoscaling.Suspension{}) {
			a = a.Then(a.V.WithSuspended(off), "WithSuspended", off)
		}
	}
	for _, k := range sortedKeys(t.Tags) {
		a = a.Then(a.V.WithTag(k, t.Tags[k]), "WithTag", k, t.Tags[k])
	}
	a = gosource.Define(x.body, a, "scaling", x.at.service+"Scaling")
	return s.Then(s.V.withScaling(a.V), "WithScaling", a)
}

// policy adds a scaling policy, if it is one that can be declared.
func (x *exporter) policy(a expressed[autoscaling.Scaling], in *awsaas.PutScalingPolicyInput) expressed[autoscaling.Scaling] {
	c := in.TargetTrackingScalingPolicyConfiguration
	if c == nil || c.PredefinedMetricSpecification == nil {
		x.leavef("the scaling policy %s (%s) cannot be declared", text(in.PolicyName), in.PolicyType)
		return a
	}
	var metric autoscaling.Metric
	switch c.PredefinedMetricSpecification.PredefinedMetricType { //nolint:exhaustive // those of ECS services
	case aastypes.MetricTypeECSServiceAverageCPUUtilization:
		metric = autoscaling.CPUUtilization
	case aastypes.MetricTypeECSServiceAverageMemoryUtilization:
		metric = autoscaling.MemoryUtilization
	case aastypes.MetricTypeALBRequestCountPerTarget:
		metric = autoscaling.RequestsPerTarget
		if len(x.routes()) == 0 {
			x.leavef("the scaling policy %s cannot be declared: its requests come by no route of the stack", text(in.PolicyName))
			return a
		}
	default:
		x.leavef("the scaling policy %s cannot be declared: its metric is %s", text(in.PolicyName), c.PredefinedMetricSpecification.PredefinedMetricType)
		return a
	}
	p := autoscaling.TargetTracking{
		Metric: metric, Target: aws.ToFloat64(c.TargetValue), DisableScaleIn: aws.ToBool(c.DisableScaleIn),
		ScaleInCooldown: cooldown(c.ScaleInCooldown), ScaleOutCooldown: cooldown(c.ScaleOutCooldown),
	}
	if name := text(in.PolicyName); name != string(c.PredefinedMetricSpecification.PredefinedMetricType) {
		p.Name = name
	}
	return a.Then(a.V.WithPolicy(p), "WithPolicy", p)
}

// cooldown is nothing where it is the usual one.
func cooldown(n *int32) time.Duration {
	d := seconds64(n)
	switch {
	case n == nil || d == autoscaling.DefaultCooldown:
		return 0
	case d == 0:
		return autoscaling.NoCooldown
	default:
		return d
	}
}
