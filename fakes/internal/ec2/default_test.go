// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// newClient returns a client of a cloud in which nothing takes time.
func newClient(t *testing.T) *awsec2.Client {
	t.Helper()
	return awsec2.NewFromConfig(fakes.New(fakes.Options{}).Config())
}

// requireCode demands EC2's code and a part of its message.
func requireCode(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode())
	require.Contains(t, api.ErrorMessage(), text)
}

func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: aws.String(name), Values: values}
}

func defaultVPC(t *testing.T, client *awsec2.Client) ec2types.Vpc {
	t.Helper()
	out, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{Filters: []ec2types.Filter{filter("is-default", "true")}})
	require.NoError(t, err)
	require.Len(t, out.Vpcs, 1)
	return out.Vpcs[0]
}

func defaultSubnets(t *testing.T, client *awsec2.Client) []ec2types.Subnet {
	t.Helper()
	out, err := client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{Filters: []ec2types.Filter{filter("default-for-az", "true")}})
	require.NoError(t, err)
	return out.Subnets
}

func TestDefaultVPC(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := defaultVPC(t, client)
	require.Equal(t, "172.31.0.0/16", *vpc.CidrBlock)
	require.Equal(t, ec2types.VpcStateAvailable, vpc.State)
	require.Regexp(t, `^vpc-0[0-9a-f]{16}$`, *vpc.VpcId)

	var zones, blocks []string
	for _, s := range defaultSubnets(t, client) {
		require.True(t, *s.MapPublicIpOnLaunch)
		require.Equal(t, *vpc.VpcId, *s.VpcId)
		require.EqualValues(t, 4091, *s.AvailableIpAddressCount, "4096 less the five that AWS keeps")
		zones, blocks = append(zones, *s.AvailabilityZone), append(blocks, *s.CidrBlock)
	}
	require.Equal(t, []string{"us-east-1a", "us-east-1b", "us-east-1c"}, zones)
	require.Equal(t, []string{"172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"}, blocks)
}

func TestDefaultVPCRoutesToTheInternet(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := defaultVPC(t, client)
	tables, err := client.DescribeRouteTables(t.Context(), &awsec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{
		filter("vpc-id", *vpc.VpcId), filter("association.main", "true"),
	}})
	require.NoError(t, err)
	require.Len(t, tables.RouteTables, 1)
	routes := tables.RouteTables[0].Routes
	require.Len(t, routes, 2)
	require.Equal(t, "local", *routes[0].GatewayId)
	require.Equal(t, "0.0.0.0/0", *routes[1].DestinationCidrBlock)
	gateways, err := client.DescribeInternetGateways(t.Context(), &awsec2.DescribeInternetGatewaysInput{Filters: []ec2types.Filter{
		filter("attachment.vpc-id", *vpc.VpcId),
	}})
	require.NoError(t, err)
	require.Equal(t, *routes[1].GatewayId, *gateways.InternetGateways[0].InternetGatewayId)
}

func TestDefaultGroupAndACL(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := defaultVPC(t, client)
	out, err := client.DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{GroupNames: []string{"default"}})
	require.NoError(t, err)
	g := out.SecurityGroups[0]
	require.Equal(t, *vpc.VpcId, *g.VpcId)
	require.Len(t, g.IpPermissions, 1)
	require.Equal(t, *g.GroupId, *g.IpPermissions[0].UserIdGroupPairs[0].GroupId, "its members may talk to each other")
	require.Equal(t, "0.0.0.0/0", *g.IpPermissionsEgress[0].IpRanges[0].CidrIp)
	require.Nil(t, g.IpPermissionsEgress[0].FromPort, "all traffic has no ports")
	_, err = client.DeleteSecurityGroup(t.Context(), &awsec2.DeleteSecurityGroupInput{GroupId: g.GroupId})
	requireCode(t, err, "CannotDelete", "cannot be deleted by a user")

	acls, err := client.DescribeNetworkAcls(t.Context(), &awsec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{filter("vpc-id", *vpc.VpcId)}})
	require.NoError(t, err)
	require.Len(t, acls.NetworkAcls, 1)
	require.Len(t, acls.NetworkAcls[0].Associations, 3)
	require.Len(t, acls.NetworkAcls[0].Entries, 4)
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	zones, err := client.DescribeAvailabilityZones(t.Context(), &awsec2.DescribeAvailabilityZonesInput{ZoneIds: []string{"use1-az2"}})
	require.NoError(t, err)
	require.Equal(t, "us-east-1b", *zones.AvailabilityZones[0].ZoneName)
	_, err = client.DescribeAvailabilityZones(t.Context(), &awsec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1z"}})
	requireCode(t, err, "InvalidParameterValue", "Invalid availability zone")
	regions, err := client.DescribeRegions(t.Context(), &awsec2.DescribeRegionsInput{Filters: []ec2types.Filter{filter("region-name", "eu-*")}})
	require.NoError(t, err)
	require.Len(t, regions.Regions, 5)
	account, err := client.DescribeAccountAttributes(t.Context(), &awsec2.DescribeAccountAttributesInput{
		AttributeNames: []ec2types.AccountAttributeName{ec2types.AccountAttributeNameDefaultVpc},
	})
	require.NoError(t, err)
	require.Equal(t, *defaultVPC(t, client).VpcId, *account.AccountAttributes[0].AttributeValues[0].AttributeValue)
}

func TestRegionsAreApart(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	here := awsec2.NewFromConfig(cloud.Config())
	there := awsec2.NewFromConfig(cloud.Config(), func(o *awsec2.Options) { o.Region = "eu-central-1" })
	vpc := defaultVPC(t, there)
	require.NotEqual(t, *defaultVPC(t, here).VpcId, *vpc.VpcId)
	_, err := here.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{VpcIds: []string{*vpc.VpcId}})
	requireCode(t, err, "InvalidVpcID.NotFound", "The vpc ID '"+*vpc.VpcId+"' does not exist")
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	_, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
	requireCode(t, err, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 412, response.HTTPStatusCode())
	all, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	require.Len(t, all.Vpcs, 1, "a dry run makes nothing")
}
