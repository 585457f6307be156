// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/gosource"
	"github.com/slipway-go/slipway/internal/inspect"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

// expressed is a value with the Go expression that makes it.
type expressed[T any] = gosource.Value[T]

func defaultNetwork(x *exporter) expressed[vpc.Network] {
	return gosource.Call(x.p, vpc.Default(), "vpc.Default")
}

func networkByID(id string, subnets ...string) func(*exporter) expressed[vpc.Network] {
	return func(x *exporter) expressed[vpc.Network] {
		n := gosource.Call(x.p, vpc.ByID(id), "vpc.ByID", id)
		if len(subnets) > 0 {
			n = n.On(n.V.WithSubnets(subnets...), "WithSubnets", list(subnets)...)
		}
		return n
	}
}

// list is a list as arguments of a variadic function.
func list[T any](values []T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

// serviceNetwork is the network configuration of a service, empty if there is none.
func serviceNetwork(s *model.Service) ecstypes.AwsVpcConfiguration {
	if n := s.Create.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		return *n.AwsvpcConfiguration
	}
	return ecstypes.AwsVpcConfiguration{}
}

// networksOf returns the look-ups that find just these subnets, those first that
// assign public addresses as is wanted.
func (x *exporter) networksOf(subnets []string, public bool) []expressed[vpc.Network] {
	var first, then []expressed[vpc.Network]
	for _, found := range x.networks {
		for _, n := range x.sides(found) {
			if !sameSet(found.outputs[n.side], subnets) {
				continue
			}
			if n.network.V.AssignsPublicIP() == public {
				first = append(first, n.network)
			} else {
				then = append(then, n.network)
			}
		}
	}
	return append(first, then...)
}

// anyNetwork are all look-ups of the VPC.
func (x *exporter) anyNetwork() []expressed[vpc.Network] {
	var all []expressed[vpc.Network]
	for _, found := range x.networks {
		for _, n := range x.sides(found) {
			all = append(all, n.network)
		}
	}
	return all
}

type sideOf struct {
	network expressed[vpc.Network]
	side    string
}

// sides are a look-up as it is, with its public and with its private subnets.
func (x *exporter) sides(found foundNetwork) []sideOf {
	n := found.make(x)
	public, private := n.On(n.V.Public(), "Public"), n.On(n.V.Private(), "Private")
	if n.V.AssignsPublicIP() { // the default VPC
		return []sideOf{{n, "public"}, {private, "private"}}
	}
	return []sideOf{{n, "subnets"}, {public, "public"}, {private, "private"}}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// securityGroup is a group by its ID: as it is declared, if the stack owns it.
func (x *exporter) securityGroup(id string) expressed[vpc.GroupRef] {
	owned, thing, ok := x.ownedBy(modelvpc.KindSecurityGroup, "id", id)
	if !ok {
		return gosource.Call(x.p, vpc.GroupID(id), "vpc.GroupID", id)
	}
	if known, ok := x.groups[owned]; ok {
		return known
	}
	state, ok := thing.State.(*modelvpc.SecurityGroup)
	if !ok {
		return gosource.Call(x.p, vpc.GroupID(id), "vpc.GroupID", id)
	}
	in := state.Create
	name, description := text(in.GroupName), text(in.Description)
	g := gosource.Call(x.p, vpc.NewSecurityGroup(name, description, x.network.V), "vpc.NewSecurityGroup", name, description, x.network)
	for _, spec := range in.TagSpecifications {
		for _, t := range spec.Tags {
			g = g.Then(g.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
		}
	}
	g = gosource.Define(x.body, g, name, name+"Group")
	ref := gosource.As[vpc.GroupRef](g, g.V)
	x.groups[owned] = ref
	return ref
}

// ownedBy finds what the stack owns by an output.
func (x *exporter) ownedBy(kind, output, value string) (slipway.ID, inspect.Thing, bool) {
	for id, t := range x.owned {
		if id.Kind == kind && value != "" && t.Output(output) == value {
			return id, t, true
		}
	}
	return slipway.ID{}, inspect.Thing{}, false
}

// extraRules declares the rules of the stack's security groups that nothing else
// here brings.
func (x *exporter) extraRules(declared map[slipway.ID]bool) {
	for _, id := range x.sortedOwned(modelvpc.KindSecurityGroupRule) {
		state, ok := x.owned[id].State.(*modelvpc.SecurityGroupRule)
		group, _, owned := x.ownedBy(modelvpc.KindSecurityGroup, "id", ruleGroup(state))
		if !ok || declared[id] || !owned || !declared[group] {
			continue
		}
		rule, ok := x.securityGroupRule(state)
		if ok && rule.V.ID() == id {
			x.add(rule.V, rule)
		}
	}
}

func ruleGroup(s *modelvpc.SecurityGroupRule) string {
	if s == nil {
		return ""
	}
	return s.Group
}

// securityGroupRule declares a rule; ok is false where it has no single peer.
func (x *exporter) securityGroupRule(s *modelvpc.SecurityGroupRule) (rule expressed[vpc.SecurityGroupRule], ok bool) {
	peer, known := x.peer(s)
	if !known {
		return rule, false
	}
	group := x.securityGroup(s.Group)
	ports := vpc.Ports{Protocol: text(s.Permission.IpProtocol)}
	if s.Permission.FromPort != nil && s.Permission.ToPort != nil {
		ports.From, ports.To = *s.Permission.FromPort, *s.Permission.ToPort
	}
	r := gosource.Call(x.p, vpc.Ingress(group.V, peer.value.V, ports), "vpc.Ingress", group, peer.value, ports)
	if s.Egress {
		r = gosource.Call(x.p, vpc.Egress(group.V, peer.value.V, ports), "vpc.Egress", group, peer.value, ports)
	}
	if peer.description != nil {
		r = r.On(r.V.WithDescription(*peer.description), "WithDescription", *peer.description)
	}
	for _, k := range sortedKeys(s.Tags) {
		r = r.On(r.V.WithTag(k, s.Tags[k]), "WithTag", k, s.Tags[k])
	}
	return r, true
}

type describedPeer struct {
	value       expressed[vpc.Peer]
	description *string
}

func (x *exporter) peer(s *modelvpc.SecurityGroupRule) (describedPeer, bool) {
	p := s.Permission
	switch {
	case len(p.IpRanges) == 1:
		cidr := text(p.IpRanges[0].CidrIp)
		return describedPeer{gosource.Call[vpc.Peer](x.p, vpc.CIDR(cidr), "vpc.CIDR", cidr), p.IpRanges[0].Description}, true
	case len(p.Ipv6Ranges) == 1:
		cidr := text(p.Ipv6Ranges[0].CidrIpv6)
		return describedPeer{gosource.Call[vpc.Peer](x.p, vpc.CIDR(cidr), "vpc.CIDR", cidr), p.Ipv6Ranges[0].Description}, true
	case len(p.PrefixListIds) == 1:
		id := text(p.PrefixListIds[0].PrefixListId)
		return describedPeer{gosource.Call[vpc.Peer](x.p, vpc.PrefixList(id), "vpc.PrefixList", id), p.PrefixListIds[0].Description}, true
	case len(p.UserIdGroupPairs) == 1:
		group := x.securityGroup(text(p.UserIdGroupPairs[0].GroupId))
		return describedPeer{gosource.Call(x.p, vpc.FromGroup(group.V), "vpc.FromGroup", group), p.UserIdGroupPairs[0].Description}, true
	default:
		return describedPeer{}, false
	}
}
