// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// markGroup is what the caller needs for ECS to mark the groups that it scales.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
func markGroup() slipway.Permission { return anywhere("autoscaling:CreateOrUpdateTags") }

// drainPermissions is what taking a provider from a cluster needs.
func drainPermissions(cluster string) []slipway.Permission {
	return []slipway.Permission{
		{
			Actions:   []string{"ecs:DescribeContainerInstances", "ecs:UpdateContainerInstancesState"},
			Resources: []string{ownARN("ecs", "container-instance/"+cluster+"/*")},
		},
		{Actions: []string{"ecs:DescribeTasks", "ecs:StopTask"}, Resources: []string{ownARN("ecs", "task/"+cluster+"/*")}},
		{Actions: []string{"ecs:ListContainerInstances"}, Resources: []string{ownARN("ecs", "cluster/"+cluster)}},
		anywhere("ecs:ListTasks"),
	}
}

// Permissions says what a caller needs.
func (capacityProviders) Permissions(have *slipway.Live[model.CapacityProvider], want *model.CapacityProvider) []slipway.Permission {
	all := []slipway.Permission{anywhere("ecs:DescribeCapacityProviders")}
	name := output(have, "name")
	if want != nil {
		name = aws.ToString(want.Create.Name)
	}
	one := slipway.Permission{Resources: []string{ownARN("ecs", "capacity-provider/"+name)}}
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		one.Actions = []string{"ecs:DeleteCapacityProvider"}
	case have == nil:
		one.Actions = []string{"ecs:CreateCapacityProvider", "ecs:TagResource"}
	default:
		one.Actions = []string{"ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCapacityProvider"}
	}
	all = append(all, one)
	switch {
	case want != nil && want.Create.ManagedInstancesProvider != nil, want == nil && have.State.Create.ManagedInstancesProvider != nil:
		return append(all, managedPermissions(have, want)...)
	case want == nil:
		all = append(all, anywhere("ecs:DescribeClusters", "ecs:DescribeServices", "ecs:ListClusters", "ecs:ListServices",
			"autoscaling:DescribeAutoScalingGroups"),
			slipway.Permission{Actions: []string{"ecs:PutClusterCapacityProviders"}, Resources: []string{ownARN("ecs", "cluster/*")}},
			slipway.Permission{
				Actions:   []string{"autoscaling:SetInstanceProtection"},
				Resources: []string{ownARN("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")},
			})
		return append(all, drainPermissions("*")...)
	case have == nil:
		return append(all, markGroup(), serviceLinkedRole())
	default:
		return all
	}
}
