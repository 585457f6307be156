// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

// Route is a share of the requests to a listener, for whoever serves it to bring
// the target group and the rule: see [Route.Forward].
type Route struct {
	listener   ListenerRef
	conditions conditions
	settings   groupSettings
	test       *Route
}

func newRoute(l ListenerRef, patterns []string) Route {
	return Route{listener: l, conditions: conditions{}.path(patterns)}
}

// WithHost adds host names, one of which must match: at most 128 characters, with
// * and ?. The first one without is that of [Route.URL].
func (r Route) WithHost(names ...string) Route {
	r.conditions = r.conditions.host(names)
	return r
}

// WithHeader adds a condition on a header (not Host), one of whose values must
// match: at most 128 characters, with * and ?.
func (r Route) WithHeader(name string, values ...string) Route {
	r.conditions = r.conditions.header(name, values)
	return r
}

// WithMethod adds methods, such as "GET", one of which must match.
func (r Route) WithMethod(names ...string) Route {
	r.conditions = r.conditions.method(names)
	return r
}

// WithQuery adds a condition on the query string: a key (if not empty) with the
// value; with * and ?.
func (r Route) WithQuery(key, value string) Route {
	r.conditions = r.conditions.query(key, value)
	return r
}

// WithSourceIP adds address ranges (CIDR) of clients, one of which must match.
func (r Route) WithSourceIP(cidrs ...string) Route {
	r.conditions = r.conditions.source(cidrs)
	return r
}

// WithPriority sets the place of the rule, 1 to 50000; the lowest that applies
// wins. If not called, the rule gets the next free one and keeps it.
func (r Route) WithPriority(p int32) Route {
	r.conditions.priority = p
	return r
}

// WithHealthCheck sets the health check of the targets.
func (r Route) WithHealthCheck(h HealthCheck) Route {
	r.settings.check = h
	return r
}

// WithProtocol sets what the targets speak; [HTTP] if not called.
func (r Route) WithProtocol(p Protocol) Route {
	r.settings.protocol = p
	return r
}

// WithProtocolVersion sets the HTTP version of the targets; [HTTP1] if not called.
func (r Route) WithProtocolVersion(v ProtocolVersion) Route {
	r.settings.version = v
	return r
}

// WithTargetType sets what targets are; [IPTargets] if not called.
func (r Route) WithTargetType(k TargetType) Route {
	r.settings.targetType = k
	return r
}

// WithDeregistrationDelay sets how long a deregistered target may finish its
// requests: 0 to 3600 whole seconds; 300 if not called.
func (r Route) WithDeregistrationDelay(d time.Duration) Route {
	r.settings = r.settings.deregistrationDelay(d)
	return r
}

// WithSlowStart sets how long a new target gets a growing share of requests: 30 to
// 900 seconds, or 0 for off, as if not called. Needs [RoundRobin].
func (r Route) WithSlowStart(d time.Duration) Route {
	r.settings = r.settings.slowStart(d)
	return r
}

// WithStickiness keeps a client with its target for d, 1 second to 7 days, by a
// cookie of the balancer's.
func (r Route) WithStickiness(d time.Duration) Route {
	r.settings = r.settings.stickiness(d)
	return r
}

// WithAppStickiness keeps a client with its target for d, 1 second to 7 days, by
// the cookie that the application sets.
func (r Route) WithAppStickiness(cookie string, d time.Duration) Route {
	r.settings = r.settings.appStickiness(cookie, d)
	return r
}

// WithAlgorithm sets how a target is picked; [RoundRobin] if not called.
func (r Route) WithAlgorithm(a Algorithm) Route {
	r.settings = r.settings.with(model.AttrAlgorithm, string(a))
	return r
}

// WithAttribute sets an attribute of the target group by AWS's key.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
func (r Route) WithAttribute(key, value string) Route {
	r.settings = r.settings.with(key, value)
	return r
}

// WithTag adds a tag to the target group and the rule.
func (r Route) WithTag(key, value string) Route {
	r.settings.tags = with(r.settings.tags, key, value)
	return r
}

