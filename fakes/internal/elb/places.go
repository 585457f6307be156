// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// place is where a balancer has a node: a subnet, and in it an address if one was
// asked for.
type place struct{ subnet, allocation, private string }

func placesOf(subnets []string, mappings []elbtypes.SubnetMapping) []place {
	var all []place
	for _, id := range subnets {
		all = append(all, place{subnet: id})
	}
	for _, m := range mappings {
		all = append(all, place{
			subnet: aws.ToString(m.SubnetId), allocation: aws.ToString(m.AllocationId), private: aws.ToString(m.PrivateIPv4Address),
		})
	}
	return all
}

func samePlaces(a, b []place) bool {
	sorted := func(list []place) []place {
		return slices.SortedFunc(slices.Values(list), func(x, y place) int { return cmp.Compare(x.subnet, y.subnet) })
	}
	return slices.Equal(sorted(a), sorted(b))
}

// network reports whether it is a Network Load Balancer.
func (b *balancer) network() bool { return b.view.Type == elbtypes.LoadBalancerTypeEnumNetwork }

// familyOf is what ARNs call a type of balancers.
func familyOf(t elbtypes.LoadBalancerTypeEnum) string {
	if t == elbtypes.LoadBalancerTypeEnumNetwork {
		return "net"
	}
	return "app"
}

// attach gives a balancer an interface in each of the places.
func (f *Fake) attach(r *region, b *balancer, places []place) error {
	var zones []elbtypes.AvailabilityZone
	for _, p := range places {
		s, _ := f.network.Subnet(r.name, p.subnet)
		if s.Free < leastFree {
			return &elbtypes.InvalidSubnetException{Message: aws.String(fmt.Sprintf(
				"Not enough IP space available in %s. ELB requires at least 8 free IP addresses in each subnet.", p.subnet))}
		}
		zones = append(zones, elbtypes.AvailabilityZone{SubnetId: aws.String(p.subnet), ZoneName: aws.String(s.Zone)})
		b.view.VpcId = aws.String(s.VPC)
	}
	made, nodes, err := f.nodes(r, b, places)
	if err != nil {
		return err
	}
	bound, err := f.bind(r, b, places, made, zones)
	if err != nil {
		f.unbind(r, bound)
		f.detach(r, made)
		return err
	}
	f.detach(r, b.interfaces)
	b.interfaces, b.nodes, b.places, b.view.AvailabilityZones = made, nodes, places, zones
	return nil
}

// nodes makes the interfaces of a balancer's nodes and returns these with their private
// addresses.
func (f *Fake) nodes(r *region, b *balancer, places []place) (made, nodes []string, err error) {
	public := b.view.Scheme == elbtypes.LoadBalancerSchemeEnumInternetFacing
	for _, p := range places {
		i, err := f.network.Attach(r.name, p.subnet, b.view.SecurityGroups, public && p.allocation == "", b.arn(), "ELB "+shortName(b.arn()))
		if err != nil {
			f.detach(r, made)
			return nil, nil, err
		}
		made, nodes = append(made, i.ID), append(nodes, cmp.Or(p.private, i.PrivateIP))
	}
	return made, nodes, nil
}

// bind gives the nodes the addresses that were asked for and returns the allocations
// that are bound by it. An address that a node of the balancer has already moves.
func (f *Fake) bind(r *region, b *balancer, places []place, made []string, zones []elbtypes.AvailabilityZone) (bound []string, err error) {
	elastic, ok := f.network.(world.Addresses)
	for i, p := range places {
		switch {
		case p.private != "":
			zones[i].LoadBalancerAddresses = []elbtypes.LoadBalancerAddress{{PrivateIPv4Address: aws.String(p.private)}}
		case p.allocation != "":
			if !ok {
				return bound, allocationNotFound(p.allocation)
			}
			ip, used, found := elastic.ElasticAddress(r.name, p.allocation)
			if !found {
				return bound, allocationNotFound(p.allocation)
			}
			if used != "" && !slices.Contains(b.interfaces, used) {
				return bound, &elbtypes.ResourceInUseException{Message: aws.String(fmt.Sprintf(
					"The allocation IDs are already in use: '%s'", p.allocation))}
			}
			elastic.BindElastic(r.name, p.allocation, made[i])
			bound = append(bound, p.allocation)
			zones[i].LoadBalancerAddresses = []elbtypes.LoadBalancerAddress{{
				AllocationId: aws.String(p.allocation), IpAddress: aws.String(ip),
			}}
		}
	}
	return bound, nil
}

func allocationNotFound(id string) error {
	return &elbtypes.AllocationIdNotFoundException{Message: aws.String(fmt.Sprintf("The allocation IDs '%s' do not exist", id))}
}

// unbind takes Elastic IP addresses off their interfaces.
func (f *Fake) unbind(r *region, allocations []string) {
	elastic, ok := f.network.(world.Addresses)
	for _, id := range allocations {
		if ok {
			elastic.FreeElastic(r.name, id)
		}
	}
}

func (f *Fake) detach(r *region, interfaces []string) {
	for _, id := range interfaces {
		f.network.Detach(r.name, id)
	}
}
