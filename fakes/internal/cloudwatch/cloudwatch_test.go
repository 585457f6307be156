// SPDX-License-Identifier: Apache-2.0

package cloudwatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/fakes/internal/cloudwatch"
	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func alarm(name string) *awscw.PutMetricAlarmInput {
	return &awscw.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("AWS/ECS"), MetricName: aws.String("CPUUtilization"),
		Statistic: cwtypes.StatisticAverage, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3), Threshold: aws.Float64(60),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
	}
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	client := awscw.NewFromConfig(fakes.New(fakes.Options{}).Config())
	_, err := client.PutMetricAlarm(t.Context(), alarm("hot"))
	require.NoError(t, err)
	require.NoError(t, awscw.NewAlarmExistsWaiter(client).Wait(t.Context(),
		&awscw.DescribeAlarmsInput{AlarmNames: []string{"hot"}}, time.Second))
	describe := func() cwtypes.MetricAlarm {
		out, err := client.DescribeAlarms(t.Context(), &awscw.DescribeAlarmsInput{AlarmNamePrefix: aws.String("h")})
		require.NoError(t, err)
		require.Len(t, out.MetricAlarms, 1)
		return out.MetricAlarms[0]
	}
	require.Equal(t, cwtypes.StateValueInsufficientData, describe().StateValue)
	require.True(t, *describe().ActionsEnabled)

	_, err = client.SetAlarmState(t.Context(), &awscw.SetAlarmStateInput{
		AlarmName: aws.String("hot"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("test"),
	})
	require.NoError(t, err)
	changed := alarm("hot")
	changed.Threshold = aws.Float64(70)
	_, err = client.PutMetricAlarm(t.Context(), changed)
	require.NoError(t, err)
	require.Equal(t, cwtypes.StateValueAlarm, describe().StateValue, "a change keeps the state")
	require.InDelta(t, 70, *describe().Threshold, 0)

	history, err := client.DescribeAlarmHistory(t.Context(), &awscw.DescribeAlarmHistoryInput{
		AlarmName: aws.String("hot"), HistoryItemType: cwtypes.HistoryItemTypeStateUpdate,
	})
	require.NoError(t, err)
	require.Equal(t, "Alarm updated from INSUFFICIENT_DATA to ALARM", *history.AlarmHistoryItems[0].HistorySummary)

	_, err = client.DeleteAlarms(t.Context(), &awscw.DeleteAlarmsInput{AlarmNames: []string{"hot", "nothing"}})
	require.NoError(t, err)
	_, err = client.SetAlarmState(t.Context(), &awscw.SetAlarmStateInput{
		AlarmName: aws.String("hot"), StateValue: cwtypes.StateValueOk, StateReason: aws.String("test"),
	})
	var missing *cwtypes.ResourceNotFound
	require.ErrorAs(t, err, &missing)
}

func TestAlarmsArePaged(t *testing.T) {
	t.Parallel()
	client := awscw.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for i := range 5 {
		_, err := client.PutMetricAlarm(t.Context(), alarm(fmt.Sprint("a", i)))
		require.NoError(t, err)
	}
	pages := awscw.NewDescribeAlarmsPaginator(client, &awscw.DescribeAlarmsInput{MaxRecords: aws.Int32(2)})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		count += len(page.MetricAlarms)
	}
	require.Equal(t, 5, count)
}

func TestListenersHearOfChanges(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	fake := cloudwatch.New(s)
	var heard []string
	fake.OnAlarm(func(region, name, state string) { heard = append(heard, region+" "+name+" "+state) })
	service := fake.Services()[0]
	call := &sim.Call{Sim: s, Region: "us-east-1", Account: s.Account(), Partition: "aws"}
	s.Do(func() {
		_, err := service.Operation("PutMetricAlarm").Call(call, alarm("hot"))
		require.NoError(t, err)
		for range 2 {
			_, err = service.Operation("SetAlarmState").Call(call, &awscw.SetAlarmStateInput{
				AlarmName: aws.String("hot"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("test"),
			})
			require.NoError(t, err)
		}
		state, found := fake.Alarm("us-east-1", "hot")
		require.True(t, found)
		require.Equal(t, "ALARM", state)
	})
	require.Equal(t, []string{"us-east-1 hot ALARM"}, heard, "once, for the second call changes nothing")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awscw.NewFromConfig(cloud.Config())
	at := cloud.Now().Truncate(time.Minute)
	for i, v := range []float64{2, 4, 9} {
		_, err := client.PutMetricData(t.Context(), &awscw.PutMetricDataInput{
			Namespace: aws.String("shop"), MetricData: []cwtypes.MetricDatum{{
				MetricName: aws.String("orders"), Value: &v, Timestamp: aws.Time(at.Add(time.Duration(i) * 30 * time.Second)),
			}},
		})
		require.NoError(t, err)
	}
	out, err := client.GetMetricStatistics(t.Context(), &awscw.GetMetricStatisticsInput{
		Namespace: aws.String("shop"), MetricName: aws.String("orders"), Period: aws.Int32(60),
		StartTime: &at, EndTime: aws.Time(at.Add(time.Hour)), Statistics: []cwtypes.Statistic{"Average", "Maximum"},
	})
	require.NoError(t, err)
	require.Len(t, out.Datapoints, 2)
	require.InDelta(t, 3, *out.Datapoints[0].Average, 0)
	require.InDelta(t, 9, *out.Datapoints[1].Maximum, 0)
	require.Nil(t, out.Datapoints[0].Sum, "only what was asked for")

	data, err := client.GetMetricData(t.Context(), &awscw.GetMetricDataInput{
		StartTime: &at, EndTime: aws.Time(at.Add(time.Hour)), MetricDataQueries: []cwtypes.MetricDataQuery{{
			Id: aws.String("q"), MetricStat: &cwtypes.MetricStat{
				Metric: &cwtypes.Metric{Namespace: aws.String("shop"), MetricName: aws.String("orders")},
				Period: aws.Int32(60), Stat: aws.String("Sum"),
			},
		}},
	})
	require.NoError(t, err)
	require.Equal(t, []float64{9, 6}, data.MetricDataResults[0].Values, "newest first")
	list, err := client.ListMetrics(t.Context(), &awscw.ListMetricsInput{Namespace: aws.String("shop")})
	require.NoError(t, err)
	require.Len(t, list.Metrics, 1)
}

func TestRefusedInputs(t *testing.T) {
	t.Parallel()
	client := awscw.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for name, change := range map[string]func(*awscw.PutMetricAlarmInput){
		"a period of 45 seconds":         func(in *awscw.PutMetricAlarmInput) { in.Period = aws.Int32(45) },
		"more datapoints than periods":   func(in *awscw.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(4) },
		"two statistics":                 func(in *awscw.PutMetricAlarmInput) { in.ExtendedStatistic = aws.String("p99") },
		"no metric":                      func(in *awscw.PutMetricAlarmInput) { in.MetricName = nil },
		"more than a day of one minutes": func(in *awscw.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(1441) },
	} {
		in := alarm("bad")
		change(in)
		_, err := client.PutMetricAlarm(t.Context(), in)
		var api smithy.APIError
		require.ErrorAs(t, err, &api, name)
	}
}
