// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Subnet returns what tasks and balancers ask of a subnet.
func (f *Fake) Subnet(region, id string) (world.Subnet, bool) {
	r := f.of(region)
	s, ok := r.subnets.get(id)
	if !ok {
		return world.Subnet{}, false
	}
	return world.Subnet{
		ID: id, VPC: *s.VpcId, Zone: *s.AvailabilityZone, ZoneID: *s.AvailabilityZoneId, CIDR: *s.CidrBlock,
		Public: r.isPublic(s), Free: s.pool.free(),
	}, true
}

func (r *region) isPublic(s subnet) bool {
	for _, route := range r.tableOf(s).Routes {
		if _, ok := r.gateways.get(aws.ToString(route.GatewayId)); ok && route.State == ec2types.RouteStateActive {
			return true
		}
	}
	return false
}

// GroupVPC returns the VPC of a security group.
func (f *Fake) GroupVPC(region, id string) (string, bool) {
	g, ok := f.of(region).groups.get(id)
	return g.vpc, ok
}

// DefaultGroup returns the default security group of a VPC.
func (f *Fake) DefaultGroup(region, vpc string) string { return f.of(region).defaultGroupOf(vpc) }

// requesterOf tells which service asks for an interface: load balancers describe
// theirs as "ELB app/...".
func requesterOf(description string) string {
	if strings.HasPrefix(description, "ELB ") {
		return "amazon-elb"
	}
	return "amazon-aws"
}

// Attach makes an interface that belongs to a service.
func (f *Fake) Attach(region, subnet string, groups []string, public bool, owner, description string) (world.Interface, error) {
	r := f.of(region)
	n, err := r.makeInterface(order{
		subnet: subnet, groups: groups, public: public, owner: owner, description: description, requester: requesterOf(description),
	})
	if err != nil {
		return world.Interface{}, err
	}
	return worldInterface(n), nil
}

func worldInterface(n nic) world.Interface {
	i := world.Interface{
		ID: *n.NetworkInterfaceId, Subnet: *n.SubnetId, VPC: *n.VpcId, Zone: *n.AvailabilityZone,
		PrivateIP: *n.PrivateIpAddress, MAC: *n.MacAddress,
	}
	if n.Association != nil {
		i.PublicIP = *n.Association.PublicIp
	}
	for _, g := range n.Groups {
		i.Groups = append(i.Groups, *g.GroupId)
	}
	return i
}

// Detach removes an interface that Attach made; one that is gone is fine.
func (f *Fake) Detach(region, id string) {
	r := f.of(region)
	if n, ok := r.interfaces.get(id); ok {
		r.forgetInterface(n)
	}
}

// InterfaceByIP finds an interface by its private address.
func (f *Fake) InterfaceByIP(region, vpc, ip string) (world.Interface, bool) {
	r := f.of(region)
	n, ok := r.interfaces.get(r.byAddress[[2]string{vpc, ip}])
	if !ok {
		return world.Interface{}, false
	}
	return worldInterface(n), true
}
