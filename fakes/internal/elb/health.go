// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// health is what AWS says of a target.
type health struct {
	state  elbtypes.TargetHealthStateEnum
	reason elbtypes.TargetHealthReasonEnum
	text   string
}

// target is one registration.
type target struct {
	is world.Target
	health
	// good and bad are how many answers in a row were.
	good, bad int32
	// since is when its checks began.
	since time.Time
	// round is that of the probes; those of an earlier one are void.
	round int
}

// stop voids the probes that are under way.
func (t *target) stop() { t.round++ }

// AWS's words.
var (
	registering = health{
		elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthReasonEnumRegistrationInProgress,
		"Target registration is in progress",
	}
	checking = health{
		elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthReasonEnumInitialHealthChecking,
		"Initial health checks in progress",
	}
	healthy = health{state: elbtypes.TargetHealthStateEnumHealthy}
	unused  = health{
		elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotInUse,
		"Target group is not configured to receive traffic from the load balancer",
	}
	otherZone = health{
		elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotInUse,
		"Target is in an Availability Zone that is not enabled for the load balancer",
	}
	draining = health{
		elbtypes.TargetHealthStateEnumDraining, elbtypes.TargetHealthReasonEnumDeregistrationInProgress,
		"Target deregistration is in progress",
	}
	timedOut = health{
		elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumTimeout, "Request timed out",
	}
	refused = health{
		elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed",
	}
)

// invalidState is the health of a target whose instance does not run.
var invalidState = health{
	elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumInvalidState, "Target is in the stopped state",
}

func mismatch(status int) health {
	return health{
		elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumResponseCodeMismatch,
		fmt.Sprintf("Health checks failed with these codes: [%d]", status),
	}
}

// register adds a target, or brings a draining one back.
func (f *Fake) register(r *region, g *group, key world.Target) {
	t := g.target(key)
	if t != nil && t.state != elbtypes.TargetHealthStateEnumDraining {
		return
	}
	if t == nil {
		if a := f.where(r, g, key); a.present && key.Zone == "" {
			key.Zone = a.at.Zone
		}
		t = &target{is: key}
		g.targets = append(slices.Clip(g.targets), t)
	}
	f.start(r, g, t)
}

// deregister has a target drain, as long as the group is in use, and go.
func (f *Fake) deregister(r *region, g *group, t *target) {
	if t.state == elbtypes.TargetHealthStateEnumDraining {
		return
	}
	t.stop()
	if t.state == elbtypes.TargetHealthStateEnumUnused {
		f.gone(r, g, t)
		return
	}
	delay := g.delay()
	if !f.timing.Drain {
		delay = min(delay, world.Repeat)
	}
	f.tell(r, g, t, draining)
	round := t.round
	f.sim.After(delay, func() {
		if t.round == round {
			f.gone(r, g, t)
		}
	})
}

// gone removes a target.
func (f *Fake) gone(r *region, g *group, t *target) {
	t.stop()
	g.targets = slices.DeleteFunc(slices.Clone(g.targets), func(o *target) bool { return o == t })
	f.sim.After(0, func() { f.call(r, g, t, health{}) })
}

// tell changes a target's health and says so, after what runs now: whoever is told
// may well call back.
func (f *Fake) tell(r *region, g *group, t *target, h health) {
	if t.health == h {
		return
	}
	t.health = h
	f.sim.After(0, func() {
		if t.health == h {
			f.call(r, g, t, h)
		}
	})
}

func (f *Fake) call(r *region, g *group, t *target, h health) {
	for _, fn := range f.notify {
		fn(r.name, g.arn(), t.is, string(h.state), string(h.reason), h.text)
	}
}

// rewire works out which balancers forward to which groups. Targets of a group
// that comes into use are checked, those of one that is not in use are unused.
func (f *Fake) rewire(r *region) {
	uses := map[string][]string{}
	for _, o := range r.rules {
		l := r.listener(o.listener)
		if l == nil {
			continue
		}
		for _, arn := range groupsOf(o.view.Actions) {
			if b := aws.ToString(l.view.LoadBalancerArn); !slices.Contains(uses[arn], b) {
				uses[arn] = append(uses[arn], b)
			}
		}
	}
	for _, g := range r.groups {
		g.view.LoadBalancerArns = uses[g.arn()]
		for _, t := range slices.Clone(g.targets) {
			f.reprobe(r, g, t)
		}
	}
}

// start begins the life of a registration.
func (f *Fake) start(r *region, g *group, t *target) {
	t.stop()
	t.good, t.bad, t.since = 0, 0, f.sim.Now()
	h, probes := f.standing(r, g, t)
	f.tell(r, g, t, h)
	if probes {
		f.schedule(r, g, t, f.repeat(g))
	}
}

// reprobe starts or stops the checks of a target whose group's use has changed.
func (f *Fake) reprobe(r *region, g *group, t *target) {
	if t.state == elbtypes.TargetHealthStateEnumDraining {
		return
	}
	h, probes := f.standing(r, g, t)
	waits := h.state == elbtypes.TargetHealthStateEnumUnused || t.state == elbtypes.TargetHealthStateEnumUnused ||
		t.health == registering
	if !waits {
		return // its checks go on
	}
	if t.health == h && !probes {
		return
	}
	f.start(r, g, t)
}

