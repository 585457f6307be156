// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateAutoScalingGroup has the rules of a new group.
var CreateAutoScalingGroup = slices.Concat(rules.Of[awsasg.CreateAutoScalingGroupInput]{
	{
		Meta: rules.Meta{ID: "asg-launch", Code: validation, Doc: groupDoc,
			Text: "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter."},
		Check: checkLaunch,
	},
	{
		Meta: rules.Meta{ID: "asg-place", Code: validation, Doc: groupDoc, Text: "At least one Availability Zone or VPC Subnet is required."},
		Check: func(r *rules.Report, in *awsasg.CreateAutoScalingGroupInput) {
			if aws.ToString(in.VPCZoneIdentifier) == "" && len(in.AvailabilityZones)+len(in.AvailabilityZoneIds) == 0 {
				r.Add(rules.Problem{Path: "VPCZoneIdentifier", Got: "no subnet and no zone", Want: "subnets, or zones"})
			}
		},
	},
}, common(created), rules.Of[awsasg.CreateAutoScalingGroupInput]{
	{
		Meta:  rules.Meta{ID: "asg-tags", Code: validation, Doc: api + "API_Tag.html"},
		Check: func(r *rules.Report, in *awsasg.CreateAutoScalingGroupInput) { CheckTags(r, "Tags", in.Tags) },
	},
	{
		Meta: rules.Meta{ID: "asg-hooks", Code: validation, Doc: api + "API_LifecycleHookSpecification.html"},
		Check: func(r *rules.Report, in *awsasg.CreateAutoScalingGroupInput) {
			for i, h := range in.LifecycleHookSpecificationList {
				checkHook(r, rules.Elem("LifecycleHookSpecificationList", h.LifecycleHookName, i)+".", hook{
					name: h.LifecycleHookName, transition: h.LifecycleTransition, result: h.DefaultResult, heartbeat: h.HeartbeatTimeout,
					target: h.NotificationTargetARN, role: h.RoleARN,
				})
			}
		},
	},
	{
		Meta:  rules.Meta{ID: "asg-target-type", Code: validation, Doc: "https://github.com/hashicorp/terraform-provider-aws/issues/18674"},
		Check: func(r *rules.Report, in *awsasg.CreateAutoScalingGroupInput) { CheckTargets(r, in.TargetGroupARNs) },
	},
})

// UpdateAutoScalingGroup has the rules of a changed group. Bounds that are not given stay
// as they are; what they make with the new ones is checked on the whole group.
var UpdateAutoScalingGroup = slices.Concat(rules.Of[awsasg.UpdateAutoScalingGroupInput]{{
	Meta: rules.Meta{ID: "asg-launch", Code: validation, Doc: api + "API_UpdateAutoScalingGroup.html",
		Text: "Valid requests must contain either LaunchTemplate, LaunchConfigurationName or MixedInstancesPolicy parameter."},
	Check: func(r *rules.Report, in *awsasg.UpdateAutoScalingGroupInput) {
		if given(in.LaunchTemplate != nil, in.MixedInstancesPolicy != nil, in.LaunchConfigurationName != nil) > 1 {
			r.Add(rules.Problem{Path: "LaunchTemplate", Got: "several", Want: "LaunchTemplate, MixedInstancesPolicy or LaunchConfigurationName"})
		}
	},
}}, common(updated))

// given counts what is.
func given(list ...bool) (n int) {
	for _, ok := range list {
		if ok {
			n++
		}
	}
	return n
}

func checkLaunch(r *rules.Report, in *awsasg.CreateAutoScalingGroupInput) {
	n := given(in.LaunchTemplate != nil, in.MixedInstancesPolicy != nil, in.LaunchConfigurationName != nil, in.InstanceId != nil)
	if n != 1 {
		r.Add(rules.Problem{Path: "LaunchTemplate", Got: fmt.Sprintf("%d of them", n),
			Want: "one of LaunchTemplate, MixedInstancesPolicy, LaunchConfigurationName and InstanceId"})
	}
}

// nameForm is that of names of groups: printing ASCII characters but a colon.
var nameForm = regexp.MustCompile(`^[[:graph:]]([[:print:]]{0,253}[[:graph:]])?$`)

func checkName(r *rules.Report, s settings) {
	name := aws.ToString(s.name)
	if slipway.HasRef(name) || nameForm.MatchString(name) && !strings.Contains(name, ":") {
		return
	}
	r.Add(rules.Problem{Path: "AutoScalingGroupName", Got: fmt.Sprintf("%q", name), Want: "1 to 255 printing ASCII characters without a colon",
		Text: constraint(name, "autoScalingGroupName", "Member must have length between 1 and 255, and no colon")})
}

// checkBounds looks at the bounds as far as both are given.
func checkBounds(r *rules.Report, s settings) {
	for _, n := range []struct {
		path, field string
		value       *int32
	}{{"MinSize", "minSize", s.min}, {"MaxSize", "maxSize", s.max}, {"DesiredCapacity", "desiredCapacity", s.desired}} {
		if n.value != nil && *n.value < 0 {
			r.Add(rules.Problem{Path: n.path, Got: strconv.Itoa(int(*n.value)), Want: "0 or more",
				Text: constraint(*n.value, n.field, "Member must have value greater than or equal to 0")})
		}
	}
	if s.min != nil && s.max != nil && *s.min > *s.max {
		r.Add(rules.Problem{Path: "MaxSize", Got: strconv.Itoa(int(*s.max)), Want: fmt.Sprintf("at least MinSize (%d)", *s.min),
			Text: fmt.Sprintf("Max bound, %d, must be greater than or equal to min bound, %d", *s.max, *s.min)})
	}
}

