// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// linkedService has the service-linked role that Application Auto Scaling makes
// when it scales the first ECS service of an account.
const linkedService = "ecs.application-autoscaling.amazonaws.com"

// Permissions of Application Auto Scaling cannot name a target before it has an
// ARN, which AWS makes up.
func (driver) Permissions(have *live, want *model.Scaling) []slipway.Permission {
	const prefix = "application-autoscaling:"
	on := func(actions ...string) slipway.Permission {
		p := slipway.Permission{Resources: []string{"*"}}
		for _, a := range actions {
			p.Actions = append(p.Actions, prefix+a)
		}
		return p
	}
	all := []slipway.Permission{on(
		"DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions", "ListTagsForResource",
	)}
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, on("DeregisterScalableTarget"))
	case have == nil:
		all = append(all, on("RegisterScalableTarget", "TagResource"), linkedRole())
	default:
		all = append(all, on("RegisterScalableTarget", "TagResource", "UntagResource", "DeleteScalingPolicy"))
	}
	if len(want.Policies) > 0 {
		all = append(all, on("PutScalingPolicy"), alarms())
	}
	if len(want.Schedules) > 0 {
		all = append(all, on("PutScheduledAction", "DeleteScheduledAction"))
	}
	// Application Auto Scaling looks at the service and scales it for the caller.
	return append(all, slipway.Permission{
		Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"}, Resources: []string{"*"},
	})
}

func linkedRole() slipway.Permission {
	return slipway.Permission{
		Actions: []string{"iam:CreateServiceLinkedRole"},
		Resources: []string{"arn:" + slipway.Self("partition") + ":iam::" + slipway.Self("account") +
			":role/aws-service-role/" + linkedService + "/AWSServiceRoleForApplicationAutoScaling_ECSService"},
		Conditions: map[string]map[string][]string{"StringLike": {"iam:AWSServiceName": {linkedService}}},
	}
}

// alarms are those that target tracking keeps.
func alarms() slipway.Permission {
	return slipway.Permission{
		Actions: []string{"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"},
		Resources: []string{"arn:" + slipway.Self("partition") + ":cloudwatch:" + slipway.Self("region") + ":" +
			slipway.Self("account") + ":alarm:TargetTracking-*"},
	}
}
