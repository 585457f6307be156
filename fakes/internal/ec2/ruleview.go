// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

var ruleView = view[rule]{
	prefix: "sgr-", id: func(r rule) string { return aws.ToString(r.SecurityGroupRuleId) },
	filters: map[string]func(rule) []string{
		"group-id":               one(func(r rule) *string { return r.GroupId }),
		"security-group-rule-id": one(func(r rule) *string { return r.SecurityGroupRuleId }),
	},
}

// registerRuleViews registers what treats rules as things with IDs.
func registerRuleViews(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeSecurityGroupRules", (*region).describeRules)
	handle(s, f, "ModifySecurityGroupRules", (*region).modifyRules, sim.Needs(
		func(c *sim.Call, in *awsec2.ModifySecurityGroupRulesInput) []sim.Access {
			needed := groupAccess(c, in.GroupId)
			for _, u := range in.SecurityGroupRules {
				needed = append(needed, access(c, "security-group-rule/"+aws.ToString(u.SecurityGroupRuleId))...)
			}
			return needed
		}))
	handle(s, f, "UpdateSecurityGroupRuleDescriptionsIngress", func(r *region, in *awsec2.UpdateSecurityGroupRuleDescriptionsIngressInput) (
		*awsec2.UpdateSecurityGroupRuleDescriptionsIngressOutput, error,
	) {
		err := r.redescribe(in.GroupId, in.GroupName, in.IpPermissions, in.SecurityGroupRuleDescriptions, false)
		return &awsec2.UpdateSecurityGroupRuleDescriptionsIngressOutput{Return: aws.Bool(true)}, err
	}, sim.Needs(func(c *sim.Call, in *awsec2.UpdateSecurityGroupRuleDescriptionsIngressInput) []sim.Access {
		return groupAccess(c, in.GroupId)
	}))
	handle(s, f, "UpdateSecurityGroupRuleDescriptionsEgress", func(r *region, in *awsec2.UpdateSecurityGroupRuleDescriptionsEgressInput) (
		*awsec2.UpdateSecurityGroupRuleDescriptionsEgressOutput, error,
	) {
		err := r.redescribe(in.GroupId, in.GroupName, in.IpPermissions, in.SecurityGroupRuleDescriptions, true)
		return &awsec2.UpdateSecurityGroupRuleDescriptionsEgressOutput{Return: aws.Bool(true)}, err
	}, sim.Needs(func(c *sim.Call, in *awsec2.UpdateSecurityGroupRuleDescriptionsEgressInput) []sim.Access {
		return groupAccess(c, in.GroupId)
	}))
}

func (r *region) describeRules(in *awsec2.DescribeSecurityGroupRulesInput) (*awsec2.DescribeSecurityGroupRulesOutput, error) {
	var all []rule
	for _, g := range r.groups.all() {
		all = append(all, g.rules...)
	}
	list, next, err := describe(r, ruleView, all, query{in.SecurityGroupRuleIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeSecurityGroupRulesOutput{NextToken: next}
	for _, o := range list {
		o.Tags = r.tags[*o.SecurityGroupRuleId]
		out.SecurityGroupRules = append(out.SecurityGroupRules, o)
	}
	return out, nil
}

// modifyRules replaces what rules allow; their direction stays.
func (r *region) modifyRules(in *awsec2.ModifySecurityGroupRulesInput) (*awsec2.ModifySecurityGroupRulesOutput, error) {
	g, err := r.findGroup(aws.String(aws.ToString(in.GroupId)), nil)
	if err != nil {
		return nil, err
	}
	g.rules = slices.Clone(g.rules)
	for _, u := range in.SecurityGroupRules {
		i := slices.IndexFunc(g.rules, func(o rule) bool { return *o.SecurityGroupRuleId == aws.ToString(u.SecurityGroupRuleId) })
		if i < 0 {
			return nil, missing("sgr-", aws.ToString(u.SecurityGroupRuleId))
		}
		if g.rules[i], err = r.modified(g, g.rules[i], u.SecurityGroupRule); err != nil {
			return nil, err
		}
	}
	if err := distinct(g.rules); err != nil {
		return nil, err
	}
	r.groups.put(g.id, g)
	return &awsec2.ModifySecurityGroupRulesOutput{Return: aws.Bool(true)}, nil
}

func (r *region) modified(g group, old rule, to *ec2types.SecurityGroupRuleRequest) (rule, error) {
	p, err := permissionOf(to)
	if err != nil {
		return old, err
	}
	if err := sim.Check(ruleset.Permission, nil, &p, nil); err != nil {
		return old, err
	}
	split, err := r.split(g, []ec2types.IpPermission{p}, aws.ToBool(old.IsEgress))
	if err != nil {
		return old, err
	}
	now := split[0]
	now.SecurityGroupRuleId, now.SecurityGroupRuleArn = old.SecurityGroupRuleId, old.SecurityGroupRuleArn
	now.GroupId, now.GroupOwnerId = old.GroupId, old.GroupOwnerId
	return now, nil
}

// permissionOf turns a request for one rule into a permission.
func permissionOf(to *ec2types.SecurityGroupRuleRequest) (ec2types.IpPermission, error) {
	if to == nil {
		return ec2types.IpPermission{}, sim.Errorf("MissingParameter", "The request must contain the parameter SecurityGroupRule")
	}
	p := ec2types.IpPermission{IpProtocol: to.IpProtocol, FromPort: to.FromPort, ToPort: to.ToPort}
	if to.CidrIpv4 != nil {
		p.IpRanges = []ec2types.IpRange{{CidrIp: to.CidrIpv4, Description: to.Description}}
	}
	if to.CidrIpv6 != nil {
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: to.CidrIpv6, Description: to.Description}}
	}
	if to.PrefixListId != nil {
		p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: to.PrefixListId, Description: to.Description}}
	}
	if to.ReferencedGroupId != nil {
		p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: to.ReferencedGroupId, Description: to.Description}}
	}
	if ruleset.Peers(p) != 1 {
		return p, sim.Errorf("InvalidParameterCombination", "A security group rule must have exactly one source or destination")
	}
	return p, nil
}

// redescribe changes the descriptions of rules, by ID or by what they allow.
func (r *region) redescribe(id, name *string, permissions []ec2types.IpPermission, byID []ec2types.SecurityGroupRuleDescription, egress bool) error {
	g, err := r.findGroup(id, name)
	if err != nil {
		return err
	}
	wanted, err := r.split(g, permissions, egress)
	if err != nil {
		return err
	}
	g.rules = slices.Clone(g.rules)
	for _, d := range byID {
		i := slices.IndexFunc(g.rules, func(o rule) bool { return *o.SecurityGroupRuleId == aws.ToString(d.SecurityGroupRuleId) })
		if i < 0 || aws.ToBool(g.rules[i].IsEgress) != egress {
			return missing("sgr-", aws.ToString(d.SecurityGroupRuleId))
		}
		g.rules[i].Description = d.Description
	}
	for _, w := range wanted {
		i := slices.IndexFunc(g.rules, func(o rule) bool { return contentOf(o) == contentOf(w) })
		if i < 0 {
			return sim.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		g.rules[i].Description = w.Description
	}
	r.groups.put(g.id, g)
	return nil
}
