// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// measured are the values of a metric of the group in the last minutes.
func (f *fleet) measured(metric string, minutes int) (values []float64) {
	f.Helper()
	now := f.cloud.Now()
	out, err := awscw.NewFromConfig(f.cloud.Config()).GetMetricData(f.Context(), &awscw.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-time.Duration(minutes) * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)),
		ScanBy: cwtypes.ScanByTimestampAscending,
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("m"), MetricStat: &cwtypes.MetricStat{
			Stat: aws.String("Maximum"), Period: aws.Int32(60), Metric: &cwtypes.Metric{
				Namespace: aws.String("AWS/AutoScaling"), MetricName: &metric,
				Dimensions: []cwtypes.Dimension{{Name: aws.String("AutoScalingGroupName"), Value: group}},
			},
		}}},
	})
	require.NoError(f, err)
	return out.MetricDataResults[0].Values
}

func TestMetricsOfAGroup(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: 90 * time.Second})
	f.create(1, 9, 2, nil)
	_, err := f.asg.EnableMetricsCollection(t.Context(), &awsasg.EnableMetricsCollectionInput{AutoScalingGroupName: group, Granularity: aws.String("1Minute")})
	require.NoError(t, err)
	require.Len(t, f.describe().EnabledMetrics, 20)
	f.cloud.Advance(3*time.Minute + time.Second)
	for name, want := range map[string][]float64{
		"GroupMinSize": {1, 1, 1, 1}, "GroupMaxSize": {9, 9, 9, 9}, "GroupDesiredCapacity": {2, 2, 2, 2},
		"GroupPendingInstances": {2, 2, 0, 0}, "GroupInServiceInstances": {0, 0, 2, 2}, "GroupTotalInstances": {2, 2, 2, 2},
		"WarmPoolTotalCapacity": nil,
	} {
		require.Equal(t, want, f.measured(name, 4), name)
	}
	_, err = f.asg.DisableMetricsCollection(t.Context(), &awsasg.DisableMetricsCollectionInput{AutoScalingGroupName: group, Metrics: []string{"GroupMinSize"}})
	require.NoError(t, err)
	require.Len(t, f.describe().EnabledMetrics, 19)
	f.cloud.Advance(2 * time.Minute)
	require.Len(t, f.measured("GroupMinSize", 6), 4, "no more of it")
	require.Len(t, f.measured("GroupMaxSize", 6), 6)

	_, err = f.asg.DisableMetricsCollection(t.Context(), &awsasg.DisableMetricsCollectionInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	require.Empty(t, f.describe().EnabledMetrics)
}

func TestMetricsThatAWSDoesNotHave(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 9, 0, nil)
	for text, in := range map[string]*awsasg.EnableMetricsCollectionInput{
		"Invalid granularity: 5Minute. The only valid value is 1Minute": {AutoScalingGroupName: group, Granularity: aws.String("5Minute")},
		"Invalid metric name: GroupSize":                                {AutoScalingGroupName: group, Granularity: aws.String("1Minute"), Metrics: []string{"GroupSize"}},
	} {
		_, err := f.asg.EnableMetricsCollection(t.Context(), in)
		fails(t, err, "ValidationError", text)
	}
	types, err := f.asg.DescribeMetricCollectionTypes(t.Context(), &awsasg.DescribeMetricCollectionTypesInput{})
	require.NoError(t, err)
	require.Len(t, types.Metrics, 20)
	require.Equal(t, "1Minute", *types.Granularities[0].Granularity)
}
