// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"net/netip"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	vpcDoc    = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
	subnetDoc = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"
	// Blocks of VPCs and subnets have between 65,536 and 16 addresses.
	shortestMask, longestMask = 16, 28
)

var (
	vpcID    = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetID = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
)

// Network has the rules of a look-up: what could never be found.
var Network = rules.Of[model.Network]{
	{
		Meta: rules.Meta{ID: "vpc-network-asks", Doc: reference + "API_DescribeVpcs.html"},
		Check: func(r *rules.Report, in *model.Network) {
			if !in.Default && in.ID == "" && len(in.Tags) == 0 {
				r.Add(rules.Problem{Path: "VpcIds", Got: "nothing", Want: "the default VPC, an ID or tags to look for"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "vpc-network-id", Code: "InvalidVpcID.Malformed", Doc: reference + "API_DescribeVpcs.html"},
		Check: func(r *rules.Report, in *model.Network) {
			if in.ID != "" && !slipway.HasRef(in.ID) && !vpcID.MatchString(in.ID) {
				r.Add(rules.Problem{Path: "VpcIds", Got: in.ID, Want: `the ID of a VPC ("vpc-...")`})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "vpc-network-subnets", Code: "InvalidSubnetID.Malformed", Doc: reference + "API_DescribeSubnets.html"},
		Check: func(r *rules.Report, in *model.Network) {
			for i, id := range in.SubnetIDs {
				if !slipway.HasRef(id) && !subnetID.MatchString(id) {
					r.Add(rules.Problem{Path: fmt.Sprintf("SubnetIds[%d]", i), Got: fmt.Sprintf("%q", id), Want: `the ID of a subnet ("subnet-...")`})
				}
			}
		},
	},
}

// CreateVpc has the rules of a VPC's range of addresses.
var CreateVpc = rules.Of[awsec2.CreateVpcInput]{
	{
		Meta: rules.Meta{ID: "ec2-vpc-cidr-required", Code: missingParameter, Doc: vpcDoc,
			Text: "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided."},
		Check: func(r *rules.Report, in *awsec2.CreateVpcInput) {
			if in.Ipv4IpamPoolId == nil {
				required(r, "CidrBlock", in.CidrBlock)
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-vpc-cidr", Code: invalidValue, Doc: vpcDoc},
		Check: func(r *rules.Report, in *awsec2.CreateVpcInput) {
			checkBlock(r, in.CidrBlock, "InvalidVpc.Range")
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.CreateVpcInput) { checkTagSpecifications(r, in.TagSpecifications) }},
}

// CreateSubnet has the rules of a subnet's range, as far as they do not depend on
// its VPC.
var CreateSubnet = rules.Of[awsec2.CreateSubnetInput]{
	{
		Meta: rules.Meta{ID: "ec2-subnet-cidr-required", Code: missingParameter, Doc: subnetDoc,
			Text: "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided."},
		Check: func(r *rules.Report, in *awsec2.CreateSubnetInput) {
			if in.Ipv6CidrBlock == nil {
				required(r, "CidrBlock", in.CidrBlock)
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-subnet-cidr", Code: invalidValue, Doc: subnetDoc},
		Check: func(r *rules.Report, in *awsec2.CreateSubnetInput) {
			checkBlock(r, in.CidrBlock, "InvalidSubnet.Range")
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-subnet-zone", Code: invalidCombined, Doc: reference + "API_CreateSubnet.html",
			Text: "Only one of AvailabilityZone and AvailabilityZoneId may be specified"},
		Check: func(r *rules.Report, in *awsec2.CreateSubnetInput) {
			if in.AvailabilityZone != nil && in.AvailabilityZoneId != nil {
				r.Add(rules.Problem{Path: "AvailabilityZone", Got: "a name and an ID", Want: "one of them"})
			}
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.CreateSubnetInput) { checkTagSpecifications(r, in.TagSpecifications) }},
}

// checkBlock checks the form and the size of the block of a VPC or subnet. Sizes
// have a code of their own.
func checkBlock(r *rules.Report, block *string, rangeCode string) {
	cidr := aws.ToString(block)
	if cidr == "" {
		return
	}
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil || !prefix.Addr().Is4():
		r.Add(rules.Problem{Path: "CidrBlock", Got: cidr, Want: "an IPv4 range such as 10.0.0.0/16",
			Text: fmt.Sprintf("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)})
	case prefix.Bits() < shortestMask || prefix.Bits() > longestMask:
		r.Add(rules.Problem{Path: "CidrBlock", Got: cidr, Want: "a mask of /16 to /28", Code: rangeCode,
			Text: fmt.Sprintf("The CIDR '%s' is invalid.", cidr)})
	}
}
