// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// privateVPC makes a VPC with tags and two private subnets.
func privateVPC(t *testing.T, cloud *fakes.Cloud) (id string, subnets []string) {
	t.Helper()
	client := awsec2.NewFromConfig(cloud.Config())
	made, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{
		CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeVpc,
			Tags:         []ec2types.Tag{{Key: aws.String("env"), Value: aws.String("prod")}, {Key: aws.String("team"), Value: aws.String("shop")}},
		}},
	})
	require.NoError(t, err)
	for zone, cidr := range map[string]string{"us-east-1a": "10.0.0.0/24", "us-east-1b": "10.0.1.0/24"} {
		subnet, err := client.CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{
			VpcId: made.Vpc.VpcId, CidrBlock: aws.String(cidr), AvailabilityZone: aws.String(zone),
		})
		require.NoError(t, err)
		subnets = append(subnets, *subnet.Subnet.SubnetId)
	}
	return *made.Vpc.VpcId, subnets
}

// TestExportFindsTheNetwork: AWS does not keep by which look-up a network was found, and
// any that finds it will do.
func TestExportFindsTheNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		network func(id string, subnets []string) vpc.Network
		want    string
	}{
		{"by ID", func(id string, _ []string) vpc.Network { return vpc.ByID(id) }, "network := vpc.ByID("},
		{"by one tag", func(string, []string) vpc.Network { return vpc.Lookup(map[string]string{"team": "shop"}).Private() }, "network := vpc.ByID("},
		{"by all tags", func(string, []string) vpc.Network {
			return vpc.Lookup(map[string]string{"team": "shop", "env": "prod"})
		}, "network := vpc.ByID("},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			network, c := test.network(privateVPC(t, cloud)), app("nginx:1")
			task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
			service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network).WithCount(0).
				WithRoute(elb.NewApplication("shop", network).WithInternal().Route("/*"), c, http)
			_, err := slipway.NewStack("shop", service).Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			source, err := ecs.Export(t.Context(), cloud.Config(), service)
			require.NoError(t, err, "%s", source)
			require.Contains(t, string(source), test.want)
		})
	}
}
