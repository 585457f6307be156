// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// classicHealth is what AWS says of an instance.
type classicHealth struct{ state, reason, text string }

// AWS's words.
var (
	inService  = classicHealth{"InService", "N/A", "N/A"}
	joining    = classicHealth{"OutOfService", "ELB", "Instance registration is still in progress."}
	failing    = classicHealth{"OutOfService", "Instance", "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."}
	notRunning = classicHealth{"OutOfService", "Instance", "Instance is in stopped state."}
	leaving    = classicHealth{"InService", "N/A", "Instance deregistration currently in progress."}
	strange    = classicHealth{"OutOfService", "Instance", "Instance is not currently registered with the LoadBalancer."}
)

// classicInstance is a registered instance.
type classicInstance struct {
	id string
	classicHealth
	// good and bad are how many answers in a row were.
	good, bad int32
	// round is that of the checks; those of an earlier one are void.
	round int
}

func (f *Fake) classicInstanceOperations(s *sim.Service) {
	sim.Handle(s, "RegisterInstancesWithLoadBalancer", f.registerInstances, onClassic("RegisterInstancesWithLoadBalancer",
		func(in *awsclassic.RegisterInstancesWithLoadBalancerInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "DeregisterInstancesFromLoadBalancer", f.deregisterInstances, onClassic("DeregisterInstancesFromLoadBalancer",
		func(in *awsclassic.DeregisterInstancesFromLoadBalancerInput) *string { return in.LoadBalancerName }))
	sim.Handle(s, "DescribeInstanceHealth", f.describeInstanceHealth)
}

func (f *Fake) registerInstances(
	c *sim.Call, in *awsclassic.RegisterInstancesWithLoadBalancerInput,
) (*awsclassic.RegisterInstancesWithLoadBalancerOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	for _, i := range in.Instances {
		id := aws.ToString(i.InstanceId)
		at, ok := f.instance(r, id)
		switch {
		case !ok:
			return nil, &classictypes.InvalidEndPointException{Message: aws.String(fmt.Sprintf("Could not find EC2 instance %s.", id))}
		case at.Interface.VPC != aws.ToString(b.view.VPCId):
			return nil, &classictypes.InvalidEndPointException{Message: aws.String(fmt.Sprintf("EC2 instance %s is not in the same VPC as ELB.", id))}
		}
	}
	for _, i := range in.Instances {
		f.join(r, b, aws.ToString(i.InstanceId))
	}
	return &awsclassic.RegisterInstancesWithLoadBalancerOutput{Instances: b.described().Instances}, nil
}

func (f *Fake) deregisterInstances(
	c *sim.Call, in *awsclassic.DeregisterInstancesFromLoadBalancerInput,
) (*awsclassic.DeregisterInstancesFromLoadBalancerOutput, error) {
	r, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	for _, i := range in.Instances {
		f.leave(r, b, aws.ToString(i.InstanceId))
	}
	return &awsclassic.DeregisterInstancesFromLoadBalancerOutput{Instances: b.described().Instances}, nil
}

func (f *Fake) describeInstanceHealth(
	c *sim.Call, in *awsclassic.DescribeInstanceHealthInput,
) (*awsclassic.DescribeInstanceHealthOutput, error) {
	_, b, err := f.classicGiven(c, in.LoadBalancerName)
	if err != nil {
		return nil, err
	}
	asked := in.Instances
	if len(asked) == 0 {
		asked = b.described().Instances
	}
	out := &awsclassic.DescribeInstanceHealthOutput{}
	for _, i := range asked {
		h := strange
		if known := b.instance(aws.ToString(i.InstanceId)); known != nil {
			h = known.classicHealth
		}
		out.InstanceStates = append(out.InstanceStates, classictypes.InstanceState{
			InstanceId: i.InstanceId, State: aws.String(h.state), ReasonCode: aws.String(h.reason), Description: aws.String(h.text),
		})
	}
	return out, nil
}

func (b *classic) instance(id string) *classicInstance {
	for _, i := range b.instances {
		if i.id == id {
			return i
		}
	}
	return nil
}

// join registers an instance, or brings one back that is leaving.
func (f *Fake) join(r *region, b *classic, id string) {
	i := b.instance(id)
	if i == nil {
		i = &classicInstance{id: id}
		b.instances = append(slices.Clip(b.instances), i)
	} else if i.classicHealth != leaving {
		return
	}
	f.tellInstance(r, b, i, joining)
	f.watchInstance(r, b, i)
}

// leave deregisters an instance, which may finish its requests if the balancer drains.
func (f *Fake) leave(r *region, b *classic, id string) {
	i := b.instance(id)
	if i == nil || i.classicHealth == leaving {
		return
	}
	i.round++
	drains := b.attributes.ConnectionDraining
	if !drains.Enabled || i.classicHealth != inService {
		f.left(r, b, i)
		return
	}
	delay := time.Duration(aws.ToInt32(drains.Timeout)) * time.Second
	if !f.timing.Drain {
		delay = min(delay, world.Repeat)
	}
	f.tellInstance(r, b, i, leaving)
	round := i.round
	f.sim.After(delay, func() {
		if i.round == round {
			f.left(r, b, i)
		}
	})
}

// left removes an instance.
func (f *Fake) left(r *region, b *classic, i *classicInstance) {
	i.round++
	b.instances = slices.DeleteFunc(slices.Clone(b.instances), func(o *classicInstance) bool { return o == i })
	f.sim.After(0, func() { f.callInstance(r, b, i, classicHealth{}) })
}

func (f *Fake) tellInstance(r *region, b *classic, i *classicInstance, h classicHealth) {
	if i.classicHealth == h {
		return
	}
	i.classicHealth = h
	f.sim.After(0, func() {
		if i.classicHealth == h {
			f.callInstance(r, b, i, h)
		}
	})
}

func (f *Fake) callInstance(r *region, b *classic, i *classicInstance, h classicHealth) {
	for _, fn := range f.notifyClassic {
		fn(r.name, b.name(), i.id, h.state, h.reason, h.text)
	}
}

// watchInstance begins an instance's checks anew.
func (f *Fake) watchInstance(r *region, b *classic, i *classicInstance) {
	if i.classicHealth == leaving {
		return
	}
	i.round++
	i.good, i.bad = 0, 0
	f.checkLater(r, b, i, f.pauseOf(b, i))
}

func (f *Fake) checkLater(r *region, b *classic, i *classicInstance, after time.Duration) {
	round := i.round
	f.sim.After(after, func() {
		if i.round == round {
			f.checkInstance(r, b, i)
		}
	})
}

// pauseOf is the time until the next check: the declared interval once an instance has
// settled, and before that as the timing says.
func (f *Fake) pauseOf(b *classic, i *classicInstance) time.Duration {
	interval := time.Duration(aws.ToInt32(b.view.HealthCheck.Interval)) * time.Second
	settled := i.classicHealth == inService && i.bad == 0 && i.good > 0 || i.classicHealth == failing && i.good == 0 && i.bad > 0
	if f.timing.Probes || settled {
		return interval
	}
	return world.Repeat
}

// checkInstance is one health check.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
func (f *Fake) checkInstance(r *region, b *classic, i *classicInstance) {
	h := b.view.HealthCheck
	at, ok := f.instance(r, i.id)
	switch {
	case !ok || at.State != running:
		i.good, i.bad = 0, 0
		f.tellInstance(r, b, i, notRunning)
	case f.wellInstance(r, b, at):
		i.good, i.bad = i.good+1, 0
		if i.good >= aws.ToInt32(h.HealthyThreshold) {
			f.tellInstance(r, b, i, inService)
		}
	default:
		i.good, i.bad = 0, i.bad+1
		if i.bad >= aws.ToInt32(h.UnhealthyThreshold) {
			f.tellInstance(r, b, i, failing)
		}
	}
	f.checkLater(r, b, i, f.pauseOf(b, i))
}

// wellInstance asks an instance. Only 200 is a good answer.
func (f *Fake) wellInstance(r *region, b *classic, at world.Instance) bool {
	protocol, port, path, _ := elbrules.ClassicTarget(aws.ToString(b.view.HealthCheck.Target))
	if f.prober == nil || !f.network.Permits(r.name, b.view.SecurityGroups, at.Interface.Groups, port) {
		return false
	}
	status, answered := f.prober.Probe(r.name, aws.ToString(b.view.VPCId), at.Interface.PrivateIP, port, path)
	return answered && (!strings.HasPrefix(protocol, "HTTP") || status == http.StatusOK)
}

// classicChanged takes note of what happens to instances.
func (f *Fake) classicChanged(name string, i world.Instance) {
	r := f.of(name)
	for _, b := range r.classics {
		known := b.instance(i.ID)
		switch {
		case known == nil:
		case i.State == "terminated":
			f.left(r, b, known)
		case i.State != running:
			f.tellInstance(r, b, known, notRunning)
			known.round++
		case known.classicHealth == notRunning:
			f.tellInstance(r, b, known, joining)
			f.watchInstance(r, b, known)
		}
	}
}

// RegisterInstance adds an instance to a balancer, as
// RegisterInstancesWithLoadBalancer does.
func (f *Fake) RegisterInstance(region, name, instance string) {
	r := f.of(region)
	if b := r.classic(name); b != nil {
		f.join(r, b, instance)
	}
}

// DeregisterInstance takes an instance off a balancer.
func (f *Fake) DeregisterInstance(region, name, instance string) {
	r := f.of(region)
	if b := r.classic(name); b != nil {
		f.leave(r, b, instance)
	}
}

// InstanceHealth returns an instance's state, reason code and description; "" if it is
// not registered.
func (f *Fake) InstanceHealth(region, name, instance string) (state, reason, description string) {
	b := f.of(region).classic(name)
	if b == nil {
		return "", "", ""
	}
	i := b.instance(instance)
	if i == nil {
		return "", "", ""
	}
	return i.state, i.reason, i.text
}

// OnInstanceHealth has fn called whenever the state of an instance changes, and with
// the state "" when it is gone.
func (f *Fake) OnInstanceHealth(fn func(region, name, instance, state, reason, description string)) {
	f.notifyClassic = append(f.notifyClassic, fn)
}

// throughClassic has an instance behind a Classic Load Balancer answer.
func (f *Fake) throughClassic(r *region, b *classic, in *http.Request) (answer, error) {
	port := portOf(in)
	if !f.admitsInternet(r, b.node, port) {
		return answer{}, dialError(in, port, syscall.ETIMEDOUT)
	}
	i := slices.IndexFunc(b.listeners(), func(l classictypes.Listener) bool { return l.LoadBalancerPort == port })
	if i < 0 {
		return answer{}, dialError(in, port, syscall.ECONNREFUSED)
	}
	l := b.listeners()[i]
	secure := aws.ToString(l.Protocol) == "HTTPS" || aws.ToString(l.Protocol) == "SSL"
	if secure != (in.URL.Scheme == "https") && aws.ToString(l.Protocol) != "TCP" {
		return answer{}, http.ErrSchemeMismatch
	}
	well := slices.DeleteFunc(slices.Clone(b.instances), func(i *classicInstance) bool { return i.classicHealth != inService })
	if len(well) == 0 || f.prober == nil {
		return ownAnswer(http.StatusServiceUnavailable, ""), nil
	}
	chosen := well[b.turn%len(well)]
	b.turn++
	at, ok := f.instance(r, chosen.id)
	if !ok || !f.network.Permits(r.name, b.view.SecurityGroups, at.Interface.Groups, aws.ToInt32(l.InstancePort)) {
		return ownAnswer(http.StatusGatewayTimeout, ""), nil
	}
	q := newRequest(in, port)
	t := &target{is: world.Target{ID: chosen.id, Port: aws.ToInt32(l.InstancePort)}}
	status, answered := f.prober.Probe(r.name, aws.ToString(b.view.VPCId), at.Interface.PrivateIP, t.is.Port, q.path)
	if !answered || status < 100 || status > 599 {
		return ownAnswer(http.StatusBadGateway, ""), nil
	}
	return t.answers(status), nil
}
