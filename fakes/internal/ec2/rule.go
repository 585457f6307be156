// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

const (
	allProtocols = "-1"
	// allPorts stands for the ports of a protocol that has none.
	allPorts int32 = -1
)

// rule is one rule of a group: one range of ports and one peer.
type rule = ec2types.SecurityGroupRule

func referenced(r rule) *string {
	if r.ReferencedGroupInfo == nil {
		return nil
	}
	return r.ReferencedGroupInfo.GroupId
}

func decimal(n *int32) *string {
	if n == nil {
		return nil
	}
	return aws.String(strconv.Itoa(int(*n)))
}

// content is what a rule allows; a group has each only once.
type content struct {
	egress                    bool
	protocol                  string
	from, to                  int32
	cidr, cidr6, list, member string
}

func contentOf(r rule) content {
	return content{
		aws.ToBool(r.IsEgress), aws.ToString(r.IpProtocol), aws.ToInt32(r.FromPort), aws.ToInt32(r.ToPort),
		aws.ToString(r.CidrIpv4), aws.ToString(r.CidrIpv6), aws.ToString(r.PrefixListId), aws.ToString(referenced(r)),
	}
}

// String is how EC2 names a rule in its errors.
func (c content) String() string {
	peer := c.cidr + c.cidr6 + c.list + c.member
	if c.protocol == allProtocols {
		return fmt.Sprintf("peer: %s, ALL, ALLOW", peer)
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, strings.ToUpper(c.protocol), c.from, c.to)
}

// canonical gives a rule the form in which EC2 keeps it.
func canonical(r rule) rule {
	r.IpProtocol = aws.String(ruleset.Protocol(aws.ToString(r.IpProtocol)))
	if !slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, *r.IpProtocol) || r.FromPort == nil {
		r.FromPort, r.ToPort = aws.Int32(allPorts), aws.Int32(allPorts)
	}
	for _, cidr := range []**string{&r.CidrIpv4, &r.CidrIpv6} {
		if p, err := netip.ParsePrefix(aws.ToString(*cidr)); err == nil {
			*cidr = aws.String(p.Masked().String())
		}
	}
	return r
}

// addRules stores a group with more rules, which are given IDs.
func (r *region) addRules(g group, rules []rule) group {
	g.rules = slices.Clip(g.rules)
	for _, added := range rules {
		added = canonical(added)
		id := r.id("sgr-", g.id, fmt.Sprint(contentOf(added)), strconv.FormatBool(aws.ToBool(added.IsEgress)))
		added.SecurityGroupRuleId, added.SecurityGroupRuleArn = aws.String(id), aws.String(r.arn("security-group-rule/"+id))
		added.GroupId, added.GroupOwnerId = aws.String(g.id), aws.String(r.account)
		g.rules = append(g.rules, added)
	}
	r.groups.put(g.id, g)
	return g
}

// findRule finds a rule and its group by the rule's ID.
func (r *region) findRule(id string) (group, rule, bool) {
	for _, g := range r.groups.all() {
		for _, rule := range g.rules {
			if *rule.SecurityGroupRuleId == id {
				return g, rule, true
			}
		}
	}
	return group{}, rule{}, false
}

// split makes one rule of each peer of permissions.
func (r *region) split(g group, permissions []ec2types.IpPermission, egress bool) ([]rule, error) {
	var rules []rule
	for _, p := range permissions {
		base := rule{IpProtocol: p.IpProtocol, FromPort: p.FromPort, ToPort: p.ToPort, IsEgress: aws.Bool(egress)}
		for _, v := range p.IpRanges {
			one := base
			one.CidrIpv4, one.Description = v.CidrIp, v.Description
			rules = append(rules, canonical(one))
		}
		for _, v := range p.Ipv6Ranges {
			one := base
			one.CidrIpv6, one.Description = v.CidrIpv6, v.Description
			rules = append(rules, canonical(one))
		}
		for _, v := range p.PrefixListIds {
			if _, err := need(&r.prefixLists, "pl-", aws.ToString(v.PrefixListId)); err != nil {
				return nil, err
			}
			one := base
			one.PrefixListId, one.Description = v.PrefixListId, v.Description
			rules = append(rules, canonical(one))
		}
		for _, v := range p.UserIdGroupPairs {
			peer, err := r.peer(g, v.GroupId, v.GroupName)
			if err != nil {
				return nil, err
			}
			one := base
			one.ReferencedGroupInfo, one.Description = r.reference(peer), v.Description
			rules = append(rules, canonical(one))
		}
	}
	return rules, nil
}

// peer returns the ID of a group that a rule of g refers to.
func (r *region) peer(g group, id, name *string) (string, error) {
	other, err := r.findGroup(id, name)
	if err != nil {
		return "", err
	}
	if other.vpc != g.vpc {
		return "", sim.Errorf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	}
	return other.id, nil
}

// permissionsOf joins rules of one direction that differ only in their peers, as
// DescribeSecurityGroups shows them.
func permissionsOf(rules []rule, egress bool) []ec2types.IpPermission {
	type ports struct {
		protocol string
		from, to int32
	}
	var list []ec2types.IpPermission
	places := map[ports]int{}
	for _, r := range rules {
		if aws.ToBool(r.IsEgress) != egress {
			continue
		}
		key := ports{*r.IpProtocol, *r.FromPort, *r.ToPort}
		i, ok := places[key]
		if !ok {
			i = len(list)
			places[key] = i
			list = append(list, emptyPermission(r))
		}
		addPeer(&list[i], r)
	}
	return list
}

func emptyPermission(r rule) ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: r.IpProtocol}
	if *r.FromPort != allPorts || *r.ToPort != allPorts || strings.HasPrefix(*r.IpProtocol, "icmp") {
		p.FromPort, p.ToPort = r.FromPort, r.ToPort
	}
	return p
}

func addPeer(p *ec2types.IpPermission, r rule) {
	switch {
	case r.CidrIpv4 != nil:
		p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: r.CidrIpv4, Description: r.Description})
	case r.CidrIpv6 != nil:
		p.Ipv6Ranges = append(p.Ipv6Ranges, ec2types.Ipv6Range{CidrIpv6: r.CidrIpv6, Description: r.Description})
	case r.PrefixListId != nil:
		p.PrefixListIds = append(p.PrefixListIds, ec2types.PrefixListId{PrefixListId: r.PrefixListId, Description: r.Description})
	default:
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, ec2types.UserIdGroupPair{
			GroupId: referenced(r), UserId: r.ReferencedGroupInfo.UserId, Description: r.Description,
		})
	}
}
