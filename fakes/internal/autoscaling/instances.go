// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func registerInstances(s *sim.Service, f *Fake) {
	sim.Handle(s, "DescribeAutoScalingInstances", f.describeInstances)
	sim.Handle(s, "TerminateInstanceInAutoScalingGroup", f.terminateInstance,
		sim.Refuses[awsasg.TerminateInstanceInAutoScalingGroupInput]("AutoScalingGroupName", "InstanceIds"))
	sim.Handle(s, "SetInstanceProtection", f.setProtection,
		onGroups("SetInstanceProtection", func(in *awsasg.SetInstanceProtectionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "SetInstanceHealth", f.setHealth)
	sim.Handle(s, "EnterStandby", f.enterStandby,
		onGroups("EnterStandby", func(in *awsasg.EnterStandbyInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "ExitStandby", f.exitStandby,
		onGroups("ExitStandby", func(in *awsasg.ExitStandbyInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "AttachInstances", f.attach,
		onGroups("AttachInstances", func(in *awsasg.AttachInstancesInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DetachInstances", f.detach,
		onGroups("DetachInstances", func(in *awsasg.DetachInstancesInput) *string { return in.AutoScalingGroupName }))
}

const pageInstances = 50

func (f *Fake) describeInstances(c *sim.Call, in *awsasg.DescribeAutoScalingInstancesInput) (*awsasg.DescribeAutoScalingInstancesOutput, error) {
	r := f.regions.In(c)
	var all []asgtypes.AutoScalingInstanceDetails
	for _, id := range slices.Sorted(maps.Keys(r.members)) {
		if len(in.InstanceIds) > 0 && !slices.Contains(in.InstanceIds, id) {
			continue
		}
		m := r.members[id]
		d := m.described()
		all = append(all, asgtypes.AutoScalingInstanceDetails{
			AutoScalingGroupName: m.g.settings.AutoScalingGroupName, AvailabilityZone: d.AvailabilityZone, AvailabilityZoneId: d.AvailabilityZoneId,
			HealthStatus: aws.String(map[bool]string{true: "UNHEALTHY", false: "HEALTHY"}[m.unhealthy]), InstanceId: d.InstanceId,
			LifecycleState: aws.String(string(m.state)), ProtectedFromScaleIn: d.ProtectedFromScaleIn, ImageId: d.ImageId, InstanceType: d.InstanceType,
			LaunchTemplate: d.LaunchTemplate, WeightedCapacity: d.WeightedCapacity,
		})
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageInstances, pageInstances)
	return &awsasg.DescribeAutoScalingInstancesOutput{AutoScalingInstances: cut, NextToken: next}, err
}

// needed returns the instances of the ids that are in the group.
func (g *group) needed(ids []string) ([]*member, error) {
	var all []*member
	for _, id := range ids {
		m := g.r.members[id]
		if m == nil || m.g != g {
			return nil, invalid(fmt.Sprintf("The instance %s is not part of Auto Scaling group %s.", id, g.name()))
		}
		all = append(all, m)
	}
	return all, nil
}

func (f *Fake) terminateInstance(
	c *sim.Call, in *awsasg.TerminateInstanceInAutoScalingGroupInput,
) (*awsasg.TerminateInstanceInAutoScalingGroupOutput, error) {
	m := f.regions.In(c).members[aws.ToString(in.InstanceId)]
	if m == nil {
		return nil, invalid("Instance Id not found - No managed instance found for instance ID: " + aws.ToString(in.InstanceId))
	}
	g := m.g
	if m.leaving() {
		return nil, invalid(fmt.Sprintf("The instance %s is already terminating.", m.id))
	}
	have := g.capacity()
	what := fmt.Sprintf("an instance was taken out of service in response to a user request, keeping the capacity at the current %d", have)
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
		if err := g.lower(m.weight); err != nil {
			return nil, err
		}
		what = fmt.Sprintf("an instance was taken out of service in response to a user request, shrinking the capacity from %d to %d", have, have-m.weight)
	}
	m.leave(what)
	shown := *g.activities[len(g.activities)-1]
	g.plan()
	return &awsasg.TerminateInstanceInAutoScalingGroupOutput{Activity: &shown}, nil
}

// lower takes n off the desired capacity, which must stay within the bounds.
func (g *group) lower(n int) error {
	next := g.desired() - n
	if next < int(*g.settings.MinSize) {
		return invalid(fmt.Sprintf("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will "+
			"violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", *g.settings.MinSize))
	}
	g.settings.DesiredCapacity = aws.Int32(int32(next))
	g.told("")
	return nil
}

// maxInstances is how many instances a call may name.
const maxProtected = 50

func (f *Fake) setProtection(c *sim.Call, in *awsasg.SetInstanceProtectionInput) (*awsasg.SetInstanceProtectionOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(in.InstanceIds) > maxProtected {
		return nil, invalid("1 validation error detected: Value at 'instanceIds' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	list, err := g.needed(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if !m.serves() && !m.warm() && m.state != asgtypes.LifecycleStateStandby && !m.counts() {
			return nil, invalid(fmt.Sprintf("The instance %s is not in InService or EnteringStandby or Standby.", m.id))
		}
	}
	for _, m := range list {
		m.protect(aws.ToBool(in.ProtectedFromScaleIn))
	}
	return &awsasg.SetInstanceProtectionOutput{}, nil
}

// protect sets whether the instance is protected from scale-in.
func (m *member) protect(on bool) {
	m.protected = on
	m.g.blocked = nil
	m.g.plan()
}

func (f *Fake) setHealth(c *sim.Call, in *awsasg.SetInstanceHealthInput) (*awsasg.SetInstanceHealthOutput, error) {
	m := f.regions.In(c).members[aws.ToString(in.InstanceId)]
	if m == nil {
		return nil, invalid("Instance Id not found - No managed instance found for instance ID " + aws.ToString(in.InstanceId))
	}
	switch status := aws.ToString(in.HealthStatus); {
	case status != "Healthy" && status != "Unhealthy":
		return nil, invalid("Valid instance health states are: [Healthy, Unhealthy].")
	case status == "Healthy":
		m.unhealthy = false
	case (in.ShouldRespectGracePeriod == nil || *in.ShouldRespectGracePeriod) && m.serves() && m.g.now().Before(m.grace()):
	default:
		m.failed(userFailed, "")
	}
	return &awsasg.SetInstanceHealthOutput{}, nil
}
