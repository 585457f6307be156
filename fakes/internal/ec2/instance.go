// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// instance is an EC2 instance.
type instance struct {
	id                string
	spec              spec
	kind              world.InstanceType
	image             world.MachineImage
	subnet, vpc, zone string
	groups            []string
	// profile is the ARN of the instance profile, or empty.
	profile string
	// request is the Spot request's id, noticed that the instance is about to be taken.
	spot, noticed bool
	request       string
	booking       booking
	state         ec2types.InstanceStateName
	launched      time.Time
	// reason is why it ended or stopped, transition the same for people.
	reason     *ec2types.StateReason
	transition string
	// port is the primary network interface, gone with the instance.
	port string
	// public: it has a public address while it runs.
	public  bool
	volume  string
	options ec2types.InstanceMetadataOptionsResponse
	// termination and stop: calls that would do so are refused.
	termination, stop bool
}

// booking is the reservation that an instance belongs to.
type booking struct {
	id    string
	index int32
	token *string
}

func (r *region) reservation(p plan) booking {
	return booking{id: r.id("r-", p.template, *p.subnet.SubnetId, p.kind.Name)}
}

// How long AWS goes on, see
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html and
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html.
const (
	terminatedVisible = time.Hour
	spotNotice        = 2 * time.Minute
)

// lives: it runs or will.
func (i instance) lives() bool {
	return i.state == ec2types.InstanceStateNamePending || i.state == ec2types.InstanceStateNameRunning
}

// ended: it is on its way out or gone.
func (i instance) ended() bool {
	return i.state == ec2types.InstanceStateNameShuttingDown || i.state == ec2types.InstanceStateNameTerminated
}

// seen is the instance as other services see it.
func (r *region) seen(i instance) world.Instance {
	out := world.Instance{
		ID: i.id, Image: i.image.ID, Type: i.kind, State: string(i.state), Profile: i.profile, UserData: decoded(i.spec.UserData),
		Spot: i.spot, Launched: i.launched, Tags: map[string]string{},
		Interface: world.Interface{Subnet: i.subnet, VPC: i.vpc, Zone: i.zone, Groups: i.groups},
	}
	if i.reason != nil {
		out.Reason = *i.reason.Message
	}
	if n, ok := r.interfaces.get(i.port); ok {
		out.Interface = worldInterface(n)
	}
	for _, t := range r.tags[i.id] {
		out.Tags[*t.Key] = aws.ToString(t.Value)
	}
	return out
}

// Instance returns an instance.
func (f *Fake) Instance(region, id string) (world.Instance, bool) {
	r := f.of(region)
	i, ok := r.instances.get(id)
	if !ok {
		return world.Instance{}, false
	}
	return r.seen(i), true
}

// OnInstance has fn called after each change of an instance's state.
func (f *Fake) OnInstance(fn func(region string, i world.Instance)) {
	f.onInstance = append(f.onInstance, fn)
}

// OnSpotNotice has fn called two minutes before a Spot instance is taken away.
func (f *Fake) OnSpotNotice(fn func(region string, i world.Instance)) {
	f.onNotice = append(f.onNotice, fn)
}

// enter puts an instance into a state and tells of it.
func (r *region) enter(i instance, state ec2types.InstanceStateName) {
	i.state = state
	r.instances.put(i.id, i)
	seen := r.seen(i)
	for _, fn := range r.f.onInstance {
		fn(r.name, seen)
	}
}

// settle has an instance leave a state for another after a while, unless it has left it
// by itself.
func (r *region) settle(id string, from, to ec2types.InstanceStateName, after time.Duration) {
	r.f.sim.After(after, func() {
		if i, ok := r.instances.get(id); ok && i.state == from {
			r.enter(i, to)
		}
	})
}

