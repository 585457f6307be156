// SPDX-License-Identifier: Apache-2.0

package logs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

func TestSnapshotsHaveGroups(t *testing.T) {
	t.Parallel()
	cloud, client := open(t)
	const name = "logs us-east-1 log-group " + group
	made := cloud.Snapshot()
	require.Contains(t, made.Names(), name)
	require.Contains(t, made.State(name), `"Tags":{"team":"shop"}`)
	require.Contains(t, made.State(name), `"Streams":["app/1"]`)

	again, _ := open(t)
	again.Advance(1)
	require.Equal(t, made.State(name), again.Snapshot().State(name), "times do not count")

	put(t, cloud, client, "hello")
	require.Empty(t, cloud.Snapshot().Since(made), "nor do events")
	_, err := client.PutRetentionPolicy(t.Context(), &awslogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(group), RetentionInDays: aws.Int32(7),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"~ " + name}, cloud.Snapshot().Since(made))
}
