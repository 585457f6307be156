// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

// NetworkRoute is all that arrives at a port of a Network Load Balancer, for whoever
// serves it to bring the listener and the target group: see [NetworkRoute.Forward]. It
// comes from [Network.TCP], [Network.TLS], [Network.UDP] or [Network.TCPUDP].
type NetworkRoute struct {
	listener NetworkListener
	settings groupSettings
	test     *NetworkRoute
}

func newNetworkRoute(n Network, p Protocol, port int32) NetworkRoute {
	return NetworkRoute{
		listener: NetworkListener{balancer: n, protocol: p, port: port},
		settings: groupSettings{protocol: p},
	}
}

// WithSSLPolicy sets the protocols and ciphers of a TLS route by the name of a policy;
// "ELBSecurityPolicy-TLS13-1-2-2021-06", as AWS recommends, if not called.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html
func (r NetworkRoute) WithSSLPolicy(name string) NetworkRoute {
	r.listener.policy = name
	return r
}

// WithALPN sets which application protocol a TLS route agrees on with its clients;
// [ALPNNone] if not called.
func (r NetworkRoute) WithALPN(a ALPN) NetworkRoute {
	r.listener.alpn = a
	return r
}

// WithIdleTimeout sets after how long without data a TCP connection is forgotten, 60 to
// 6000 whole seconds; 350 if not called. Not for TLS and UDP routes.
func (r NetworkRoute) WithIdleTimeout(d time.Duration) NetworkRoute {
	r.listener = r.listener.WithIdleTimeout(d)
	return r
}

// WithEncryptedTargets has the balancer encrypt anew what it sends to the targets of a
// TLS route, whose certificates it does not look at.
func (r NetworkRoute) WithEncryptedTargets() NetworkRoute {
	r.settings.protocol = TLS
	return r
}

// WithHealthCheck sets the health check of the targets. Its protocol may be [TCP], as
// if empty: a connection is opened.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
func (r NetworkRoute) WithHealthCheck(h HealthCheck) NetworkRoute {
	r.settings.check = h
	return r
}

// WithTargetType sets what targets are; [IPTargets] if not called.
func (r NetworkRoute) WithTargetType(k TargetType) NetworkRoute {
	r.settings.targetType = k
	return r
}

// WithClientIP says whether targets see the address of the client: see
// [TargetGroup.WithClientIP].
func (r NetworkRoute) WithClientIP(preserve bool) NetworkRoute {
	r.settings = r.settings.clientIP(preserve)
	return r
}

// WithProxyProtocol has the balancer begin each connection with a header of proxy
// protocol version 2, which targets must expect.
func (r NetworkRoute) WithProxyProtocol() NetworkRoute {
	r.settings = r.settings.with(model.AttrProxyProtocol, "true")
	return r
}

// WithCrossZone says whether targets get what arrived in other zones; as the balancer
// has it if not called.
func (r NetworkRoute) WithCrossZone(on bool) NetworkRoute {
	r.settings = r.settings.with(model.AttrCrossZone, strconv.FormatBool(on))
	return r
}

// WithSourceStickiness keeps a client with its target by its address. Not for
// [NetworkRoute.WithEncryptedTargets].
func (r NetworkRoute) WithSourceStickiness() NetworkRoute {
	r.settings = r.settings.sourceStickiness()
	return r
}

// WithDeregistrationDelay sets how long a deregistered target may finish its
// connections: 0 to 3600 whole seconds; 300 if not called.
func (r NetworkRoute) WithDeregistrationDelay(d time.Duration) NetworkRoute {
	r.settings = r.settings.deregistrationDelay(d)
	return r
}

// WithAttribute sets an attribute of the target group by AWS's key.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
func (r NetworkRoute) WithAttribute(key, value string) NetworkRoute {
	r.settings = r.settings.with(key, value)
	return r
}

// WithTag adds a tag to the target group and the listener.
func (r NetworkRoute) WithTag(key, value string) NetworkRoute {
	r.settings.tags = with(r.settings.tags, key, value)
	return r
}

// WithTestRoute adds the route of test traffic, another port of the same balancer, for
// deployments that shift traffic: before the production traffic, ECS shifts that of the
// test route to the new revision. What counts of the test route is its listener.
// Rolling deployments do without. ECS waits ten minutes after each shift of a Network
// Load Balancer.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb-resources-for-blue-green.html
func (r NetworkRoute) WithTestRoute(test NetworkRoute) NetworkRoute {
	test.test = nil
	r.test = &test
	return r
}

// TestRoute returns the route of test traffic, if there is one.
func (r NetworkRoute) TestRoute() (test ServiceRoute, ok bool) {
	if r.test == nil {
		return nil, false
	}
	return *r.test, true
}

// Balancer returns the balancer of the route.
func (r NetworkRoute) Balancer() Network { return r.listener.balancer }

// Application returns nothing: the balancer is another one.
func (NetworkRoute) Application() (app Application, ok bool) { return Application{}, false }

// URL returns where the route is reached, such as "tls://<host>:8883"; the host is the
// placeholder for the balancer's DNS name.
func (r NetworkRoute) URL() string {
	scheme, _, _ := strings.Cut(strings.ToLower(string(r.listener.protocol)), "_")
	return fmt.Sprintf("%s://%s:%d", scheme, r.listener.balancer.DNSName(), r.listener.port)
}

// Admissions returns what the security groups of targets that listen on port must let
// in: the balancer or, where that has no security groups, its clients.
func (r NetworkRoute) Admissions(port int32) []Admission {
	var peers []vpc.Peer
	for _, g := range r.listener.balancer.SecurityGroups() {
		peers = append(peers, vpc.FromGroup(g))
	}
	if len(peers) == 0 {
		peers = r.listener.balancer.peers()
	}
	return admissions(peers, r.settings.ports(port))
}

// Forward returns what the route needs to serve: a target group for targets of the
// network that listen on port, and the listener that forwards to it. The name tells the
// group from others on the same balancer.
//
// The target group's name in AWS is derived: it ends in a hash of what AWS cannot
// change, so that such a change makes a new group.
func (r NetworkRoute) Forward(name string, port int32, network vpc.Network) (TargetGroup, NetworkListener) {
	group := r.group(name, port, network).derived(r.listener.balancer.name)
	l := r.listener
	l.forward, l.tags = ForwardTo(group), r.settings.tags
	return group, l
}

// Serve is [NetworkRoute.Forward] for those who take any route.
func (r NetworkRoute) Serve(name string, port int32, network vpc.Network) (TargetGroup, Forwarder) {
	return r.Forward(name, port, network)
}

// ForwardPair returns what the route needs to serve when its traffic is shifted
// between two target groups: see [Pair].
func (r NetworkRoute) ForwardPair(name string, port int32, network vpc.Network) Pair {
	p := newPair(r.group(name, port, network), r.listener.balancer.name)
	p.Rule = r.shifting(p, r.settings.tags)
	if r.test != nil {
		p.Test = r.test.shifting(p, r.settings.tags)
	}
	return p
}

// shifting is the listener that forwards to a pair.
func (r NetworkRoute) shifting(p Pair, tags map[string]string) NetworkListener {
	l := r.listener
	l.forward, l.tags, l.shifts = p.forward(), tags, true
	return l
}

func (r NetworkRoute) group(name string, port int32, network vpc.Network) TargetGroup {
	return TargetGroup{name: name, port: port, network: network, settings: r.settings}
}

func (NetworkRoute) serviceRoute() {}

var (
	_ ServiceRoute     = Route{}
	_ ServiceRoute     = NetworkRoute{}
	_ slipway.Resource = NetworkListener{}
)
