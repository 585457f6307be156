// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// The alarms of target tracking, as AWS has made them for years: the high one is above the
// target for 3 minutes, the low one below 0.7 of it for 15.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
const (
	highPeriods = 3
	lowPeriods  = 15
	lowShare    = 0.7
	alarmPeriod = 60 // seconds
)

// predefined are the metrics of EC2 that target tracking names; each is by group.
var predefined = map[asgtypes.MetricType]string{
	asgtypes.MetricTypeASGAverageCPUUtilization: "CPUUtilization", asgtypes.MetricTypeASGAverageNetworkIn: "NetworkIn",
	asgtypes.MetricTypeASGAverageNetworkOut: "NetworkOut",
}

// tracked is an alarm on the metric of a target tracking policy, without its bounds.
func (g *group) tracked(t *asgtypes.TargetTrackingConfiguration) (*awscw.PutMetricAlarmInput, error) {
	if c := t.CustomizedMetricSpecification; c != nil {
		in := &awscw.PutMetricAlarmInput{Namespace: c.Namespace, MetricName: c.MetricName, Statistic: cwtypes.Statistic(c.Statistic)}
		for _, d := range c.Dimensions {
			in.Dimensions = append(in.Dimensions, cwtypes.Dimension{Name: d.Name, Value: d.Value})
		}
		return in, nil
	}
	name, ok := predefined[t.PredefinedMetricSpecification.PredefinedMetricType]
	if !ok {
		return nil, sim.NotModelled("the metric %s of target tracking is not modelled", t.PredefinedMetricSpecification.PredefinedMetricType)
	}
	return &awscw.PutMetricAlarmInput{
		Namespace: aws.String("AWS/EC2"), MetricName: &name, Statistic: cwtypes.StatisticAverage,
		Dimensions: []cwtypes.Dimension{{Name: aws.String("AutoScalingGroupName"), Value: g.settings.AutoScalingGroupName}},
	}, nil
}

