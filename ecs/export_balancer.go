// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
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

// recommendedPolicy is what package elb sets without WithSSLPolicy.
const recommendedPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// balancer declares a balancer that the stack owns in a variable; ok is false if it
// owns none of the name.
func (x *exporter) balancer(name string) (app expressed[elb.Application], ok bool) {
	id := slipway.ID{Kind: modelelb.KindLoadBalancer, Name: name}
	if known, done := x.balancers[id]; done {
		return known, true
	}
	s := ownedState[modelelb.LoadBalancer](x, id.Kind, id.Name)
	if s == nil || s.Create.Type == elbtypes.LoadBalancerTypeEnumNetwork {
		return app, false
	}
	network := x.networkOfBalancer(s)
	app = gosource.Call(x.p, elb.NewApplication(name, network.V), "elb.NewApplication", name, network)
	app = x.balancerHTTPS(app, name)
	if s.Create.Scheme == elbtypes.LoadBalancerSchemeEnumInternal {
		app = app.Then(app.V.WithInternal(), "WithInternal")
	}
	app = x.balancerGroups(app, s)
	if t := elb.IPAddressType(s.Create.IpAddressType); t != "" && t != elb.IPv4 {
		app = app.Then(app.V.WithIPAddressType(t), "WithIPAddressType", t)
	}
	app = balancerAttributes(app, unusual(s.Attributes, modelelb.LoadBalancerAttributes(&s.Create)))
	for _, t := range s.Create.Tags {
		app = app.Then(app.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	app = gosource.Define(x.body, app, "balancer", name+"Balancer")
	x.balancers[id] = app
	return app, true
}

// networkOfBalancer is the look-up of the balancer's subnets.
func (x *exporter) networkOfBalancer(s *modelelb.LoadBalancer) expressed[vpc.Network] {
	return x.networkOfSubnets(s.Create.Subnets, s.Create.Scheme != elbtypes.LoadBalancerSchemeEnumInternal)
}

// networkOfSubnets is the service's look-up where it has the subnets, or another side of
// it, or another look-up.
func (x *exporter) networkOfSubnets(subnets []string, public bool) expressed[vpc.Network] {
	candidates := x.networksOf(subnets, public)
	if len(subnets) > 0 && sameSet(subnets, serviceNetwork(&x.service).Subnets) {
		return x.network
	}
	for _, n := range candidates {
		if n.V.ID() == x.network.V.ID() {
			return n
		}
	}
	if len(candidates) > 0 {
		return candidates[0]
	}
	n := x.networks[0].make(x)
	return n.On(n.V.WithSubnets(subnets...), "WithSubnets", list(subnets)...)
}

func (x *exporter) listenerState(balancer string, port int) *modelelb.Listener {
	return ownedState[modelelb.Listener](x, modelelb.KindListener, fmt.Sprintf("%s/%d", balancer, port))
}

func (x *exporter) balancerHTTPS(app expressed[elb.Application], name string) expressed[elb.Application] {
	const https = 443
	l := x.listenerState(name, https)
	if l == nil || len(l.Create.Certificates) == 0 {
		return app
	}
	certificates := append([]string{text(l.Create.Certificates[0].CertificateArn)}, l.Certificates...)
	app = app.Then(app.V.WithHTTPS(certificates[0], certificates[1:]...), "WithHTTPS", list(certificates)...)
	if p := text(l.Create.SslPolicy); p != "" && p != recommendedPolicy {
		app = app.Then(app.V.WithSSLPolicy(p), "WithSSLPolicy", p)
	}
	return app
}

// balancerGroups gives the balancer its security groups, or narrows its own down.
func (x *exporter) balancerGroups(app expressed[elb.Application], s *modelelb.LoadBalancer) expressed[elb.Application] {
	own := slipway.ID{Kind: modelvpc.KindSecurityGroup, Name: text(s.Create.Name) + "-alb"}
	if len(s.Create.SecurityGroups) == 1 && x.owned[own].Output("id") == s.Create.SecurityGroups[0] {
		if clients, args := x.narrowed(s.Create.SecurityGroups[0]); len(clients) > 0 {
			app = app.Then(app.V.WithClients(clients...), "WithClients", args...)
		}
		return app
	}
	for _, id := range s.Create.SecurityGroups {
		g := x.securityGroup(id)
		app = app.Then(app.V.WithSecurityGroup(g.V), "WithSecurityGroup", g)
	}
	return app
}

// clients are the address ranges that the balancer's own group admits.
func (x *exporter) clients(group string) []any {
	var all []any
	for _, id := range x.sortedOwned(modelvpc.KindSecurityGroupRule) {
		s, ok := x.owned[id].State.(*modelvpc.SecurityGroupRule)
		if !ok || s.Group != group || s.Egress {
			continue
		}
		for _, r := range s.Permission.IpRanges {
			if cidr := vpc.CIDR(text(r.CidrIp)); !slices.Contains(all, any(cidr)) {
				all = append(all, cidr)
			}
		}
		for _, r := range s.Permission.Ipv6Ranges {
			if cidr := vpc.CIDR(text(r.CidrIpv6)); !slices.Contains(all, any(cidr)) {
				all = append(all, cidr)
			}
		}
	}
	return all
}

func words(values []any) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return all
}

func balancerAttributes(app expressed[elb.Application], attributes map[string]string) expressed[elb.Application] {
	if attributes[modelelb.AttrAccessLogs] == "true" {
		bucket, prefix := attributes[modelelb.AttrAccessLogsBucket], attributes[modelelb.AttrAccessLogsPrefix]
		app = app.Then(app.V.WithAccessLogs(bucket, prefix), "WithAccessLogs", bucket, prefix)
		for _, k := range []string{modelelb.AttrAccessLogs, modelelb.AttrAccessLogsBucket, modelelb.AttrAccessLogsPrefix} {
			delete(attributes, k)
		}
	}
	for _, k := range sortedKeys(attributes) {
		v := attributes[k]
		seconds, err := strconv.Atoi(v)
		switch wait := time.Duration(seconds) * time.Second; {
		case k == modelelb.AttrIdleTimeout && err == nil:
			app = app.Then(app.V.WithIdleTimeout(wait), "WithIdleTimeout", wait)
		case k == modelelb.AttrDeletionProtection && v == "true":
			app = app.Then(app.V.WithDeletionProtection(), "WithDeletionProtection")
		default:
			app = app.Then(app.V.WithAttribute(k, v), "WithAttribute", k, v)
		}
	}
	return app
}

// targetGroup declares a target group that the stack owns and that is no route's.
func (x *exporter) targetGroup(arn string) (g expressed[elb.TargetGroup], ok bool) {
	id, thing, owned := x.ownedBy(modelelb.KindTargetGroup, "arn", arn)
	if known, done := x.targets[id]; done {
		return known, true
	}
	s, is := thing.State.(*modelelb.TargetGroup)
	if !owned || !is || text(s.Create.Name) != id.Name {
		return g, false
	}
	in := &s.Create
	port := aws.ToInt32(in.Port)
	g = gosource.Call(x.p, elb.NewTargetGroup(id.Name, port, x.network.V), "elb.NewTargetGroup", id.Name, port, x.network)
	if p := elb.Protocol(in.Protocol); p != elb.HTTP {
		g = g.On(g.V.WithProtocol(p), "WithProtocol", p)
	}
	if v := elb.ProtocolVersion(text(in.ProtocolVersion)); v != "" && v != elb.HTTP1 {
		g = g.On(g.V.WithProtocolVersion(v), "WithProtocolVersion", v)
	}
	if k := elb.TargetType(in.TargetType); k != elb.IPTargets {
		g = g.On(g.V.WithTargetType(k), "WithTargetType", k)
	}
	if check := healthCheckOf(in); check != (elb.HealthCheck{}) {
		g = g.On(g.V.WithHealthCheck(check), "WithHealthCheck", check)
	}
	attributes := unusual(s.Attributes, modelelb.TargetGroupAttributes(in))
	for _, k := range sortedKeys(attributes) {
		g = g.On(g.V.WithAttribute(k, attributes[k]), "WithAttribute", k, attributes[k])
	}
	for _, t := range in.Tags {
		g = g.On(g.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	x.targets[id] = gosource.Define(x.body, g, id.Name, id.Name+"Targets", "targets")
	return x.targets[id], true
}
