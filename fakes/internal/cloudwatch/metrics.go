// SPDX-License-Identifier: Apache-2.0

package cloudwatch

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// metric is the data of one metric, in order of arrival.
type metric struct {
	named cwtypes.Metric
	data  []sample
}

// sample sums up some values of an instant.
type sample struct {
	at                   time.Time
	sum, count, min, max float64
	unit                 cwtypes.StandardUnit
}

// metricKey names a metric: namespace, name and sorted dimensions.
func metricKey(namespace, name *string, dimensions []cwtypes.Dimension) string {
	parts := make([]string, 0, len(dimensions))
	for _, d := range dimensions {
		parts = append(parts, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
	}
	slices.Sort(parts)
	return strings.Join(append([]string{aws.ToString(namespace), aws.ToString(name)}, parts...), "\x00")
}

func (f *Fake) metricOperations(s *sim.Service) {
	sim.Handle(s, "PutMetricData", f.putData,
		sim.Refuses[awscw.PutMetricDataInput]("EntityMetricData", "StrictEntityValidation"))
	sim.Handle(s, "GetMetricStatistics", f.statistics,
		sim.Refuses[awscw.GetMetricStatisticsInput]("ExtendedStatistics"))
	sim.Handle(s, "GetMetricData", f.getData,
		sim.Refuses[awscw.GetMetricDataInput]("LabelOptions", "MetricDataQueries.AccountId", "MetricDataQueries.Expression"))
	sim.Handle(s, "ListMetrics", f.listMetrics,
		sim.Refuses[awscw.ListMetricsInput]("IncludeLinkedAccounts", "OwningAccount"))
}

const maxData = 1000

func (f *Fake) putData(c *sim.Call, in *awscw.PutMetricDataInput) (*awscw.PutMetricDataOutput, error) {
	if strings.HasPrefix(aws.ToString(in.Namespace), "AWS/") {
		return nil, &cwtypes.InvalidParameterValueException{Message: aws.String("The value AWS/ for parameter Namespace is invalid.")}
	}
	if len(in.MetricData) > maxData {
		return nil, &cwtypes.InvalidParameterValueException{Message: aws.String("The collection MetricData must not have a size greater than 1000.")}
	}
	r := f.regions.In(c)
	for i := range in.MetricData {
		d := &in.MetricData[i]
		samples, err := read(c, d)
		if err != nil {
			return nil, err
		}
		r.add(cwtypes.Metric{Namespace: in.Namespace, MetricName: d.MetricName, Dimensions: d.Dimensions}, samples...)
	}
	return &awscw.PutMetricDataOutput{}, nil
}

// add keeps samples of a metric.
func (r *region) add(named cwtypes.Metric, samples ...sample) {
	key := metricKey(named.Namespace, named.MetricName, named.Dimensions)
	m := r.metrics[key]
	if m == nil {
		m = &metric{named: named}
		r.metrics[key] = m
	}
	m.data = append(m.data, samples...)
}

// read returns the samples of a datum: one value, a statistic set, or values with
// counts.
func read(c *sim.Call, d *cwtypes.MetricDatum) ([]sample, error) {
	at := c.Now()
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	switch {
	case d.Value != nil:
		return []sample{{at, *d.Value, 1, *d.Value, *d.Value, d.Unit}}, nil
	case d.StatisticValues != nil:
		s := d.StatisticValues
		return []sample{{
			at, aws.ToFloat64(s.Sum), aws.ToFloat64(s.SampleCount), aws.ToFloat64(s.Minimum), aws.ToFloat64(s.Maximum), d.Unit,
		}}, nil
	case len(d.Values) > 0 && (len(d.Counts) == 0 || len(d.Counts) == len(d.Values)):
		var all []sample
		for i, v := range d.Values {
			n := 1.0
			if len(d.Counts) > 0 {
				n = d.Counts[i]
			}
			all = append(all, sample{at, v * n, n, v, v, d.Unit})
		}
		return all, nil
	default:
		return nil, &cwtypes.InvalidParameterCombinationException{
			Message: aws.String("At least one of the parameters Value, Values and StatisticValues must be specified."),
		}
	}
}

// buckets sums the samples of [start, end) up by period, oldest first.
func (m *metric) buckets(start, end time.Time, period time.Duration, unit cwtypes.StandardUnit) []sample {
	all := map[int64]sample{}
	for _, s := range m.data {
		if s.at.Before(start) || !s.at.Before(end) || (unit != "" && unit != s.unit) {
			continue
		}
		at := s.at.Truncate(period)
		b, ok := all[at.UnixNano()]
		if !ok {
			b = sample{at: at, min: s.min, max: s.max, unit: s.unit}
		}
		b.sum, b.count, b.min, b.max = b.sum+s.sum, b.count+s.count, min(b.min, s.min), max(b.max, s.max)
		all[at.UnixNano()] = b
	}
	return slices.SortedFunc(maps.Values(all), func(a, b sample) int { return a.at.Compare(b.at) })
}

// statistic returns one statistic of a bucket.
func (s sample) statistic(name cwtypes.Statistic) (float64, bool) {
	switch name {
	case cwtypes.StatisticSum:
		return s.sum, true
	case cwtypes.StatisticAverage:
		return s.sum / s.count, true
	case cwtypes.StatisticMinimum:
		return s.min, true
	case cwtypes.StatisticMaximum:
		return s.max, true
	case cwtypes.StatisticSampleCount:
		return s.count, true
	}
	return 0, false
}

func (f *Fake) find(c *sim.Call, namespace, name *string, dimensions []cwtypes.Dimension) *metric {
	if m := f.regions.In(c).metrics[metricKey(namespace, name, dimensions)]; m != nil {
		return m
	}
	return &metric{}
}

func (f *Fake) statistics(c *sim.Call, in *awscw.GetMetricStatisticsInput) (*awscw.GetMetricStatisticsOutput, error) {
	if !in.StartTime.Before(*in.EndTime) {
		return nil, &cwtypes.InvalidParameterValueException{
			Message: aws.String("The parameter StartTime must be less than the parameter EndTime."),
		}
	}
	if len(in.Statistics) == 0 {
		return nil, &cwtypes.MissingRequiredParameterException{Message: aws.String("The parameter Statistics is required.")}
	}
	out := &awscw.GetMetricStatisticsOutput{Label: in.MetricName}
	period := time.Duration(aws.ToInt32(in.Period)) * time.Second
	for _, b := range f.find(c, in.Namespace, in.MetricName, in.Dimensions).buckets(*in.StartTime, *in.EndTime, period, in.Unit) {
		p := cwtypes.Datapoint{Timestamp: aws.Time(b.at), Unit: b.unit}
		for _, field := range []struct {
			name cwtypes.Statistic
			to   **float64
		}{
			{cwtypes.StatisticSum, &p.Sum}, {cwtypes.StatisticAverage, &p.Average}, {cwtypes.StatisticMinimum, &p.Minimum},
			{cwtypes.StatisticMaximum, &p.Maximum}, {cwtypes.StatisticSampleCount, &p.SampleCount},
		} {
			if v, ok := b.statistic(field.name); ok && slices.Contains(in.Statistics, field.name) {
				*field.to = &v
			}
		}
		out.Datapoints = append(out.Datapoints, p)
	}
	return out, nil
}

// getData answers all queries on one page. Expressions are refused.
func (f *Fake) getData(c *sim.Call, in *awscw.GetMetricDataInput) (*awscw.GetMetricDataOutput, error) {
	out := &awscw.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		if q.MetricStat == nil || q.MetricStat.Metric == nil {
			return nil, sim.Errorf("ValidationError", "The value for parameter MetricDataQueries.member.MetricStat is required.")
		}
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		result, err := f.query(c, in, q)
		if err != nil {
			return nil, err
		}
		out.MetricDataResults = append(out.MetricDataResults, result)
	}
	return out, nil
}

