// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func (f *Fake) update(c *sim.Call, in *awsasg.UpdateAutoScalingGroupInput) (*awsasg.UpdateAutoScalingGroupOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.UpdateAutoScalingGroup, r, in, typed); err != nil {
		return nil, err
	}
	if err := modelled(in.DesiredCapacityType, in.HealthCheckType, in.TerminationPolicies); err != nil {
		return nil, err
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if g.deleting {
		return nil, &asgtypes.ScalingActivityInProgressFault{Message: aws.String("AutoScalingGroup is pending delete: " + g.name())}
	}
	if x := g.refresh; x != nil && x.brings() && (in.LaunchTemplate != nil || in.MixedInstancesPolicy != nil) {
		return nil, invalid("An active instance refresh with a desired configuration exists. All configuration options derived from the " +
			"desired configuration are not available for update while the instance refresh is active.")
	}
	old, subnets := g.settings, g.subnets
	desired, err := g.resize(in.MinSize, in.MaxSize, in.DesiredCapacity)
	if err == nil {
		g.set(in)
		err = g.settle()
	}
	if err != nil {
		g.settings, g.subnets = old, subnets
		return nil, err
	}
	why := fmt.Sprintf("a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d",
		*g.settings.MinSize, *g.settings.MaxSize, desired)
	g.wants(int(desired), why)
	for _, m := range g.members {
		if m.serves() {
			m.watchAge()
			m.watchHealth()
		}
	}
	g.told("")
	g.plan()
	return &awsasg.UpdateAutoScalingGroupOutput{}, nil
}

// resize sets the bounds and returns the desired capacity, which bounds move if it is not
// given.
func (g *group) resize(least, most, desired *int32) (int32, error) {
	least, most = cmp.Or(least, g.settings.MinSize), cmp.Or(most, g.settings.MaxSize)
	if *least > *most {
		return 0, invalid(fmt.Sprintf("Max bound, %d, must be greater than or equal to min bound, %d", *most, *least))
	}
	n := min(max(*g.settings.DesiredCapacity, *least), *most)
	if desired != nil {
		n = *desired
	}
	if n < *least || n > *most {
		return 0, invalid(rules.DesiredText(n, *least, *most))
	}
	g.settings.MinSize, g.settings.MaxSize = least, most
	return n, nil
}

// set takes over what is given.
func (g *group) set(in *awsasg.UpdateAutoScalingGroupInput) {
	d := &g.settings
	d.DefaultCooldown = cmp.Or(in.DefaultCooldown, d.DefaultCooldown)
	d.DefaultInstanceWarmup = positive(cmp.Or(in.DefaultInstanceWarmup, d.DefaultInstanceWarmup))
	d.HealthCheckType = cmp.Or(in.HealthCheckType, d.HealthCheckType)
	d.HealthCheckGracePeriod = cmp.Or(in.HealthCheckGracePeriod, d.HealthCheckGracePeriod)
	d.CapacityRebalance = cmp.Or(in.CapacityRebalance, d.CapacityRebalance)
	d.InstanceMaintenancePolicy = maintenance(cmp.Or(in.InstanceMaintenancePolicy, d.InstanceMaintenancePolicy))
	d.MaxInstanceLifetime = cmp.Or(in.MaxInstanceLifetime, d.MaxInstanceLifetime)
	d.NewInstancesProtectedFromScaleIn = cmp.Or(in.NewInstancesProtectedFromScaleIn, d.NewInstancesProtectedFromScaleIn)
	d.Context = cmp.Or(in.Context, d.Context)
	if in.VPCZoneIdentifier != nil {
		d.VPCZoneIdentifier, d.AvailabilityZones = in.VPCZoneIdentifier, nil
	}
	if len(in.AvailabilityZones) > 0 {
		d.AvailabilityZones = in.AvailabilityZones
	}
	if len(in.TerminationPolicies) > 0 {
		d.TerminationPolicies = in.TerminationPolicies
	}
	switch {
	case in.LaunchTemplate != nil:
		d.LaunchTemplate, d.MixedInstancesPolicy = in.LaunchTemplate, nil
	case in.MixedInstancesPolicy != nil:
		d.LaunchTemplate, d.MixedInstancesPolicy = nil, in.MixedInstancesPolicy
	}
}

// remove deletes a group: one with instances by force only.
func (f *Fake) remove(c *sim.Call, in *awsasg.DeleteAutoScalingGroupInput) (*awsasg.DeleteAutoScalingGroupOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if !aws.ToBool(in.ForceDelete) {
		switch {
		case slices.ContainsFunc(g.members, func(m *member) bool { return !m.leaving() }):
			return nil, &asgtypes.ResourceInUseFault{Message: aws.String(
				"You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")}
		case g.running() != nil || len(g.members) > 0:
			return nil, &asgtypes.ScalingActivityInProgressFault{Message: aws.String(
				"You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.")}
		}
	}
	g.deleting = true
	g.settings.MinSize, g.settings.MaxSize, g.settings.DesiredCapacity = aws.Int32(0), aws.Int32(0), aws.Int32(0)
	for _, m := range slices.Clone(g.members) {
		if m.leaving() && m.state != asgtypes.LifecycleStateTerminatingProceed {
			m.end()
		}
	}
	g.vanish()
	return &awsasg.DeleteAutoScalingGroupOutput{}, nil
}

const (
	pageGroups     = 50
	pageGroupsMost = 100
)

func (f *Fake) describe(c *sim.Call, in *awsasg.DescribeAutoScalingGroupsInput) (*awsasg.DescribeAutoScalingGroupsOutput, error) {
	var all []asgtypes.AutoScalingGroup
	for _, g := range f.regions.In(c).sorted(in.AutoScalingGroupNames) {
		ok, err := g.passes(in.Filters)
		if err != nil {
			return nil, err
		}
		if ok {
			d := g.described()
			if in.IncludeInstances != nil && !*in.IncludeInstances {
				d.Instances = nil
			}
			all = append(all, d)
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroupsMost)
	return &awsasg.DescribeAutoScalingGroupsOutput{AutoScalingGroups: cut, NextToken: next}, err
}

// passes: filters look at tags.
func (g *group) passes(filters []asgtypes.Filter) (bool, error) {
	for _, f := range filters {
		ok, err := g.has(aws.ToString(f.Name), f.Values)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (g *group) has(filter string, values []string) (bool, error) {
	key, ofTag := "", false
	if len(filter) > len("tag:") && filter[:len("tag:")] == "tag:" {
		key, ofTag = filter[len("tag:"):], true
	}
	if !ofTag && filter != "tag-key" && filter != "tag-value" {
		return false, invalid("Filter type " + filter + " is not correct. Allowed Filter types are: tag-key tag-value tag:<key>")
	}
	return slices.ContainsFunc(g.tags, func(t asgtypes.Tag) bool {
		switch {
		case ofTag:
			return *t.Key == key && slices.Contains(values, aws.ToString(t.Value))
		case filter == "tag-key":
			return slices.Contains(values, *t.Key)
		default:
			return slices.Contains(values, aws.ToString(t.Value))
		}
	}), nil
}
