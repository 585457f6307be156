// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/gosource"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
)

// classicBalancer declares a Classic Load Balancer that the stack owns in a variable.
func (x *exporter) classicBalancer(name string) (b expressed[elb.Classic], ok bool) {
	id, thing, owned := x.ownedBy(modelelb.KindClassic, "name", name)
	if known, done := x.classics[id]; done {
		return known, true
	}
	s, is := thing.State.(*modelelb.Classic)
	if !owned || !is || len(s.Create.Listeners) == 0 {
		return b, false
	}
	network := x.networkOfSubnets(s.Create.Subnets, text(s.Create.Scheme) != "internal")
	first := classicListener(&s.Create.Listeners[0])
	b = gosource.Call(x.p, elb.NewClassic(id.Name, network.V, first), "elb.NewClassic", id.Name, network, first)
	for i := range s.Create.Listeners[1:] {
		l := classicListener(&s.Create.Listeners[1+i])
		b = b.Then(b.V.WithListener(l), "WithListener", l)
	}
	if text(s.Create.Scheme) == "internal" {
		b = b.Then(b.V.WithInternal(), "WithInternal")
	}
	b = x.classicGroups(b, id.Name, s.Create.SecurityGroups)
	b = classicSettings(b, s)
	for _, t := range s.Create.Tags {
		b = b.Then(b.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	x.classics[id] = gosource.Define(x.body, b, "balancer", name+"Balancer")
	return x.classics[id], true
}

func classicListener(l *classictypes.Listener) elb.ClassicListener {
	out := elb.ClassicListener{
		Protocol: elb.Protocol(text(l.Protocol)), Port: l.LoadBalancerPort, TargetProtocol: elb.Protocol(text(l.InstanceProtocol)),
		TargetPort: aws.ToInt32(l.InstancePort), Certificate: text(l.SSLCertificateId),
	}
	usual := elb.TCP
	if out.Protocol == elb.HTTP || out.Protocol == elb.HTTPS {
		usual = elb.HTTP
	}
	if out.TargetProtocol == usual {
		out.TargetProtocol = ""
	}
	return out
}

// classicGroups gives the balancer its security groups, or narrows its own down.
func (x *exporter) classicGroups(b expressed[elb.Classic], name string, groups []string) expressed[elb.Classic] {
	own := slipway.ID{Kind: modelvpc.KindSecurityGroup, Name: name + "-elb"}
	if len(groups) == 1 && x.owned[own].Output("id") == groups[0] {
		if peers, args := x.narrowed(groups[0]); len(peers) > 0 {
			b = b.Then(b.V.WithClients(peers...), "WithClients", args...)
		}
		return b
	}
	for _, id := range groups {
		g := x.securityGroup(id)
		b = b.Then(b.V.WithSecurityGroup(g.V), "WithSecurityGroup", g)
	}
	return b
}

var classicTarget = regexp.MustCompile(`^([A-Z]+):(\d+)(/.*)?$`)

// classicSettings are the health check and the attributes.
func classicSettings(b expressed[elb.Classic], s *modelelb.Classic) expressed[elb.Classic] {
	usual := modelelb.Classic{Create: s.Create}
	modelelb.FillClassic(&usual)
	if h := s.Health; h != nil {
		var check elb.ClassicHealthCheck
		if m := classicTarget.FindStringSubmatch(text(h.Target)); m != nil && text(h.Target) != text(usual.Health.Target) {
			port, _ := strconv.Atoi(m[2])
			check.Protocol, check.Port, check.Path = elb.Protocol(m[1]), clamp(port), m[3]
		}
		check.Interval, check.Timeout = unless(h.Interval, *usual.Health.Interval), unless(h.Timeout, *usual.Health.Timeout)
		if n := aws.ToInt32(h.HealthyThreshold); n != *usual.Health.HealthyThreshold {
			check.Healthy = n
		}
		if n := aws.ToInt32(h.UnhealthyThreshold); n != *usual.Health.UnhealthyThreshold {
			check.Unhealthy = n
		}
		if check != (elb.ClassicHealthCheck{}) {
			b = b.Then(b.V.WithHealthCheck(check), "WithHealthCheck", check)
		}
	}
	a := s.Attributes
	if a == nil {
		return b
	}
	if c := a.ConnectionSettings; c != nil {
		if d := unless(c.IdleTimeout, *usual.Attributes.ConnectionSettings.IdleTimeout); d != 0 {
			b = b.Then(b.V.WithIdleTimeout(d), "WithIdleTimeout", d)
		}
	}
	if c := a.ConnectionDraining; c != nil && c.Enabled {
		d := seconds64(c.Timeout)
		b = b.Then(b.V.WithDraining(d), "WithDraining", d)
	}
	if c := a.CrossZoneLoadBalancing; c != nil && c.Enabled {
		b = b.Then(b.V.WithCrossZone(), "WithCrossZone")
	}
	if l := a.AccessLog; l != nil && l.Enabled {
		bucket, prefix := text(l.S3BucketName), text(l.S3BucketPrefix)
		b = b.Then(b.V.WithAccessLogs(bucket, prefix), "WithAccessLogs", bucket, prefix)
	}
	return b
}
