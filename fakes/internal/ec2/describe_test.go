// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	subnets := defaultSubnets(t, client)
	_, err := client.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{*subnets[0].SubnetId, *subnets[1].SubnetId}, Tags: []ec2types.Tag{
		{Key: aws.String("tier"), Value: aws.String("web*")},
	}})
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		filters []ec2types.Filter
		want    int
		reason  string
	}{
		{"one of several values", []ec2types.Filter{filter("availability-zone", "us-east-1a", "us-east-1b", "eu-west-1a")}, 2, "values are alternatives"},
		{"several filters", []ec2types.Filter{filter("availability-zone", "us-east-1a"), filter("cidr", "172.31.16.0/20")}, 0, "all filters must match"},
		{"any text", []ec2types.Filter{filter("cidr-block", "172.31.*")}, 3, "a star is any text"},
		{"one character", []ec2types.Filter{filter("cidr-block", "172.31.??.0/20")}, 2, "a question mark is one character"},
		{"wildcard taken literally", []ec2types.Filter{filter("tag:tier", `web\*`)}, 2, "a backslash takes the meaning away"},
		{"literal is no wildcard", []ec2types.Filter{filter("cidr-block", `172.31.\*`)}, 0, "no range has a star"},
		{"tag key", []ec2types.Filter{filter("tag-key", "tier")}, 2, "whatever the value"},
		{"case", []ec2types.Filter{filter("tag:Tier", "web*")}, 0, "names of tags are case-sensitive"},
		{"boolean", []ec2types.Filter{filter("map-public-ip-on-launch", "true")}, 3, "booleans are written out"},
		{"number", []ec2types.Filter{filter("available-ip-address-count", "4091")}, 3, "as are numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{Filters: c.filters})
			require.NoError(t, err)
			require.Len(t, out.Subnets, c.want, c.reason)
		})
	}
	_, err = client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{Filters: []ec2types.Filter{filter("colour", "red")}})
	requireCode(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")
	_, err = client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{Filters: []ec2types.Filter{filter("vpc-id", make([]string, 201)...)}})
	requireCode(t, err, "FilterLimitExceeded", "200")
}

func TestTags(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := *defaultVPC(t, client).VpcId
	tag := func(key, value string) error {
		_, err := client.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{{Key: &key, Value: &value}}})
		return err
	}
	require.NoError(t, tag("b", "1"))
	require.NoError(t, tag("a", "1"))
	require.NoError(t, tag("a", "2"))
	list, err := client.DescribeTags(t.Context(), &awsec2.DescribeTagsInput{Filters: []ec2types.Filter{filter("resource-id", vpc)}})
	require.NoError(t, err)
	require.Len(t, list.Tags, 2)
	require.Equal(t, ec2types.ResourceTypeVpc, list.Tags[0].ResourceType)
	require.Equal(t, "2", *list.Tags[0].Value)
	_, err = client.DeleteTags(t.Context(), &awsec2.DeleteTagsInput{Resources: []string{vpc}, Tags: []ec2types.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b")},
	}})
	require.NoError(t, err)
	require.Equal(t, "a", *defaultVPC(t, client).Tags[0].Key, "its value is another")
	requireCode(t, tag("aws:x", "1"), "InvalidParameterValue", "reserved for internal use")
	for _, c := range []struct{ id, code string }{
		{"vpc-00000000000000000", "InvalidVpcID.NotFound"}, {"sgr-00000000000000000", "InvalidSecurityGroupRuleId.NotFound"}, {"x", "InvalidID"},
	} {
		_, err := client.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{c.id}, Tags: []ec2types.Tag{{Key: aws.String("a")}}})
		requireCode(t, err, c.code, c.id)
	}
	_, err = client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []ec2types.TagSpecification{{
		ResourceType: ec2types.ResourceTypeSubnet,
	}}})
	requireCode(t, err, "InvalidParameterValue", "'subnet' is not a valid taggable resource type for this operation.")
	for i := range 49 {
		require.NoError(t, tag(fmt.Sprintf("key%d", i), ""))
	}
	requireCode(t, tag("one more", ""), "TagLimitExceeded", "50")
}

func TestPages(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for i := range 12 {
		createGroup(t, client, fmt.Sprintf("group-%d", i), nil)
	}
	seen, sizes := map[string]bool{}, []int(nil)
	for pages := awsec2.NewDescribeSecurityGroupsPaginator(client, &awsec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(5)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		sizes = append(sizes, len(page.SecurityGroups))
		for _, g := range page.SecurityGroups {
			seen[*g.GroupId] = true
		}
	}
	require.Equal(t, []int{5, 5, 3}, sizes)
	require.Len(t, seen, 13, "twelve and the default group")
	_, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{MaxResults: aws.Int32(4)})
	requireCode(t, err, "InvalidParameterValue", "Expecting a value greater than 5")
	_, err = client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{NextToken: aws.String("x")})
	requireCode(t, err, "InvalidNextToken", "x")
}

func TestUnmodelledFieldsAreRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	_, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: aws.Bool(true)})
	var refused *fakes.NotModelledError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "AmazonProvidedIpv6CidrBlock")
}

func TestIDsDoNotDependOnTheOrderOfCalls(t *testing.T) {
	t.Parallel()
	one, two := newClient(t), newClient(t)
	createGroup(t, two, "another", nil)
	require.Equal(t, createGroup(t, one, "web", nil), createGroup(t, two, "web", nil))
}

func TestWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := awsec2.NewFromConfig(fakes.New(fakes.Options{Timing: world.Realistic}).Config())
		vpc := createVPC(t, client, "10.0.0.0/16")
		require.NoError(t, awsec2.NewVpcAvailableWaiter(client).Wait(t.Context(), &awsec2.DescribeVpcsInput{VpcIds: []string{vpc}}, time.Minute))
		subnet := createSubnet(t, client, vpc, "10.0.0.0/24")
		require.NoError(t, awsec2.NewSubnetAvailableWaiter(client).Wait(t.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}, time.Minute))
		attachGateway(t, client, vpc)
		nat := createNAT(t, client, subnet)
		start := time.Now()
		require.NoError(t, awsec2.NewNatGatewayAvailableWaiter(client).Wait(t.Context(), &awsec2.DescribeNatGatewaysInput{NatGatewayIds: []string{nat}}, 5*time.Minute))
		require.GreaterOrEqual(t, time.Since(start), 90*time.Second)

		_, err := client.DeleteNatGateway(t.Context(), &awsec2.DeleteNatGatewayInput{NatGatewayId: aws.String(nat)})
		require.NoError(t, err)
		err = awsec2.NewNatGatewayDeletedWaiter(client).Wait(t.Context(), &awsec2.DescribeNatGatewaysInput{NatGatewayIds: []string{nat}}, time.Minute)
		require.ErrorContains(t, err, "exceeded max wait time")
		require.NoError(t, awsec2.NewNatGatewayDeletedWaiter(client).Wait(t.Context(), &awsec2.DescribeNatGatewaysInput{NatGatewayIds: []string{nat}}, 5*time.Minute))
	})
}

func createNAT(t *testing.T, client *awsec2.Client, subnet string) string {
	t.Helper()
	address, err := client.AllocateAddress(t.Context(), &awsec2.AllocateAddressInput{})
	require.NoError(t, err)
	out, err := client.CreateNatGateway(t.Context(), &awsec2.CreateNatGatewayInput{SubnetId: aws.String(subnet), AllocationId: address.AllocationId})
	require.NoError(t, err)
	require.Equal(t, ec2types.NatGatewayStatePending, out.NatGateway.State)
	return *out.NatGateway.NatGatewayId
}

