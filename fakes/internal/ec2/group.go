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

// defaultGroup is the name of the group that every VPC has.
const defaultGroup = "default"

// group is a security group.
type group struct {
	id, name, description, vpc string
	rules                      []rule
}

var groupView = view[group]{
	prefix: "sg-", id: func(g group) string { return g.id },
	filters: map[string]func(group) []string{
		"group-id":    func(g group) []string { return []string{g.id} },
		"group-name":  func(g group) []string { return []string{g.name} },
		"vpc-id":      func(g group) []string { return []string{g.vpc} },
		"description": func(g group) []string { return []string{g.description} },
		"owner-id":    func(g group) []string { return nonNil(g.rules, func(r rule) *string { return r.GroupOwnerId }) },

		"ip-permission.cidr":             ruleFilter(false, func(r rule) *string { return r.CidrIpv4 }),
		"ip-permission.ipv6-cidr":        ruleFilter(false, func(r rule) *string { return r.CidrIpv6 }),
		"ip-permission.group-id":         ruleFilter(false, referenced),
		"ip-permission.prefix-list-id":   ruleFilter(false, func(r rule) *string { return r.PrefixListId }),
		"ip-permission.protocol":         ruleFilter(false, func(r rule) *string { return r.IpProtocol }),
		"ip-permission.from-port":        ruleFilter(false, func(r rule) *string { return decimal(r.FromPort) }),
		"ip-permission.to-port":          ruleFilter(false, func(r rule) *string { return decimal(r.ToPort) }),
		"egress.ip-permission.cidr":      ruleFilter(true, func(r rule) *string { return r.CidrIpv4 }),
		"egress.ip-permission.ipv6-cidr": ruleFilter(true, func(r rule) *string { return r.CidrIpv6 }),
		"egress.ip-permission.group-id":  ruleFilter(true, referenced),
		"egress.ip-permission.protocol":  ruleFilter(true, func(r rule) *string { return r.IpProtocol }),
		"egress.ip-permission.from-port": ruleFilter(true, func(r rule) *string { return decimal(r.FromPort) }),
		"egress.ip-permission.to-port":   ruleFilter(true, func(r rule) *string { return decimal(r.ToPort) }),
	},
}

func ruleFilter(egress bool, f func(rule) *string) func(group) []string {
	return func(g group) []string {
		return nonNil(g.rules, func(r rule) *string {
			if aws.ToBool(r.IsEgress) != egress {
				return nil
			}
			return f(r)
		})
	}
}

func nonNil[E any](list []E, f func(E) *string) []string {
	return each(func(l []E) []E { return l }, f)(list)
}

func registerGroups(s *sim.Service, f *Fake) {
	handle(s, f, "CreateSecurityGroup", (*region).createGroup, sim.Needs(func(c *sim.Call, in *awsec2.CreateSecurityGroupInput) []sim.Access {
		vpc := aws.ToString(in.VpcId)
		if vpc == "" {
			vpc = "*"
		}
		return creating(c, in.TagSpecifications, access(c, "security-group/*", "vpc/"+vpc)...)
	}))
	handle(s, f, "DeleteSecurityGroup", (*region).deleteGroup, sim.Needs(func(c *sim.Call, in *awsec2.DeleteSecurityGroupInput) []sim.Access {
		return groupAccess(c, in.GroupId)
	}))
	handle(s, f, "DescribeSecurityGroups", (*region).describeGroups)
}

// groupAccess is what calls about one group need.
func groupAccess(c *sim.Call, id *string) []sim.Access {
	return access(c, "security-group/"+aws.ToString(id))
}

func (r *region) defaultGroupOf(vpc string) string {
	for _, g := range r.groups.all() {
		if g.vpc == vpc && g.name == defaultGroup {
			return g.id
		}
	}
	return ""
}

func (r *region) makeGroup(vpc, name, description string) group {
	g := group{id: r.id("sg-", vpc, name), name: name, description: description, vpc: vpc}
	all := rule{IpProtocol: aws.String(allProtocols), CidrIpv4: aws.String("0.0.0.0/0"), IsEgress: aws.Bool(true)}
	return r.addRules(g, []rule{all})
}

// makeDefaultGroup makes a VPC's own group, whose members may talk to each other.
func (r *region) makeDefaultGroup(vpc string) {
	g := r.makeGroup(vpc, defaultGroup, "default VPC security group")
	self := rule{IpProtocol: aws.String(allProtocols), IsEgress: aws.Bool(false), ReferencedGroupInfo: r.reference(g.id)}
	r.addRules(g, []rule{self})
}

