// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// moved records that an instance has gone out of the group's capacity or into it.
func (m *member) moved(description, what string) asgtypes.Activity {
	a := m.g.record(description+m.id, what, m.details())
	m.g.close(a, asgtypes.ScalingActivityStatusCodeSuccessful, "")
	return *a
}

// withdraw takes an instance in service off its balancers, into another state.
func (m *member) withdraw(state asgtypes.LifecycleState) {
	for _, arn := range m.g.targets() {
		m.g.r.f.needs.Targets.Deregister(m.g.r.name, arn, m.target(arn))
	}
	m.enter(state)
}

// out are the instances that a call takes out of the group's capacity, which it may lower.
func (g *group) out(ids []string, decrement bool) ([]*member, error) {
	list, err := g.needed(ids)
	if err != nil {
		return nil, err
	}
	less := 0
	for _, m := range list {
		if !m.serves() {
			return nil, invalid(fmt.Sprintf("The instance %s is not in InService.", m.id))
		}
		less += m.weight
	}
	if decrement {
		if g.desired()-less < int(*g.settings.MinSize) {
			return nil, invalid(fmt.Sprintf("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To place into standby %d instance, "+
				"please update the AutoScalingGroup sizes appropriately.", g.name(), *g.settings.MinSize, *g.settings.MaxSize, g.desired(), len(list)))
		}
		return list, g.lower(less)
	}
	return list, nil
}

// part takes instances out of the group's capacity, each into a state, and records it.
func (f *Fake) part(c *sim.Call, name *string, ids []string, decrement *bool, state asgtypes.LifecycleState, title, verb string) ([]asgtypes.Activity, error) {
	g, err := f.regions.In(c).find(name)
	if err != nil {
		return nil, err
	}
	list, err := g.out(ids, aws.ToBool(decrement))
	if err != nil {
		return nil, err
	}
	var done []asgtypes.Activity
	for _, m := range list {
		have := g.capacity()
		m.withdraw(state)
		done = append(done, m.moved(title, fmt.Sprintf("instance %s was %s in response to a user request, shrinking the capacity from %d to %d",
			m.id, verb, have, g.capacity())))
		if state == asgtypes.LifecycleStateDetached {
			g.drop(m)
		}
	}
	g.plan()
	return done, nil
}

func (f *Fake) enterStandby(c *sim.Call, in *awsasg.EnterStandbyInput) (*awsasg.EnterStandbyOutput, error) {
	done, err := f.part(c, in.AutoScalingGroupName, in.InstanceIds, in.ShouldDecrementDesiredCapacity,
		asgtypes.LifecycleStateStandby, "Moving EC2 instance to Standby: ", "moved to standby")
	return &awsasg.EnterStandbyOutput{Activities: done}, err
}

// exitStandby raises the desired capacity by what comes back.
func (f *Fake) exitStandby(c *sim.Call, in *awsasg.ExitStandbyInput) (*awsasg.ExitStandbyOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	list, err := g.needed(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	more := 0
	for _, m := range list {
		if m.state != asgtypes.LifecycleStateStandby {
			return nil, invalid(fmt.Sprintf("The instance %s is not in Standby.", m.id))
		}
		more += m.weight
	}
	if err := g.raise(more); err != nil {
		return nil, err
	}
	out := &awsasg.ExitStandbyOutput{}
	for _, m := range list {
		have := g.capacity()
		m.enter(asgtypes.LifecycleStatePending)
		out.Activities = append(out.Activities, m.moved("Moving EC2 instance out of Standby: ",
			fmt.Sprintf("instance %s was moved out of standby in response to a user request, increasing the capacity from %d to %d", m.id, have, g.capacity())))
		m.serve()
	}
	return out, nil
}

// raise adds n to the desired capacity, which must stay within the bounds.
func (g *group) raise(n int) error {
	next := g.desired() + n
	if next > int(*g.settings.MaxSize) {
		return invalid(fmt.Sprintf("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To add %d instances, "+
			"please update the AutoScalingGroup sizes appropriately.", g.name(), *g.settings.MinSize, *g.settings.MaxSize, g.desired(), n))
	}
	g.settings.DesiredCapacity = aws.Int32(int32(next))
	g.told("")
	return nil
}

// attach takes running instances into the group.
func (f *Fake) attach(c *sim.Call, in *awsasg.AttachInstancesInput) (*awsasg.AttachInstancesOutput, error) {
	r := f.regions.In(c)
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	for _, id := range in.InstanceIds {
		i, ok := f.needs.Instances.Instance(r.name, id)
		switch {
		case !ok:
			return nil, invalid(fmt.Sprintf("Invalid Instance ID(s): [%s] specified", id))
		case i.State != "running":
			return nil, invalid(fmt.Sprintf("The instance %s is not in correct state.", id))
		case r.members[id] != nil:
			return nil, invalid(fmt.Sprintf("The instance %s is already part of Auto Scaling group %s.", id, r.members[id].g.name()))
		}
	}
	if err := g.raise(len(in.InstanceIds)); err != nil {
		return nil, err
	}
	for _, id := range in.InstanceIds {
		i, _ := f.needs.Instances.Instance(r.name, id)
		s, _ := f.needs.Network.Subnet(r.name, i.Interface.Subnet)
		m := &member{
			g: g, id: id, kind: i.Type.Name, image: i.Image, subnet: s.ID, zone: s.Zone, zoneID: s.ZoneID, template: *g.specs()[0], weight: 1, spot: i.Spot,
			state: asgtypes.LifecycleStatePending, launched: i.Launched, protected: aws.ToBool(g.settings.NewInstancesProtectedFromScaleIn),
		}
		have := g.capacity()
		g.members = append(g.members, m)
		r.members[id] = m
		m.moved("Attaching an existing EC2 instance: ",
			fmt.Sprintf("an instance was attached in response to a user request, increasing the capacity from %d to %d", have, g.capacity()))
		m.serve()
	}
	return &awsasg.AttachInstancesOutput{}, nil
}

// detach lets instances go on without the group.
func (f *Fake) detach(c *sim.Call, in *awsasg.DetachInstancesInput) (*awsasg.DetachInstancesOutput, error) {
	done, err := f.part(c, in.AutoScalingGroupName, in.InstanceIds, in.ShouldDecrementDesiredCapacity,
		asgtypes.LifecycleStateDetached, "Detaching EC2 instance: ", "detached")
	return &awsasg.DetachInstancesOutput{Activities: done}, err
}
