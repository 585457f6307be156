// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// subnet is a subnet with its addresses.
type subnet struct {
	ec2types.Subnet
	pool *pool
}

func subnetID(s subnet) string { return aws.ToString(s.SubnetId) }

var subnetView = view[subnet]{
	prefix: "subnet-", id: subnetID,
	filters: map[string]func(subnet) []string{
		"subnet-id":               one(func(s subnet) *string { return s.SubnetId }),
		"subnet-arn":              one(func(s subnet) *string { return s.SubnetArn }),
		"vpc-id":                  one(func(s subnet) *string { return s.VpcId }),
		"availability-zone":       one(func(s subnet) *string { return s.AvailabilityZone }),
		"availabilityZone":        one(func(s subnet) *string { return s.AvailabilityZone }),
		"availability-zone-id":    one(func(s subnet) *string { return s.AvailabilityZoneId }),
		"availabilityZoneId":      one(func(s subnet) *string { return s.AvailabilityZoneId }),
		"cidr-block":              one(func(s subnet) *string { return s.CidrBlock }),
		"cidr":                    one(func(s subnet) *string { return s.CidrBlock }),
		"cidrBlock":               one(func(s subnet) *string { return s.CidrBlock }),
		"owner-id":                one(func(s subnet) *string { return s.OwnerId }),
		"default-for-az":          flag(func(s subnet) *bool { return s.DefaultForAz }),
		"defaultForAz":            flag(func(s subnet) *bool { return s.DefaultForAz }),
		"map-public-ip-on-launch": flag(func(s subnet) *bool { return s.MapPublicIpOnLaunch }),
		"ipv6-native":             flag(func(s subnet) *bool { return s.Ipv6Native }),
		"state":                   text(func(s subnet) ec2types.SubnetState { return s.State }),
		"available-ip-address-count": func(s subnet) []string {
			return []string{strconv.Itoa(s.pool.free())}
		},
	},
}

func registerSubnets(s *sim.Service, f *Fake) {
	handle(s, f, "CreateSubnet", (*region).createSubnet, sim.Refuses[awsec2.CreateSubnetInput]("Ipv4IpamPoolId", "Ipv4NetmaskLength",
		"Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6Native", "Ipv6NetmaskLength", "OutpostArn"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateSubnetInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "subnet/*", "vpc/"+aws.ToString(in.VpcId))...)
		}))
	handle(s, f, "CreateDefaultSubnet", (*region).createDefaultSubnet, sim.Refuses[awsec2.CreateDefaultSubnetInput]("Ipv6Native"))
	handle(s, f, "DeleteSubnet", (*region).deleteSubnet, sim.Needs(func(c *sim.Call, in *awsec2.DeleteSubnetInput) []sim.Access {
		return access(c, "subnet/"+aws.ToString(in.SubnetId))
	}))
	handle(s, f, "DescribeSubnets", (*region).describeSubnets)
	handle(s, f, "ModifySubnetAttribute", (*region).modifySubnet, sim.Refuses[awsec2.ModifySubnetAttributeInput](
		"AssignIpv6AddressOnCreation", "CustomerOwnedIpv4Pool", "DisableLniAtDeviceIndex", "EnableDns64", "EnableLniAtDeviceIndex",
		"EnableResourceNameDnsAAAARecordOnLaunch", "EnableResourceNameDnsARecordOnLaunch", "MapCustomerOwnedIpOnLaunch",
		"PrivateDnsHostnameTypeOnLaunch"), sim.Needs(func(c *sim.Call, in *awsec2.ModifySubnetAttributeInput) []sim.Access {
		return access(c, "subnet/"+aws.ToString(in.SubnetId))
	}))
}

