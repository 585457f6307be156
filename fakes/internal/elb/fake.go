// SPDX-License-Identifier: Apache-2.0

// Package elb is the simulated Elastic Load Balancing v2: application and network
// load balancers with their listeners, rules and target groups, whose targets turn
// healthy and unhealthy by being probed.
package elb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	timing  world.Timing
	network world.Network
	prober  world.Prober
	// instances are nil until somebody knows instances.
	instances world.Instances
	// metrics is nil until somebody wants them.
	metrics world.Metrics
	regions sim.Regional[region]
	quotas  *world.Quotas
	notify  []func(region, arn string, t world.Target, state, reason, description string)

	notifyClassic []func(region, name, instance, state, reason, description string)
}

var (
	_ world.Targets = (*Fake)(nil)
	_ world.Traffic = (*Fake)(nil)

	_ world.ClassicBalancers = (*Fake)(nil)
)

// New returns the service without load balancers.
func New(s *sim.Sim, t world.Timing, network world.Network) *Fake {
	f := &Fake{sim: s, timing: t, network: network}
	f.regions.New = func(_, name string) *region { return &region{name: name, quotas: f.quotas} }
	return f
}

// SetQuotas says what the account may have, before anything else is done; by default
// it has AWS's default quotas.
func (f *Fake) SetQuotas(q *world.Quotas) { f.quotas = q }

// SetProber says who answers health checks.
func (f *Fake) SetProber(p world.Prober) { f.prober = p }

// SetInstances says who knows the instances that are targets. Without, there are none.
func (f *Fake) SetInstances(i world.Instances) {
	f.instances = i
	i.OnInstance(f.instanceChanged)
	i.OnInstance(f.classicChanged)
}

// region is what one region has, in order of creation.
type region struct {
	name      string
	quotas    *world.Quotas
	balancers []*balancer
	listeners []*listener
	rules     []*rule
	groups    []*group
	classics  []*classic
	// tallies are the requests of the present minute, by whose they are.
	tallies map[string]*tally
}

type balancer struct {
	view       elbtypes.LoadBalancer
	attributes map[string]string
	tags       map[string]string
	interfaces []string
	nodes      []string // the private addresses of the interfaces
	places     []place
}

type listener struct {
	view       elbtypes.Listener
	more       []string // certificates beside the default one
	attributes map[string]string
	tags       map[string]string
}

type rule struct {
	view     elbtypes.Rule
	listener string
	tags     map[string]string
	// credit is what each target group of a forward action is owed of requests.
	credit map[string]int32
}

type group struct {
	view       elbtypes.TargetGroup
	attributes map[string]string
	tags       map[string]string
	targets    []*target
	turn       int // of the targets, by requests
}

func (b *balancer) arn() string { return aws.ToString(b.view.LoadBalancerArn) }
func (l *listener) arn() string { return aws.ToString(l.view.ListenerArn) }
func (r *rule) arn() string     { return aws.ToString(r.view.RuleArn) }
func (g *group) arn() string    { return aws.ToString(g.view.TargetGroupArn) }

func (b *balancer) active() bool { return b.view.State.Code == elbtypes.LoadBalancerStateEnumActive }

// in returns the state of the call's region.
func (f *Fake) in(c *sim.Call) *region { return f.regions.In(c) }

// of returns the state of a region of the cloud's account.
func (f *Fake) of(name string) *region { return f.regions.Of(f.sim.Account(), name) }

func (r *region) balancer(arn string) *balancer { return find(r.balancers, arn) }
func (r *region) listener(arn string) *listener { return find(r.listeners, arn) }
func (r *region) rule(arn string) *rule         { return find(r.rules, arn) }
func (r *region) group(arn string) *group       { return find(r.groups, arn) }

// find returns the thing of that ARN, or nil.
func find[T interface {
	comparable
	arn() string
}](all []T, arn string) (none T) {
	if i := slices.IndexFunc(all, func(t T) bool { return t.arn() == arn }); i >= 0 {
		return all[i]
	}
	return none
}

// Services returns the operations of Elastic Load Balancing v2, and of its first
// version, for Classic Load Balancers.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Elastic Load Balancing v2", "elasticloadbalancing")
	f.balancerOperations(s)
	f.listenerOperations(s)
	f.ruleOperations(s)
	f.groupOperations(s)
	f.targetOperations(s)
	f.tagOperations(s)
	f.accountOperations(s)
	s.Things = f.things
	return []*sim.Service{s, f.classicService()}
}
