// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// ruleDriver keeps the rules of security groups.
type ruleDriver struct{ family }

type liveRule = slipway.Live[model.SecurityGroupRule]

// appearMost is how long a group that was just made may be unknown.
const appearMost = 10 * time.Second

// Defaults gives protocols and ranges the form in which AWS returns them.
func (ruleDriver) Defaults(s *model.SecurityGroupRule) {
	p := &s.Permission
	if p.IpProtocol != nil {
		p.IpProtocol = aws.String(ruleset.Protocol(*p.IpProtocol))
	}
	if !hasPorts(aws.ToString(p.IpProtocol)) {
		p.FromPort, p.ToPort = nil, nil
	}
	p.IpRanges = slices.Clone(p.IpRanges)
	for i := range p.IpRanges {
		p.IpRanges[i].CidrIp = canonical(p.IpRanges[i].CidrIp)
	}
	p.Ipv6Ranges = slices.Clone(p.Ipv6Ranges)
	for i := range p.Ipv6Ranges {
		p.Ipv6Ranges[i].CidrIpv6 = canonical(p.Ipv6Ranges[i].CidrIpv6)
	}
	p.PrefixListIds, p.UserIdGroupPairs = slices.Clone(p.PrefixListIds), slices.Clone(p.UserIdGroupPairs)
	describe(p, func(text *string) *string { return aws.String(aws.ToString(text)) })
	if s.Tags == nil { // no tags are a wish for none
		s.Tags = map[string]string{}
	}
}

// describe changes the descriptions of all peers of a permission.
func describe(p *ec2types.IpPermission, f func(text *string) *string) {
	for i := range p.IpRanges {
		p.IpRanges[i].Description = f(p.IpRanges[i].Description)
	}
	for i := range p.Ipv6Ranges {
		p.Ipv6Ranges[i].Description = f(p.Ipv6Ranges[i].Description)
	}
	for i := range p.PrefixListIds {
		p.PrefixListIds[i].Description = f(p.PrefixListIds[i].Description)
	}
	for i := range p.UserIdGroupPairs {
		p.UserIdGroupPairs[i].Description = f(p.UserIdGroupPairs[i].Description)
	}
}

// orNil is the text, or nil if there is none.
func orNil(text *string) *string {
	if aws.ToString(text) == "" {
		return nil
	}
	return text
}

func hasPorts(protocol string) bool {
	return slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, ruleset.Protocol(protocol))
}

func canonical(cidr *string) *string {
	prefix, err := netip.ParsePrefix(aws.ToString(cidr))
	if err != nil {
		return cidr
	}
	return aws.String(prefix.Masked().String())
}

// Check runs the rules of AuthorizeSecurityGroupIngress and Egress.
func (ruleDriver) Check(refs slipway.Refs, s *model.SecurityGroupRule) []slipway.FieldError {
	return ruleset.SecurityGroupRule.All(refs, s)
}

// Effects says that a rule belongs to one group and direction; the rest can be
// changed.
func (ruleDriver) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.InPlace,
		Fields:  map[string]slipway.Effect{"Group": slipway.Replace, "Egress": slipway.Replace},
	}
}

// Before returns nothing: rules can go at any time.
func (ruleDriver) Before() []string { return nil }

// Permissions returns what the calls need.
func (ruleDriver) Permissions(have *liveRule, want *model.SecurityGroupRule) []slipway.Permission {
	read := slipway.Permission{Actions: []string{"ec2:DescribeSecurityGroupRules"}, Resources: []string{"*"}}
	if want == nil && have == nil {
		return []slipway.Permission{read}
	}
	both := []string{arn("security-group/*"), arn("security-group-rule/*")}
	state, verb := want, "Authorize"
	if want == nil {
		state, verb = &have.State, "Revoke"
	}
	action := verb + "SecurityGroupIngress"
	if state.Egress {
		action = verb + "SecurityGroupEgress"
	}
	switch {
	case want == nil:
		return []slipway.Permission{read, {Actions: []string{"ec2:" + action}, Resources: both}}
	case have == nil:
		return []slipway.Permission{read, {Actions: []string{"ec2:" + action}, Resources: both}, tagAtCreation(both[1:], action)}
	default:
		return []slipway.Permission{
			read, {Actions: []string{"ec2:ModifySecurityGroupRules"}, Resources: both},
			{Actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resources: both[1:]},
		}
	}
}

// Read finds the rule in its group.
func (d ruleDriver) Read(ctx context.Context, c slipway.Call, want *model.SecurityGroupRule) (*liveRule, error) {
	many, err := d.ReadMany(ctx, []slipway.Call{c}, []*model.SecurityGroupRule{want})
	if err != nil {
		return nil, err
	}
	return many[0], nil
}

// ReadMany finds rules in their groups: by owner, else by what they allow.
func (d ruleDriver) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.SecurityGroupRule) ([]*liveRule, error) {
	var groups []string
	for _, w := range want {
		if !slipway.HasRef(w.Group) && !slices.Contains(groups, w.Group) {
			groups = append(groups, w.Group)
		}
	}
	byGroup := map[string][]*liveRule{}
	for chunk := range slices.Chunk(groups, filterMost) {
		found, err := describeRules(ctx, calls[0], filter("group-id", chunk...))
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			byGroup[l.State.Group] = append(byGroup[l.State.Group], l)
		}
	}
	live := make([]*liveRule, len(want))
	for i, w := range want {
		live[i] = d.match(byGroup[w.Group], calls[i].Owner(), *w)
	}
	return live, nil
}