// The reasons for which instances end or stop, see
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html.
var (
	userTerminated = ec2types.StateReason{
		Code: aws.String("Client.UserInitiatedShutdown"), Message: aws.String("Client.UserInitiatedShutdown: User initiated shutdown"),
	}
	spotTerminated = ec2types.StateReason{
		Code:    aws.String("Server.SpotInstanceTermination"),
		Message: aws.String("Server.SpotInstanceTermination: Spot instance termination"),
	}
	hostFailed = ec2types.StateReason{
		Code: aws.String("Server.InternalError"), Message: aws.String("Server.InternalError: Internal error on launch"),
	}
)

func (r *region) stamp(reason ec2types.StateReason) string {
	who, _, _ := strings.Cut(*reason.Code, ".")
	what := "Service initiated"
	if who == "Client" {
		what = "User initiated"
	}
	return fmt.Sprintf("%s (%s)", what, r.f.sim.Now().UTC().Format("2006-01-02 15:04:05 MST"))
}

// terminate ends an instance, which is gone after a while and forgotten after an hour.
func (r *region) terminate(id string, reason ec2types.StateReason) {
	i, ok := r.instances.get(id)
	if !ok || i.ended() {
		return
	}
	i.reason, i.transition = &reason, r.stamp(reason)
	r.enter(i, ec2types.InstanceStateNameShuttingDown)
	r.f.sim.After(r.f.timing.Terminate, func() { r.finish(id) })
}

// finish gives back what an instance has.
func (r *region) finish(id string) {
	i, ok := r.instances.get(id)
	if !ok || i.state == ec2types.InstanceStateNameTerminated {
		return
	}
	if n, ok := r.interfaces.get(i.port); ok {
		r.forgetInterface(n)
	}
	r.enter(i, ec2types.InstanceStateNameTerminated)
	r.f.sim.After(terminatedVisible, func() {
		r.instances.drop(id)
		delete(r.tags, id)
	})
}

// kill has an instance die with its host: it is gone at once.
func (r *region) kill(id string) {
	i, ok := r.instances.get(id)
	if !ok || i.state == ec2types.InstanceStateNameTerminated {
		return
	}
	if !i.ended() {
		reason := hostFailed
		i.reason, i.transition = &reason, r.stamp(reason)
		r.instances.put(id, i)
	}
	r.finish(id)
}

// Terminate ends an instance; one that is not there or ends already is fine.
func (f *Fake) Terminate(region, id string) { f.of(region).terminate(id, userTerminated) }

// Stop stops a running instance; one in another state stays as it is.
func (f *Fake) Stop(region, id string) {
	r := f.of(region)
	if i, ok := r.instances.get(id); ok && i.lives() {
		r.halt(i)
	}
}

// Start starts a stopped instance.
func (f *Fake) Start(region, id string) error {
	r := f.of(region)
	i, err := need(&r.instances, "i-", id)
	if err != nil {
		return err
	}
	return r.resume(i)
}

// locate finds an instance in whatever region it is.
func (f *Fake) locate(id string) (*region, instance, error) {
	for _, r := range f.regions.All() {
		if i, ok := r.instances.get(id); ok {
			return r, i, nil
		}
	}
	return nil, instance{}, fmt.Errorf("no instance %q", id)
}

// Kill has an instance die, as with a fault of its host.
func (f *Fake) Kill(id string) error {
	r, i, err := f.locate(id)
	if err != nil {
		return err
	}
	if i.ended() {
		return fmt.Errorf("instance %s is %s", id, i.state)
	}
	r.kill(id)
	return nil
}

// InterruptSpot takes a Spot instance away, two minutes after it has been told.
func (f *Fake) InterruptSpot(id string) error {
	r, i, err := f.locate(id)
	switch {
	case err != nil:
		return err
	case !i.spot:
		return fmt.Errorf("instance %s is not a Spot instance", id)
	case !i.lives():
		return fmt.Errorf("instance %s is %s", id, i.state)
	case i.noticed:
		return fmt.Errorf("instance %s is being interrupted already", id)
	}
	i.noticed = true
	r.instances.put(id, i)
	seen := r.seen(i)
	for _, fn := range f.onNotice {
		fn(r.name, seen)
	}
	f.sim.After(spotNotice, func() { r.terminate(id, spotTerminated) })
	return nil
}