// standing is a target's health before any check, and whether there are checks.
func (f *Fake) standing(r *region, g *group, t *target) (h health, probes bool) {
	if len(g.view.LoadBalancerArns) == 0 {
		return unused, false
	}
	if f.stopped(r, g, t.is) {
		return invalidState, false
	}
	enabled := true
	for _, arn := range g.view.LoadBalancerArns {
		b := r.balancer(arn)
		if b == nil || !b.active() {
			return registering, false
		}
		enabled = b.enabled(t.is.Zone)
	}
	if !enabled {
		return otherZone, false
	}
	return registering, true
}

// enabled reports whether a balancer is in a target's zone.
func (b *balancer) enabled(zone string) bool {
	return zone == "" || zone == "all" || slices.ContainsFunc(b.view.AvailabilityZones, func(z elbtypes.AvailabilityZone) bool {
		return aws.ToString(z.ZoneName) == zone
	})
}

func interval(g *group) time.Duration {
	return time.Duration(aws.ToInt32(g.view.HealthCheckIntervalSeconds)) * time.Second
}

// repeat is the pause between checks whose outcome is open.
func (f *Fake) repeat(g *group) time.Duration {
	if f.timing.Probes {
		return interval(g)
	}
	return world.Repeat
}

// pause is the time until the next check. As long as answers speak against the
// state that a target is in, or it has not settled, instant timing repeats the
// check at once. A settled target is checked at the declared interval: not less
// often, for a program's answer may change with its age, and not more often, so
// that a day costs a few thousand checks and not 86 million.
func (f *Fake) pause(g *group, t *target) time.Duration {
	settled := t.state == elbtypes.TargetHealthStateEnumHealthy && t.bad == 0 ||
		t.state == elbtypes.TargetHealthStateEnumUnhealthy && t.good == 0
	if settled {
		return interval(g)
	}
	return f.repeat(g)
}

func (f *Fake) schedule(r *region, g *group, t *target, after time.Duration) {
	round := t.round
	f.sim.After(after, func() {
		if t.round == round {
			f.probe(r, g, t)
		}
	})
}

// probe is one health check. A new target is healthy after one good answer; one
// that was unhealthy needs as many as the threshold says.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
func (f *Fake) probe(r *region, g *group, t *target) {
	answer := f.ask(r, g, t)
	if answer == healthy {
		t.good, t.bad = t.good+1, 0
		if t.state == elbtypes.TargetHealthStateEnumInitial || t.good >= aws.ToInt32(g.view.HealthyThresholdCount) {
			f.tell(r, g, t, healthy)
		}
	} else {
		t.good, t.bad = 0, t.bad+1
		if left, starting := f.starting(r, g, t); starting {
			f.tell(r, g, t, checking)
			f.schedule(r, g, t, left)
			return
		}
		switch {
		case t.bad >= aws.ToInt32(g.view.UnhealthyThresholdCount):
			f.tell(r, g, t, answer)
		case t.state == elbtypes.TargetHealthStateEnumInitial:
			f.tell(r, g, t, checking)
		}
	}
	f.schedule(r, g, t, f.pause(g, t))
}

// starting reports whether a new target's program is still starting, and when to
// look again. Instant timing checks at once and again at once, so a program that is
// to take ten seconds would be given up after two milliseconds. It gets the time
// that AWS would give it: the threshold's number of declared intervals.
func (f *Fake) starting(r *region, g *group, t *target) (left time.Duration, starting bool) {
	prober, ok := f.prober.(world.Starter)
	if f.timing.Probes || !ok || t.state != elbtypes.TargetHealthStateEnumInitial {
		return 0, false
	}
	patience := interval(g) * time.Duration(aws.ToInt32(g.view.UnhealthyThresholdCount))
	patience -= f.sim.Now().Sub(t.since)
	left, starting = prober.Starting(r.name, aws.ToString(g.view.VpcId), f.where(r, g, t.is).ip, probePort(g, t))
	return max(min(left, patience), world.Repeat), starting && patience > 0
}

// ask sends one request to a target: whether the balancer reaches it is up to the
// security groups, what it answers to the program that runs there.
func (f *Fake) ask(r *region, g *group, t *target) health {
	if g.view.TargetType == elbtypes.TargetTypeEnumAlb {
		return f.askBalancer(r, g, t)
	}
	vpc, port := aws.ToString(g.view.VpcId), probePort(g, t)
	a := f.where(r, g, t.is)
	for _, arn := range g.view.LoadBalancerArns {
		if b := r.balancer(arn); b != nil && a.present && !f.checks(r, b, a.at, port) {
			return timedOut
		}
	}
	if f.prober == nil {
		return timedOut
	}
	path, _, _ := strings.Cut(aws.ToString(g.view.HealthCheckPath), "?") // programs are not told queries
	if g.view.HealthCheckProtocol == elbtypes.ProtocolEnumTcp {
		path = ""
	}
	status, answered := f.prober.Probe(r.name, vpc, a.ip, port, path)
	switch {
	case !answered && !a.present:
		return timedOut // nobody is there to refuse
	case !answered:
		return refused
	case path != "" && !matches(g.view.Matcher, status):
		return mismatch(status)
	default:
		return healthy
	}
}

// matches reports whether a status is one of the matcher's. A program that speaks
// gRPC says that all is well with the HTTP status that carries every gRPC answer.
func matches(m *elbtypes.Matcher, status int) bool {
	if m == nil {
		return true
	}
	codes := aws.ToString(m.HttpCode)
	if m.GrpcCode != nil {
		if status == 200 {
			return true
		}
		codes = *m.GrpcCode
	}
	ranges, _ := elbrules.Codes(codes)
	return slices.ContainsFunc(ranges, func(c [2]int) bool { return status >= c[0] && status <= c[1] })
}