// match picks the rule that is owner's, else one that allows the same.
func (d ruleDriver) match(among []*liveRule, owner slipway.Owner, want model.SecurityGroupRule) *liveRule {
	d.Defaults(&want)
	var same *liveRule
	for _, l := range among {
		if l.Owner == owner {
			return l
		}
		if l.State.Egress == want.Egress && reflect.DeepEqual(undescribed(l.State.Permission), undescribed(want.Permission)) {
			same = l
		}
	}
	return same
}

// undescribed returns what a permission allows, for comparison.
func undescribed(p ec2types.IpPermission) ec2types.SecurityGroupRuleRequest {
	r := request(p)
	r.Description = nil
	return r
}

// List finds the rules that a stack owns.
func (ruleDriver) List(ctx context.Context, c slipway.Call) ([]*liveRule, error) {
	return describeRules(ctx, c, ownedBy(c.Stack)...)
}

func describeRules(ctx context.Context, c slipway.Call, filters ...ec2types.Filter) ([]*liveRule, error) {
	var all []*liveRule
	in := &awsec2.DescribeSecurityGroupRulesInput{Filters: filters}
	for pages := awsec2.NewDescribeSecurityGroupRulesPaginator(slipway.Client(c, awsec2.NewFromConfig), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe security group rules")
		}
		for _, r := range page.SecurityGroupRules {
			all = append(all, liveRuleOf(r))
		}
	}
	return all, nil
}

// Put makes the rule or changes it.
func (d ruleDriver) Put(ctx context.Context, c slipway.Call, have *liveRule, want *model.SecurityGroupRule) error {
	client := slipway.Client(c, awsec2.NewFromConfig)
	if have == nil {
		err := authorize(ctx, client, c, want)
		if !awserr.Is(err, "InvalidPermission.Duplicate") {
			return err
		}
		// A call whose reply was lost is repeated by the SDK: if the rule is ours,
		// this was one.
		found, readErr := d.Read(ctx, c, want)
		if readErr != nil || found == nil || found.Owner != c.Owner() {
			return err
		}
		have = found
	}
	id, wanted := first(have.Outputs["id"]), *want
	d.Defaults(&wanted)
	if now := request(wanted.Permission); !reflect.DeepEqual(request(have.State.Permission), now) {
		_, err := client.ModifySecurityGroupRules(ctx, &awsec2.ModifySecurityGroupRulesInput{
			GroupId:            aws.String(have.State.Group),
			SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: aws.String(id), SecurityGroupRule: &now}},
		})
		if err != nil {
			return awserr.Wrap(err, "modify security group rule "+id)
		}
	}
	return retag(ctx, client, id, have.State.Tags, want.Tags)
}

// authorize makes the rule, waiting for a group that was just made.
func authorize(ctx context.Context, client *awsec2.Client, c slipway.Call, want *model.SecurityGroupRule) error {
	ctx, cancel := context.WithTimeout(ctx, appearMost)
	defer cancel()
	var last error
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		err := authorizeOnce(ctx, client, c, want)
		if awserr.Is(err, "InvalidGroup.NotFound") {
			last = err
			c.Emit(slipway.Waiting{ID: c.ID, Reason: "a security group is not known everywhere yet"})
			return false, nil
		}
		return err == nil, awserr.Wrap(err, "authorize traffic of "+want.Group)
	})
	return timedOut(err, last, "authorize traffic of "+want.Group)
}

func authorizeOnce(ctx context.Context, client *awsec2.Client, c slipway.Call, want *model.SecurityGroupRule) error {
	tags := tagSpecification(ec2types.ResourceTypeSecurityGroupRule, merged(c, want.Tags))
	wanted := *want
	ruleDriver{}.Defaults(&wanted) // a copy
	describe(&wanted.Permission, orNil)
	group, permissions := aws.String(want.Group), []ec2types.IpPermission{wanted.Permission}
	if want.Egress {
		_, err := client.AuthorizeSecurityGroupEgress(ctx, &awsec2.AuthorizeSecurityGroupEgressInput{
			GroupId: group, IpPermissions: permissions, TagSpecifications: tags,
		})
		return err
	}
	_, err := client.AuthorizeSecurityGroupIngress(ctx, &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: permissions, TagSpecifications: tags,
	})
	return err
}

// Tag makes the rule the stack's own.
func (ruleDriver) Tag(ctx context.Context, c slipway.Call, have *liveRule) error {
	return retag(ctx, slipway.Client(c, awsec2.NewFromConfig), first(have.Outputs["id"]), nil, c.Tags())
}

// Delete takes the rule out of its group.
func (ruleDriver) Delete(ctx context.Context, c slipway.Call, have *liveRule) error {
	client, ids := slipway.Client(c, awsec2.NewFromConfig), have.Outputs["id"]
	group := aws.String(have.State.Group)
	var err error
	if have.State.Egress {
		_, err = client.RevokeSecurityGroupEgress(ctx, &awsec2.RevokeSecurityGroupEgressInput{GroupId: group, SecurityGroupRuleIds: ids})
	} else {
		_, err = client.RevokeSecurityGroupIngress(ctx, &awsec2.RevokeSecurityGroupIngressInput{GroupId: group, SecurityGroupRuleIds: ids})
	}
	if awserr.Is(err, "InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound") {
		return nil
	}
	return awserr.Wrap(err, "revoke "+first(ids))
}
