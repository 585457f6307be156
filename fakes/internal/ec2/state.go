// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// stateCodes are the numbers of states, see
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html.
var stateCodes = map[ec2types.InstanceStateName]int32{
	ec2types.InstanceStateNamePending: 0, ec2types.InstanceStateNameRunning: 16, ec2types.InstanceStateNameShuttingDown: 32,
	ec2types.InstanceStateNameTerminated: 48, ec2types.InstanceStateNameStopping: 64, ec2types.InstanceStateNameStopped: 80,
}

func stateOf(name ec2types.InstanceStateName) *ec2types.InstanceState {
	return &ec2types.InstanceState{Name: name, Code: aws.Int32(stateCodes[name])}
}

func registerStates(s *sim.Service, f *Fake) {
	handle(s, f, "TerminateInstances", (*region).terminateInstances,
		sim.Refuses[awsec2.TerminateInstancesInput]("SkipOsShutdown"),
		sim.Needs(func(c *sim.Call, in *awsec2.TerminateInstancesInput) []sim.Access {
			return instanceAccess(c, in.InstanceIds)
		}))
	handle(s, f, "StopInstances", (*region).stopInstances, sim.Refuses[awsec2.StopInstancesInput]("Hibernate", "SkipOsShutdown"),
		sim.Needs(func(c *sim.Call, in *awsec2.StopInstancesInput) []sim.Access {
			return instanceAccess(c, in.InstanceIds)
		}))
	handle(s, f, "StartInstances", (*region).startInstances, sim.Refuses[awsec2.StartInstancesInput]("AdditionalInfo"),
		sim.Needs(func(c *sim.Call, in *awsec2.StartInstancesInput) []sim.Access {
			return instanceAccess(c, in.InstanceIds)
		}))
}

func instanceAccess(c *sim.Call, ids []string) []sim.Access {
	things := make([]string, len(ids))
	for i, id := range ids {
		things[i] = "instance/" + id
	}
	return access(c, things...)
}

// change finds all the instances of a call and applies check to them before anything is
// changed, then apply.
func (r *region) change(
	ids []string, check, apply func(instance) error,
) (changes []ec2types.InstanceStateChange, err error) {
	if len(ids) == 0 {
		return nil, sim.Errorf("MissingParameter", "The request must contain the parameter InstanceId")
	}
	found, err := view[instance]{prefix: "i-", id: instanceID}.named(r.instances.all(), ids)
	if err != nil {
		return nil, err
	}
	for _, i := range found {
		if err := check(i); err != nil {
			return nil, err
		}
	}
	for _, i := range found {
		if err := apply(i); err != nil {
			return changes, err
		}
		now, _ := r.instances.get(i.id)
		changes = append(changes, ec2types.InstanceStateChange{
			InstanceId: aws.String(i.id), PreviousState: stateOf(i.state), CurrentState: stateOf(now.state),
		})
	}
	return changes, nil
}

func instanceID(i instance) string { return i.id }

func (r *region) terminateInstances(in *awsec2.TerminateInstancesInput) (*awsec2.TerminateInstancesOutput, error) {
	list, err := r.change(in.InstanceIds, func(i instance) error {
		if i.termination && !i.ended() {
			return sim.Errorf("OperationNotPermitted",
				"The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id)
		}
		return nil
	}, func(i instance) error {
		r.terminate(i.id, userTerminated)
		return nil
	})
	return &awsec2.TerminateInstancesOutput{TerminatingInstances: list}, err
}

func (r *region) stopInstances(in *awsec2.StopInstancesInput) (*awsec2.StopInstancesOutput, error) {
	list, err := r.change(in.InstanceIds, func(i instance) error {
		switch {
		case i.stop:
			return sim.Errorf("OperationNotPermitted",
				"The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.id)
		case i.spot:
			return sim.Errorf("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a one-time "+
				"Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", i.id)
		case i.ended():
			return wrongState(i, "stopped")
		}
		return nil
	}, func(i instance) error {
		if i.lives() {
			r.halt(i)
		}
		return nil
	})
	return &awsec2.StopInstancesOutput{StoppingInstances: list}, err
}

func wrongState(i instance, what string) error {
	return sim.Errorf("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", i.id, what)
}

// halt stops an instance. It keeps its private address and loses the public one, as long as
// that is no Elastic IP address.
func (r *region) halt(i instance) {
	reason := userTerminated
	i.reason, i.transition = &reason, r.stamp(reason)
	r.enter(i, ec2types.InstanceStateNameStopping)
	r.f.sim.After(r.f.timing.Terminate, func() {
		now, ok := r.instances.get(i.id)
		if !ok || now.state != ec2types.InstanceStateNameStopping {
			return
		}
		if n, ok := r.interfaces.get(now.port); ok && n.Association != nil && n.Association.AllocationId == nil {
			r.withoutPublic(n)
		}
		r.enter(now, ec2types.InstanceStateNameStopped)
	})
}

func (r *region) startInstances(in *awsec2.StartInstancesInput) (*awsec2.StartInstancesOutput, error) {
	list, err := r.change(in.InstanceIds, func(i instance) error {
		if !slices.Contains([]ec2types.InstanceStateName{
			ec2types.InstanceStateNameStopped, ec2types.InstanceStateNamePending, ec2types.InstanceStateNameRunning,
		}, i.state) {
			return wrongState(i, "started")
		}
		return nil
	}, r.resume)
	return &awsec2.StartInstancesOutput{StartingInstances: list}, err
}

// resume starts a stopped instance; one that lives is fine.
func (r *region) resume(i instance) error {
	switch {
	case i.lives():
		return nil
	case i.state != ec2types.InstanceStateNameStopped:
		return wrongState(i, "started")
	}
	if err := r.capacity(i.kind.Name, i.zone, i.spot); err != nil {
		return err
	}
	if err := r.quota(i.kind, i.spot); err != nil {
		return err
	}
	if n, ok := r.interfaces.get(i.port); ok && i.public && n.Association == nil {
		n.Association = r.freshPublic(*n.NetworkInterfaceId)
		r.putInterface(n)
	}
	i.reason, i.transition, i.launched = nil, "", r.f.sim.Now()
	r.enter(i, ec2types.InstanceStateNamePending)
	r.settle(i.id, ec2types.InstanceStateNamePending, ec2types.InstanceStateNameRunning, r.f.timing.Instance)
	return nil
}
