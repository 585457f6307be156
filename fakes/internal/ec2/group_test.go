// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

func createGroup(t *testing.T, client *awsec2.Client, name string, vpc *string) string {
	t.Helper()
	out, err := client.CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String(name), VpcId: vpc,
	})
	require.NoError(t, err)
	require.Contains(t, *out.SecurityGroupArn, ":security-group/"+*out.GroupId)
	return *out.GroupId
}

func permission(from, to int32, cidrs ...string) ec2types.IpPermission {
	p := ec2types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(from), ToPort: aws.Int32(to)}
	for _, c := range cidrs {
		p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: aws.String(c)})
	}
	return p
}

func authorize(t *testing.T, client *awsec2.Client, group string, p ...ec2types.IpPermission) ([]ec2types.SecurityGroupRule, error) {
	t.Helper()
	out, err := client.AuthorizeSecurityGroupIngress(t.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(group), IpPermissions: p,
	})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func describeGroup(t *testing.T, client *awsec2.Client, id string) ec2types.SecurityGroup {
	t.Helper()
	out, err := client.DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	require.NoError(t, err)
	require.Len(t, out.SecurityGroups, 1)
	return out.SecurityGroups[0]
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := defaultVPC(t, client).VpcId
	id := createGroup(t, client, "web", nil)
	require.Equal(t, *vpc, *describeGroup(t, client, id).VpcId, "the default VPC is the default")
	for _, c := range []struct {
		name, group, description string
		vpc                      *string
		code, text               string
	}{
		{"twice in a VPC", "web", "x", vpc, "InvalidGroup.Duplicate", "The security group 'web' already exists for VPC '" + *vpc + "'"},
		{"no such VPC", "db", "x", aws.String("vpc-00000000000000000"), "InvalidVpcID.NotFound", "does not exist"},
		{"like an ID", "sg-web", "x", nil, "InvalidParameterValue", "Group names may not be in the format sg-*."},
		{"reserved", "default", "x", nil, "InvalidGroup.Reserved", "reserved"},
		{"description", "db", "ünicode", nil, "InvalidParameterValue", "Invalid security group description."},
		{"no description", "db", "", nil, "MissingParameter", "GroupDescription"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := client.CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{
				GroupName: aws.String(c.group), Description: aws.String(c.description), VpcId: c.vpc,
			})
			requireCode(t, err, c.code, c.text)
		})
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	web := createGroup(t, client, "web", nil)
	other := createGroup(t, client, "other", aws.String(createVPC(t, client, "10.0.0.0/16")))
	_, err := authorize(t, client, web, permission(80, 80, "10.0.0.0/8"))
	require.NoError(t, err)
	for _, c := range []struct {
		name       string
		permission ec2types.IpPermission
		code, text string
	}{
		{"again", permission(80, 80, "10.1.2.3/8"), "InvalidPermission.Duplicate",
			`the specified rule "peer: 10.0.0.0/8, TCP, from port: 80, to port: 80, ALLOW" already exists`},
		{"twice in one call", permission(81, 81, "10.0.0.0/8", "10.0.0.0/8"), "InvalidPermission.Duplicate", "already exists"},
		{"ports the wrong way round", permission(443, 80, "10.0.0.0/8"), "InvalidParameterValue", "Invalid TCP/UDP port range (443:80)"},
		{"port", permission(-1, 80, "10.0.0.0/8"), "InvalidParameterValue", "TCP/UDP port (-1) out of range"},
		{"no port", ec2types.IpPermission{IpProtocol: aws.String("udp"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}},
			"InvalidParameterValue", "Must specify both from and to ports with TCP/UDP."},
		{"range", permission(80, 80, "10.0.0.0/33"), "InvalidParameterValue", "CIDR block 10.0.0.0/33 is malformed"},
		{"protocol", ec2types.IpPermission{IpProtocol: aws.String("http"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}},
			"InvalidPermission.Malformed", `Unsupported IP protocol "http"`},
		{"group in another VPC", ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String(other)}}},
			"InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		{"no such group", ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("sg-00000000000000000")}}},
			"InvalidGroup.NotFound", "The security group 'sg-00000000000000000' does not exist"},
		{"not a group", ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String("web")}}},
			"InvalidGroupId.Malformed", `Invalid id: "web" (expecting "sg-...")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := authorize(t, client, web, c.permission)
			requireCode(t, err, c.code, c.text)
		})
	}
}

func TestRulesOfAGroupAreLimited(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	web := createGroup(t, client, "web", nil)
	for port := range int32(60) {
		_, err := authorize(t, client, web, permission(port, port, "10.0.0.0/8"))
		require.NoError(t, err)
	}
	_, err := authorize(t, client, web, permission(99, 99, "10.0.0.0/8"))
	requireCode(t, err, "RulesPerSecurityGroupLimitExceeded", "maximum number of rules")
}

func TestRulesAreThings(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	web := createGroup(t, client, "web", nil)
	made, err := client.AuthorizeSecurityGroupIngress(t.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpPermissions: []ec2types.IpPermission{permission(80, 80, "10.0.0.0/8", "192.168.0.0/16")},
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSecurityGroupRule, Tags: []ec2types.Tag{
			{Key: aws.String("team"), Value: aws.String("shop")},
		}}},
	})
	require.NoError(t, err)
	require.Len(t, made.SecurityGroupRules, 2, "one rule each range")
	require.Len(t, describeGroup(t, client, web).IpPermissions, 1, "one permission for both")
	found, err := client.DescribeSecurityGroupRules(t.Context(), &awsec2.DescribeSecurityGroupRulesInput{Filters: []ec2types.Filter{
		filter("group-id", web), filter("tag:team", "shop"),
	}})
	require.NoError(t, err)
	require.Equal(t, made.SecurityGroupRules, found.SecurityGroupRules)

	first := made.SecurityGroupRules[0].SecurityGroupRuleId
	modify := func(r *ec2types.SecurityGroupRuleRequest) error {
		_, err := client.ModifySecurityGroupRules(t.Context(), &awsec2.ModifySecurityGroupRulesInput{
			GroupId: aws.String(web), SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: first, SecurityGroupRule: r}},
		})
		return err
	}
	request := ec2types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(81), ToPort: aws.Int32(81)}
	requireCode(t, modify(&request), "InvalidParameterCombination", "exactly one source")
	request.CidrIpv4 = aws.String("10.0.0.0/8")
	require.NoError(t, modify(&request))
	request.FromPort, request.ToPort, request.CidrIpv4 = aws.Int32(80), aws.Int32(80), aws.String("192.168.0.0/16")
	requireCode(t, modify(&request), "InvalidPermission.Duplicate", "192.168.0.0/16")

	_, err = client.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &awsec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: aws.String(web), SecurityGroupRuleDescriptions: []ec2types.SecurityGroupRuleDescription{{
			SecurityGroupRuleId: first, Description: aws.String("why"),
		}},
	})
	require.NoError(t, err)
	_, err = client.UpdateSecurityGroupRuleDescriptionsEgress(t.Context(), &awsec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
		GroupId: aws.String(web), IpPermissions: []ec2types.IpPermission{permission(1, 1, "10.0.0.0/8")},
	})
	requireCode(t, err, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
	one, err := client.DescribeSecurityGroupRules(t.Context(), &awsec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*first}})
	require.NoError(t, err)
	require.Equal(t, "why", *one.SecurityGroupRules[0].Description)
	require.EqualValues(t, 81, *one.SecurityGroupRules[0].FromPort)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	inDefault := createGroup(t, client, "web", nil)
	elsewhere := createGroup(t, client, "web", aws.String(createVPC(t, client, "10.0.0.0/16")))
	revoke := func(group string) (*awsec2.RevokeSecurityGroupIngressOutput, error) {
		return client.RevokeSecurityGroupIngress(t.Context(), &awsec2.RevokeSecurityGroupIngressInput{
			GroupId: aws.String(group), IpPermissions: []ec2types.IpPermission{permission(80, 80, "10.0.0.0/8")},
		})
	}
	out, err := revoke(inDefault)
	require.NoError(t, err, "in the default VPC a rule that is not there is only reported")
	require.Len(t, out.UnknownIpPermissions, 1)
	_, err = revoke(elsewhere)
	requireCode(t, err, "InvalidPermission.NotFound", "does not exist in this security group")
	for _, group := range []string{inDefault, elsewhere} {
		_, err := authorize(t, client, group, permission(80, 80, "10.0.0.0/8"))
		require.NoError(t, err)
		out, err := revoke(group)
		require.NoError(t, err)
		require.Len(t, out.RevokedSecurityGroupRules, 1)
		require.Empty(t, describeGroup(t, client, group).IpPermissions)
	}
	_, err = client.RevokeSecurityGroupIngress(t.Context(), &awsec2.RevokeSecurityGroupIngressInput{
		GroupId: aws.String(elsewhere), SecurityGroupRuleIds: []string{"sgr-00000000000000000"},
	})
	requireCode(t, err, "InvalidSecurityGroupRuleId.NotFound", "sgr-00000000000000000")
}

func TestShortForm(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	createGroup(t, client, "web", nil)
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupName: aws.String("web"), IpProtocol: aws.String("TCP"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("10.0.0.0/8"),
	})
	require.NoError(t, err)
	_, err = client.AuthorizeSecurityGroupIngress(t.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{GroupName: aws.String("nobody"), IpPermissions: []ec2types.IpPermission{permission(1, 1, "10.0.0.0/8")}})
	requireCode(t, err, "InvalidGroup.NotFound", "'nobody' does not exist in default VPC")
	out, err := client.DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
		filter("ip-permission.protocol", "tcp"), filter("ip-permission.from-port", "22"),
	}})
	require.NoError(t, err)
	require.Len(t, out.SecurityGroups, 1)
}

func TestDeleteGroupInUse(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	web, db := createGroup(t, client, "web", nil), createGroup(t, client, "db", nil)
	made, err := authorize(t, client, db, ec2types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: aws.String(web)}}})
	require.NoError(t, err)
	remove := func() error {
		_, err := client.DeleteSecurityGroup(t.Context(), &awsec2.DeleteSecurityGroupInput{GroupId: aws.String(web)})
		return err
	}
	requireCode(t, remove(), "DependencyViolation", "resource "+web+" has a dependent object")
	_, err = client.RevokeSecurityGroupIngress(t.Context(), &awsec2.RevokeSecurityGroupIngressInput{
		GroupId: aws.String(db), SecurityGroupRuleIds: []string{*made[0].SecurityGroupRuleId},
	})
	require.NoError(t, err)
	port, err := client.CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{
		SubnetId: defaultSubnets(t, client)[0].SubnetId, Groups: []string{web},
	})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation", web)
	_, err = client.ModifyNetworkInterfaceAttribute(t.Context(), &awsec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: port.NetworkInterface.NetworkInterfaceId, Groups: []string{db},
	})
	require.NoError(t, err)
	require.NoError(t, remove())
	requireCode(t, remove(), "InvalidGroup.NotFound", "The security group '"+web+"' does not exist")
}
