// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// TestPrivateLink is both sides of a declared endpoint service: a VPC asks to be connected,
// is let in, and keeps the service from being taken away.
// https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
func TestPrivateLink(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Endpoint: time.Minute}})
	service := elb.NewEndpointService("mqtt", elb.NewNetwork("mqtt", vpc.Default()).WithInternal())
	stack := slipway.NewStack("iot", service)
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	client := awsec2.NewFromConfig(cloud.Config())
	services, err := client.DescribeVpcEndpointServiceConfigurations(t.Context(), &awsec2.DescribeVpcEndpointServiceConfigurationsInput{})
	require.NoError(t, err)
	id, name := services.ServiceConfigurations[0].ServiceId, services.ServiceConfigurations[0].ServiceName
	vpcs, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	subnets, err := client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	ask := &awsec2.CreateVpcEndpointInput{
		VpcId: vpcs.Vpcs[0].VpcId, ServiceName: name, VpcEndpointType: ec2types.VpcEndpointTypeInterface,
		SubnetIds: []string{*subnets.Subnets[0].SubnetId}, PrivateDnsEnabled: aws.Bool(true),
	}
	_, err = client.CreateVpcEndpoint(t.Context(), ask)
	require.ErrorContains(t, err, "does not provide a private DNS name.")
	ask.PrivateDnsEnabled = nil
	made, err := client.CreateVpcEndpoint(t.Context(), ask)
	require.NoError(t, err)
	endpoint := *made.VpcEndpoint.VpcEndpointId
	require.Equal(t, endpoint+"."+*id+".us-east-1.vpce.amazonaws.com", *made.VpcEndpoint.DnsEntries[0].DnsName)
	state := func() string {
		out, err := client.DescribeVpcEndpointConnections(t.Context(), &awsec2.DescribeVpcEndpointConnectionsInput{
			Filters: []ec2types.Filter{{Name: aws.String("service-id"), Values: []string{*id}}},
		})
		require.NoError(t, err)
		require.Len(t, out.VpcEndpointConnections, 1)
		return string(out.VpcEndpointConnections[0].VpcEndpointState)
	}
	cloud.Advance(time.Hour)
	require.Equal(t, "pendingAcceptance", state())
	accepted, err := client.AcceptVpcEndpointConnections(t.Context(), &awsec2.AcceptVpcEndpointConnectionsInput{ServiceId: id, VpcEndpointIds: []string{endpoint, "vpce-0"}})
	require.NoError(t, err)
	require.Len(t, accepted.Unsuccessful, 1)
	require.Equal(t, "pending", state())
	cloud.Advance(2 * time.Minute)
	require.Equal(t, "available", state())
	require.ErrorContains(t, stack.Destroy(t.Context(), cloud.Config()), "has existing active VPC Endpoint connections!")
	_, err = client.RejectVpcEndpointConnections(t.Context(), &awsec2.RejectVpcEndpointConnectionsInput{ServiceId: id, VpcEndpointIds: []string{endpoint}})
	require.NoError(t, err)
	require.Equal(t, "rejected", state())
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
}

func TestEndpointsOfServicesWithoutAcceptance(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack := slipway.NewStack("iot", elb.NewEndpointService("mqtt", elb.NewNetwork("mqtt", vpc.Default()).WithInternal()).WithoutAcceptance())
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	client := awsec2.NewFromConfig(cloud.Config())
	services, err := client.DescribeVpcEndpointServiceConfigurations(t.Context(), &awsec2.DescribeVpcEndpointServiceConfigurationsInput{})
	require.NoError(t, err)
	vpcs, err := client.DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	in := &awsec2.CreateVpcEndpointInput{
		VpcId: vpcs.Vpcs[0].VpcId, ServiceName: services.ServiceConfigurations[0].ServiceName, VpcEndpointType: ec2types.VpcEndpointTypeInterface,
	}
	made, err := client.CreateVpcEndpoint(t.Context(), in)
	require.NoError(t, err)
	out, err := client.DescribeVpcEndpoints(t.Context(), &awsec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpoint.VpcEndpointId}})
	require.NoError(t, err)
	require.EqualValues(t, "available", out.VpcEndpoints[0].State)
	in.ServiceName = aws.String("com.amazonaws.vpce.us-east-1.vpce-svc-00000000000000000")
	_, err = client.CreateVpcEndpoint(t.Context(), in)
	require.ErrorContains(t, err, "does not exist")
}
