// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// side is one side of a connection: its groups and, where they are known, its
// addresses.
type side struct {
	groups    []string
	addresses []string
}

func sideOf(n nic) side {
	s := side{addresses: []string{*n.PrivateIpAddress}}
	for _, g := range n.Groups {
		s.groups = append(s.groups, *g.GroupId)
	}
	return s
}

// Permits reports whether the members of the groups from may open a TCP
// connection to members of the groups to. Without groups from is anybody on the
// internet. Where rules name ranges, the addresses of the groups' members decide,
// or, when a group has none, whether the range is in the VPC.
func (f *Fake) Permits(region string, from, to []string, port int32) bool {
	r := f.of(region)
	return r.connects(side{groups: from}, side{groups: to}, port)
}

// connects reports whether the rules of both sides let a connection pass.
func (r *region) connects(from, to side, port int32) bool {
	out := len(from.groups) == 0 || r.anyRule(from.groups, true, func(o rule) bool { return admits(o, port) && r.means(o, to) })
	return out && r.anyRule(to.groups, false, func(o rule) bool { return admits(o, port) && r.means(o, from) })
}

func (r *region) anyRule(groups []string, egress bool, match func(rule) bool) bool {
	return slices.ContainsFunc(groups, func(id string) bool {
		g, ok := r.groups.get(id)
		return ok && slices.ContainsFunc(g.rules, func(o rule) bool { return aws.ToBool(o.IsEgress) == egress && match(o) })
	})
}

// admits reports whether a rule is about a TCP port.
func admits(o rule, port int32) bool {
	switch aws.ToString(o.IpProtocol) {
	case allProtocols:
		return true
	case tcp:
		return *o.FromPort <= port && port <= *o.ToPort
	default:
		return false
	}
}

// means reports whether a side is the peer that a rule names.
func (r *region) means(o rule, s side) bool {
	if id := referenced(o); id != nil {
		return slices.Contains(s.groups, *id)
	}
	ranges := r.rangesOf(o)
	everyone := slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Bits() == 0 })
	if everyone || len(s.groups)+len(s.addresses) == 0 {
		return everyone
	}
	addresses := s.addresses
	if addresses == nil {
		addresses = r.addressesOf(s.groups)
	}
	if len(addresses) == 0 {
		return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return r.inNetworkOf(s.groups, p) })
	}
	return slices.ContainsFunc(addresses, func(a string) bool {
		ip, err := netip.ParseAddr(a)
		return err == nil && slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(ip) })
	})
}

// rangesOf returns the IPv4 ranges of a rule's peer.
func (r *region) rangesOf(o rule) []netip.Prefix {
	var list []netip.Prefix
	if p, err := netip.ParsePrefix(aws.ToString(o.CidrIpv4)); err == nil {
		list = append(list, p)
	}
	if l, ok := r.prefixLists.get(aws.ToString(o.PrefixListId)); ok {
		for _, e := range l.entries {
			if p, err := netip.ParsePrefix(aws.ToString(e.Cidr)); err == nil {
				list = append(list, p)
			}
		}
	}
	return list
}

// addressesOf returns the private addresses of the members of groups.
func (r *region) addressesOf(groups []string) []string {
	var list []string
	for _, g := range groups {
		for id := range r.members[g] {
			if n, ok := r.interfaces.get(id); ok {
				list = append(list, *n.PrivateIpAddress)
			}
		}
	}
	return list
}

// inNetworkOf reports whether a range has addresses of the groups' VPCs.
func (r *region) inNetworkOf(groups []string, p netip.Prefix) bool {
	return slices.ContainsFunc(groups, func(id string) bool {
		g, _ := r.groups.get(id)
		v, ok := r.vpcs.get(g.vpc)
		return ok && v.block.Overlaps(p)
	})
}
