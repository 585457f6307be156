// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awscw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Kinds of what launches instances.
const (
	KindLaunchTemplate = "ec2:LaunchTemplate" // outputs: id, name, version (the default one)
	KindGroup          = "autoscaling:Group"  // outputs: arn, name
)

// LaunchTemplate is a launch template with its default version.
type LaunchTemplate struct {
	Create awsec2.CreateLaunchTemplateInput
	// Given are the paths of what the data sets, by which it shows that something was
	// taken away.
	Given []string
}

// Group is an Auto Scaling group with its parts.
type Group struct {
	// Create names the template by its name, and has neither VPCZoneIdentifier, see
	// Subnets, nor zones.
	Create awsasg.CreateAutoScalingGroupInput
	// Subnets are their ids.
	Subnets []string
	// WarmPool has the pool, if there is one.
	WarmPool []awsasg.PutWarmPoolInput
	// Policies and Schedules are keyed by name.
	Policies  []GroupPolicy
	Schedules []awsasg.PutScheduledUpdateGroupActionInput
	// Metrics are the names of the group's metrics that are collected.
	Metrics []string
	// Suspended are the names of processes.
	Suspended []string
	// Given is as that of a launch template, of what instances are mixed of.
	Given []string
	// Current: all instances are of the template's version and of the types wanted.
	Current bool
	// Refresh is how instances are replaced that are not current; nil if they are not.
	// AWS does not keep it.
	Refresh *awsasg.StartInstanceRefreshInput
	// Roles are the ARNs of those that instances have, as far as they are declared. Who
	// makes the group passes them on.
	Roles []string
	// External: something else changes the desired capacity.
	External bool
}

// GroupPolicy is a scaling policy of a group with the alarms that call it. Those that
// AWS makes itself are left out.
type GroupPolicy struct {
	Name string
	Put  awsasg.PutScalingPolicyInput
	// Alarms lack the policy among their actions. They are keyed by name.
	Alarms []awscw.PutMetricAlarmInput
}
