// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// localTarget is the target of the route within the VPC.
const localTarget = "local"

func registerRoutes(s *sim.Service, f *Fake) {
	handle(s, f, "CreateRoute", (*region).createRoute, sim.Refuses[awsec2.CreateRouteInput]("CarrierGatewayId", "CoreNetworkArn",
		"DestinationIpv6CidrBlock", "EgressOnlyInternetGatewayId", "InstanceId", "LocalGatewayId", "NetworkInterfaceId", "OdbNetworkArn",
		"TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateRouteInput) []sim.Access {
			return access(c, "route-table/"+aws.ToString(in.RouteTableId))
		}))
	handle(s, f, "ReplaceRoute", (*region).replaceRoute, sim.Refuses[awsec2.ReplaceRouteInput]("CarrierGatewayId", "CoreNetworkArn",
		"DestinationIpv6CidrBlock", "EgressOnlyInternetGatewayId", "InstanceId", "LocalGatewayId", "LocalTarget", "NetworkInterfaceId",
		"OdbNetworkArn", "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId"),
		sim.Needs(func(c *sim.Call, in *awsec2.ReplaceRouteInput) []sim.Access {
			return access(c, "route-table/"+aws.ToString(in.RouteTableId))
		}))
	handle(s, f, "DeleteRoute", (*region).deleteRoute, sim.Refuses[awsec2.DeleteRouteInput]("DestinationIpv6CidrBlock"),
		sim.Needs(func(c *sim.Call, in *awsec2.DeleteRouteInput) []sim.Access {
			return access(c, "route-table/"+aws.ToString(in.RouteTableId))
		}))
}

// destination is where a route leads: a range or a prefix list.
func (r *region) destination(cidr, list *string) (string, error) {
	switch {
	case cidr != nil && list != nil:
		return "", sim.Errorf("InvalidParameterCombination", "Only one destination may be specified")
	case list != nil:
		_, err := need(&r.prefixLists, "pl-", *list)
		return *list, err
	case cidr == nil:
		return "", sim.Errorf("MissingParameter", "The request must contain the parameter destinationCidrBlock")
	}
	p, err := netip.ParsePrefix(*cidr)
	if err != nil || !p.Addr().Is4() {
		return "", sim.Errorf("InvalidParameterValue",
			"Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", *cidr)
	}
	return p.Masked().String(), nil
}

func leadsTo(destination string) func(ec2types.Route) bool {
	return func(r ec2types.Route) bool {
		return aws.ToString(r.DestinationCidrBlock) == destination || aws.ToString(r.DestinationPrefixListId) == destination
	}
}

// newRoute makes a route to an internet or NAT gateway.
func (r *region) newRoute(t routeTable, destination string, gatewayID, natID *string) (ec2types.Route, error) {
	route := ec2types.Route{
		GatewayId: gatewayID, NatGatewayId: natID, Origin: ec2types.RouteOriginCreateRoute, State: ec2types.RouteStateActive,
	}
	if strings.HasPrefix(destination, "pl-") {
		route.DestinationPrefixListId = aws.String(destination)
	} else {
		route.DestinationCidrBlock = aws.String(destination)
	}
	switch {
	case (gatewayID == nil) == (natID == nil):
		return route, sim.Errorf("InvalidParameterCombination", "Exactly one target must be specified for a route")
	case natID != nil:
		n, err := need(&r.nats, "nat-", *natID)
		if err == nil && *n.VpcId != *t.VpcId {
			err = missing("nat-", *natID)
		}
		return route, err
	default:
		g, err := need(&r.gateways, "igw-", *gatewayID)
		if err == nil && attachedTo(g) != *t.VpcId {
			err = sim.Errorf("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", *t.RouteTableId, *gatewayID)
		}
		return route, err
	}
}

// alive reports whether the target of a route is still there.
func (r *region) alive(route ec2types.Route, vpc string) bool {
	switch {
	case route.NatGatewayId != nil:
		n, ok := r.nats.get(*route.NatGatewayId)
		return ok && n.State != ec2types.NatGatewayStateDeleted && n.State != ec2types.NatGatewayStateFailed
	case aws.ToString(route.GatewayId) == localTarget:
		return true
	default:
		g, ok := r.gateways.get(aws.ToString(route.GatewayId))
		return ok && attachedTo(g) == vpc
	}
}

func (r *region) createRoute(in *awsec2.CreateRouteInput) (*awsec2.CreateRouteOutput, error) {
	t, err := need(&r.routeTables, "rtb-", aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	to, err := r.destination(in.DestinationCidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	route, err := r.newRoute(t, to, in.GatewayId, in.NatGatewayId)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(t.Routes, leadsTo(to)); i >= 0 {
		old := t.Routes[i]
		if aws.ToString(old.GatewayId) == aws.ToString(route.GatewayId) && aws.ToString(old.NatGatewayId) == aws.ToString(route.NatGatewayId) {
			return &awsec2.CreateRouteOutput{Return: aws.Bool(true)}, nil
		}
		return nil, sim.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", to)
	}
	t.Routes = append(slices.Clip(t.Routes), route)
	r.routeTables.put(*t.RouteTableId, t)
	return &awsec2.CreateRouteOutput{Return: aws.Bool(true)}, nil
}

// findRoute returns a table and the place of the route to a destination in it.
func (r *region) findRoute(table, cidr, list *string) (routeTable, int, string, error) {
	t, err := need(&r.routeTables, "rtb-", aws.ToString(table))
	if err != nil {
		return t, 0, "", err
	}
	to, err := r.destination(cidr, list)
	if err != nil {
		return t, 0, to, err
	}
	i := slices.IndexFunc(t.Routes, leadsTo(to))
	if i < 0 {
		return t, 0, to, sim.Errorf("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", to, *t.RouteTableId)
	}
	return t, i, to, nil
}

func (r *region) replaceRoute(in *awsec2.ReplaceRouteInput) (*awsec2.ReplaceRouteOutput, error) {
	t, i, to, err := r.findRoute(in.RouteTableId, in.DestinationCidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	route, err := r.newRoute(t, to, in.GatewayId, in.NatGatewayId)
	if err != nil {
		return nil, err
	}
	t.Routes = slices.Clone(t.Routes)
	t.Routes[i] = route
	r.routeTables.put(*t.RouteTableId, t)
	return &awsec2.ReplaceRouteOutput{}, nil
}

func (r *region) deleteRoute(in *awsec2.DeleteRouteInput) (*awsec2.DeleteRouteOutput, error) {
	t, i, to, err := r.findRoute(in.RouteTableId, in.DestinationCidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	if aws.ToString(t.Routes[i].GatewayId) == localTarget {
		return nil, sim.Errorf("InvalidParameterValue", "cannot remove local route %s in route table %s", to, *t.RouteTableId)
	}
	t.Routes = slices.Delete(slices.Clone(t.Routes), i, i+1)
	r.routeTables.put(*t.RouteTableId, t)
	return &awsec2.DeleteRouteOutput{}, nil
}
