// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestSnapshotsHaveTargetsWithPolicies(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsaas.NewFromConfig(cloud.Config())
	_, err := client.RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(9),
	})
	require.NoError(t, err)
	made := cloud.Snapshot()
	require.Contains(t, made.String(), "application-autoscaling us-east-1 scalable-target ")
	require.Contains(t, made.String(), `"CreationTime":null`)

	_, err = client.PutScalingPolicy(t.Context(), &awsaas.PutScalingPolicyInput{
		ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource, PolicyName: aws.String("cpu"),
		PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &aastypes.TargetTrackingScalingPolicyConfiguration{
			TargetValue: aws.Float64(60),
			PredefinedMetricSpecification: &aastypes.PredefinedMetricSpecification{
				PredefinedMetricType: aastypes.MetricTypeECSServiceAverageCPUUtilization,
			},
		},
	})
	require.NoError(t, err)
	require.Len(t, cloud.Snapshot().Since(made), 1, "a policy is part of its target")
	require.Contains(t, cloud.Snapshot().String(), `"PolicyName":"cpu"`)
}
