// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

func registerGroupRules(s *sim.Service, f *Fake) {
	handle(s, f, "AuthorizeSecurityGroupIngress", (*region).authorizeIngress, sim.Needs(
		func(c *sim.Call, in *awsec2.AuthorizeSecurityGroupIngressInput) []sim.Access {
			return creating(c, in.TagSpecifications, groupAccess(c, in.GroupId)...)
		}))
	handle(s, f, "AuthorizeSecurityGroupEgress", (*region).authorizeEgress, sim.Refuses[awsec2.AuthorizeSecurityGroupEgressInput](
		"SourceSecurityGroupOwnerId"), sim.Needs(func(c *sim.Call, in *awsec2.AuthorizeSecurityGroupEgressInput) []sim.Access {
		return creating(c, in.TagSpecifications, groupAccess(c, in.GroupId)...)
	}))
	handle(s, f, "RevokeSecurityGroupIngress", (*region).revokeIngress, sim.Needs(
		func(c *sim.Call, in *awsec2.RevokeSecurityGroupIngressInput) []sim.Access {
			return groupAccess(c, in.GroupId)
		}))
	handle(s, f, "RevokeSecurityGroupEgress", (*region).revokeEgress, sim.Refuses[awsec2.RevokeSecurityGroupEgressInput]("CidrIp",
		"FromPort", "IpProtocol", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId", "ToPort"), sim.Needs(
		func(c *sim.Call, in *awsec2.RevokeSecurityGroupEgressInput) []sim.Access {
			return groupAccess(c, in.GroupId)
		}))
	registerRuleViews(s, f)
}

func (r *region) authorizeIngress(in *awsec2.AuthorizeSecurityGroupIngressInput) (*awsec2.AuthorizeSecurityGroupIngressOutput, error) {
	if err := sim.Check(ruleset.AuthorizeSecurityGroupIngress, nil, in, nil); err != nil {
		return nil, err
	}
	g, err := r.findGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	made, err := r.authorize(g, ruleset.IngressPermissions(in), false, in.TagSpecifications)
	return &awsec2.AuthorizeSecurityGroupIngressOutput{Return: aws.Bool(true), SecurityGroupRules: made}, err
}

func (r *region) authorizeEgress(in *awsec2.AuthorizeSecurityGroupEgressInput) (*awsec2.AuthorizeSecurityGroupEgressOutput, error) {
	if err := sim.Check(ruleset.AuthorizeSecurityGroupEgress, nil, in, nil); err != nil {
		return nil, err
	}
	g, err := r.findGroup(aws.String(aws.ToString(in.GroupId)), nil)
	if err != nil {
		return nil, err
	}
	made, err := r.authorize(g, in.IpPermissions, true, in.TagSpecifications)
	return &awsec2.AuthorizeSecurityGroupEgressOutput{Return: aws.Bool(true), SecurityGroupRules: made}, err
}