// track makes the alarms of a target tracking policy.
func (g *group) track(p *asgtypes.ScalingPolicy) error {
	t := p.TargetTrackingConfiguration
	p.Alarms = nil
	sides := []struct {
		name      string
		threshold float64
		operator  cwtypes.ComparisonOperator
		periods   int32
	}{
		{"AlarmHigh", *t.TargetValue, cwtypes.ComparisonOperatorGreaterThanThreshold, highPeriods},
		{"AlarmLow", lowShare * *t.TargetValue, cwtypes.ComparisonOperatorLessThanThreshold, lowPeriods},
	}
	if aws.ToBool(t.DisableScaleIn) {
		sides = sides[:1]
	}
	for _, side := range sides {
		in, err := g.tracked(t)
		if err != nil {
			return err
		}
		in.AlarmName = aws.String(fmt.Sprintf("TargetTracking-%s-%s-%s", g.name(), side.name, g.r.f.sim.UUID("asg-alarm", g.r.name, *p.PolicyARN, side.name)))
		in.AlarmDescription = aws.String("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + *p.PolicyARN + ".")
		in.Threshold, in.ComparisonOperator, in.EvaluationPeriods = &side.threshold, side.operator, &side.periods
		in.Period, in.AlarmActions = aws.Int32(alarmPeriod), []string{*p.PolicyARN}
		p.Alarms = append(p.Alarms, asgtypes.Alarm{AlarmName: in.AlarmName, AlarmARN: aws.String(g.r.f.needs.Metrics.SetAlarm(g.r.name, in))})
	}
	return nil
}

// forgetAlarms deletes the alarms that a policy has made.
func (g *group) forgetAlarms(p asgtypes.ScalingPolicy) {
	for _, a := range p.Alarms {
		g.r.f.needs.Metrics.DropAlarm(g.r.name, *a.AlarmName)
	}
}

// alarmed acts on an alarm whose action is a policy of a group.
func (f *Fake) alarmed(region string, a world.Breach) {
	for _, g := range f.of(region).sorted(nil) {
		p, ok := g.policyNamed(&a.Action)
		if !ok || !strings.HasPrefix(a.Action, "arn:") || !aws.ToBool(p.Enabled) || g.suspends("AlarmNotification") || g.deleting {
			continue
		}
		if n, ok := g.answer(p, a); ok {
			g.wants(g.within(n), fmt.Sprintf("a monitor alarm %s in state ALARM triggered policy %s", a.Alarm, *p.PolicyName))
		}
	}
}

// answer is the capacity that a policy wants for an alarm; ok is false where it waits: for
// the cooldown, or for instances to warm up.
func (g *group) answer(p asgtypes.ScalingPolicy, a world.Breach) (n int, ok bool) {
	warming := g.warming(p)
	switch *p.PolicyType {
	case rules.SimpleScaling:
		return g.adjusted(p, 0), g.ready(p)
	case rules.StepScaling:
		n = g.adjusted(p, a.Value-a.Threshold)
	default:
		n = int(math.Ceil(float64(g.desired()) * a.Value / *p.TargetTrackingConfiguration.TargetValue))
		if a.Value < *p.TargetTrackingConfiguration.TargetValue {
			n = min(n, g.desired()-1)
		}
	}
	return n, !warming
}

// ready: a simple policy waits for activities and its cooldown.
func (g *group) ready(p asgtypes.ScalingPolicy) bool {
	if g.running() != nil {
		return false
	}
	if p.Cooldown == nil {
		return !g.now().Before(g.cooldown)
	}
	for _, m := range g.members {
		if g.now().Before(m.served.Add(time.Duration(*p.Cooldown) * time.Second)) {
			return false
		}
	}
	return true
}

// warming: an instance is on its way, or in service for less than the warm-up time.
func (g *group) warming(p asgtypes.ScalingPolicy) bool {
	warmup := aws.ToInt32(g.settings.DefaultInstanceWarmup)
	switch {
	case p.EstimatedInstanceWarmup != nil:
		warmup = *p.EstimatedInstanceWarmup
	case g.settings.DefaultInstanceWarmup == nil:
		warmup = *g.settings.DefaultCooldown
	}
	if g.capacity() < g.desired() {
		return true
	}
	for _, m := range g.counted() {
		if !m.serves() || g.now().Before(m.served.Add(time.Duration(warmup)*time.Second)) {
			return true
		}
	}
	return false
}

// adjusted is the capacity that a simple or step policy wants when the metric is so much
// above its threshold.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
func (g *group) adjusted(p asgtypes.ScalingPolicy, above float64) int {
	by := int(aws.ToInt32(p.ScalingAdjustment))
	for _, s := range p.StepAdjustments {
		if (s.MetricIntervalLowerBound == nil || above >= *s.MetricIntervalLowerBound) &&
			(s.MetricIntervalUpperBound == nil || above < *s.MetricIntervalUpperBound) {
			by = int(*s.ScalingAdjustment)
		}
	}
	switch *p.AdjustmentType {
	case rules.ExactCapacity:
		return by
	case rules.PercentChangeInCapacity:
		return g.desired() + share(g.desired(), by, int(aws.ToInt32(p.MinAdjustmentMagnitude)))
	default:
		return g.desired() + by
	}
}

// share is a percentage of n as AWS rounds it: toward zero, but from within one of zero
// away from it; and at least so much.
func share(n, percent, least int) int {
	exact := float64(n*percent) / 100
	by := int(exact)
	switch {
	case exact > 0:
		return max(by, 1, least)
	case exact < 0:
		return min(by, -1, -least)
	}
	return 0
}

// SetLoad has the instances of a group use so much CPU, in percent on average, as load says
// of the time and of how many are in service. It is published once a minute.
func (f *Fake) SetLoad(region, name string, load func(t time.Time, serving int) float64) {
	r := f.of(region)
	_, goesOn := r.loads[name]
	r.loads[name] = load
	if !goesOn {
		r.publish(name)
	}
}

// publish sends the metric of a minute, for as long as there is a load.
func (r *region) publish(name string) {
	load := r.loads[name]
	if load == nil {
		delete(r.loads, name)
		return
	}
	if g := r.groups[name]; g != nil {
		serving := 0
		for _, m := range g.members {
			if m.serves() {
				serving++
			}
		}
		if serving > 0 {
			r.f.needs.Metrics.Publish(r.name, world.Metric{
				Namespace: "AWS/EC2", Name: "CPUUtilization", Unit: "Percent",
				Dimensions: map[string]string{"AutoScalingGroupName": name},
			}, load(g.now(), serving))
		}
	}
	r.f.sim.After(alarmPeriod*time.Second, func() { r.publish(name) })
}
