// SPDX-License-Identifier: Apache-2.0

package cloudwatch_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/fakes/internal/cloudwatch"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// onExpression is an alarm on an expression over the sums of the metrics a, b and missing in
// a minute.
func onExpression(expression string) *awscw.PutMetricAlarmInput {
	in := &awscw.PutMetricAlarmInput{
		AlarmName: aws.String("math"), EvaluationPeriods: aws.Int32(3), DatapointsToAlarm: aws.Int32(2), Threshold: aws.Float64(1),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.String("notBreaching"),
		Metrics: []cwtypes.MetricDataQuery{{Id: aws.String("e"), Expression: &expression, ReturnData: aws.Bool(true)}},
	}
	for _, id := range []string{"a", "b", "missing"} {
		in.Metrics = append(in.Metrics, cwtypes.MetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{
			Period: aws.Int32(60), Stat: aws.String("Sum"), Metric: &cwtypes.Metric{Namespace: aws.String("AWS/Test"), MetricName: &id},
		}})
	}
	return in
}

// TestAlarmsOnExpressions: a has 3 and b has 2, in each of three minutes.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func TestAlarmsOnExpressions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, expression, want string }{
		{"a sum", "a - b + 1", "ALARM"},
		{"nothing over the threshold", "a - b", "OK"},
		{"products come first", "a + b * 0 - 2", "OK"},
		{"but for parentheses", "(a + b) * 0.25", "ALARM"},
		{"a sign", "-a + 5", "ALARM"},
		{"a quotient", "100 * b / a", "ALARM"},
		{"a division by zero is no datapoint", "a / (b - 2)", "OK"},
		{"what is missing is no datapoint", "a + missing", "OK"},
		{"unless something is filled in", "a + FILL(missing, 0)", "ALARM"},
		{"what is there is not filled in", "FILL(a, 0) - 2", "OK"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, stateOf(t, onExpression(test.expression)))
		})
	}
}

// stateOf is the state of the alarm after a has had 3, and b 2, in each of three minutes.
func stateOf(t *testing.T, in *awscw.PutMetricAlarmInput) (state string) {
	t.Helper()
	s := sim.New(sim.Options{})
	fake := cloudwatch.New(s)
	s.Do(func() { require.NotEmpty(t, fake.SetAlarm("us-east-1", in)) })
	for range 3 {
		s.Do(func() {
			for name, v := range map[string]float64{"a": 3, "b": 2} {
				fake.Publish("us-east-1", world.Metric{Namespace: "AWS/Test", Name: name}, v)
			}
		})
		s.Advance(time.Minute)
	}
	s.Do(func() {
		var found bool
		state, found = fake.Alarm("us-east-1", "math")
		require.True(t, found)
	})
	return state
}

// TestAlarmsOnOneOfTheMetrics: an expression is not needed for that.
func TestAlarmsOnOneOfTheMetrics(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"a": "ALARM", "b": "OK"} {
		in := onExpression("")
		in.Threshold = aws.Float64(2)
		in.Metrics = in.Metrics[1:]
		for i := range in.Metrics {
			in.Metrics[i].ReturnData = aws.Bool(*in.Metrics[i].Id == id)
		}
		require.Equal(t, want, stateOf(t, in), id)
	}
}

// TestExpressionsThatAreNotModelled: an alarm on one would never move.
func TestExpressionsThatAreNotModelled(t *testing.T) {
	t.Parallel()
	client := awscw.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for name, expression := range map[string]string{
		"a function":               "MAX([a, b])",
		"half an expression":       "a +",
		"two of them":              "a b",
		"an open parenthesis":      "(a",
		"a fill of something else": "FILL(a, REPEAT)",
		"none of the metrics":      "a + c",
	} {
		_, err := client.PutMetricAlarm(t.Context(), onExpression(expression))
		require.ErrorContains(t, err, "not modelled", name)
	}
}

// TestAlarmGoesOffWithoutData: no data is as good as good data where the alarm says so.
func TestAlarmGoesOffWithoutData(t *testing.T) {
	t.Parallel()
	for treat, want := range map[string]string{"notBreaching": "OK", "ignore": "ALARM"} {
		s := sim.New(sim.Options{})
		fake := cloudwatch.New(s)
		in := onExpression("a")
		in.TreatMissingData = &treat
		s.Do(func() { require.NotEmpty(t, fake.SetAlarm("us-east-1", in)) })
		state := func() (state string) {
			s.Do(func() { state, _ = fake.Alarm("us-east-1", "math") })
			return state
		}
		for range 2 {
			s.Do(func() { fake.Publish("us-east-1", world.Metric{Namespace: "AWS/Test", Name: "a"}, 2) })
			s.Advance(time.Minute)
		}
		require.Equal(t, "ALARM", state())
		s.Advance(5 * time.Minute)
		require.Equal(t, want, state(), treat)
	}
}