func TestNATGateways(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	subnet := createSubnet(t, client, createVPC(t, client, "10.0.0.0/16"), "10.0.0.0/24")
	failed := createNAT(t, client, subnet)
	out, err := client.DescribeNatGateways(t.Context(), &awsec2.DescribeNatGatewaysInput{Filter: []ec2types.Filter{filter("nat-gateway-id", failed)}})
	require.NoError(t, err)
	require.Equal(t, ec2types.NatGatewayStateFailed, out.NatGateways[0].State)
	require.Equal(t, "Gateway.NotAttached", *out.NatGateways[0].FailureCode)
	require.Contains(t, *out.NatGateways[0].FailureMessage, "has no Internet gateway attached")

	open := *defaultSubnets(t, client)[0].SubnetId
	works := createNAT(t, client, open)
	out, err = client.DescribeNatGateways(t.Context(), &awsec2.DescribeNatGatewaysInput{NatGatewayIds: []string{works}})
	require.NoError(t, err)
	address := out.NatGateways[0].NatGatewayAddresses[0]
	require.Equal(t, ec2types.NatGatewayStateAvailable, out.NatGateways[0].State)
	addresses, err := client.DescribeAddresses(t.Context(), &awsec2.DescribeAddressesInput{PublicIps: []string{*address.PublicIp}})
	require.NoError(t, err)
	require.Equal(t, *address.NetworkInterfaceId, *addresses.Addresses[0].NetworkInterfaceId)
	_, err = client.ReleaseAddress(t.Context(), &awsec2.ReleaseAddressInput{AllocationId: address.AllocationId})
	requireCode(t, err, "InvalidIPAddress.InUse", *address.PublicIp)
	_, err = client.DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: address.NetworkInterfaceId})
	requireCode(t, err, "InvalidParameterValue", "is currently in use")
	_, err = client.DeleteNatGateway(t.Context(), &awsec2.DeleteNatGatewayInput{NatGatewayId: aws.String(works)})
	require.NoError(t, err)
	_, err = client.ReleaseAddress(t.Context(), &awsec2.ReleaseAddressInput{AllocationId: address.AllocationId})
	require.NoError(t, err, "the gateway is gone")
	_, err = client.CreateNatGateway(t.Context(), &awsec2.CreateNatGatewayInput{SubnetId: aws.String(open)})
	requireCode(t, err, "MissingParameter", "AllocationId")
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc, subnets := defaultVPC(t, client).VpcId, defaultSubnets(t, client)
	endpoint := func(service string, change func(*awsec2.CreateVpcEndpointInput)) (*awsec2.CreateVpcEndpointOutput, error) {
		in := &awsec2.CreateVpcEndpointInput{
			VpcId: vpc, ServiceName: aws.String("com.amazonaws.us-east-1." + service), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
			SubnetIds: []string{*subnets[0].SubnetId},
		}
		change(in)
		return client.CreateVpcEndpoint(t.Context(), in)
	}
	nothing := func(*awsec2.CreateVpcEndpointInput) {}
	made, err := endpoint("logs", nothing)
	require.NoError(t, err)
	require.Len(t, made.VpcEndpoint.NetworkInterfaceIds, 1)
	_, err = endpoint("logs", nothing)
	requireCode(t, err, "InvalidParameter", "there is already a conflicting DNS domain for logs.us-east-1.amazonaws.com")
	_, err = endpoint("nonsense", nothing)
	requireCode(t, err, "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.nonsense' does not exist")
	_, err = endpoint("ssm", func(in *awsec2.CreateVpcEndpointInput) { in.VpcEndpointType = "" })
	requireCode(t, err, "InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface]).")
	_, err = endpoint("ssm", func(in *awsec2.CreateVpcEndpointInput) {
		in.VpcId = aws.String(createVPC(t, client, "10.0.0.0/16"))
	})
	requireCode(t, err, "InvalidParameter", "requires both enableDnsSupport and enableDnsHostnames")

	id := made.VpcEndpoint.VpcEndpointId
	_, err = client.ModifyVpcEndpoint(t.Context(), &awsec2.ModifyVpcEndpointInput{
		VpcEndpointId: id, AddSubnetIds: []string{*subnets[1].SubnetId}, RemoveSubnetIds: []string{*subnets[0].SubnetId},
	})
	require.NoError(t, err)
	found, err := client.DescribeVpcEndpoints(t.Context(), &awsec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
	require.NoError(t, err)
	require.Equal(t, []string{*subnets[1].SubnetId}, found.VpcEndpoints[0].SubnetIds)
	require.EqualValues(t, "available", found.VpcEndpoints[0].State)
	gone, err := client.DeleteVpcEndpoints(t.Context(), &awsec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*id, "vpce-00000000000000000"}})
	require.NoError(t, err)
	require.Len(t, gone.Unsuccessful, 1)
	_, err = client.DescribeVpcEndpoints(t.Context(), &awsec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
	requireCode(t, err, "InvalidVpcEndpointId.NotFound", *id)
}

func TestGatewayEndpoints(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := *defaultVPC(t, client).VpcId
	table := mainTable(t, client, vpc).RouteTableId
	in := &awsec2.CreateVpcEndpointInput{VpcId: aws.String(vpc), ServiceName: aws.String("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{*table}}
	made, err := client.CreateVpcEndpoint(t.Context(), in)
	require.NoError(t, err)
	_, err = client.CreateVpcEndpoint(t.Context(), in)
	requireCode(t, err, "RouteAlreadyExists", "already has a route with destination-prefix-list-id pl-")
	require.Len(t, mainTable(t, client, vpc).Routes, 3)
	_, err = client.ModifyVpcEndpoint(t.Context(), &awsec2.ModifyVpcEndpointInput{
		VpcEndpointId: made.VpcEndpoint.VpcEndpointId, RemoveRouteTableIds: []string{*table},
	})
	require.NoError(t, err)
	require.Len(t, mainTable(t, client, vpc).Routes, 2)
}