// WithTestRoute adds the route of test traffic, for deployments that shift traffic:
// before the production traffic, ECS shifts that of the test route to the new
// revision. What counts of the test route is its listener, which may be the same or
// another one of the same balancer, and its conditions. Rolling deployments do
// without.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
func (r Route) WithTestRoute(test Route) Route {
	test.test = nil
	r.test = &test
	return r
}

// TestRoute returns the route of test traffic, if there is one.
func (r Route) TestRoute() (test ServiceRoute, ok bool) {
	if r.test == nil {
		return nil, false
	}
	return *r.test, true
}

// Listener returns the listener of the route.
func (r Route) Listener() ListenerRef { return r.listener }

// Application returns the balancer of the route; ok is false when the listener is
// an existing one.
func (r Route) Application() (app Application, ok bool) {
	if a := r.listener.frontend().app; a != nil {
		return *a, true
	}
	return Application{}, false
}

// SecurityGroups returns the groups that targets must admit; none when the
// listener is an existing one that does not say.
func (r Route) SecurityGroups() []vpc.GroupRef { return r.listener.frontend().groups }

// Forward returns what the route needs to serve: a target group for targets of
// the network that listen on port, and the rule that forwards to it. The name
// tells them from others on the same listener.
//
// The target group's name in AWS is derived: it ends in a hash of what AWS cannot
// change, so that such a change makes a new group.
func (r Route) Forward(name string, port int32, network vpc.Network) (TargetGroup, ListenerRule) {
	group := TargetGroup{name: name, port: port, network: network, settings: r.settings}
	group = group.derived(r.listener.frontend().name)
	rule := ListenerRule{
		name: name, listener: r.listener, action: ForwardTo(group),
		conditions: r.conditions, tags: r.settings.tags,
	}
	return group, rule
}

// Serve is [Route.Forward] for those who take any route.
func (r Route) Serve(name string, port int32, network vpc.Network) (TargetGroup, Forwarder) {
	return r.Forward(name, port, network)
}

// ForwardPair returns what the route needs to serve when its traffic is shifted
// between two target groups: see [Pair]. The name and port are those of
// [Route.Forward], whose group is the production one.
func (r Route) ForwardPair(name string, port int32, network vpc.Network) Pair {
	group := TargetGroup{name: name, port: port, network: network, settings: r.settings}
	p := newPair(group, r.listener.frontend().name)
	p.Rule = r.shifting(name, p)
	if r.test != nil {
		test := *r.test
		test.settings.tags = r.settings.tags
		p.Test = test.shifting(name+testSuffix, p)
	}
	return p
}

// shifting is the rule that forwards to a pair.
func (r Route) shifting(name string, p Pair) ListenerRule {
	return ListenerRule{
		name: name, listener: r.listener, action: p.forward(),
		conditions: r.conditions, tags: r.settings.tags, shifts: true,
	}
}

// Admissions returns what the security groups of targets that listen on port must
// let in: the balancer, on that port and on the one of the health check.
func (r Route) Admissions(port int32) []Admission {
	var peers []vpc.Peer
	for _, g := range r.SecurityGroups() {
		peers = append(peers, vpc.FromGroup(g))
	}
	return admissions(peers, r.settings.ports(port))
}

func (Route) serviceRoute() {}

// hostPart stands in a frontend's URL for the host.
const hostPart = "{host}"

// URL returns where the route is reached, such as "https://example.com/api/": the
// first host of the route without wildcards, else the balancer's DNS name (a
// placeholder), and the first path up to its wildcard. Empty if not known.
func (r Route) URL() string {
	front := r.listener.frontend()
	host := ""
	for _, h := range r.conditions.hosts {
		if !strings.ContainsAny(h, "*?") {
			host = h
			break
		}
	}
	if host == "" && front.app != nil {
		host = slipway.Ref(front.app.ID(), "dns")
	}
	base := strings.Replace(front.url, hostPart, host, 1)
	if base == "" {
		if host == "" {
			return ""
		}
		base = "https://" + host
	}
	return strings.TrimSuffix(base, "/") + r.path()
}

func (r Route) path() string {
	if len(r.conditions.paths) == 0 {
		return "/"
	}
	path := r.conditions.paths[0]
	if i := strings.IndexAny(path, "*?"); i >= 0 {
		path = path[:i]
	}
	if !strings.HasPrefix(path, "/") {
		return "/"
	}
	return path
}
