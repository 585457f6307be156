// SPDX-License-Identifier: Apache-2.0

package scaling_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

const dimension = aastypes.ScalableDimensionECSServiceDesiredCount

// resource has a cluster's ARN in place of its name, for which AWS looks up no
// service.
var resource = aws.String("service/arn:aws:ecs:us-east-1:123456789012:cluster/shop/web")

// open returns a client on a cloud with one target.
func open(t *testing.T) (*awsaas.Client, *string) {
	t.Helper()
	client := awsaas.NewFromConfig(fakes.New(fakes.Options{}).Config())
	out, err := client.RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource,
		MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(9), Tags: map[string]string{"team": "shop"},
	})
	require.NoError(t, err)
	return client, out.ScalableTargetARN
}

func TestRegisterAgainChanges(t *testing.T) {
	t.Parallel()
	client, arn := open(t)
	again, err := client.RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource, MaxCapacity: aws.Int32(5),
		SuspendedState: &aastypes.SuspendedState{ScheduledScalingSuspended: aws.Bool(true)},
	})
	require.NoError(t, err)
	require.Equal(t, *arn, *again.ScalableTargetARN)
	out, err := client.DescribeScalableTargets(t.Context(), &awsaas.DescribeScalableTargetsInput{ServiceNamespace: "ecs"})
	require.NoError(t, err)
	require.Len(t, out.ScalableTargets, 1)
	got := out.ScalableTargets[0]
	require.Equal(t, [2]int32{1, 5}, [2]int32{*got.MinCapacity, *got.MaxCapacity}, "what is left out stays")
	require.True(t, *got.SuspendedState.ScheduledScalingSuspended)
	require.False(t, *got.SuspendedState.DynamicScalingInSuspended)
	require.Contains(t, *got.RoleARN, "ecs.application-autoscaling.amazonaws.com")
}

func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	client := awsaas.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for name, c := range map[string]struct {
		id       string
		min, max int32
		want     string
	}{
		"the shape comes first":          {"web", 5, 1, "Unsupported service namespace, resource type or scalable dimension"},
		"the capacities come next":       {"service/shop/web", 5, 1, "Minimum capacity cannot be greater"},
		"the service is looked for last": {"service/shop/web", 1, 5, "ECS service doesn't exist"},
	} {
		_, err := client.RegisterScalableTarget(t.Context(), &awsaas.RegisterScalableTargetInput{
			ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: &c.id, MinCapacity: &c.min, MaxCapacity: &c.max,
		})
		var invalid *aastypes.ValidationException
		require.ErrorAs(t, err, &invalid, name)
		require.Contains(t, invalid.ErrorMessage(), c.want, name)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	client, _ := open(t)
	for i := range 12 {
		_, err := client.PutScalingPolicy(t.Context(), &awsaas.PutScalingPolicyInput{
			PolicyName: aws.String(fmt.Sprintf("p%02d", i)), PolicyType: aastypes.PolicyTypeTargetTrackingScaling,
			ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource,
			TargetTrackingScalingPolicyConfiguration: &aastypes.TargetTrackingScalingPolicyConfiguration{
				TargetValue: aws.Float64(60),
				PredefinedMetricSpecification: &aastypes.PredefinedMetricSpecification{
					PredefinedMetricType: aastypes.MetricTypeECSServiceAverageCPUUtilization,
				},
			},
		})
		require.NoError(t, err)
	}
	pages := awsaas.NewDescribeScalingPoliciesPaginator(client, &awsaas.DescribeScalingPoliciesInput{ServiceNamespace: "ecs"})
	var sizes []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		sizes = append(sizes, len(page.ScalingPolicies))
	}
	require.Equal(t, []int{10, 2}, sizes)

	remove := &awsaas.DeleteScalingPolicyInput{
		PolicyName: aws.String("p00"), ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource,
	}
	_, err := client.DeleteScalingPolicy(t.Context(), remove)
	require.NoError(t, err)
	_, err = client.DeleteScalingPolicy(t.Context(), remove)
	var missing *aastypes.ObjectNotFoundException
	require.ErrorAs(t, err, &missing)
	require.Contains(t, missing.ErrorMessage(), "No scaling policy found for service namespace: ecs")
}

func TestScheduledActions(t *testing.T) {
	t.Parallel()
	client, _ := open(t)
	in := &awsaas.PutScheduledActionInput{
		ScheduledActionName: aws.String("morning"), ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource,
		Schedule: aws.String("cron(0 8 ? * MON-FRI *)"), ScalableTargetAction: &aastypes.ScalableTargetAction{MinCapacity: aws.Int32(6)},
	}
	_, err := client.PutScheduledAction(t.Context(), in)
	require.NoError(t, err)
	in.Schedule = nil
	in.ScalableTargetAction = &aastypes.ScalableTargetAction{MinCapacity: aws.Int32(7)}
	_, err = client.PutScheduledAction(t.Context(), in)
	require.NoError(t, err, "a change may leave out the schedule")
	out, err := client.DescribeScheduledActions(t.Context(), &awsaas.DescribeScheduledActionsInput{ServiceNamespace: "ecs"})
	require.NoError(t, err)
	require.Equal(t, "cron(0 8 ? * MON-FRI *)", *out.ScheduledActions[0].Schedule)
	require.Equal(t, int32(7), *out.ScheduledActions[0].ScalableTargetAction.MinCapacity)
}

func TestDeregisterTakesAllAway(t *testing.T) {
	t.Parallel()
	client, arn := open(t)
	in := &awsaas.DeregisterScalableTargetInput{ServiceNamespace: "ecs", ScalableDimension: dimension, ResourceId: resource}
	_, err := client.DeregisterScalableTarget(t.Context(), in)
	require.NoError(t, err)
	_, err = client.DeregisterScalableTarget(t.Context(), in)
	var missing *aastypes.ObjectNotFoundException
	require.ErrorAs(t, err, &missing)
	_, err = client.ListTagsForResource(t.Context(), &awsaas.ListTagsForResourceInput{ResourceARN: arn})
	var gone *aastypes.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
}

func TestTags(t *testing.T) {
	t.Parallel()
	client, arn := open(t)
	_, err := client.TagResource(t.Context(), &awsaas.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"a": "1"}})
	require.NoError(t, err)
	_, err = client.UntagResource(t.Context(), &awsaas.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team"}})
	require.NoError(t, err)
	out, err := client.ListTagsForResource(t.Context(), &awsaas.ListTagsForResourceInput{ResourceARN: arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "1"}, out.Tags)
}
