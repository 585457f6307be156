// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/rules"
	"github.com/slipway-go/slipway/internal/rules/ec2"
)

// row is an input and the rule that it breaks first; none if rule is "".
type row[T any] struct {
	name string
	in   T
	rule string
	path string
}

func run[T any](t *testing.T, of rules.Of[T], rows []row[T]) {
	t.Helper()
	for i := range rows {
		t.Run(rows[i].name, func(t *testing.T) {
			t.Parallel()
			found, bad := of.First(nil, &rows[i].in)
			require.Equal(t, rows[i].rule != "", bad, "%v", found)
			require.Equal(t, rows[i].rule, found.Rule)
			require.Equal(t, rows[i].path, found.Path)
			if bad {
				require.NotEmpty(t, found.Want)
				require.Contains(t, found.Doc, "https://docs.aws.amazon.com/")
			}
		})
	}
}

func groupInput(change func(*awsec2.CreateSecurityGroupInput)) awsec2.CreateSecurityGroupInput {
	in := awsec2.CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("web"), VpcId: aws.String("vpc-1")}
	change(&in)
	return in
}

func tags(list ...ec2types.Tag) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSecurityGroup, Tags: list}}
}

func TestCreateSecurityGroup(t *testing.T) {
	t.Parallel()
	type in = awsec2.CreateSecurityGroupInput
	long, tooLong := strings.Repeat("x", 255), strings.Repeat("x", 256)
	run(t, ec2.CreateSecurityGroup, []row[in]{
		{"fine", groupInput(func(*in) {}), "", ""},
		{"longest", groupInput(func(i *in) { i.GroupName, i.Description = &long, &long }), "", ""},
		{"all characters", groupInput(func(i *in) { i.Description = aws.String("aZ09 ._-:/()#,@[]+=&;{}!$*") }), "", ""},
		{"placeholder", groupInput(func(i *in) { i.GroupName = aws.String(slipway.Self("region")) }), "", ""},
		{"no name", groupInput(func(i *in) { i.GroupName = nil }), "ec2-group-name-required", "GroupName"},
		{"no description", groupInput(func(i *in) { i.Description = aws.String("") }), "ec2-group-description-required", "Description"},
		{"name like an ID", groupInput(func(i *in) { i.GroupName = aws.String("sg-x") }), "ec2-group-name-prefix", "GroupName"},
		{"reserved name", groupInput(func(i *in) { i.GroupName = aws.String("default") }), "ec2-group-name-reserved", "GroupName"},
		{"long name", groupInput(func(i *in) { i.GroupName = &tooLong }), "ec2-group-name-text", "GroupName"},
		{"letters in name", groupInput(func(i *in) { i.GroupName = aws.String("straße") }), "ec2-group-name-text", "GroupName"},
		{"long description", groupInput(func(i *in) { i.Description = &tooLong }), "ec2-group-description-text", "Description"},
		{"angle bracket", groupInput(func(i *in) { i.Description = aws.String("a > b") }), "ec2-group-description-text", "Description"},
		{"AWS's tag", groupInput(func(i *in) { i.TagSpecifications = tags(ec2types.Tag{Key: aws.String("AWS:x")}) }), "ec2-tags",
			"TagSpecifications[security-group].Tags[AWS:x].Key"},
		{"tag without key", groupInput(func(i *in) { i.TagSpecifications = tags(ec2types.Tag{}) }), "ec2-tags",
			"TagSpecifications[security-group].Tags[0].Key"},
		{"long value", groupInput(func(i *in) {
			i.TagSpecifications = tags(ec2types.Tag{Key: aws.String("k"), Value: aws.String(tooLong + "x")})
		}), "ec2-tags", "TagSpecifications[security-group].Tags[k].Value"},
		{"many tags", groupInput(func(i *in) {
			list := make([]ec2types.Tag, 51)
			for n := range list {
				list[n].Key = aws.String(strings.Repeat("k", n+1))
			}
			i.TagSpecifications = tags(list...)
		}), "ec2-tags", "TagSpecifications[security-group].Tags"},
	})
}

