// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// network is a VPC with its attributes.
type network struct {
	ec2types.Vpc
	block                    netip.Prefix
	hostnames, dns, measured bool
}

func vpcID(v network) string { return aws.ToString(v.VpcId) }

var vpcView = view[network]{
	prefix: "vpc-", id: vpcID,
	filters: map[string]func(network) []string{
		"vpc-id":          one(func(v network) *string { return v.VpcId }),
		"cidr":            one(func(v network) *string { return v.CidrBlock }),
		"cidrBlock":       one(func(v network) *string { return v.CidrBlock }),
		"dhcp-options-id": one(func(v network) *string { return v.DhcpOptionsId }),
		"owner-id":        one(func(v network) *string { return v.OwnerId }),
		"is-default":      flag(func(v network) *bool { return v.IsDefault }),
		"isDefault":       flag(func(v network) *bool { return v.IsDefault }),
		"state":           text(func(v network) ec2types.VpcState { return v.State }),
		"cidr-block-association.cidr-block": each(func(v network) []ec2types.VpcCidrBlockAssociation { return v.CidrBlockAssociationSet },
			func(a ec2types.VpcCidrBlockAssociation) *string { return a.CidrBlock }),
		"cidr-block-association.association-id": each(func(v network) []ec2types.VpcCidrBlockAssociation { return v.CidrBlockAssociationSet },
			func(a ec2types.VpcCidrBlockAssociation) *string { return a.AssociationId }),
	},
}

func registerVPCs(s *sim.Service, f *Fake) {
	handle(s, f, "CreateVpc", (*region).createVPC, sim.Refuses[awsec2.CreateVpcInput]("AmazonProvidedIpv6CidrBlock", "Ipv4IpamPoolId",
		"Ipv4NetmaskLength", "Ipv6CidrBlock", "Ipv6CidrBlockNetworkBorderGroup", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6Pool",
		"VpcEncryptionControl"), sim.Needs(func(c *sim.Call, in *awsec2.CreateVpcInput) []sim.Access {
		return creating(c, in.TagSpecifications, access(c, "vpc/*")...)
	}))
	handle(s, f, "CreateDefaultVpc", (*region).createDefaultVPC)
	handle(s, f, "DeleteVpc", (*region).deleteVPC, sim.Needs(func(c *sim.Call, in *awsec2.DeleteVpcInput) []sim.Access {
		return access(c, "vpc/"+aws.ToString(in.VpcId))
	}))
	handle(s, f, "DescribeVpcs", (*region).describeVPCs)
	handle(s, f, "DescribeVpcAttribute", (*region).describeVPCAttribute)
	handle(s, f, "ModifyVpcAttribute", (*region).modifyVPCAttribute, sim.Needs(func(c *sim.Call, in *awsec2.ModifyVpcAttributeInput) []sim.Access {
		return access(c, "vpc/"+aws.ToString(in.VpcId))
	}))
}

// makeVPC makes a VPC with its main route table, default group and default ACL.
func (r *region) makeVPC(block netip.Prefix, tenancy ec2types.Tenancy, isDefault bool) network {
	if tenancy == "" {
		tenancy = ec2types.TenancyDefault
	}
	cidr := block.String()
	id := r.id("vpc-", cidr)
	v := network{block: block, dns: true, hostnames: isDefault, Vpc: ec2types.Vpc{
		VpcId: aws.String(id), CidrBlock: aws.String(cidr), OwnerId: aws.String(r.account), IsDefault: aws.Bool(isDefault),
		InstanceTenancy: tenancy, State: ec2types.VpcStatePending, DhcpOptionsId: aws.String(r.dhcp),
		CidrBlockAssociationSet: []ec2types.VpcCidrBlockAssociation{{
			AssociationId: aws.String(r.id("vpc-cidr-assoc-", id)), CidrBlock: aws.String(cidr),
			CidrBlockState: &ec2types.VpcCidrBlockState{State: ec2types.VpcCidrBlockStateCodeAssociated},
		}},
	}}
	if isDefault {
		v.State = ec2types.VpcStateAvailable
	} else {
		r.f.sim.After(0, func() { r.settleVPC(id) })
	}
	r.vpcs.put(id, v)
	r.makeMainTable(v)
	r.makeDefaultGroup(id)
	r.makeDefaultACL(id)
	return v
}

func (r *region) settleVPC(id string) {
	if v, ok := r.vpcs.get(id); ok {
		v.State = ec2types.VpcStateAvailable
		r.vpcs.put(id, v)
	}
}

