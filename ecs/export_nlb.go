// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/gosource"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

// networkListener finds the listener of a Network Load Balancer that forwards to a target
// group.
func (x *exporter) networkListener(group string) (id slipway.ID, found *modelelb.Listener) {
	for _, id := range x.sortedOwned(modelelb.KindListener) {
		s := ownedState[modelelb.Listener](x, id.Kind, id.Name)
		if s == nil || !layerFour(s.Create.Protocol) {
			continue
		}
		for _, a := range modelelb.Actions(s.Create.DefaultActions) {
			for _, t := range targetsOf(a) {
				if text(t.TargetGroupArn) == group {
					return id, s
				}
			}
		}
	}
	return slipway.ID{}, nil
}

func targetsOf(a elbtypes.Action) []elbtypes.TargetGroupTuple {
	if a.ForwardConfig == nil {
		return nil
	}
	return a.ForwardConfig.TargetGroups
}

// layerFour reports whether it is a protocol of Network Load Balancers.
func layerFour(p elbtypes.ProtocolEnum) bool {
	return p != elbtypes.ProtocolEnumHttp && p != elbtypes.ProtocolEnumHttps
}

// networkBalancer declares a Network Load Balancer that the stack owns in a variable.
func (x *exporter) networkBalancer(name string) (n expressed[elb.Network], ok bool) {
	id := slipway.ID{Kind: modelelb.KindLoadBalancer, Name: name}
	if known, done := x.networkBalancers[id]; done {
		return known, true
	}
	s := ownedState[modelelb.LoadBalancer](x, id.Kind, id.Name)
	if s == nil || s.Create.Type != elbtypes.LoadBalancerTypeEnumNetwork {
		return n, false
	}
	network := x.networkOfBalancer(s)
	n = gosource.Call(x.p, elb.NewNetwork(name, network.V), "elb.NewNetwork", name, network)
	if s.Create.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		n = n.Then(n.V.WithInternal(), "WithInternal")
	}
	n = x.networkBalancerGroups(n, s)
	if t := elb.IPAddressType(s.Create.IpAddressType); t != "" && t != elb.IPv4 {
		n = n.Then(n.V.WithIPAddressType(t), "WithIPAddressType", t)
	}
	for _, m := range s.Create.SubnetMappings {
		subnet, allocation, address := text(m.SubnetId), text(m.AllocationId), text(m.PrivateIPv4Address)
		switch {
		case allocation != "":
			n = n.Then(n.V.WithElasticIP(subnet, allocation), "WithElasticIP", subnet, allocation)
		case address != "":
			n = n.Then(n.V.WithPrivateIP(subnet, address), "WithPrivateIP", subnet, address)
		}
	}
	attributes := unusual(s.Attributes, modelelb.LoadBalancerAttributes(&s.Create))
	for _, k := range sortedKeys(attributes) {
		n = n.Then(n.V.WithAttribute(k, attributes[k]), "WithAttribute", k, attributes[k])
	}
	for _, t := range s.Create.Tags {
		n = n.Then(n.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	n = gosource.Define(x.body, n, "balancer", name+"Balancer")
	x.networkBalancers[id] = n
	return n, true
}

// networkBalancerGroups gives the balancer its security groups, or none.
func (x *exporter) networkBalancerGroups(n expressed[elb.Network], s *modelelb.LoadBalancer) expressed[elb.Network] {
	own := slipway.ID{Kind: modelvpc.KindSecurityGroup, Name: text(s.Create.Name) + "-nlb"}
	switch groups := s.Create.SecurityGroups; {
	case len(groups) == 0:
		return n.Then(n.V.WithoutSecurityGroup(), "WithoutSecurityGroup")
	case len(groups) == 1 && x.owned[own].Output("id") == groups[0]:
		if peers, args := x.narrowed(groups[0]); len(peers) > 0 {
			n = n.Then(n.V.WithClients(peers...), "WithClients", args...)
		}
	default:
		for _, id := range groups {
			g := x.securityGroup(id)
			n = n.Then(n.V.WithSecurityGroup(g.V), "WithSecurityGroup", g)
		}
	}
	return n
}

// narrowed are the clients that a balancer's own group admits, none if everybody.
func (x *exporter) narrowed(group string) (clients []vpc.Peer, args []any) {
	peers := x.clients(group)
	if everybody := []any{vpc.AnyIPv4, vpc.AnyIPv6}; len(peers) == 0 || sameSet(words(peers), words(everybody)) {
		return nil, nil
	}
	for _, p := range peers {
		if cidr, ok := p.(vpc.CIDR); ok {
			clients = append(clients, cidr)
			args = append(args, gosource.Call(x.p, cidr, "vpc.CIDR", string(cidr)))
		}
	}
	return clients, args
}

// networkRoute declares a route of a Network Load Balancer.
func (x *exporter) networkRoute(r routeOf) (route expressed[elb.NetworkRoute], ok bool) {
	name, port, cut := cutLast(r.listenerID.Name)
	n, declared := x.networkBalancer(name)
	if !cut || !declared {
		return route, false
	}
	route = x.networkRouteOn(n, r.listener, port)
	in := &r.group.Create
	if r.listener.Create.Protocol == elbtypes.ProtocolEnumTls && in.Protocol == elbtypes.ProtocolEnumTls {
		route = route.On(route.V.WithEncryptedTargets(), "WithEncryptedTargets")
	}
	if k := elb.TargetType(in.TargetType); k != elb.IPTargets && awsvpc(&x.task) {
		route = route.On(route.V.WithTargetType(k), "WithTargetType", k)
	}
	if check := healthCheckOf(in); check != (elb.HealthCheck{}) {
		route = route.On(route.V.WithHealthCheck(check), "WithHealthCheck", check)
	}
	attributes := unusual(r.group.Attributes, modelelb.TargetGroupAttributes(in))
	for _, k := range sortedKeys(attributes) {
		v := attributes[k]
		seconds, err := strconv.Atoi(v)
		if wait := time.Duration(seconds) * time.Second; k == modelelb.AttrDeregistrationDelay && err == nil {
			route = route.On(route.V.WithDeregistrationDelay(wait), "WithDeregistrationDelay", wait)
			continue
		}
		route = route.On(route.V.WithAttribute(k, v), "WithAttribute", k, v)
	}
	for _, t := range in.Tags {
		route = route.On(route.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return route, true
}

// networkRouteOn begins a route with what its listener has.
func (x *exporter) networkRouteOn(n expressed[elb.Network], l *modelelb.Listener, number int) (route expressed[elb.NetworkRoute]) {
	port := clamp(number)
	switch p := elb.Protocol(l.Create.Protocol); p { //nolint:exhaustive // those of Network Load Balancers
	case elb.UDP:
		route = gosource.Method(n, n.V.UDP(port), "UDP", port)
	case elb.TCPUDP:
		route = gosource.Method(n, n.V.TCPUDP(port), "TCPUDP", port)
	case elb.TLS:
		certificates := l.Certificates
		if len(l.Create.Certificates) > 0 {
			certificates = append([]string{text(l.Create.Certificates[0].CertificateArn)}, certificates...)
		}
		if len(certificates) == 0 {
			certificates = []string{""}
		}
		first, more := certificates[0], certificates[1:]
		route = gosource.Method(n, n.V.TLS(port, first, more...), "TLS", append([]any{port}, list(certificates)...)...)
		if policy := text(l.Create.SslPolicy); policy != "" && policy != recommendedPolicy {
			route = route.On(route.V.WithSSLPolicy(policy), "WithSSLPolicy", policy)
		}
		if len(l.Create.AlpnPolicy) == 1 && elb.ALPN(l.Create.AlpnPolicy[0]) != elb.ALPNNone {
			a := elb.ALPN(l.Create.AlpnPolicy[0])
			route = route.On(route.V.WithALPN(a), "WithALPN", a)
		}
	default:
		route = gosource.Method(n, n.V.TCP(port), "TCP", port)
	}
	attributes := unusual(l.Attributes, modelelb.ListenerAttributes(&l.Create))
	if seconds, err := strconv.Atoi(attributes[modelelb.AttrTCPIdleTimeout]); err == nil {
		d := time.Duration(seconds) * time.Second
		route = route.On(route.V.WithIdleTimeout(d), "WithIdleTimeout", d)
	}
	return route
}

// derivesNetwork reports whether the route in that network has the target group that
// there is.
func (x *exporter) derivesNetwork(r routeOf, n vpc.Network) bool {
	name, port, ok := cutLast(r.listenerID.Name)
	if !ok {
		return false
	}
	in := &r.group.Create
	route := elb.NewNetwork(name, n).TCP(clamp(port))
	switch elb.Protocol(in.Protocol) { //nolint:exhaustive // those of Network Load Balancers
	case elb.UDP:
		route = elb.NewNetwork(name, n).UDP(clamp(port))
	case elb.TCPUDP:
		route = elb.NewNetwork(name, n).TCPUDP(clamp(port))
	case elb.TLS:
		route = elb.NewNetwork(name, n).TLS(clamp(port), "").WithEncryptedTargets()
	}
	group, _ := route.WithTargetType(elb.TargetType(in.TargetType)).Forward(r.name, aws.ToInt32(in.Port), n)
	return derivedName(group) == text(in.Name)
}

// derivedName is the name that a target group has in AWS.
func derivedName(g elb.TargetGroup) string {
	desired, err := g.Build()
	if err != nil {
		return ""
	}
	built, ok := desired.State.(*modelelb.TargetGroup)
	if !ok {
		return ""
	}
	return text(built.Create.Name)
}
