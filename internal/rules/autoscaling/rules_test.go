// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/rules/autoscaling"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	for schedule, ok := range map[string]bool{
		"at(2035-01-01T00:00:00)":      true,
		"at(tomorrow)":                 false,
		"rate(1 minute)":               true,
		"rate(5 seconds)":              false,
		"rate(-1 minutes)":             false,
		"cron(0 8 ? * MON-FRI *)":      true,
		"cron(0 0 8 ? * MON-FRI 2035)": true, // seconds in front are tolerated
		"cron(0 8 ? * ? *)":            false,
		"cron(0 8)":                    false,
		"0 8 ? * MON-FRI *":            false, // not wrapped
	} {
		in := &awsaas.PutScheduledActionInput{Schedule: &schedule}
		bad := false
		for _, f := range autoscaling.PutScheduledAction.All(nil, in) {
			bad = bad || f.Path == "Schedule"
		}
		require.Equal(t, ok, !bad, schedule)
	}
}

func TestClusterARNsAreWarnedOf(t *testing.T) {
	t.Parallel()
	in := &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount", MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(1),
		ResourceId: aws.String("service/arn:aws:ecs:us-east-1:123456789012:cluster/shop/web"),
	}
	found := autoscaling.RegisterScalableTarget.All(nil, in)
	require.Len(t, found, 1)
	require.True(t, found[0].Warn, "AWS accepts it, and never scales the service")
}

func TestNamespacesHaveTheirDimensions(t *testing.T) {
	t.Parallel()
	in := &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: "rds:cluster:ReadReplicaCount", ResourceId: aws.String("service/a/b"),
	}
	v, bad := autoscaling.RegisterScalableTarget.First(nil, in)
	require.True(t, bad)
	require.Equal(t, "Account is not authorized", v.Text, "AWS's own, misleading text")
}
