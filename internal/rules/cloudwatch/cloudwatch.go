// SPDX-License-Identifier: Apache-2.0

// Package cloudwatch holds what CloudWatch rejects.
package cloudwatch

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	validation = "ValidationError"
	api        = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
	minute     = 60
	day        = 86_400
	week       = 7 * day
	maxName    = 255
)

// PutMetricAlarm holds the rules of metric alarms.
var PutMetricAlarm = rules.Of[awscw.PutMetricAlarmInput]{
	{Meta: rules.Meta{ID: "cw-name", Code: validation, Doc: api}, Check: func(r *rules.Report, in *awscw.PutMetricAlarmInput) {
		if n := len(aws.ToString(in.AlarmName)); in.AlarmName != nil && (n == 0 || n > maxName) {
			r.Add(rules.Problem{
				Path: "AlarmName", Got: strconv.Itoa(n) + " characters", Want: "1 to 255 characters",
				Text: "1 validation error detected: Value at 'alarmName' failed to satisfy constraint: Member must have length " +
					"between 1 and 255",
			})
		}
	}},
	{Meta: rules.Meta{
		ID: "cw-metric", Code: "InvalidParameterCombination", Doc: api,
		Text: "Exactly one of MetricName and Metrics must be specified",
	}, Check: func(r *rules.Report, in *awscw.PutMetricAlarmInput) {
		if (in.MetricName != nil) == (len(in.Metrics) > 0) {
			r.Add(rules.Problem{Path: "MetricName", Got: "both or neither", Want: "MetricName or Metrics"})
		}
	}},
	{Meta: rules.Meta{
		ID: "cw-statistic", Code: validation, Doc: api, Text: "Exactly one of Statistic and ExtendedStatistic must be specified",
	}, Check: func(r *rules.Report, in *awscw.PutMetricAlarmInput) {
		if in.MetricName != nil && (in.Statistic != "") == (in.ExtendedStatistic != nil) {
			r.Add(rules.Problem{Path: "Statistic", Got: "both or neither", Want: "Statistic or ExtendedStatistic"})
		}
	}},
	{Meta: rules.Meta{ID: "cw-period", Code: validation, Doc: api}, Check: checkPeriod},
	{Meta: rules.Meta{ID: "cw-datapoints", Code: validation, Doc: api}, Check: checkDatapoints},
}

func checkPeriod(r *rules.Report, in *awscw.PutMetricAlarmInput) {
	if in.Period == nil {
		return
	}
	p := *in.Period
	if p != 10 && p != 20 && p != 30 && (p < minute || p%minute != 0) {
		r.Add(rules.Problem{
			Path: "Period", Got: fmt.Sprintf("%ds", p), Want: "10s, 20s, 30s or whole minutes",
			Text: "Period must be 10, 20, 30 or a multiple of 60",
		})
		return
	}
	most, name := int64(week), "a week"
	if p < minute*minute {
		most, name = day, "a day"
	}
	if total := int64(p) * int64(aws.ToInt32(in.EvaluationPeriods)); total > most {
		r.Add(rules.Problem{
			Path: "EvaluationPeriods", Got: fmt.Sprintf("%ds in all", total), Want: "at most " + name,
			Text: "Metrics cannot be checked across more than " + name + " (EvaluationPeriods * Period must be <= " +
				strconv.FormatInt(most, 10) + ").",
		})
	}
}

func checkDatapoints(r *rules.Report, in *awscw.PutMetricAlarmInput) {
	if in.EvaluationPeriods != nil && *in.EvaluationPeriods < 1 {
		r.Add(rules.Problem{
			Path: "EvaluationPeriods", Got: strconv.Itoa(int(*in.EvaluationPeriods)), Want: "1 or more",
			Text: "1 validation error detected: Value at 'evaluationPeriods' failed to satisfy constraint: Member must have " +
				"value greater than or equal to 1",
		})
	}
	if in.DatapointsToAlarm != nil && *in.DatapointsToAlarm > aws.ToInt32(in.EvaluationPeriods) {
		r.Add(rules.Problem{
			Path: "DatapointsToAlarm", Got: strconv.Itoa(int(*in.DatapointsToAlarm)), Want: "at most EvaluationPeriods",
			Text: "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
		})
	}
}