func permission(protocol string, from, to int32, change func(*ec2types.IpPermission)) ec2types.IpPermission {
	p := ec2types.IpPermission{
		IpProtocol: aws.String(protocol), FromPort: aws.Int32(from), ToPort: aws.Int32(to),
		IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}},
	}
	change(&p)
	return p
}

func TestPermission(t *testing.T) {
	t.Parallel()
	type p = ec2types.IpPermission
	same, noPorts := func(*p) {}, func(i *p) { i.FromPort, i.ToPort = nil, nil }
	run(t, ec2.Permission, []row[p]{
		{"TCP", permission("tcp", 0, 65535, same), "", ""},
		{"TCP by number", permission("6", 80, 80, same), "", ""},
		{"all", permission("-1", 0, 0, noPorts), "", ""},
		{"GRE", permission("47", 0, 0, noPorts), "", ""},
		{"ICMP", permission("icmp", -1, -1, same), "", ""},
		{"ICMPv6 without types", permission("icmpv6", 0, 0, noPorts), "", ""},
		{"single address", permission("tcp", 1, 1, func(i *p) { i.IpRanges[0].CidrIp = aws.String("192.0.2.1/32") }), "", ""},
		{"no protocol", permission("", 1, 1, same), "ec2-permission-protocol", "IpPermissions[0].IpProtocol"},
		{"name", permission("https", 1, 1, same), "ec2-permission-protocol", "IpPermissions[0].IpProtocol"},
		{"number", permission("256", 1, 1, same), "ec2-permission-protocol", "IpPermissions[0].IpProtocol"},
		{"no ports", permission("udp", 0, 0, noPorts), "ec2-permission-ports", "IpPermissions[0].FromPort"},
		{"first port", permission("tcp", -1, 1, same), "ec2-permission-ports", "IpPermissions[0].FromPort"},
		{"last port", permission("tcp", 1, 65536, same), "ec2-permission-ports", "IpPermissions[0].ToPort"},
		{"order", permission("tcp", 2, 1, same), "ec2-permission-ports", "IpPermissions[0].FromPort"},
		{"ICMP without type", permission("icmp", 0, 0, noPorts), "ec2-permission-ports", "IpPermissions[0].FromPort"},
		{"ICMP type", permission("icmp", 256, 0, same), "ec2-permission-ports", "IpPermissions[0].FromPort"},
		{"ICMP all types, one code", permission("icmp", -1, 0, same), "ec2-permission-ports", "IpPermissions[0].ToPort"},
		{"IPv6 in the wrong list", permission("tcp", 1, 1, func(i *p) { i.IpRanges[0].CidrIp = aws.String("::/0") }), "ec2-permission-cidr",
			"IpPermissions[0].IpRanges[0].CidrIp"},
		{"IPv4 in the wrong list", permission("tcp", 1, 1, func(i *p) {
			i.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String("10.0.0.0/8")}}
		}), "ec2-permission-cidr", "IpPermissions[0].Ipv6Ranges[0].CidrIpv6"},
		{"no peer", permission("tcp", 1, 1, func(i *p) { i.IpRanges = nil }), "ec2-permission-peers", "IpPermissions[0]"},
		{"prefix list", permission("tcp", 1, 1, func(i *p) {
			i.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: aws.String("s3")}}
		}), "ec2-permission-peers", "IpPermissions[0].PrefixListIds[0].PrefixListId"},
		{"description", permission("tcp", 1, 1, func(i *p) { i.IpRanges[0].Description = aws.String("a<b") }), "ec2-permission-description",
			"IpPermissions[0].IpRanges[0].Description"},
	})
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	fine := permission("tcp", 1, 1, func(*ec2types.IpPermission) {})
	run(t, ec2.AuthorizeSecurityGroupIngress, []row[awsec2.AuthorizeSecurityGroupIngressInput]{
		{"fine", awsec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String("sg-1"), IpPermissions: []ec2types.IpPermission{fine}}, "", ""},
		{"short form", awsec2.AuthorizeSecurityGroupIngressInput{
			GroupName: aws.String("web"), IpProtocol: aws.String("-1"), CidrIp: aws.String("0.0.0.0/0"),
		}, "", ""},
		{"no group", awsec2.AuthorizeSecurityGroupIngressInput{IpPermissions: []ec2types.IpPermission{fine}}, "ec2-ingress-group", "GroupId"},
		{"no permission", awsec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String("sg-1")}, "ec2-ingress-permissions", "IpPermissions"},
	})
	run(t, ec2.AuthorizeSecurityGroupEgress, []row[awsec2.AuthorizeSecurityGroupEgressInput]{
		{"fine", awsec2.AuthorizeSecurityGroupEgressInput{GroupId: aws.String("sg-1"), IpPermissions: []ec2types.IpPermission{fine}}, "", ""},
		{"short form", awsec2.AuthorizeSecurityGroupEgressInput{IpProtocol: aws.String("-1")}, "ec2-egress-short-form", "CidrIp"},
		{"no permission", awsec2.AuthorizeSecurityGroupEgressInput{}, "ec2-egress-permissions", "IpPermissions"},
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	run(t, ec2.Network, []row[model.Network]{
		{"default", model.Network{Default: true}, "", ""},
		{"tags", model.Network{Tags: map[string]string{"a": "b"}, SubnetIDs: []string{"subnet-12345678"}}, "", ""},
		{"nothing", model.Network{}, "vpc-network-asks", "VpcIds"},
		{"ID", model.Network{ID: "vpc-XYZ"}, "vpc-network-id", "VpcIds"},
		{"subnet", model.Network{Default: true, SubnetIDs: []string{""}}, "vpc-network-subnets", "SubnetIds[0]"},
	})
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	vpc := func(cidr string) awsec2.CreateVpcInput { return awsec2.CreateVpcInput{CidrBlock: aws.String(cidr)} }
	run(t, ec2.CreateVpc, []row[awsec2.CreateVpcInput]{
		{"largest", vpc("10.0.0.0/16"), "", ""},
		{"smallest", vpc("10.0.0.0/28"), "", ""},
		{"none", awsec2.CreateVpcInput{}, "ec2-vpc-cidr-required", "CidrBlock"},
		{"too large", vpc("10.0.0.0/15"), "ec2-vpc-cidr", "CidrBlock"},
		{"IPv6", vpc("2001:db8::/56"), "ec2-vpc-cidr", "CidrBlock"},
	})
	run(t, ec2.CreateSubnet, []row[awsec2.CreateSubnetInput]{
		{"fine", awsec2.CreateSubnetInput{CidrBlock: aws.String("10.0.0.0/24")}, "", ""},
		{"none", awsec2.CreateSubnetInput{}, "ec2-subnet-cidr-required", "CidrBlock"},
		{"too small", awsec2.CreateSubnetInput{CidrBlock: aws.String("10.0.0.0/29")}, "ec2-subnet-cidr", "CidrBlock"},
		{"two zones", awsec2.CreateSubnetInput{
			CidrBlock: aws.String("10.0.0.0/24"), AvailabilityZone: aws.String("a"), AvailabilityZoneId: aws.String("b"),
		}, "ec2-subnet-zone", "AvailabilityZone"},
	})
}

func TestProtocol(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"TCP": "tcp", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "-1": "-1", "47": "47"} {
		require.Equal(t, want, ec2.Protocol(given))
	}
}

func FuzzPermission(f *testing.F) {
	f.Add("tcp", int32(1), int32(2), "10.0.0.0/8", "why")
	f.Fuzz(func(t *testing.T, protocol string, from, to int32, cidr, description string) {
		p := permission(protocol, from, to, func(p *ec2types.IpPermission) {
			p.IpRanges[0] = ec2types.IpRange{CidrIp: &cidr, Description: &description}
		})
		first := ec2.Permission.All(nil, &p)
		require.Equal(t, first, ec2.Permission.All(nil, &p), "the same answer each time")
	})
}
