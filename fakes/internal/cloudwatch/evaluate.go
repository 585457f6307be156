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
		if a := r.alarms[alarm]; a.watches(key) {
			f.evaluateAfter(r, alarm, a)
		}
	}
}

// watches reports whether an alarm is on a metric, by itself or in an expression.
func (a *alarm) watches(key string) bool {
	if a.period() == 0 {
		return false
	}
	metrics, _ := queries(a.described.Metrics)
	return metricKey(a.described.Namespace, a.described.MetricName, a.described.Dimensions) == key ||
		slices.ContainsFunc(metrics, func(q cwtypes.MetricDataQuery) bool {
			m := q.MetricStat.Metric
			return metricKey(m.Namespace, m.MetricName, m.Dimensions) == key
		})
}

// period is that of the alarm's metric, or of those in its expression: the longest. It is
// 0 for an alarm that cannot be evaluated.
func (a *alarm) period() time.Duration {
	if a.described.Period != nil {
		return time.Duration(*a.described.Period) * time.Second
	}
	longest := int32(0)
	metrics, _ := queries(a.described.Metrics)
	for _, q := range metrics {
		longest = max(longest, aws.ToInt32(q.MetricStat.Period))
	}
	return time.Duration(longest) * time.Second
}

// evaluateAfter evaluates an alarm when the present period ends.
func (f *Fake) evaluateAfter(r *region, name string, a *alarm) {
	period := a.period()
	f.sim.At(f.sim.Now().Truncate(period).Add(period), func() {
		if r.alarms[name] == a && a.period() == period {
			f.evaluate(r, name, a)
		}
	})
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

// evaluate looks at the periods that have ended by now. An alarm for which missing data
// is as good as good data goes back by itself when no more data comes.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
func (f *Fake) evaluate(r *region, name string, a *alarm) {
	d := a.described
	end := f.sim.Now().Truncate(a.period())
	periods := int(aws.ToInt32(d.EvaluationPeriods))
	points, ok := r.points(a, end.Add(-time.Duration(periods)*a.period()), end)
	if !ok {
		return
	}
	breaching, last := 0, 0.0
	for _, v := range points {
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
	if state == cwtypes.StateValueAlarm && aws.ToString(d.TreatMissingData) == "notBreaching" && a.looked.Before(end) {
		a.looked = end
		f.evaluateAfter(r, name, a)
	}
}

// points are the values that an alarm is on, one a period, oldest first; not ok if they
// cannot be computed.
func (r *region) points(a *alarm, start, end time.Time) (points []float64, ok bool) {
	d := a.described
	if len(d.Metrics) == 0 {
		return r.metrics[metricKey(d.Namespace, d.MetricName, d.Dimensions)].values(d.Statistic, d.Unit, start, end, a.period())
	}
	metrics, expression := queries(d.Metrics)
	compute, _ := formulaOf(expression)
	for at := start; at.Before(end); at = at.Add(a.period()) {
		values := map[string]float64{}
		for _, q := range metrics {
			m := q.MetricStat.Metric
			held := r.metrics[metricKey(m.Namespace, m.MetricName, m.Dimensions)]
			of, ok := held.values(cwtypes.Statistic(aws.ToString(q.MetricStat.Stat)), q.MetricStat.Unit, at, at.Add(a.period()), a.period())
			if !ok {
				return nil, false
			}
			if len(of) > 0 {
				values[aws.ToString(q.Id)] = of[0]
			}
		}
		if v, ok := compute(values); ok {
			points = append(points, v)
		}
	}
	return points, true
}

// values are one statistic of a metric by period; a metric that is not there has none.
func (m *metric) values(statistic cwtypes.Statistic, unit cwtypes.StandardUnit, start, end time.Time, period time.Duration) (values []float64, ok bool) {
	if m == nil {
		return nil, true
	}
	for _, p := range m.buckets(start, end, period, unit) {
		v, ok := p.statistic(statistic)
		if !ok {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
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
