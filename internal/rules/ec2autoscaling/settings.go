// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// settings are what the inputs that make a group and that change one have in common.
type settings struct {
	name, configuration, health, subnets, unit *string
	min, max, desired                          *int32
	zones, policies                            []string
	cooldown, warmup, grace, lifetime          *int32
	template                                   *asgtypes.LaunchTemplateSpecification
	mixed                                      *asgtypes.MixedInstancesPolicy
	maintenance                                *asgtypes.InstanceMaintenancePolicy
}

func created(in *awsasg.CreateAutoScalingGroupInput) settings {
	return settings{
		name: in.AutoScalingGroupName, configuration: in.LaunchConfigurationName, health: in.HealthCheckType, subnets: in.VPCZoneIdentifier,
		unit: in.DesiredCapacityType, min: in.MinSize, max: in.MaxSize, desired: in.DesiredCapacity, zones: in.AvailabilityZones,
		policies: in.TerminationPolicies, cooldown: in.DefaultCooldown, warmup: in.DefaultInstanceWarmup, grace: in.HealthCheckGracePeriod,
		lifetime: in.MaxInstanceLifetime, template: in.LaunchTemplate, mixed: in.MixedInstancesPolicy, maintenance: in.InstanceMaintenancePolicy,
	}
}

func updated(in *awsasg.UpdateAutoScalingGroupInput) settings {
	return settings{
		name: in.AutoScalingGroupName, configuration: in.LaunchConfigurationName, health: in.HealthCheckType, subnets: in.VPCZoneIdentifier,
		unit: in.DesiredCapacityType, min: in.MinSize, max: in.MaxSize, desired: in.DesiredCapacity, zones: in.AvailabilityZones,
		policies: in.TerminationPolicies, cooldown: in.DefaultCooldown, warmup: in.DefaultInstanceWarmup, grace: in.HealthCheckGracePeriod,
		lifetime: in.MaxInstanceLifetime, template: in.LaunchTemplate, mixed: in.MixedInstancesPolicy, maintenance: in.InstanceMaintenancePolicy,
	}
}

// over makes a rule about settings one about an input that has them.
func over[T any](get func(*T) settings, meta rules.Meta, check func(*rules.Report, settings)) rules.Rule[T] {
	return rules.Rule[T]{Meta: meta, Check: func(r *rules.Report, in *T) { check(r, get(in)) }}
}

// common are the rules of settings, in AWS's order as far as it has been seen: the mixed
// instances policy comes before zones, and these before capacities and periods.
func common[T any](get func(*T) settings) rules.Of[T] {
	meta := func(id, text, doc string) rules.Meta {
		return rules.Meta{ID: id, Code: validation, Text: text, Doc: doc}
	}
	const distribution = api + "API_InstancesDistribution.html"
	return rules.Of[T]{
		over(get, meta("asg-name", "", groupDoc), checkName),
		over(get, meta("asg-template", "Valid requests must contain either launchTemplateId or LaunchTemplateName",
			api+"API_LaunchTemplateSpecification.html"), checkTemplates),
		over(get, meta("asg-mixed-template", "You must specify a launch template in the mixed instances policy.",
			api+"API_MixedInstancesPolicy.html"), checkMixedTemplate),
		over(get, meta("asg-on-demand", "", distribution), checkOnDemand),
		over(get, meta("asg-allocation", "", distribution), checkAllocation),
		over(get, meta("asg-spot-pools", "SpotInstancePools option is only available with the lowest-price allocation strategy.", distribution), checkPools),
		over(get, meta("asg-overrides", "", api+"API_LaunchTemplateOverrides.html"), checkOverrides),
		over(get, meta("asg-weights", "Not all instance types have a defined WeightedCapacity. Specify missing weights, or remove all weights, and try again.",
			preflight+"pf-asg-overrides-weighted-capacity-uniform"), checkWeights),
		over(get, meta("asg-bounds", "", groupDoc), checkBounds),
		over(get, meta("asg-desired", "", preflight+"pf-asg-desired-capacity-range"), checkDesired),
		over(get, meta("asg-desired-unit", "", groupDoc), func(r *rules.Report, s settings) {
			oneOf(r, "DesiredCapacityType", "desiredCapacityType", s.unit, "units", "vcpu", "memory-mib")
		}),
		over(get, meta("asg-health-check", "", groupDoc), checkHealth),
		over(get, meta("asg-periods", "", groupDoc), checkPeriods),
		over(get, meta("asg-lifetime", "maxInstanceLifetime must be between 86400 and 31536000 seconds (inclusive).",
			preflight+"pf-asg-max-instance-lifetime-range"), checkLifetime),
		over(get, meta("asg-maintenance", "", api+"API_InstanceMaintenancePolicy.html"), checkMaintenance),
		over(get, meta("asg-termination-policy", "", guide+"ec2-auto-scaling-termination-policies.html"), checkPolicies),
	}
}
