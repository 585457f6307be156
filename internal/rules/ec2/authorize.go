// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/rules"
)

// AuthorizeSecurityGroupIngress has the rules of incoming permissions. The short
// form (one CIDR beside the group) is checked as the permission that it stands for.
var AuthorizeSecurityGroupIngress = append(rules.Of[awsec2.AuthorizeSecurityGroupIngressInput]{
	{
		Meta: rules.Meta{ID: "ec2-ingress-group", Code: missingParameter, Doc: reference + "API_AuthorizeSecurityGroupIngress.html",
			Text: "The request must contain the parameter groupName or groupId"},
		Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupIngressInput) {
			if aws.ToString(in.GroupId) == "" {
				required(r, "GroupId", in.GroupName)
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-ingress-permissions", Code: missingParameter, Doc: reference + "API_AuthorizeSecurityGroupIngress.html",
			Text: "Either 'ipPermissions' or 'ipProtocol' should be provided."},
		Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupIngressInput) {
			requirePermissions(r, IngressPermissions(in))
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupIngressInput) {
		checkTagSpecifications(r, in.TagSpecifications)
	}},
}, permissions(IngressPermissions)...)

// AuthorizeSecurityGroupEgress has the rules of outgoing permissions. Its short
// form is gone from AWS.
var AuthorizeSecurityGroupEgress = append(rules.Of[awsec2.AuthorizeSecurityGroupEgressInput]{
	{
		Meta: rules.Meta{ID: "ec2-egress-short-form", Code: invalidCombined, Doc: reference + "API_AuthorizeSecurityGroupEgress.html",
			Text: "Use IP permissions to specify the rules of outgoing traffic."},
		Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupEgressInput) {
			if in.CidrIp != nil || in.IpProtocol != nil || in.FromPort != nil || in.ToPort != nil || in.SourceSecurityGroupName != nil {
				r.Add(rules.Problem{Path: "CidrIp", Got: "the short form", Want: "IpPermissions"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-egress-permissions", Code: missingParameter, Doc: reference + "API_AuthorizeSecurityGroupEgress.html",
			Text: "The request must contain the parameter ipPermissions"},
		Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupEgressInput) {
			requirePermissions(r, in.IpPermissions)
		},
	},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsec2.AuthorizeSecurityGroupEgressInput) {
		checkTagSpecifications(r, in.TagSpecifications)
	}},
}, permissions(func(in *awsec2.AuthorizeSecurityGroupEgressInput) []ec2types.IpPermission { return in.IpPermissions })...)

func requirePermissions(r *rules.Report, list []ec2types.IpPermission) {
	if len(list) == 0 {
		r.Add(rules.Problem{Path: "IpPermissions", Want: "at least one permission"})
	}
}

// IngressPermissions returns what an input asks for, in its long or short form.
func IngressPermissions(in *awsec2.AuthorizeSecurityGroupIngressInput) []ec2types.IpPermission {
	if in.IpProtocol == nil && in.CidrIp == nil && in.SourceSecurityGroupName == nil {
		return in.IpPermissions
	}
	p := ec2types.IpPermission{IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort}
	if in.CidrIp != nil {
		p.IpRanges = []ec2types.IpRange{{CidrIp: in.CidrIp}}
	}
	if in.SourceSecurityGroupName != nil {
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{
			GroupName: in.SourceSecurityGroupName, UserId: in.SourceSecurityGroupOwnerId,
		}}
	}
	return []ec2types.IpPermission{p}
}

// Permission has the rules of one permission on its own.
var Permission = permissions(func(in *ec2types.IpPermission) []ec2types.IpPermission { return []ec2types.IpPermission{*in} })

// SecurityGroupRule has the rules of the state of a rule, which is one permission
// with one peer.
var SecurityGroupRule = append(rules.Of[model.SecurityGroupRule]{
	{
		Meta: rules.Meta{ID: "vpc-rule-group", Code: "InvalidGroupId.Malformed", Doc: permissionDoc},
		Check: func(r *rules.Report, in *model.SecurityGroupRule) {
			if !slipway.HasRef(in.Group) && !groupID.MatchString(in.Group) {
				r.Add(rules.Problem{Path: "GroupId", Got: fmt.Sprintf("%q", in.Group), Want: `the ID of a security group ("sg-...")`})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "vpc-rule-one-peer", Doc: reference + "API_SecurityGroupRule.html"},
		Check: func(r *rules.Report, in *model.SecurityGroupRule) {
			if n := Peers(in.Permission); n > 1 {
				r.Add(rules.Problem{Path: "IpPermissions[0]", Got: fmt.Sprintf("%d peers", n), Want: "one, for each is a rule of its own"})
			}
		},
	},
}, permissions(func(in *model.SecurityGroupRule) []ec2types.IpPermission {
	return []ec2types.IpPermission{in.Permission}
})...)
