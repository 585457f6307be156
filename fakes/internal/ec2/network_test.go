// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

func createVPC(t *testing.T, client *awsec2.Client, cidr string) string {
	t.Helper()
	out, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String(cidr)})
	require.NoError(t, err)
	require.Equal(t, ec2types.VpcStatePending, out.Vpc.State)
	return *out.Vpc.VpcId
}

func createSubnet(t *testing.T, client *awsec2.Client, vpc, cidr string) string {
	t.Helper()
	out, err := client.CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{VpcId: aws.String(vpc), CidrBlock: aws.String(cidr)})
	require.NoError(t, err)
	return *out.Subnet.SubnetId
}

// attachGateway gives a VPC an internet gateway.
func attachGateway(t *testing.T, client *awsec2.Client, vpc string) string {
	t.Helper()
	out, err := client.CreateInternetGateway(t.Context(), &awsec2.CreateInternetGatewayInput{})
	require.NoError(t, err)
	id := out.InternetGateway.InternetGatewayId
	_, err = client.AttachInternetGateway(t.Context(), &awsec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: aws.String(vpc)})
	require.NoError(t, err)
	return *id
}

func mainTable(t *testing.T, client *awsec2.Client, vpc string) ec2types.RouteTable {
	t.Helper()
	out, err := client.DescribeRouteTables(t.Context(), &awsec2.DescribeRouteTablesInput{Filters: []ec2types.Filter{
		filter("vpc-id", vpc), filter("association.main", "true"),
	}})
	require.NoError(t, err)
	require.Len(t, out.RouteTables, 1)
	return out.RouteTables[0]
}

func TestCreateVPC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cidr, code, text string }{
		{"no range", "", "MissingParameter", "cidrBlock"},
		{"not a range", "10.0.0.0", "InvalidParameterValue", "This is not a valid CIDR block."},
		{"too large", "10.0.0.0/8", "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."},
		{"too small", "10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t).CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String(c.cidr)})
			requireCode(t, err, c.code, c.text)
		})
	}
	t.Run("canonical", func(t *testing.T) {
		t.Parallel()
		out, err := newClient(t).CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("100.68.0.18/18"),
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeVpc, Tags: []ec2types.Tag{
				{Key: aws.String("Name"), Value: aws.String("shop")},
			}}}})
		require.NoError(t, err)
		require.Equal(t, "100.68.0.0/18", *out.Vpc.CidrBlock)
		require.Equal(t, "shop", *out.Vpc.Tags[0].Value)
	})
}

func TestCreateSubnet(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	id := createSubnet(t, client, vpc, "10.0.0.0/24")
	for _, c := range []struct{ name, cidr, zone, code, text string }{
		{"overlaps", "10.0.0.128/25", "", "InvalidSubnet.Conflict", "conflicts with another subnet"},
		{"outside", "10.1.0.0/24", "", "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."},
		{"larger than the VPC", "10.0.0.0/15", "", "InvalidSubnet.Range", "is invalid"},
		{"no such zone", "10.0.1.0/24", "us-east-1z", "InvalidParameterValue", "availabilityZone"},
	} {
		in := &awsec2.CreateSubnetInput{VpcId: aws.String(vpc), CidrBlock: aws.String(c.cidr)}
		if c.zone != "" {
			in.AvailabilityZone = aws.String(c.zone)
		}
		_, err := client.CreateSubnet(t.Context(), in)
		requireCode(t, err, c.code, c.text)
	}
	_, err := client.ModifySubnetAttribute(t.Context(), &awsec2.ModifySubnetAttributeInput{
		SubnetId: aws.String(id), MapPublicIpOnLaunch: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)},
	})
	require.NoError(t, err)
	out, err := client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: []string{id}})
	require.NoError(t, err)
	require.True(t, *out.Subnets[0].MapPublicIpOnLaunch)
	require.EqualValues(t, 251, *out.Subnets[0].AvailableIpAddressCount)
}

