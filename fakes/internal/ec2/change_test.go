// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func allocate(t *testing.T, client *awsec2.Client) *awsec2.AllocateAddressOutput {
	t.Helper()
	out, err := client.AllocateAddress(t.Context(), &awsec2.AllocateAddressInput{})
	require.NoError(t, err)
	return out
}

func makeInterface(t *testing.T, client *awsec2.Client, subnet *string) *string {
	t.Helper()
	out, err := client.CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: subnet})
	require.NoError(t, err)
	return out.NetworkInterface.NetworkInterfaceId
}

func publicIP(t *testing.T, client *awsec2.Client, id *string) string {
	t.Helper()
	out, err := client.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{*id}})
	require.NoError(t, err)
	if out.NetworkInterfaces[0].Association == nil {
		return ""
	}
	return *out.NetworkInterfaces[0].Association.PublicIp
}

func TestAssociateAddress(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	subnet := defaultSubnets(t, client)[0].SubnetId
	a, one, two := allocate(t, client), makeInterface(t, client, subnet), makeInterface(t, client, subnet)

	made, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: one})
	require.NoError(t, err)
	require.Equal(t, *a.PublicIp, publicIP(t, client, one))
	_, err = client.ReleaseAddress(t.Context(), &awsec2.ReleaseAddressInput{AllocationId: a.AllocationId})
	requireCode(t, err, "InvalidIPAddress.InUse", *a.PublicIp)
	_, err = client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{
		AllocationId: a.AllocationId, NetworkInterfaceId: two, AllowReassociation: aws.Bool(false),
	})
	requireCode(t, err, "Resource.AlreadyAssociated", *made.AssociationId)

	moved, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: two})
	require.NoError(t, err)
	require.Empty(t, publicIP(t, client, one), "it is taken off where it was")
	require.Equal(t, *a.PublicIp, publicIP(t, client, two))
	again, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: two})
	require.NoError(t, err)
	require.Equal(t, moved.AssociationId, again.AssociationId)

	other := allocate(t, client)
	_, err = client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: other.AllocationId, NetworkInterfaceId: two})
	require.NoError(t, err)
	require.Equal(t, *other.PublicIp, publicIP(t, client, two))
	_, err = client.ReleaseAddress(t.Context(), &awsec2.ReleaseAddressInput{AllocationId: a.AllocationId})
	require.NoError(t, err, "the first address has become free")
}

func TestDisassociateAddress(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	a, n := allocate(t, client), makeInterface(t, client, defaultSubnets(t, client)[0].SubnetId)
	made, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId, NetworkInterfaceId: n})
	require.NoError(t, err)
	_, err = client.DisassociateAddress(t.Context(), &awsec2.DisassociateAddressInput{AssociationId: made.AssociationId})
	require.NoError(t, err)
	require.Empty(t, publicIP(t, client, n))
	_, err = client.DisassociateAddress(t.Context(), &awsec2.DisassociateAddressInput{AssociationId: made.AssociationId})
	requireCode(t, err, "InvalidAssociationID.NotFound", *made.AssociationId)
	_, err = client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId})
	requireCode(t, err, "MissingParameter", "network interface id")
}

func TestAddressWithoutGateway(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	vpc := createVPC(t, client, "10.0.0.0/16")
	n := makeInterface(t, client, aws.String(createSubnet(t, client, vpc, "10.0.0.0/24")))
	_, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{
		AllocationId: allocate(t, client).AllocationId, NetworkInterfaceId: n,
	})
	requireCode(t, err, "Gateway.NotAttached", vpc)
}

func TestDeletedNATGatewayIsVisibleForAnHour(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	made, err := client.CreateNatGateway(t.Context(), &awsec2.CreateNatGatewayInput{
		SubnetId: defaultSubnets(t, client)[0].SubnetId, AllocationId: allocate(t, client).AllocationId,
	})
	require.NoError(t, err)
	id := made.NatGateway.NatGatewayId
	_, err = client.DeleteNatGateway(t.Context(), &awsec2.DeleteNatGatewayInput{NatGatewayId: id})
	require.NoError(t, err)
	cloud.Advance(59 * time.Minute)
	describe := func() (*awsec2.DescribeNatGatewaysOutput, error) {
		return client.DescribeNatGateways(t.Context(), &awsec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*id}})
	}
	out, err := describe()
	require.NoError(t, err)
	require.Equal(t, ec2types.NatGatewayStateDeleted, out.NatGateways[0].State)
	cloud.Advance(2 * time.Minute)
	_, err = describe()
	requireCode(t, err, "NatGatewayNotFound", *id)
}

