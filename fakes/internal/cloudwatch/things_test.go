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
)

func TestSnapshotsHaveAlarmsAndMetrics(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awscw.NewFromConfig(cloud.Config())
	empty := cloud.Snapshot()
	_, err := client.PutMetricAlarm(t.Context(), alarm("hot"))
	require.NoError(t, err)
	const name = "cloudwatch us-east-1 alarm hot"
	made := cloud.Snapshot()
	require.Equal(t, []string{"+ " + name}, made.Since(empty))

	cloud.Advance(time.Hour)
	_, err = client.PutMetricAlarm(t.Context(), alarm("hot"))
	require.NoError(t, err)
	require.Empty(t, cloud.Snapshot().Since(made), "times do not count")

	_, err = client.PutMetricData(t.Context(), &awscw.PutMetricDataInput{
		Namespace: aws.String("Shop"), MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("Orders"), Value: aws.Float64(1)}},
	})
	require.NoError(t, err)
	require.Len(t, cloud.Snapshot().Since(made), 1)
	require.Contains(t, cloud.Snapshot().String(), `"MetricName":"Orders"`)
}