func TestVPCAttributes(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	hostnames := func() bool {
		out, err := client.DescribeVpcAttribute(t.Context(), &awsec2.DescribeVpcAttributeInput{
			VpcId: aws.String(vpc), Attribute: ec2types.VpcAttributeNameEnableDnsHostnames,
		})
		require.NoError(t, err)
		return *out.EnableDnsHostnames.Value
	}
	require.False(t, hostnames(), "only default VPCs begin with host names")
	_, err := client.ModifyVpcAttribute(t.Context(), &awsec2.ModifyVpcAttributeInput{
		VpcId: aws.String(vpc), EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)},
	})
	require.NoError(t, err)
	require.True(t, hostnames())
	_, err = client.ModifyVpcAttribute(t.Context(), &awsec2.ModifyVpcAttributeInput{VpcId: aws.String(vpc)})
	requireCode(t, err, "InvalidParameterCombination", "one attribute")
}

func TestDeleteVPCInOrder(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	subnet, gateway := createSubnet(t, client, vpc, "10.0.0.0/24"), attachGateway(t, client, vpc)
	remove := func() error {
		_, err := client.DeleteVpc(t.Context(), &awsec2.DeleteVpcInput{VpcId: aws.String(vpc)})
		return err
	}
	requireCode(t, remove(), "DependencyViolation", "The vpc '"+vpc+"' has dependencies and cannot be deleted.")
	_, err := client.DeleteSubnet(t.Context(), &awsec2.DeleteSubnetInput{SubnetId: aws.String(subnet)})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation", vpc)
	_, err = client.DeleteInternetGateway(t.Context(), &awsec2.DeleteInternetGatewayInput{InternetGatewayId: aws.String(gateway)})
	requireCode(t, err, "DependencyViolation", "The internetGateway '"+gateway+"' has dependencies")
	_, err = client.DetachInternetGateway(t.Context(), &awsec2.DetachInternetGatewayInput{
		InternetGatewayId: aws.String(gateway), VpcId: aws.String(vpc),
	})
	require.NoError(t, err)
	require.NoError(t, remove())
	requireCode(t, remove(), "InvalidVpcID.NotFound", vpc)
}

func TestDefaultVPCCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	_, err := client.CreateDefaultVpc(t.Context(), &awsec2.CreateDefaultVpcInput{})
	requireCode(t, err, "DefaultVpcAlreadyExists", "already exists")
	vpc := defaultVPC(t, client)
	for _, s := range defaultSubnets(t, client) {
		_, err := client.DeleteSubnet(t.Context(), &awsec2.DeleteSubnetInput{SubnetId: s.SubnetId})
		require.NoError(t, err)
	}
	made, err := client.CreateDefaultSubnet(t.Context(), &awsec2.CreateDefaultSubnetInput{AvailabilityZone: aws.String("us-east-1b")})
	require.NoError(t, err)
	require.Equal(t, "us-east-1b", *made.Subnet.AvailabilityZone)
	_, err = client.CreateDefaultSubnet(t.Context(), &awsec2.CreateDefaultSubnetInput{AvailabilityZone: aws.String("us-east-1b")})
	requireCode(t, err, "DefaultSubnetAlreadyExistsInAvailabilityZone", "us-east-1b")
	_, err = client.DeleteSubnet(t.Context(), &awsec2.DeleteSubnetInput{SubnetId: made.Subnet.SubnetId})
	require.NoError(t, err)
	gateway := *mainTable(t, client, *vpc.VpcId).Routes[1].GatewayId
	_, err = client.DetachInternetGateway(t.Context(), &awsec2.DetachInternetGatewayInput{InternetGatewayId: aws.String(gateway), VpcId: vpc.VpcId})
	require.NoError(t, err)
	_, err = client.DeleteVpc(t.Context(), &awsec2.DeleteVpcInput{VpcId: vpc.VpcId})
	require.NoError(t, err)
	_, err = client.CreateDefaultSubnet(t.Context(), &awsec2.CreateDefaultSubnetInput{AvailabilityZone: aws.String("us-east-1b")})
	requireCode(t, err, "DefaultVpcDoesNotExist", "No default VPC")
	again, err := client.CreateDefaultVpc(t.Context(), &awsec2.CreateDefaultVpcInput{})
	require.NoError(t, err)
	require.NotEqual(t, *vpc.VpcId, *again.Vpc.VpcId)
	require.Len(t, defaultSubnets(t, client), 3)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	gateway := attachGateway(t, client, vpc)
	table := mainTable(t, client, vpc).RouteTableId
	all, gatewayID := aws.String("0.0.0.0/0"), aws.String(gateway)
	_, err := client.CreateRoute(t.Context(), &awsec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: all, GatewayId: gatewayID})
	require.NoError(t, err)
	_, err = client.CreateRoute(t.Context(), &awsec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: all, GatewayId: gatewayID})
	require.NoError(t, err, "the same route again is fine")
	_, err = client.CreateRoute(t.Context(), &awsec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: all})
	requireCode(t, err, "InvalidParameterCombination", "target")
	_, err = client.DeleteRoute(t.Context(), &awsec2.DeleteRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("10.0.0.0/16")})
	requireCode(t, err, "InvalidParameterValue", "cannot remove local route")
	_, err = client.DetachInternetGateway(t.Context(), &awsec2.DetachInternetGatewayInput{InternetGatewayId: gatewayID, VpcId: aws.String(vpc)})
	require.NoError(t, err)
	require.Equal(t, ec2types.RouteStateBlackhole, mainTable(t, client, vpc).Routes[1].State, "the gateway is gone")
	_, err = client.DeleteRoute(t.Context(), &awsec2.DeleteRouteInput{RouteTableId: table, DestinationCidrBlock: all})
	require.NoError(t, err)
	_, err = client.DeleteRoute(t.Context(), &awsec2.DeleteRouteInput{RouteTableId: table, DestinationCidrBlock: all})
	requireCode(t, err, "InvalidRoute.NotFound", "0.0.0.0/0")
	_, err = client.CreateRoute(t.Context(), &awsec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: all, GatewayId: gatewayID})
	requireCode(t, err, "InvalidParameterValue", "belong to different networks")
}

func TestRouteTableAssociations(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	subnet := createSubnet(t, client, vpc, "10.0.0.0/24")
	made, err := client.CreateRouteTable(t.Context(), &awsec2.CreateRouteTableInput{VpcId: aws.String(vpc), ClientToken: aws.String("once")})
	require.NoError(t, err)
	table := made.RouteTable.RouteTableId
	again, err := client.CreateRouteTable(t.Context(), &awsec2.CreateRouteTableInput{VpcId: aws.String(vpc), ClientToken: aws.String("once")})
	require.NoError(t, err)
	require.Equal(t, *table, *again.RouteTable.RouteTableId, "a token makes one table")
	link, err := client.AssociateRouteTable(t.Context(), &awsec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: aws.String(subnet)})
	require.NoError(t, err)
	main := mainTable(t, client, vpc)
	_, err = client.AssociateRouteTable(t.Context(), &awsec2.AssociateRouteTableInput{RouteTableId: main.RouteTableId, SubnetId: aws.String(subnet)})
	requireCode(t, err, "Resource.AlreadyAssociated", "conflicts with an existing association")
	_, err = client.DeleteRouteTable(t.Context(), &awsec2.DeleteRouteTableInput{RouteTableId: table})
	requireCode(t, err, "DependencyViolation", "The routeTable '"+*table+"' has dependencies")
	_, err = client.DisassociateRouteTable(t.Context(), &awsec2.DisassociateRouteTableInput{AssociationId: main.Associations[0].RouteTableAssociationId})
	requireCode(t, err, "InvalidParameterValue", "main route table")
	moved, err := client.ReplaceRouteTableAssociation(t.Context(), &awsec2.ReplaceRouteTableAssociationInput{
		AssociationId: main.Associations[0].RouteTableAssociationId, RouteTableId: table,
	})
	require.NoError(t, err)
	require.NotNil(t, moved.NewAssociationId)
	require.Equal(t, *table, *mainTable(t, client, vpc).RouteTableId)
	_, err = client.DisassociateRouteTable(t.Context(), &awsec2.DisassociateRouteTableInput{AssociationId: link.AssociationId})
	require.NoError(t, err)
	_, err = client.DeleteRouteTable(t.Context(), &awsec2.DeleteRouteTableInput{RouteTableId: main.RouteTableId})
	require.NoError(t, err, "it is not the main table any more")
}

