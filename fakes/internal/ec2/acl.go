// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type networkACL = ec2types.NetworkAcl

// aclLast is the number of the rule that denies what no other rule allows.
const aclLast = 32767

func aclLinks(a networkACL) []ec2types.NetworkAclAssociation { return a.Associations }

var aclView = view[networkACL]{
	prefix: "acl-", id: func(a networkACL) string { return aws.ToString(a.NetworkAclId) },
	filters: map[string]func(networkACL) []string{
		"network-acl-id":        one(func(a networkACL) *string { return a.NetworkAclId }),
		"vpc-id":                one(func(a networkACL) *string { return a.VpcId }),
		"owner-id":              one(func(a networkACL) *string { return a.OwnerId }),
		"default":               flag(func(a networkACL) *bool { return a.IsDefault }),
		"association.subnet-id": each(aclLinks, func(l ec2types.NetworkAclAssociation) *string { return l.SubnetId }),
	},
}

func registerACLs(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeNetworkAcls", (*region).describeACLs)
}

// makeDefaultACL makes a VPC's network ACL, which lets everything pass.
func (r *region) makeDefaultACL(vpc string) {
	entry := func(egress bool, number int32, action ec2types.RuleAction) ec2types.NetworkAclEntry {
		return ec2types.NetworkAclEntry{
			CidrBlock: aws.String("0.0.0.0/0"), Egress: aws.Bool(egress), Protocol: aws.String(allProtocols),
			RuleAction: action, RuleNumber: aws.Int32(number),
		}
	}
	const first = 100
	id := r.id("acl-", vpc)
	r.acls.put(id, networkACL{
		NetworkAclId: aws.String(id), VpcId: aws.String(vpc), OwnerId: aws.String(r.account), IsDefault: aws.Bool(true),
		Entries: []ec2types.NetworkAclEntry{
			entry(true, first, ec2types.RuleActionAllow), entry(true, aclLast, ec2types.RuleActionDeny),
			entry(false, first, ec2types.RuleActionAllow), entry(false, aclLast, ec2types.RuleActionDeny),
		},
	})
}

func (r *region) describeACLs(in *awsec2.DescribeNetworkAclsInput) (*awsec2.DescribeNetworkAclsOutput, error) {
	all := r.acls.all()
	for i, a := range all {
		all[i].Tags = r.tags[*a.NetworkAclId]
		for _, s := range r.subnets.where(func(s subnet) bool { return *s.VpcId == *a.VpcId }) {
			all[i].Associations = append(all[i].Associations, ec2types.NetworkAclAssociation{
				NetworkAclAssociationId: aws.String("aclassoc-" + (*s.SubnetId)[len("subnet-"):]), NetworkAclId: a.NetworkAclId, SubnetId: s.SubnetId,
			})
		}
	}
	list, next, err := describe(r, aclView, all, query{in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.DescribeNetworkAclsOutput{NetworkAcls: list, NextToken: next}, nil
}