func checkDesired(r *rules.Report, s settings) {
	if s.desired == nil || s.min == nil || s.max == nil || (*s.desired >= *s.min && *s.desired <= *s.max) {
		return
	}
	r.Add(rules.Problem{Path: "DesiredCapacity", Got: strconv.Itoa(int(*s.desired)), Want: fmt.Sprintf("%d to %d", *s.min, *s.max),
		Text: DesiredText(*s.desired, *s.min, *s.max)})
}

// DesiredText is AWS's answer to a desired capacity outside the bounds.
func DesiredText(desired, least, most int32) string {
	return fmt.Sprintf("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, least, most)
}

func checkHealth(r *rules.Report, s settings) {
	if s.health == nil {
		return
	}
	for kind := range strings.SplitSeq(*s.health, ",") {
		kind = strings.TrimSpace(kind)
		if !slices.Contains([]string{"EC2", "ELB", "EBS", "VPC_LATTICE"}, kind) {
			r.Add(rules.Problem{Path: "HealthCheckType", Got: fmt.Sprintf("%q", *s.health), Want: "EC2, ELB, EBS or VPC_LATTICE, or several with commas",
				Text: "Invalid health check type: " + kind})
			return
		}
	}
}

// Periods in seconds. AWS's reference names no upper bounds for these but the type's.
const (
	periodMost    = 1<<31 - 1
	lifetimeLeast = 86_400
	lifetimeMost  = 31_536_000
)

func checkPeriods(r *rules.Report, s settings) {
	within(r, "DefaultCooldown", "defaultCooldown", "s", s.cooldown, 0, periodMost)
	within(r, "DefaultInstanceWarmup", "defaultInstanceWarmup", "s", s.warmup, -1, periodMost)
	within(r, "HealthCheckGracePeriod", "healthCheckGracePeriod", "s", s.grace, 0, periodMost)
}

func checkLifetime(r *rules.Report, s settings) {
	if s.lifetime != nil && *s.lifetime != 0 && (*s.lifetime < lifetimeLeast || *s.lifetime > lifetimeMost) {
		r.Add(rules.Problem{Path: "MaxInstanceLifetime", Got: fmt.Sprintf("%ds", *s.lifetime), Want: "0, or 86400s to 31536000s (a day to a year)"})
	}
}

// checkMaintenance: -1 for both takes a policy away.
func checkMaintenance(r *rules.Report, s settings) {
	if s.maintenance == nil {
		return
	}
	least, most := s.maintenance.MinHealthyPercentage, s.maintenance.MaxHealthyPercentage
	switch {
	case least == nil || most == nil:
		r.Add(rules.Problem{Path: "InstanceMaintenancePolicy", Got: "one of the two", Want: "MinHealthyPercentage and MaxHealthyPercentage",
			Text: "You must specify both the minimum and the maximum healthy percentage of the instance maintenance policy."})
	case *least == -1 && *most == -1:
	default:
		const path = "InstanceMaintenancePolicy."
		checkHealthy(r, path, least, most)
	}
}

// checkHealthy: how far the group may shrink and grow while instances are replaced.
func checkHealthy(r *rules.Report, path string, least, most *int32) {
	within(r, path+"MinHealthyPercentage", "minHealthyPercentage", "%", least, 0, 100)
	within(r, path+"MaxHealthyPercentage", "maxHealthyPercentage", "%", most, 100, 200)
	if least != nil && most != nil && *most-*least > 100 {
		r.Add(rules.Problem{Path: path + "MaxHealthyPercentage", Got: fmt.Sprintf("%d%%", *most), Want: fmt.Sprintf("at most %d%%, 100 more than MinHealthyPercentage", *least+100),
			Text: "The difference between the maximum and minimum healthy percentage cannot be greater than 100."})
	}
}

// terminationPolicies are those that AWS has, besides the ARNs of functions.
var terminationPolicies = []string{
	"AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance", "OldestLaunchConfiguration",
	"OldestLaunchTemplate",
}

// TerminationPolicies returns the names of those that AWS has.
func TerminationPolicies() []string { return slices.Clone(terminationPolicies) }

func checkPolicies(r *rules.Report, s settings) {
	for i, p := range s.policies {
		if !slices.Contains(terminationPolicies, p) && !strings.HasPrefix(p, "arn:") && !slipway.HasRef(p) {
			r.Add(rules.Problem{Path: rules.Elem("TerminationPolicies", nil, i), Got: fmt.Sprintf("%q", p), Want: strings.Join(terminationPolicies, ", "),
				Text: "Invalid termination policy: " + p})
		}
	}
}

// CheckTargets demands that target groups, as far as they are known, take instances.
func CheckTargets(r *rules.Report, arns []string) {
	for i, arn := range arns {
		path := rules.Elem("TargetGroupARNs", nil, i)
		state, found, known := r.Get(modelelb.KindTargetGroup, arn)
		if known && !found {
			r.Add(rules.Problem{Path: path, Got: arn, Want: "an existing target group",
				Text: "Provided Target Groups may not be valid. Please ensure they exist and try again."})
		}
		if g, ok := state.(*modelelb.TargetGroup); ok && g.Create.TargetType != "" && g.Create.TargetType != elbtypes.TargetTypeEnumInstance {
			r.Add(rules.Problem{Path: path, Got: "a target group of type " + string(g.Create.TargetType), Want: "one of type instance",
				Text: fmt.Sprintf("Provided Target Group '%s' has invalid target type. Please ensure all provided Target Groups have target type of instance.", arn)})
		}
	}
}