func TestInterfacesTakeAddresses(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	subnet := createSubnet(t, client, vpc, "10.0.0.0/28")
	create := func(address string) (*awsec2.CreateNetworkInterfaceOutput, error) {
		in := &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String(subnet)}
		if address != "" {
			in.PrivateIpAddress = aws.String(address)
		}
		return client.CreateNetworkInterface(t.Context(), in)
	}
	for _, c := range []struct{ address, code, text string }{
		{"10.0.0.3", "InvalidParameterValue", "reserved address range"},
		{"10.0.0.15", "InvalidParameterValue", "reserved address range"},
		{"10.0.1.4", "InvalidParameterValue", "does not fall within the subnet's address range"},
	} {
		_, err := create(c.address)
		requireCode(t, err, c.code, c.text)
	}
	seen, last := map[string]bool{}, ""
	for range 11 {
		out, err := create("")
		require.NoError(t, err)
		seen[*out.NetworkInterface.PrivateIpAddress] = true
		last = *out.NetworkInterface.NetworkInterfaceId
	}
	require.Len(t, seen, 11, "16 addresses less five")
	_, err := create("")
	requireCode(t, err, "InsufficientFreeAddressesInSubnet", "does not have enough free addresses")
	_, err = client.DeleteSubnet(t.Context(), &awsec2.DeleteSubnetInput{SubnetId: aws.String(subnet)})
	requireCode(t, err, "DependencyViolation", "The subnet '"+subnet+"' has dependencies")
	_, err = client.DeleteNetworkInterface(t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String(last)})
	require.NoError(t, err)
	_, err = create("")
	require.NoError(t, err, "an address is free again")
}

func TestPrefixLists(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	own, err := client.DescribePrefixLists(t.Context(), &awsec2.DescribePrefixListsInput{Filters: []ec2types.Filter{
		filter("prefix-list-name", "com.amazonaws.us-east-1.s3"),
	}})
	require.NoError(t, err)
	require.Len(t, own.PrefixLists, 1)
	_, err = client.DeleteManagedPrefixList(t.Context(), &awsec2.DeleteManagedPrefixListInput{PrefixListId: own.PrefixLists[0].PrefixListId})
	requireCode(t, err, "UnauthorizedOperation", "not authorized")
	made, err := client.CreateManagedPrefixList(t.Context(), &awsec2.CreateManagedPrefixListInput{
		PrefixListName: aws.String("offices"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(2),
		Entries: []ec2types.AddPrefixListEntry{{Cidr: aws.String("203.0.113.7/24")}},
	})
	require.NoError(t, err)
	entries, err := client.GetManagedPrefixListEntries(t.Context(), &awsec2.GetManagedPrefixListEntriesInput{PrefixListId: made.PrefixList.PrefixListId})
	require.NoError(t, err)
	require.Equal(t, "203.0.113.0/24", *entries.Entries[0].Cidr)
	_, err = client.DeleteManagedPrefixList(t.Context(), &awsec2.DeleteManagedPrefixListInput{PrefixListId: made.PrefixList.PrefixListId})
	require.NoError(t, err)
	_, err = client.DescribeManagedPrefixLists(t.Context(), &awsec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{*made.PrefixList.PrefixListId}})
	requireCode(t, err, "InvalidPrefixListID.NotFound", *made.PrefixList.PrefixListId)
}
