// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// call stands for a call that AWS makes itself.
func (f *Fake) call(region string) *sim.Call {
	return &sim.Call{Sim: f.sim, Region: region, Account: f.sim.Account(), Partition: sim.Partition(region)}
}

// Publish adds a value to a metric of AWS's own, and has the alarms on it evaluated.
func (f *Fake) Publish(name string, m world.Metric, value float64) {
	r := f.regions.Of(f.sim.Account(), name)
	var dimensions []cwtypes.Dimension
	for _, k := range slices.Sorted(maps.Keys(m.Dimensions)) {
		dimensions = append(dimensions, cwtypes.Dimension{Name: &k, Value: aws.String(m.Dimensions[k])})
	}
	key := metricKey(&m.Namespace, &m.Name, dimensions)
	held := r.metrics[key]
	if held == nil {
		held = &metric{named: cwtypes.Metric{Namespace: &m.Namespace, MetricName: &m.Name, Dimensions: dimensions}}
		r.metrics[key] = held
	}
	held.data = append(held.data, sample{f.sim.Now(), value, 1, value, value, cwtypes.StandardUnit(m.Unit)})
	for _, alarm := range slices.Sorted(maps.Keys(r.alarms)) {
		a := r.alarms[alarm]
		if metricKey(a.described.Namespace, a.described.MetricName, a.described.Dimensions) == key && a.described.Period != nil {
			period := time.Duration(*a.described.Period) * time.Second
			f.sim.At(f.sim.Now().Truncate(period).Add(period), func() {
				if r.alarms[alarm] == a {
					f.evaluate(r, alarm, a, held)
				}
			})
		}
	}
}

// SetAlarm makes an alarm and returns its ARN.
func (f *Fake) SetAlarm(region string, in *awscw.PutMetricAlarmInput) string {
	c := f.call(region)
	if _, err := f.putAlarm(c, in); err != nil {
		return ""
	}
	return arn(c, *in.AlarmName)
}

// DropAlarm deletes an alarm; one that is not there is fine.
func (f *Fake) DropAlarm(region, name string) {
	delete(f.regions.Of(f.sim.Account(), region).alarms, name)
}

// OnBreach has fn called for each action of an alarm that is in ALARM.
func (f *Fake) OnBreach(fn func(region string, b world.Breach)) { f.breached = append(f.breached, fn) }

// evaluate looks at the periods that have ended by now.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
func (f *Fake) evaluate(r *region, name string, a *alarm, m *metric) {
	d := a.described
	period := time.Duration(*d.Period) * time.Second
	end := f.sim.Now().Truncate(period)
	periods := int(aws.ToInt32(d.EvaluationPeriods))
	points := m.buckets(end.Add(-time.Duration(periods)*period), end, period, d.Unit)
	breaching, last := 0, 0.0
	for _, p := range points {
		v, ok := p.statistic(d.Statistic)
		if !ok {
			return
		}
		last = v
		if breaches(d, v) {
			breaching++
		}
	}
	if aws.ToString(d.TreatMissingData) == "breaching" {
		breaching += periods - len(points)
	}
	needed := periods
	if d.DatapointsToAlarm != nil {
		needed = int(*d.DatapointsToAlarm)
	}
	state := cwtypes.StateValueOk
	if breaching >= needed {
		state = cwtypes.StateValueAlarm
	}
	f.move(r, name, a, state, last)
}

func breaches(d cwtypes.MetricAlarm, v float64) bool {
	threshold := aws.ToFloat64(d.Threshold)
	switch d.ComparisonOperator {
	case cwtypes.ComparisonOperatorGreaterThanThreshold:
		return v > threshold
	case cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold:
		return v >= threshold
	case cwtypes.ComparisonOperatorLessThanThreshold:
		return v < threshold
	case cwtypes.ComparisonOperatorLessThanOrEqualToThreshold:
		return v <= threshold
	}
	return false
}

// move brings an alarm into the state that was found, and lets its actions act.
func (f *Fake) move(r *region, name string, a *alarm, state cwtypes.StateValue, value float64) {
	if a.described.StateValue != state {
		c := f.call(r.name)
		if _, err := f.change(c, &awscw.SetAlarmStateInput{
			AlarmName: &name, StateValue: state,
			StateReason: aws.String(fmt.Sprintf("Threshold Crossed: the newest datapoint is %g, the threshold %g.", value, aws.ToFloat64(a.described.Threshold))),
		}); err != nil {
			return
		}
	}
	if state == cwtypes.StateValueAlarm {
		f.act(r, name, a, value)
	}
}
