// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	model "github.com/slipway-go/slipway/internal/model/vpc"
)

// allPorts is how AWS describes the ports of a rule that has none.
const allPorts = -1

// liveRuleOf rebuilds the state from a rule as AWS describes it.
func liveRuleOf(r ec2types.SecurityGroupRule) *liveRule {
	p := ec2types.IpPermission{IpProtocol: r.IpProtocol}
	if hasPorts(aws.ToString(r.IpProtocol)) {
		p.FromPort, p.ToPort = r.FromPort, r.ToPort
	}
	switch {
	case r.CidrIpv4 != nil:
		p.IpRanges = []ec2types.IpRange{{CidrIp: r.CidrIpv4, Description: r.Description}}
	case r.CidrIpv6 != nil:
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: r.CidrIpv6, Description: r.Description}}
	case r.PrefixListId != nil:
		p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: r.PrefixListId, Description: r.Description}}
	case r.ReferencedGroupInfo != nil:
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: r.ReferencedGroupInfo.GroupId, Description: r.Description}}
	}
	return &liveRule{
		State: model.SecurityGroupRule{
			Group: aws.ToString(r.GroupId), Egress: aws.ToBool(r.IsEgress), Permission: p, Tags: foreign(r.Tags),
		},
		Outputs: map[string][]string{"id": {aws.ToString(r.SecurityGroupRuleId)}},
		Owner:   owner(r.Tags),
	}
}

// request returns a permission with one peer in the form that changes a rule.
func request(p ec2types.IpPermission) ec2types.SecurityGroupRuleRequest {
	r := ec2types.SecurityGroupRuleRequest{IpProtocol: p.IpProtocol, FromPort: p.FromPort, ToPort: p.ToPort}
	if !hasPorts(aws.ToString(p.IpProtocol)) {
		r.FromPort, r.ToPort = aws.Int32(allPorts), aws.Int32(allPorts)
	}
	switch {
	case len(p.IpRanges) > 0:
		r.CidrIpv4, r.Description = p.IpRanges[0].CidrIp, p.IpRanges[0].Description
	case len(p.Ipv6Ranges) > 0:
		r.CidrIpv6, r.Description = p.Ipv6Ranges[0].CidrIpv6, p.Ipv6Ranges[0].Description
	case len(p.PrefixListIds) > 0:
		r.PrefixListId, r.Description = p.PrefixListIds[0].PrefixListId, p.PrefixListIds[0].Description
	case len(p.UserIdGroupPairs) > 0:
		r.ReferencedGroupId, r.Description = p.UserIdGroupPairs[0].GroupId, p.UserIdGroupPairs[0].Description
	}
	return r
}