// authorize adds rules to a group: all of them or, when one is there already, none.
func (r *region) authorize(g group, permissions []ec2types.IpPermission, egress bool, specs []ec2types.TagSpecification) ([]rule, error) {
	tags, err := specified(specs, ec2types.ResourceTypeSecurityGroupRule)
	if err != nil {
		return nil, err
	}
	rules, err := r.split(g, permissions, egress)
	if err != nil {
		return nil, err
	}
	if err := distinct(append(slices.Clip(g.rules), rules...)); err != nil {
		return nil, err
	}
	have := len(g.rules)
	same := slices.DeleteFunc(append(slices.Clip(g.rules), rules...), func(r rule) bool { return aws.ToBool(r.IsEgress) != egress })
	if len(same) > r.f.quotas.Of(world.QuotaGroupRules) {
		return nil, sim.Errorf("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	made := slices.Clone(r.addRules(g, rules).rules[have:])
	for i := range made {
		r.tag(*made[i].SecurityGroupRuleId, tags)
		made[i].Tags = r.tags[*made[i].SecurityGroupRuleId]
	}
	return made, nil
}

// distinct refuses a list that holds a rule twice.
func distinct(rules []rule) error {
	seen := map[content]bool{}
	for _, r := range rules {
		c := contentOf(r)
		if seen[c] {
			return sim.Errorf("InvalidPermission.Duplicate", `the specified rule "%s" already exists`, c)
		}
		seen[c] = true
	}
	return nil
}

func (r *region) revokeIngress(in *awsec2.RevokeSecurityGroupIngressInput) (*awsec2.RevokeSecurityGroupIngressOutput, error) {
	g, err := r.findGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	permissions := ruleset.IngressPermissions(&awsec2.AuthorizeSecurityGroupIngressInput{
		IpPermissions: in.IpPermissions, IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort, CidrIp: in.CidrIp,
		SourceSecurityGroupName: in.SourceSecurityGroupName, SourceSecurityGroupOwnerId: in.SourceSecurityGroupOwnerId,
	})
	gone, unknown, err := r.revoke(g, in.SecurityGroupRuleIds, permissions, false)
	return &awsec2.RevokeSecurityGroupIngressOutput{
		Return: aws.Bool(true), RevokedSecurityGroupRules: gone, UnknownIpPermissions: unknown,
	}, err
}

func (r *region) revokeEgress(in *awsec2.RevokeSecurityGroupEgressInput) (*awsec2.RevokeSecurityGroupEgressOutput, error) {
	g, err := r.findGroup(aws.String(aws.ToString(in.GroupId)), nil)
	if err != nil {
		return nil, err
	}
	gone, unknown, err := r.revoke(g, in.SecurityGroupRuleIds, in.IpPermissions, true)
	return &awsec2.RevokeSecurityGroupEgressOutput{
		Return: aws.Bool(true), RevokedSecurityGroupRules: gone, UnknownIpPermissions: unknown,
	}, err
}

// revoke removes rules by ID or by what they allow. What the group does not allow
// is an error, but in the default VPC it is only reported.
func (r *region) revoke(g group, ids []string, permissions []ec2types.IpPermission, egress bool) (
	[]ec2types.RevokedSecurityGroupRule, []ec2types.IpPermission, error,
) {
	if (len(ids) == 0) == (len(permissions) == 0) {
		return nil, nil, sim.Errorf("MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
	}
	wanted, err := r.split(g, permissions, egress)
	if err != nil {
		return nil, nil, err
	}
	gone, unknown := map[string]bool{}, []ec2types.IpPermission(nil)
	for _, id := range ids {
		if !slices.ContainsFunc(g.rules, func(r rule) bool { return *r.SecurityGroupRuleId == id && aws.ToBool(r.IsEgress) == egress }) {
			return nil, nil, missing("sgr-", id)
		}
		gone[id] = true
	}
	for _, w := range wanted {
		i := slices.IndexFunc(g.rules, func(r rule) bool { return contentOf(r) == contentOf(w) })
		switch {
		case i >= 0:
			gone[*g.rules[i].SecurityGroupRuleId] = true
		case r.inDefaultVPC(g):
			unknown = append(unknown, permissionsOf([]rule{w}, egress)...)
		default:
			return nil, nil, sim.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
	}
	return r.remove(g, gone), unknown, nil
}

func (r *region) inDefaultVPC(g group) bool {
	v, ok := r.vpcs.get(g.vpc)
	return ok && aws.ToBool(v.IsDefault)
}

func (r *region) remove(g group, gone map[string]bool) []ec2types.RevokedSecurityGroupRule {
	var kept []rule
	var list []ec2types.RevokedSecurityGroupRule
	for _, o := range g.rules {
		if !gone[*o.SecurityGroupRuleId] {
			kept = append(kept, o)
			continue
		}
		delete(r.tags, *o.SecurityGroupRuleId)
		list = append(list, ec2types.RevokedSecurityGroupRule{
			SecurityGroupRuleId: o.SecurityGroupRuleId, GroupId: o.GroupId, IsEgress: o.IsEgress, IpProtocol: o.IpProtocol,
			FromPort: o.FromPort, ToPort: o.ToPort, CidrIpv4: o.CidrIpv4, CidrIpv6: o.CidrIpv6, PrefixListId: o.PrefixListId,
			ReferencedGroupId: referenced(o), Description: o.Description,
		})
	}
	g.rules = kept
	r.groups.put(g.id, g)
	return list
}