func (r *region) makeSubnet(v network, block netip.Prefix, zone string) subnet {
	id := r.id("subnet-", *v.VpcId, block.String())
	s := subnet{pool: newPool(block), Subnet: ec2types.Subnet{
		SubnetId: aws.String(id), SubnetArn: aws.String(r.arn("subnet/" + id)), VpcId: v.VpcId, OwnerId: aws.String(r.account),
		CidrBlock: aws.String(block.String()), AvailabilityZone: aws.String(zone), AvailabilityZoneId: aws.String(zoneID(r.name, zone)),
		State: ec2types.SubnetStateAvailable, DefaultForAz: aws.Bool(false), MapPublicIpOnLaunch: aws.Bool(false),
		AssignIpv6AddressOnCreation: aws.Bool(false), MapCustomerOwnedIpOnLaunch: aws.Bool(false), Ipv6Native: aws.Bool(false),
		EnableDns64: aws.Bool(false),
		PrivateDnsNameOptionsOnLaunch: &ec2types.PrivateDnsNameOptionsOnLaunch{
			HostnameType: ec2types.HostnameTypeIpName, EnableResourceNameDnsARecord: aws.Bool(false), EnableResourceNameDnsAAAARecord: aws.Bool(false),
		},
	}}
	r.subnets.put(id, s)
	return s
}

func (r *region) createSubnet(in *awsec2.CreateSubnetInput) (*awsec2.CreateSubnetOutput, error) {
	if err := sim.Check(ruleset.CreateSubnet, nil, in, nil); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeSubnet)
	if err != nil {
		return nil, err
	}
	v, err := need(&r.vpcs, "vpc-", aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	block, err := r.freeBlock(v, aws.ToString(in.CidrBlock))
	if err != nil {
		return nil, err
	}
	zone := r.name + zones[0]
	if in.AvailabilityZone != nil || in.AvailabilityZoneId != nil {
		if zone, err = r.zone(aws.ToString(in.AvailabilityZone), aws.ToString(in.AvailabilityZoneId)); err != nil {
			return nil, err
		}
	}
	s := r.makeSubnet(v, block, zone)
	r.tag(*s.SubnetId, tags)
	return &awsec2.CreateSubnetOutput{Subnet: r.describedSubnet(s)}, nil
}

// freeBlock returns the block of a new subnet, if the VPC has it and no other
// subnet does.
func (r *region) freeBlock(v network, cidr string) (netip.Prefix, error) {
	block, err := netip.ParsePrefix(cidr)
	if err != nil {
		return block, err
	}
	block = block.Masked()
	if !v.block.Contains(block.Addr()) || block.Bits() < v.block.Bits() {
		return block, sim.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if r.overlapsSubnet(*v.VpcId, block) {
		return block, sim.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
	}
	return block, nil
}

func (r *region) overlapsSubnet(vpc string, block netip.Prefix) bool {
	return r.subnets.any(func(s subnet) bool { return *s.VpcId == vpc && s.pool.block.Overlaps(block) })
}

func (r *region) describedSubnet(s subnet) *ec2types.Subnet {
	out := s.Subnet
	out.AvailableIpAddressCount = aws.Int32(int32(s.pool.free()))
	out.Tags = r.tags[*s.SubnetId]
	return &out
}

func (r *region) describeSubnets(in *awsec2.DescribeSubnetsInput) (*awsec2.DescribeSubnetsOutput, error) {
	list, next, err := describe(r, subnetView, r.subnets.all(), query{in.SubnetIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeSubnetsOutput{NextToken: next}
	for _, s := range list {
		out.Subnets = append(out.Subnets, *r.describedSubnet(s))
	}
	return out, nil
}

func (r *region) deleteSubnet(in *awsec2.DeleteSubnetInput) (*awsec2.DeleteSubnetOutput, error) {
	id := aws.ToString(in.SubnetId)
	s, err := need(&r.subnets, "subnet-", id)
	if err != nil {
		return nil, err
	}
	if s.pool.used() > 0 {
		return nil, sim.Errorf("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", id)
	}
	if t, a, ok := r.association(func(a ec2types.RouteTableAssociation) bool { return aws.ToString(a.SubnetId) == id }); ok {
		r.dissociate(t, a)
	}
	r.subnets.drop(id)
	delete(r.tags, id)
	return &awsec2.DeleteSubnetOutput{}, nil
}

func (r *region) modifySubnet(in *awsec2.ModifySubnetAttributeInput) (*awsec2.ModifySubnetAttributeOutput, error) {
	s, err := need(&r.subnets, "subnet-", aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	if in.MapPublicIpOnLaunch != nil {
		s.MapPublicIpOnLaunch = aws.Bool(aws.ToBool(in.MapPublicIpOnLaunch.Value))
	}
	r.subnets.put(*s.SubnetId, s)
	return &awsec2.ModifySubnetAttributeOutput{}, nil
}