func (r *region) createVPC(in *awsec2.CreateVpcInput) (*awsec2.CreateVpcOutput, error) {
	if err := sim.Check(ruleset.CreateVpc, nil, in, nil); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeVpc)
	if err != nil {
		return nil, err
	}
	block, err := netip.ParsePrefix(*in.CidrBlock)
	if err != nil {
		return nil, err
	}
	v := r.makeVPC(block.Masked(), in.InstanceTenancy, false)
	r.tag(*v.VpcId, tags)
	return &awsec2.CreateVpcOutput{Vpc: r.describedVPC(v)}, nil
}

func (r *region) describedVPC(v network) *ec2types.Vpc {
	out := v.Vpc
	out.Tags = r.tags[*v.VpcId]
	return &out
}

func (r *region) describeVPCs(in *awsec2.DescribeVpcsInput) (*awsec2.DescribeVpcsOutput, error) {
	list, next, err := describe(r, vpcView, r.vpcs.all(), query{in.VpcIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeVpcsOutput{NextToken: next}
	for _, v := range list {
		out.Vpcs = append(out.Vpcs, *r.describedVPC(v))
	}
	return out, nil
}

// deleteVPC deletes a VPC with what came with it. Anything else in it is in the way.
func (r *region) deleteVPC(in *awsec2.DeleteVpcInput) (*awsec2.DeleteVpcOutput, error) {
	id := aws.ToString(in.VpcId)
	if _, err := need(&r.vpcs, "vpc-", id); err != nil {
		return nil, err
	}
	if r.occupied(id) {
		return nil, sim.Errorf("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
	}
	for _, t := range r.routeTables.all() {
		if aws.ToString(t.VpcId) == id {
			r.routeTables.drop(*t.RouteTableId)
			delete(r.tags, *t.RouteTableId)
		}
	}
	for _, g := range r.groups.all() {
		if g.vpc == id {
			r.forgetGroup(g)
		}
	}
	for _, a := range r.acls.all() {
		if aws.ToString(a.VpcId) == id {
			r.acls.drop(*a.NetworkAclId)
			delete(r.tags, *a.NetworkAclId)
		}
	}
	r.vpcs.drop(id)
	delete(r.tags, id)
	return &awsec2.DeleteVpcOutput{}, nil
}

func (r *region) occupied(vpc string) bool {
	return r.subnets.any(func(s subnet) bool { return *s.VpcId == vpc }) ||
		r.groups.any(func(g group) bool { return g.vpc == vpc && g.name != defaultGroup }) ||
		r.routeTables.any(func(t ec2types.RouteTable) bool { return *t.VpcId == vpc && !isMain(t) }) ||
		r.endpoints.any(func(e ec2types.VpcEndpoint) bool { return *e.VpcId == vpc }) ||
		r.gateways.any(func(g ec2types.InternetGateway) bool { return attachedTo(g) == vpc })
}

func (r *region) describeVPCAttribute(in *awsec2.DescribeVpcAttributeInput) (*awsec2.DescribeVpcAttributeOutput, error) {
	v, err := need(&r.vpcs, "vpc-", aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeVpcAttributeOutput{VpcId: v.VpcId}
	value := func(b bool) *ec2types.AttributeBooleanValue {
		return &ec2types.AttributeBooleanValue{Value: aws.Bool(b)}
	}
	switch in.Attribute {
	case ec2types.VpcAttributeNameEnableDnsSupport:
		out.EnableDnsSupport = value(v.dns)
	case ec2types.VpcAttributeNameEnableDnsHostnames:
		out.EnableDnsHostnames = value(v.hostnames)
	case ec2types.VpcAttributeNameEnableNetworkAddressUsageMetrics:
		out.EnableNetworkAddressUsageMetrics = value(v.measured)
	default:
		return nil, sim.Errorf("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
	}
	return out, nil
}

func (r *region) modifyVPCAttribute(in *awsec2.ModifyVpcAttributeInput) (*awsec2.ModifyVpcAttributeOutput, error) {
	v, err := need(&r.vpcs, "vpc-", aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	set := 0
	for _, a := range []struct {
		value *ec2types.AttributeBooleanValue
		field *bool
	}{{in.EnableDnsSupport, &v.dns}, {in.EnableDnsHostnames, &v.hostnames}, {in.EnableNetworkAddressUsageMetrics, &v.measured}} {
		if a.value != nil {
			set++
			*a.field = aws.ToBool(a.value.Value)
		}
	}
	if set != 1 {
		return nil, sim.Errorf("InvalidParameterCombination", "Exactly one attribute must be modified at a time")
	}
	if v.hostnames && !v.dns {
		return nil, sim.Errorf("InvalidParameterCombination", "DNS hostnames need DNS support to be enabled")
	}
	r.vpcs.put(*v.VpcId, v)
	return &awsec2.ModifyVpcAttributeOutput{}, nil
}
