// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// What a default VPC has, see
// https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html.
const (
	defaultBlock      = "172.31.0.0/16"
	defaultSubnetBits = 20
)

func (r *region) defaultVPC() (network, bool) {
	for _, v := range r.vpcs.all() {
		if aws.ToBool(v.IsDefault) {
			return v, true
		}
	}
	return network{}, false
}

// makeDefaultVPC makes the default VPC: a public subnet in each zone and a route
// to an internet gateway.
func (r *region) makeDefaultVPC() network {
	v := r.makeVPC(netip.MustParsePrefix(defaultBlock), "", true)
	for i, letter := range zones {
		r.makeDefaultSubnet(v, r.name+letter, i)
	}
	gateway := r.makeGateway("default")
	gateway.Attachments = []ec2types.InternetGatewayAttachment{{VpcId: v.VpcId, State: attachmentAvailable}}
	r.gateways.put(*gateway.InternetGatewayId, gateway)
	main := r.mainTable(*v.VpcId)
	main.Routes = append(main.Routes[:1:1], ec2types.Route{
		DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway.InternetGatewayId,
		Origin: ec2types.RouteOriginCreateRoute, State: ec2types.RouteStateActive,
	})
	r.routeTables.put(*main.RouteTableId, main)
	return v
}

// makeDefaultSubnet makes the nth block of 4096 addresses a zone's default subnet.
func (r *region) makeDefaultSubnet(v network, zone string, n int) subnet {
	base := v.block.Addr().As4()
	base[2] = byte(n << (24 - defaultSubnetBits))
	s := r.makeSubnet(v, netip.PrefixFrom(netip.AddrFrom4(base), defaultSubnetBits), zone)
	s.DefaultForAz, s.MapPublicIpOnLaunch = aws.Bool(true), aws.Bool(true)
	r.subnets.put(*s.SubnetId, s)
	return s
}

func (r *region) createDefaultVPC(*awsec2.CreateDefaultVpcInput) (*awsec2.CreateDefaultVpcOutput, error) {
	if v, ok := r.defaultVPC(); ok {
		return nil, sim.Errorf("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region. (%s)", *v.VpcId)
	}
	return &awsec2.CreateDefaultVpcOutput{Vpc: r.describedVPC(r.makeDefaultVPC())}, nil
}

// createDefaultSubnet gives a zone of the default VPC its default subnet back.
func (r *region) createDefaultSubnet(in *awsec2.CreateDefaultSubnetInput) (*awsec2.CreateDefaultSubnetOutput, error) {
	v, ok := r.defaultVPC()
	if !ok {
		return nil, sim.Errorf("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
	}
	zone, err := r.zone(aws.ToString(in.AvailabilityZone), aws.ToString(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	for _, s := range r.subnets.all() {
		if aws.ToBool(s.DefaultForAz) && *s.AvailabilityZone == zone {
			return nil, sim.Errorf("DefaultSubnetAlreadyExistsInAvailabilityZone", "'%s' is already the default subnet in %s.", *s.SubnetId, zone)
		}
	}
	for n := range 1 << (defaultSubnetBits - v.block.Bits()) {
		base := v.block.Addr().As4()
		base[2] = byte(n << (24 - defaultSubnetBits))
		if !r.overlapsSubnet(*v.VpcId, netip.PrefixFrom(netip.AddrFrom4(base), defaultSubnetBits)) {
			s := r.makeDefaultSubnet(v, zone, n)
			return &awsec2.CreateDefaultSubnetOutput{Subnet: r.describedSubnet(s)}, nil
		}
	}
	return nil, sim.Errorf("InvalidSubnet.Conflict", "No room is left in %s for a default subnet", *v.VpcId)
}