func TestEndpointServices(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	all, err := client.DescribeVpcEndpointServices(t.Context(), &awsec2.DescribeVpcEndpointServicesInput{})
	require.NoError(t, err)
	require.Contains(t, all.ServiceNames, "com.amazonaws.us-east-1.ecr.api")
	s3 := "com.amazonaws.us-east-1.s3"
	out, err := client.DescribeVpcEndpointServices(t.Context(), &awsec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{s3}})
	require.NoError(t, err)
	require.Equal(t, []string{s3}, out.ServiceNames)
	require.Len(t, out.ServiceDetails, 2, "a gateway and an interface")
	out, err = client.DescribeVpcEndpointServices(t.Context(), &awsec2.DescribeVpcEndpointServicesInput{
		Filters: []ec2types.Filter{filter("service-type", "Gateway")},
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{s3, "com.amazonaws.us-east-1.dynamodb"}, out.ServiceNames)
	_, err = client.DescribeVpcEndpointServices(t.Context(), &awsec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.us-east-1.x"}})
	requireCode(t, err, "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.x' does not exist")
}

func TestDHCPOptions(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	out, err := client.DescribeDhcpOptions(t.Context(), &awsec2.DescribeDhcpOptionsInput{Filters: []ec2types.Filter{filter("value", "AmazonProvidedDNS")}})
	require.NoError(t, err)
	require.Len(t, out.DhcpOptions, 1)
	require.Equal(t, "ec2.internal", *out.DhcpOptions[0].DhcpConfigurations[0].Values[0].Value)
	vpcs, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{
		Filters: []ec2types.Filter{filter("dhcp-options-id", *out.DhcpOptions[0].DhcpOptionsId)},
	})
	require.NoError(t, err)
	require.Len(t, vpcs.Vpcs, 1)
	_, err = client.DescribeDhcpOptions(t.Context(), &awsec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{"dopt-00000000000000000"}})
	requireCode(t, err, "InvalidDhcpOptionID.NotFound", "dopt-0")
}

func TestModifyPrefixList(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	made, err := client.CreateManagedPrefixList(t.Context(), &awsec2.CreateManagedPrefixListInput{
		PrefixListName: aws.String("offices"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(2),
		Entries: []ec2types.AddPrefixListEntry{{Cidr: aws.String("203.0.113.0/24")}},
	})
	require.NoError(t, err)
	id := made.PrefixList.PrefixListId
	modify := func(in awsec2.ModifyManagedPrefixListInput) (*awsec2.ModifyManagedPrefixListOutput, error) {
		in.PrefixListId = id
		return client.ModifyManagedPrefixList(t.Context(), &in)
	}
	add := func(cidrs ...string) (list []ec2types.AddPrefixListEntry) {
		for _, c := range cidrs {
			list = append(list, ec2types.AddPrefixListEntry{Cidr: aws.String(c)})
		}
		return list
	}
	out, err := modify(awsec2.ModifyManagedPrefixListInput{
		CurrentVersion: aws.Int64(1), AddEntries: add("198.51.100.9/24", "192.0.2.0/24"),
		RemoveEntries: []ec2types.RemovePrefixListEntry{{Cidr: aws.String("203.0.113.0/24")}},
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.PrefixList.Version)
	entries, err := client.GetManagedPrefixListEntries(t.Context(), &awsec2.GetManagedPrefixListEntriesInput{PrefixListId: id})
	require.NoError(t, err)
	require.Equal(t, "198.51.100.0/24", *entries.Entries[0].Cidr)
	require.Len(t, entries.Entries, 2)
	for _, c := range []struct {
		name, code, reason string
		in                 awsec2.ModifyManagedPrefixListInput
	}{
		{"old version", "PrefixListVersionMismatch", "somebody else was faster", awsec2.ModifyManagedPrefixListInput{CurrentVersion: aws.Int64(1), AddEntries: add("10.0.0.0/8")}},
		{"no version", "MissingParameter", "entries need one", awsec2.ModifyManagedPrefixListInput{AddEntries: add("10.0.0.0/8")}},
		{"too many", "PrefixListMaxEntriesExceeded", "there is room for two", awsec2.ModifyManagedPrefixListInput{CurrentVersion: aws.Int64(2), AddEntries: add("10.0.0.0/8")}},
		{"both", "InvalidParameterCombination", "entries and size are changed one by one", awsec2.ModifyManagedPrefixListInput{
			CurrentVersion: aws.Int64(2), MaxEntries: aws.Int32(5), AddEntries: add("10.0.0.0/8"),
		}},
		{"not a range", "InvalidParameterValue", "an address is none", awsec2.ModifyManagedPrefixListInput{CurrentVersion: aws.Int64(2), AddEntries: add("10.0.0.1")}},
	} {
		_, err := modify(c.in)
		requireCode(t, err, c.code, "")
	}
	out, err = modify(awsec2.ModifyManagedPrefixListInput{PrefixListName: aws.String("homes"), MaxEntries: aws.Int32(5)})
	require.NoError(t, err)
	require.Equal(t, "homes", *out.PrefixList.PrefixListName)
	require.EqualValues(t, 2, *out.PrefixList.Version, "only entries make a version")
}