func (f *Fake) query(c *sim.Call, in *awscw.GetMetricDataInput, q cwtypes.MetricDataQuery) (cwtypes.MetricDataResult, error) {
	m := q.MetricStat.Metric
	result := cwtypes.MetricDataResult{Id: q.Id, Label: cmp.Or(q.Label, m.MetricName), StatusCode: cwtypes.StatusCodeComplete}
	period := time.Duration(aws.ToInt32(q.MetricStat.Period)) * time.Second
	data := f.find(c, m.Namespace, m.MetricName, m.Dimensions).buckets(*in.StartTime, *in.EndTime, period, q.MetricStat.Unit)
	if in.ScanBy != cwtypes.ScanByTimestampAscending {
		slices.Reverse(data)
	}
	for _, b := range data {
		v, ok := b.statistic(cwtypes.Statistic(aws.ToString(q.MetricStat.Stat)))
		if !ok {
			return result, sim.NotModelled("statistic %q of CloudWatch.GetMetricData is not modelled", aws.ToString(q.MetricStat.Stat))
		}
		result.Timestamps = append(result.Timestamps, b.at)
		result.Values = append(result.Values, v)
	}
	if in.MaxDatapoints != nil && len(result.Values) > int(*in.MaxDatapoints) {
		return result, sim.NotModelled("more than MaxDatapoints in CloudWatch.GetMetricData are not modelled")
	}
	return result, nil
}

const (
	pageMetrics = 500
	// recent is what RecentlyActive PT3H means.
	recent = 3 * time.Hour
)

func (f *Fake) listMetrics(c *sim.Call, in *awscw.ListMetricsInput) (*awscw.ListMetricsOutput, error) {
	metrics := f.regions.In(c).metrics
	var all []cwtypes.Metric
	for _, key := range slices.Sorted(maps.Keys(metrics)) {
		m := metrics[key]
		active := slices.ContainsFunc(m.data, func(s sample) bool { return s.at.After(c.Now().Add(-recent)) })
		if (in.Namespace == nil || *in.Namespace == aws.ToString(m.named.Namespace)) &&
			(in.MetricName == nil || *in.MetricName == aws.ToString(m.named.MetricName)) &&
			(in.RecentlyActive == "" || active) && m.has(in.Dimensions) {
			all = append(all, m.named)
		}
	}
	cut, next, err := sim.Page(all, in.NextToken, pageMetrics)
	if err != nil {
		return nil, &cwtypes.InvalidParameterValueException{Message: aws.String("Invalid nextToken")}
	}
	return &awscw.ListMetricsOutput{Metrics: cut, NextToken: next}, nil
}

// has reports whether the metric has each of the dimensions; a filter without a
// value matches any.
func (m *metric) has(filters []cwtypes.DimensionFilter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(m.named.Dimensions, func(d cwtypes.Dimension) bool {
			return aws.ToString(d.Name) == aws.ToString(f.Name) && (f.Value == nil || *f.Value == aws.ToString(d.Value))
		}) {
			return false
		}
	}
	return true
}