func (r *region) reference(group string) *ec2types.ReferencedSecurityGroup {
	return &ec2types.ReferencedSecurityGroup{GroupId: aws.String(group), UserId: aws.String(r.account)}
}

func (r *region) createGroup(in *awsec2.CreateSecurityGroupInput) (*awsec2.CreateSecurityGroupOutput, error) {
	if err := sim.Check(ruleset.CreateSecurityGroup, nil, in, nil); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeSecurityGroup)
	if err != nil {
		return nil, err
	}
	vpc := aws.ToString(in.VpcId)
	if vpc == "" {
		v, ok := r.defaultVPC()
		if !ok {
			return nil, sim.Errorf("VPCIdNotSpecified", "No default VPC for this user")
		}
		vpc = *v.VpcId
	}
	if _, err := need(&r.vpcs, "vpc-", vpc); err != nil {
		return nil, err
	}
	if r.groups.any(func(g group) bool { return g.vpc == vpc && g.name == *in.GroupName }) {
		return nil, sim.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", *in.GroupName, vpc)
	}
	if len(r.groups.all()) >= r.f.quotas.Of(world.QuotaSecurityGroups) {
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
		return nil, sim.Errorf("SecurityGroupLimitExceeded", "The maximum number of security groups for VPC '%s' has been reached.", vpc)
	}
	g := r.makeGroup(vpc, *in.GroupName, *in.Description)
	r.tag(g.id, tags)
	return &awsec2.CreateSecurityGroupOutput{
		GroupId: aws.String(g.id), SecurityGroupArn: aws.String(r.arn("security-group/" + g.id)), Tags: r.tags[g.id],
	}, nil
}

// findGroup finds a group by ID, or by name in the default VPC.
func (r *region) findGroup(id, name *string) (group, error) {
	if id != nil {
		return need(&r.groups, "sg-", *id)
	}
	if v, ok := r.defaultVPC(); ok {
		for _, g := range r.groups.all() {
			if g.vpc == *v.VpcId && g.name == aws.ToString(name) {
				return g, nil
			}
		}
	}
	return group{}, sim.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", aws.ToString(name))
}

func (r *region) deleteGroup(in *awsec2.DeleteSecurityGroupInput) (*awsec2.DeleteSecurityGroupOutput, error) {
	if in.GroupId == nil && in.GroupName == nil {
		return nil, sim.Errorf("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	g, err := r.findGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.name == defaultGroup {
		return nil, sim.Errorf("CannotDelete", `the specified group: "%s" name: "%s" cannot be deleted by a user`, g.id, g.name)
	}
	if len(r.members[g.id]) > 0 || r.referred(g.id) {
		return nil, sim.Errorf("DependencyViolation", "resource %s has a dependent object", g.id)
	}
	r.forgetGroup(g)
	return &awsec2.DeleteSecurityGroupOutput{GroupId: aws.String(g.id), Return: aws.Bool(true)}, nil
}

// referred reports whether a rule of another group refers to the group.
func (r *region) referred(id string) bool {
	return r.groups.any(func(other group) bool {
		return other.id != id && slices.ContainsFunc(other.rules, func(r rule) bool { return aws.ToString(referenced(r)) == id })
	})
}

func (r *region) forgetGroup(g group) {
	for _, rule := range g.rules {
		delete(r.tags, *rule.SecurityGroupRuleId)
	}
	delete(r.tags, g.id)
	delete(r.members, g.id)
	r.groups.drop(g.id)
}

func (r *region) describedGroup(g group) ec2types.SecurityGroup {
	return ec2types.SecurityGroup{
		GroupId: aws.String(g.id), GroupName: aws.String(g.name), Description: aws.String(g.description), VpcId: aws.String(g.vpc),
		OwnerId: aws.String(r.account), SecurityGroupArn: aws.String(r.arn("security-group/" + g.id)), Tags: r.tags[g.id],
		IpPermissions: permissionsOf(g.rules, false), IpPermissionsEgress: permissionsOf(g.rules, true),
	}
}

func (r *region) describeGroups(in *awsec2.DescribeSecurityGroupsInput) (*awsec2.DescribeSecurityGroupsOutput, error) {
	ids := slices.Clone(in.GroupIds)
	for _, name := range in.GroupNames {
		g, err := r.findGroup(nil, aws.String(name))
		if err != nil {
			return nil, err
		}
		ids = append(ids, g.id)
	}
	list, next, err := describe(r, groupView, r.groups.all(), query{ids, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeSecurityGroupsOutput{NextToken: next}
	for _, g := range list {
		out.SecurityGroups = append(out.SecurityGroups, r.describedGroup(g))
	}
	return out, nil
}
