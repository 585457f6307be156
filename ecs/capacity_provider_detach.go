// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const (
	// detachPatience bounds the wait for the tasks of a provider that is taken from its
	// cluster: they leave their load balancers and get to end themselves.
	detachPatience = 15 * time.Minute
	// drainBatch is how many instances one call drains.
	// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerInstancesState.html
	drainBatch = 10
	// protectBatch is how many instances one call unprotects.
	// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html
	protectBatch = 50
)

// detach takes a provider from a cluster: out of the default strategy, its instances
// drained and its loose tasks stopped, and then off the cluster. It is safe to repeat.
func detach(ctx context.Context, c slipway.Call, cluster, provider string) error {
	f, err := clusterWith(ctx, c, cluster, provider)
	if f == nil || err != nil {
		return err
	}
	in := &awsecs.PutClusterCapacityProvidersInput{
		Cluster: f.ClusterName, CapacityProviders: f.CapacityProviders,
		DefaultCapacityProviderStrategy: without(f.DefaultCapacityProviderStrategy, provider),
	}
	if len(in.DefaultCapacityProviderStrategy) < len(f.DefaultCapacityProviderStrategy) {
		if err := putCapacity(ctx, c, in, nil); err != nil {
			return err
		}
	}
	if err := drain(ctx, c, cluster, provider); err != nil {
		return err
	}
	if err := attached(ctx, c, cluster); err != nil { // what the strategy's change has begun
		return err
	}
	err = retriedFor(ctx, c, detachPatience, stillTasks, func(ctx context.Context) error {
		return takeAway(ctx, c, cluster, provider)
	})
	if err != nil {
		return err
	}
	return attached(ctx, c, cluster)
}

// takeAway removes the provider from the cluster as it is now: providers that others
// removed meanwhile must not come back.
func takeAway(ctx context.Context, c slipway.Call, cluster, provider string) error {
	f, err := clusterWith(ctx, c, cluster, provider)
	if f == nil || err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(f.CapacityProviders), func(p string) bool { return p == provider })
	_, err = client(c).PutClusterCapacityProviders(ctx, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: f.ClusterName, CapacityProviders: others, DefaultCapacityProviderStrategy: without(f.DefaultCapacityProviderStrategy, provider),
	})
	return awserr.Wrap(err, "take capacity provider "+provider+" from cluster "+cluster)
}

// clusterWith describes the cluster; nil if it is gone or does not have the provider.
func clusterWith(ctx context.Context, c slipway.Call, cluster, provider string) (*ecstypes.Cluster, error) {
	found, err := describeClusters(ctx, c, []string{cluster})
	if f := found[cluster]; err == nil && f != nil && slices.Contains(f.CapacityProviders, provider) {
		return f, nil
	}
	return nil, err
}

// stillTasks: the last tasks of the provider are not gone, or something else changes.
func stillTasks(err error) bool {
	return awserr.Is(err, "ResourceInUseException") || attachmentsChanging(err)
}

// drain has the provider's instances lose their tasks.
func drain(ctx context.Context, c slipway.Call, cluster, provider string) error {
	instances, err := instancesOf(ctx, c, cluster, provider)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(instances, drainBatch) {
		_, err := client(c).UpdateContainerInstancesState(ctx, &awsecs.UpdateContainerInstancesStateInput{
			Cluster: &cluster, ContainerInstances: batch, Status: ecstypes.ContainerInstanceStatusDraining,
		})
		if err != nil {
			return awserr.Wrap(err, "drain instances of "+provider)
		}
	}
	return stopLoose(ctx, c, cluster, "its capacity provider is being deleted", func(t *ecstypes.Task) bool {
		return aws.ToString(t.CapacityProviderName) == provider
	})
}

// instancesOf lists the provider's instances that are not drained yet.
func instancesOf(ctx context.Context, c slipway.Call, cluster, provider string) ([]string, error) {
	var own []string
	pages := awsecs.NewListContainerInstancesPaginator(client(c), &awsecs.ListContainerInstancesInput{
		Cluster: &cluster, Status: ecstypes.ContainerInstanceStatusActive,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list container instances of "+cluster)
		}
		if len(page.ContainerInstanceArns) == 0 {
			continue
		}
		out, err := client(c).DescribeContainerInstances(ctx, &awsecs.DescribeContainerInstancesInput{
			Cluster: &cluster, ContainerInstances: page.ContainerInstanceArns,
		})
		if err != nil {
			return nil, awserr.Wrap(err, "describe container instances of "+cluster)
		}
		for _, i := range out.ContainerInstances {
			if aws.ToString(i.CapacityProviderName) == provider {
				own = append(own, aws.ToString(i.ContainerInstanceArn))
			}
		}
	}
	return own, nil
}

// unprotect lets a group terminate its instances: without a provider nobody else clears
// their protection, and a group that scales to nothing would wait for ever.
func unprotect(ctx context.Context, c slipway.Call, groupARN string) error {
	name := groupARN[strings.LastIndex(groupARN, "/")+1:]
	groups := slipway.Client(c, awsasg.NewFromConfig)
	out, err := groups.DescribeAutoScalingGroups(ctx, &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return awserr.Wrap(err, "describe Auto Scaling group "+name)
	}
	var held []string
	for _, g := range out.AutoScalingGroups {
		for _, i := range g.Instances {
			// Others, such as those that end, cannot be changed.
			if aws.ToBool(i.ProtectedFromScaleIn) && i.LifecycleState == "InService" {
				held = append(held, aws.ToString(i.InstanceId))
			}
		}
	}
	for batch := range slices.Chunk(held, protectBatch) {
		_, err := groups.SetInstanceProtection(ctx, &awsasg.SetInstanceProtectionInput{
			AutoScalingGroupName: &name, InstanceIds: batch, ProtectedFromScaleIn: aws.Bool(false),
		})
		if err != nil {
			return awserr.Wrap(err, "clear the scale-in protection of instances of "+name)
		}
	}
	return nil
}
