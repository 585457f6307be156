// SPDX-License-Identifier: Apache-2.0

package cloudwatch_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/internal/rules/cloudwatch"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

type alarm = awscw.PutMetricAlarmInput

func base() *alarm {
	return &alarm{
		AlarmName: aws.String("errors"), MetricName: aws.String("Errors"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
	}
}

// TestEveryRuleOfAlarms has the bounds of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func TestEveryRuleOfAlarms(t *testing.T) {
	t.Parallel()
	const validation = "ValidationError"
	name := func(n int) func(*alarm) { return func(in *alarm) { in.AlarmName = aws.String(strings.Repeat("a", n)) } }
	looks := func(period, count int32) func(*alarm) {
		return func(in *alarm) { in.Period, in.EvaluationPeriods = &period, &count }
	}
	points := func(n, of int32) func(*alarm) {
		return func(in *alarm) { in.DatapointsToAlarm, in.EvaluationPeriods = &n, &of }
	}
	queries := func(in *alarm) { in.Metrics = make([]cwtypes.MetricDataQuery, 1) }
	extended := func(in *alarm) { in.ExtendedStatistic = aws.String("p90") }
	rulestest.Holds(t, cloudwatch.PutMetricAlarm, nil, base, []rulestest.Row[alarm]{
		{Rule: "cw-name", Name: "none", Breaks: name(0), Legal: name(1), Path: "AlarmName", Code: validation, Text: "1 and 255"},
		{Rule: "cw-name", Name: "256 characters", Breaks: name(256), Legal: name(255), Path: "AlarmName", Code: validation},
		{
			Rule: "cw-metric", Name: "both", Breaks: queries, Legal: func(in *alarm) { queries(in); in.MetricName, in.Statistic = nil, "" },
			Path: "MetricName", Code: "InvalidParameterCombination", Text: "Exactly one",
		},
		{Rule: "cw-metric", Name: "neither", Breaks: func(in *alarm) { in.MetricName = nil }, Path: "MetricName", Code: "InvalidParameterCombination"},
		{
			Rule: "cw-statistic", Name: "both", Breaks: extended, Legal: func(in *alarm) { extended(in); in.Statistic = "" },
			Path: "Statistic", Code: validation, Text: "Exactly one",
		},
		{Rule: "cw-statistic", Name: "neither", Breaks: func(in *alarm) { in.Statistic = "" }, Path: "Statistic", Code: validation},
		{Rule: "cw-period", Name: "15 s", Breaks: looks(15, 1), Legal: looks(10, 1), Path: "Period", Code: validation, Text: "multiple of 60"},
		{Rule: "cw-period", Name: "90 s", Breaks: looks(90, 1), Legal: looks(120, 1), Path: "Period", Code: validation},
		{Rule: "cw-period", Name: "40 s", Breaks: looks(40, 1), Legal: looks(20, 1), Path: "Period", Code: validation},
		{Rule: "cw-period", Name: "more than a day of minutes", Breaks: looks(60, 1441), Legal: looks(60, 1440), Path: "EvaluationPeriods", Code: validation, Text: "a day"},
		{Rule: "cw-period", Name: "more than a week of hours", Breaks: looks(3600, 169), Legal: looks(3600, 168), Path: "EvaluationPeriods", Code: validation, Text: "a week"},
		{Rule: "cw-datapoints", Name: "no look", Breaks: looks(60, 0), Legal: looks(60, 1), Path: "EvaluationPeriods", Code: validation},
		{Rule: "cw-datapoints", Name: "more than there are", Breaks: points(4, 3), Legal: points(3, 3), Path: "DatapointsToAlarm", Code: validation},
	})
}
