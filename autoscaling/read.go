// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// Read looks the target up by its resource ID.
func (driver) Read(ctx context.Context, c slipway.Call, want *model.Scaling) (*live, error) {
	id := aws.ToString(want.Target.ResourceId)
	if slipway.HasRef(id) {
		return nil, nil //nolint:nilnil // the service is not there yet, so neither is its scaling
	}
	client := slipway.Client(c, awsaas.NewFromConfig)
	out, err := client.DescribeScalableTargets(ctx, &awsaas.DescribeScalableTargetsInput{
		ServiceNamespace: want.Target.ServiceNamespace, ScalableDimension: want.Target.ScalableDimension,
		ResourceIds: []string{id},
	})
	if err != nil {
		return nil, awserr.Wrap(err, "describe scalable target "+id)
	}
	if len(out.ScalableTargets) == 0 {
		return nil, nil //nolint:nilnil // absent, as slipway.Driver has it
	}
	return readTarget(ctx, client, &out.ScalableTargets[0])
}

// List returns the stack's scalable targets of ECS.
func (driver) List(ctx context.Context, c slipway.Call) ([]*live, error) {
	client := slipway.Client(c, awsaas.NewFromConfig)
	pages := awsaas.NewDescribeScalableTargetsPaginator(client, &awsaas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceEcs,
	})
	var all []*live
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list scalable targets")
		}
		for i := range page.ScalableTargets {
			found, err := owned(ctx, c, client, &page.ScalableTargets[i])
			if err != nil {
				return nil, err
			}
			if found != nil {
				all = append(all, found)
			}
		}
	}
	return all, nil
}

// owned returns the target if it is the stack's, else nil.
func owned(ctx context.Context, c slipway.Call, client *awsaas.Client, t *aastypes.ScalableTarget) (*live, error) {
	tags, err := readTags(ctx, client, t.ScalableTargetARN)
	if err != nil || tags[slipway.TagStack] != c.Stack {
		return nil, err
	}
	return readTarget(ctx, client, t)
}

// readTarget rebuilds the state of a described target.
func readTarget(ctx context.Context, client *awsaas.Client, t *aastypes.ScalableTarget) (*live, error) {
	tags, err := readTags(ctx, client, t.ScalableTargetARN)
	if err != nil {
		return nil, err
	}
	found := &live{
		Outputs: map[string][]string{"arn": {aws.ToString(t.ScalableTargetARN)}},
		Owner:   slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]},
		State:   model.Scaling{Target: rebuildTarget(t, tags)},
	}
	if found.State.Policies, err = readPolicies(ctx, client, t); err != nil {
		return nil, err
	}
	if found.State.Schedules, err = readSchedules(ctx, client, t); err != nil {
		return nil, err
	}
	driver{}.Defaults(&found.State)
	return found, nil
}

func rebuildTarget(t *aastypes.ScalableTarget, tags map[string]string) awsaas.RegisterScalableTargetInput {
	own := maps.Clone(tags)
	maps.DeleteFunc(own, func(k, _ string) bool {
		return k == slipway.TagStack || k == slipway.TagResource || strings.HasPrefix(k, "aws:")
	})
	if len(own) == 0 {
		own = nil
	}
	return awsaas.RegisterScalableTargetInput{
		ResourceId: t.ResourceId, ScalableDimension: t.ScalableDimension, ServiceNamespace: t.ServiceNamespace,
		MinCapacity: t.MinCapacity, MaxCapacity: t.MaxCapacity, RoleARN: t.RoleARN, SuspendedState: t.SuspendedState,
		Tags: own,
	}
}

func readTags(ctx context.Context, client *awsaas.Client, arn *string) (map[string]string, error) {
	if arn == nil {
		return nil, nil //nolint:nilnil // targets of old have no ARN, so no tags
	}
	out, err := client.ListTagsForResource(ctx, &awsaas.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil {
		return nil, awserr.Wrap(err, "list tags of scalable target")
	}
	return out.Tags, nil
}

func readPolicies(
	ctx context.Context, client *awsaas.Client, t *aastypes.ScalableTarget,
) (policies []awsaas.PutScalingPolicyInput, err error) {
	pages := awsaas.NewDescribeScalingPoliciesPaginator(client, &awsaas.DescribeScalingPoliciesInput{
		ServiceNamespace: t.ServiceNamespace, ResourceId: t.ResourceId, ScalableDimension: t.ScalableDimension,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe scaling policies")
		}
		for _, p := range page.ScalingPolicies {
			policies = append(policies, awsaas.PutScalingPolicyInput{
				PolicyName: p.PolicyName, PolicyType: p.PolicyType,
				ResourceId: p.ResourceId, ScalableDimension: p.ScalableDimension, ServiceNamespace: p.ServiceNamespace,
				TargetTrackingScalingPolicyConfiguration: p.TargetTrackingScalingPolicyConfiguration,
				StepScalingPolicyConfiguration:           p.StepScalingPolicyConfiguration,
				PredictiveScalingPolicyConfiguration:     p.PredictiveScalingPolicyConfiguration,
			})
		}
	}
	return policies, nil
}

func readSchedules(
	ctx context.Context, client *awsaas.Client, t *aastypes.ScalableTarget,
) (schedules []awsaas.PutScheduledActionInput, err error) {
	pages := awsaas.NewDescribeScheduledActionsPaginator(client, &awsaas.DescribeScheduledActionsInput{
		ServiceNamespace: t.ServiceNamespace, ResourceId: t.ResourceId, ScalableDimension: t.ScalableDimension,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe scheduled actions")
		}
		for _, a := range page.ScheduledActions {
			schedules = append(schedules, awsaas.PutScheduledActionInput{
				ScheduledActionName: a.ScheduledActionName, Schedule: a.Schedule, Timezone: a.Timezone,
				StartTime: a.StartTime, EndTime: a.EndTime, ScalableTargetAction: a.ScalableTargetAction,
				ResourceId: a.ResourceId, ScalableDimension: a.ScalableDimension, ServiceNamespace: a.ServiceNamespace,
			})
		}
	}
	return schedules, nil
}
