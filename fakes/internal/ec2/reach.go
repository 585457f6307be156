// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

const (
	https int32 = 443
	tcp         = "tcp"
)

// The public addresses that stand for what tasks talk to, each in the middle of
// what routes and rules usually name.
var (
	somewhere  = netip.MustParseAddr("93.184.215.14")
	awsAddress = netip.MustParseAddr("54.239.28.85")
)

// Reaches reports whether an interface can open connections by HTTPS to a service
// of AWS or to the internet.
func (f *Fake) Reaches(region string, from world.Interface, service string) bool {
	r := f.of(region)
	s, ok := r.subnets.get(from.Subnet)
	if !ok {
		return false
	}
	if e, ok := r.interfaceEndpoint(from.VPC, service); ok {
		return r.reachesEndpoint(from, e)
	}
	t, to := r.tableOf(s), target(service)
	if _, ok := gatewayServices[service]; ok {
		list := r.listOf(service)
		if slices.ContainsFunc(r.endpointRoutes(*t.RouteTableId), leadsTo(list)) {
			return r.sends(from.Groups, func(o rule) bool { return aws.ToString(o.PrefixListId) == list || holds(o.CidrIpv4, to) })
		}
	}
	return r.sendsTo(from.Groups, to) && r.leaves(t, from, to)
}

// target is the address of a service.
func target(service string) netip.Addr {
	if cidrs, ok := gatewayServices[service]; ok {
		return netip.MustParsePrefix(cidrs[0]).Addr().Next()
	}
	if service == "internet" {
		return somewhere
	}
	return awsAddress
}

// interfaceEndpoint returns the endpoint to which the name of a service leads in
// a VPC.
func (r *region) interfaceEndpoint(vpc, service string) (endpoint, bool) {
	for _, e := range r.endpoints.all() {
		if *e.VpcId == vpc && aws.ToBool(e.PrivateDnsEnabled) && e.State == endpointAvailable && r.serviceOf(*e.ServiceName) == service {
			return e, true
		}
	}
	return endpoint{}, false
}

// reachesEndpoint reports whether one of the endpoint's interfaces lets the
// interface in. There is no way around an endpoint that does not.
func (r *region) reachesEndpoint(from world.Interface, e endpoint) bool {
	return slices.ContainsFunc(e.NetworkInterfaceIds, func(id string) bool {
		n, ok := r.interfaces.get(id)
		return ok && r.connects(side{from.Groups, []string{from.PrivateIP}}, sideOf(n), https)
	})
}

// sendsTo reports whether groups let HTTPS out to a public address.
func (r *region) sendsTo(groups []string, to netip.Addr) bool {
	return r.sends(groups, func(o rule) bool {
		if l, ok := r.prefixLists.get(aws.ToString(o.PrefixListId)); ok {
			return l.covers(to)
		}
		return holds(o.CidrIpv4, to)
	})
}

func (r *region) sends(groups []string, peer func(rule) bool) bool {
	return r.anyRule(groups, true, func(o rule) bool { return admits(o, https) && peer(o) })
}

func holds(cidr *string, a netip.Addr) bool {
	p, err := netip.ParsePrefix(aws.ToString(cidr))
	return err == nil && p.Contains(a)
}

// leaves reports whether traffic to a public address gets out of the VPC: by the
// longest route that matches, to a gateway that works.
func (r *region) leaves(t routeTable, from world.Interface, to netip.Addr) bool {
	route, ok := r.longest(t, to)
	if !ok || route.State != ec2types.RouteStateActive {
		return false
	}
	if route.NatGatewayId == nil {
		return from.PublicIP != "" && aws.ToString(route.GatewayId) != localTarget
	}
	n, ok := r.nats.get(*route.NatGatewayId)
	if !ok || n.State != ec2types.NatGatewayStateAvailable || n.ConnectivityType != ec2types.ConnectivityTypePublic {
		return false
	}
	s, ok := r.subnets.get(*n.SubnetId)
	if !ok {
		return false
	}
	out, ok := r.longest(r.tableOf(s), to)
	return ok && out.NatGatewayId == nil && out.State == ec2types.RouteStateActive && aws.ToString(out.GatewayId) != localTarget
}

// longest returns the most specific route to an address.
func (r *region) longest(t routeTable, to netip.Addr) (ec2types.Route, bool) {
	best, bits := ec2types.Route{}, -1
	for _, route := range t.Routes {
		for _, p := range r.prefixes(route) {
			if p.Contains(to) && p.Bits() > bits {
				best, bits = route, p.Bits()
			}
		}
	}
	return best, bits >= 0
}

func (r *region) prefixes(route ec2types.Route) []netip.Prefix {
	var list []netip.Prefix
	if p, err := netip.ParsePrefix(aws.ToString(route.DestinationCidrBlock)); err == nil {
		list = append(list, p)
	}
	if l, ok := r.prefixLists.get(aws.ToString(route.DestinationPrefixListId)); ok {
		for _, e := range l.entries {
			if p, err := netip.ParsePrefix(aws.ToString(e.Cidr)); err == nil {
				list = append(list, p)
			}
		}
	}
	return list
}
