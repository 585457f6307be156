// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// linkedGroups has the service-linked role that EC2 Auto Scaling makes for the first
// group of an account.
const linkedGroups = "autoscaling.amazonaws.com"

// groupARN names a group whatever its UUID, which AWS makes up.
func groupARN(name string) string {
	return serviceARN("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+name)
}

// Permissions returns what the calls need. Describing cannot be narrowed down.
func (groupDriver) Permissions(have *liveGroup, want *model.Group) []slipway.Permission {
	read := slipway.Permission{Actions: asgActions(
		"DescribeAutoScalingGroups", "DescribeInstanceRefreshes", "DescribeLifecycleHooks", "DescribePolicies", "DescribeScalingActivities",
		"DescribeScheduledActions",
	), Resources: []string{"*"}}
	if have == nil && want == nil {
		return []slipway.Permission{read}
	}
	state := want
	if state == nil {
		state = &have.State
	}
	on := []string{groupARN(aws.ToString(state.Create.AutoScalingGroupName))}
	needs := []slipway.Permission{read}
	if hasAlarms(have, state) {
		needs = append(needs, slipway.Permission{Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: []string{"*"}}, slipway.Permission{
			Actions:   []string{"cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"},
			Resources: []string{serviceARN("cloudwatch", "alarm:"+aws.ToString(state.Create.AutoScalingGroupName)+"-*")},
		})
	}
	switch {
	case want == nil:
		return append(needs, slipway.Permission{Actions: asgActions(
			"DeleteAutoScalingGroup", "ResumeProcesses", "SetInstanceProtection", "UpdateAutoScalingGroup",
		), Resources: on})
	case have == nil:
		return slices.Concat(needs, creatingGroup(want, on))
	default:
		return slices.Concat(needs, launching(on), launches(want))
	}
}

func asgActions(names ...string) []string {
	for i := range names {
		names[i] = "autoscaling:" + names[i]
	}
	return names
}

func hasAlarms(have *liveGroup, state *model.Group) bool {
	policies := state.Policies
	if have != nil {
		policies = slices.Concat(policies, have.State.Policies)
	}
	return slices.ContainsFunc(policies, func(p model.GroupPolicy) bool { return len(p.Alarms) > 0 })
}

func creatingGroup(want *model.Group, on []string) []slipway.Permission {
	actions := []string{"CreateAutoScalingGroup", "CreateOrUpdateTags"}
	for _, part := range []struct {
		has    bool
		action string
	}{
		{len(want.WarmPool) > 0, "PutWarmPool"}, {len(want.Policies) > 0, "PutScalingPolicy"},
		{len(want.Schedules) > 0, "PutScheduledUpdateGroupAction"}, {len(want.Metrics) > 0, "EnableMetricsCollection"},
		{len(want.Suspended) > 0, "SuspendProcesses"}, {len(want.Create.LifecycleHookSpecificationList) > 0, "PutLifecycleHook"},
	} {
		if part.has {
			actions = append(actions, part.action)
		}
	}
	return append([]slipway.Permission{
		{Actions: asgActions(actions...), Resources: on},
		{
			Actions: []string{"iam:CreateServiceLinkedRole"},
			Resources: []string{"arn:" + slipway.Self("partition") + ":iam::" + slipway.Self("account") + ":role/aws-service-role/" +
				linkedGroups + "/AWSServiceRoleForAutoScaling"},
			Conditions: map[string]map[string][]string{"StringLike": {"iam:AWSServiceName": {linkedGroups}}},
		},
	}, launches(want)...)
}

// launches is what AWS asks of who names a launch template, see
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html.
func launches(want *model.Group) []slipway.Permission {
	all := []slipway.Permission{{Actions: []string{"ec2:CreateTags", "ec2:RunInstances"}, Resources: []string{"*"}}}
	if len(want.Roles) > 0 {
		all = append(all, slipway.Permission{
			Actions: []string{"iam:PassRole"}, Resources: want.Roles,
			Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}},
		})
	}
	return all
}

func launching(on []string) []slipway.Permission {
	return []slipway.Permission{{Actions: asgActions(
		"AttachLoadBalancerTargetGroups", "AttachLoadBalancers", "CancelInstanceRefresh", "CreateOrUpdateTags", "DeleteLifecycleHook",
		"DeletePolicy", "DeleteScheduledAction", "DeleteTags", "DeleteWarmPool", "DetachLoadBalancerTargetGroups", "DetachLoadBalancers",
		"DisableMetricsCollection", "EnableMetricsCollection", "PutLifecycleHook", "PutScalingPolicy", "PutScheduledUpdateGroupAction",
		"PutWarmPool", "ResumeProcesses", "StartInstanceRefresh", "SuspendProcesses", "UpdateAutoScalingGroup",
	), Resources: on}}
}
