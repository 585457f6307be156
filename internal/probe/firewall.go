// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// side is one side of a connection: its security groups, and the CIDR blocks in which
// its addresses are. Without blocks they may be anywhere.
type side struct{ groups, ranges []string }

// rules are security groups by their IDs.
type rules map[string]ec2types.SecurityGroup

func readRules(ctx context.Context, client *awsec2.Client, ids []string) (rules, error) {
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return nil, nil
	}
	all := rules{}
	pages := awsec2.NewDescribeSecurityGroupsPaginator(client, &awsec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: ids}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe security groups")
		}
		for _, g := range page.SecurityGroups {
			all[aws.ToString(g.GroupId)] = g
		}
	}
	return all, nil
}

// connects reports whether the groups of both sides let a TCP connection pass. A side
// of which no group is known lets all pass.
func (r rules) connects(from, to side, port int32) bool {
	out := func(p ec2types.IpPermission) bool { return onPort(p, port) && means(p, to) }
	in := func(p ec2types.IpPermission) bool { return onPort(p, port) && means(p, from) }
	return r.any(from.groups, true, out) && r.any(to.groups, false, in)
}

// sends reports whether groups let HTTPS out to addresses, not only to other groups.
func (r rules) sends(groups []string) bool {
	return r.any(groups, true, func(p ec2types.IpPermission) bool {
		return onPort(p, httpsPort) && len(p.IpRanges)+len(p.Ipv6Ranges)+len(p.PrefixListIds) > 0
	})
}

func (r rules) any(groups []string, egress bool, match func(ec2types.IpPermission) bool) bool {
	known := false
	for _, id := range groups {
		g, ok := r[id]
		known = known || ok
		permissions := g.IpPermissions
		if egress {
			permissions = g.IpPermissionsEgress
		}
		if slices.ContainsFunc(permissions, match) {
			return true
		}
	}
	return !known
}

func onPort(p ec2types.IpPermission, port int32) bool {
	all := aws.ToString(p.IpProtocol) == "-1"
	return all || aws.ToString(p.IpProtocol) == "tcp" && aws.ToInt32(p.FromPort) <= port && port <= aws.ToInt32(p.ToPort)
}

// means reports whether a side is, or may be, the peer that a rule names. What is in a
// prefix list is not looked up.
func means(p ec2types.IpPermission, s side) bool {
	if len(p.PrefixListIds) > 0 ||
		slices.ContainsFunc(p.UserIdGroupPairs, func(u ec2types.UserIdGroupPair) bool { return slices.Contains(s.groups, aws.ToString(u.GroupId)) }) {
		return true
	}
	return slices.ContainsFunc(p.IpRanges, func(i ec2types.IpRange) bool {
		named, err := netip.ParsePrefix(aws.ToString(i.CidrIp))
		return err == nil && (len(s.ranges) == 0 || slices.ContainsFunc(s.ranges, func(text string) bool {
			own, err := netip.ParsePrefix(text)
			return err == nil && named.Overlaps(own)
		}))
	})
}

// Admits looks up whether security groups let others, of these groups and in these
// subnets, reach a TCP port.
func Admits(ctx context.Context, c slipway.Call, from Placement, to []string, port int32) (bool, error) {
	client := slipway.Client(c, awsec2.NewFromConfig)
	peer := side{groups: from.Groups}
	if len(from.Subnets) > 0 {
		out, err := client.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{SubnetIds: from.Subnets})
		if err != nil {
			return false, awserr.Wrap(err, "describe subnets")
		}
		for _, s := range out.Subnets {
			peer.ranges = append(peer.ranges, aws.ToString(s.CidrBlock))
		}
	}
	r, err := readRules(ctx, client, slices.Concat(from.Groups, to))
	if err != nil {
		return false, err
	}
	return r.connects(peer, side{groups: to}, port), nil
}
