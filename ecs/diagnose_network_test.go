// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// secluded is a clinic whose service has an image of ECR and runs in a subnet without
// way out: what it needs it reaches by VPC endpoints.
func secluded(t *testing.T) clinic {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	c := clinic{T: t, cloud: cloud}
	pushed, err := ecr.Push(t.Context(), cloud.Config(), ecr.NewRepository("web"), ecr.FromImage(anImage(t)), ecr.Tags("1"))
	require.NoError(t, err)
	subnet := c.privateSubnet("172.31.128.0/28")
	c.image, c.network = pushed, vpc.Default().WithSubnets(subnet).Private()
	return c
}

func anImage(t *testing.T) v1.Image {
	t.Helper()
	base, err := random.Image(1<<10, 1)
	require.NoError(t, err)
	config, err := base.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	img, err := mutate.ConfigFile(base, config)
	require.NoError(t, err)
	return img
}

// configured is an empty image with that configuration.
func configured(t *testing.T, config *v1.ConfigFile) v1.Image {
	t.Helper()
	c := config.DeepCopy()
	c.RootFS.DiffIDs = []v1.Hash{}
	c.History = nil
	img, err := mutate.ConfigFile(empty.Image, c)
	require.NoError(t, err)
	return img
}

// privateSubnet makes one in the default VPC, with the endpoints that tasks need.
func (c clinic) privateSubnet(cidr string) string {
	c.Helper()
	ctx, client := c.Context(), awsec2.NewFromConfig(c.cloud.Config())
	vpcs, err := client.DescribeVpcs(ctx, &awsec2.DescribeVpcsInput{})
	require.NoError(c, err)
	id := vpcs.Vpcs[0].VpcId
	subnet, err := client.CreateSubnet(ctx, &awsec2.CreateSubnetInput{VpcId: id, CidrBlock: &cidr})
	require.NoError(c, err)
	table, err := client.CreateRouteTable(ctx, &awsec2.CreateRouteTableInput{VpcId: id})
	require.NoError(c, err)
	c.must(client.AssociateRouteTable(ctx, &awsec2.AssociateRouteTableInput{RouteTableId: table.RouteTable.RouteTableId, SubnetId: subnet.Subnet.SubnetId}))
	group, err := client.CreateSecurityGroup(ctx, &awsec2.CreateSecurityGroupInput{GroupName: aws.String("endpoints"), Description: aws.String("e"), VpcId: id})
	require.NoError(c, err)
	c.must(client.AuthorizeSecurityGroupIngress(ctx, &awsec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: []ec2types.IpPermission{{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("172.31.0.0/16")}},
	}}}))
	for _, service := range []string{"ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm"} {
		c.must(client.CreateVpcEndpoint(ctx, &awsec2.CreateVpcEndpointInput{
			VpcId: id, ServiceName: aws.String("com.amazonaws.us-east-1." + service), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
			SubnetIds: []string{*subnet.Subnet.SubnetId}, SecurityGroupIds: []string{*group.GroupId}, PrivateDnsEnabled: aws.Bool(true),
		}))
	}
	c.must(client.CreateVpcEndpoint(ctx, &awsec2.CreateVpcEndpointInput{
		VpcId: id, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), RouteTableIds: []string{*table.RouteTable.RouteTableId},
	}))
	return *subnet.Subnet.SubnetId
}

// without deletes the endpoint of a service.
func without(service string) func(c clinic) {
	return func(c clinic) {
		client := awsec2.NewFromConfig(c.cloud.Config())
		found, err := client.DescribeVpcEndpoints(c.Context(), &awsec2.DescribeVpcEndpointsInput{
			Filters: []ec2types.Filter{{Name: aws.String("service-name"), Values: []string{"com.amazonaws.us-east-1." + service}}},
		})
		require.NoError(c, err)
		require.Len(c, found.VpcEndpoints, 1)
		c.must(client.DeleteVpcEndpoints(c.Context(), &awsec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*found.VpcEndpoints[0].VpcEndpointId}}))
		c.rolled()
	}
}

// authorize leaves a group, or those that have other names than the endpoints', only a
// rule for a range.
func (c clinic) authorize(name string, egress bool, cidr string) {
	client := awsec2.NewFromConfig(c.cloud.Config())
	out, err := client.DescribeSecurityGroups(c.Context(), &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(c, err)
	only := []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: &cidr}}}}
	for _, g := range out.SecurityGroups {
		switch {
		case name != "" && *g.GroupName != name, name == "" && *g.GroupName == "endpoints":
		case egress:
			c.must(client.RevokeSecurityGroupEgress(c.Context(), &awsec2.RevokeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: g.IpPermissionsEgress}))
			c.must(client.AuthorizeSecurityGroupEgress(c.Context(), &awsec2.AuthorizeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: only}))
		default:
			c.must(client.RevokeSecurityGroupIngress(c.Context(), &awsec2.RevokeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: g.IpPermissions}))
			c.must(client.AuthorizeSecurityGroupIngress(c.Context(), &awsec2.AuthorizeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: only}))
		}
	}
}

func TestDiagnoseOfSecludedServices(t *testing.T) {
	t.Parallel()
	for _, row := range []ailment{
		{
			"image missing", "it was deleted",
			func(c clinic) {
				c.must(awsecr.NewFromConfig(c.cloud.Config()).BatchDeleteImage(c.Context(), &awsecr.BatchDeleteImageInput{
					RepositoryName: aws.String("web"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: aws.String("1")}},
				}))
				c.rolled()
			},
			slipway.ImageMissing, slipway.Certain, "web@sha256:",
		},
		{
			"repository missing", "it was deleted with its images",
			func(c clinic) {
				c.must(awsecr.NewFromConfig(c.cloud.Config()).DeleteRepository(c.Context(), &awsecr.DeleteRepositoryInput{RepositoryName: aws.String("web"), Force: true}))
				c.rolled()
			},
			slipway.ImageMissing, slipway.Certain, "RepositoryNotFoundException",
		},
		{
			"no token", "the execution role may not sign in",
			func(c clinic) { c.denied("ecr:GetAuthorizationToken"); c.rolled() },
			slipway.PullDenied, slipway.Certain, "ecr:GetAuthorizationToken",
		},
		{
			"pull denied", "the execution role may not read the repository",
			func(c clinic) { c.denied("ecr:BatchGetImage"); c.rolled() },
			slipway.PullDenied, slipway.Certain, "403 Forbidden",
		},
		{
			"no route to ECR's API", "its endpoint is gone",
			without("ecr.api"), slipway.NoRouteToRegistry, slipway.Certain, "connection issue between the task and Amazon ECR",
		},
		{
			"no route to ECR's registry", "its endpoint is gone",
			without("ecr.dkr"), slipway.NoRouteToRegistry, slipway.Certain, "has no route to a gateway",
		},
		{
			"no route to S3", "its endpoint is gone",
			without("s3"), slipway.NoRouteToS3, slipway.Certain, "starport-layer-bucket",
		},
		{
			"no route to Secrets Manager", "its endpoint is gone",
			without("secretsmanager"), slipway.NoRouteToSecrets, slipway.Certain, "connection issue between the task and AWS Secrets Manager",
		},
		{
			"no route to Parameter Store", "its endpoint is gone",
			without("ssm"), slipway.NoRouteToParameters, slipway.Certain, "connection issue between the task and AWS Systems Manager",
		},
		{
			"no route to CloudWatch Logs", "its endpoint is gone",
			without("logs"), slipway.NoRouteToLogs, slipway.Certain, "connection issue between the task and Amazon CloudWatch",
		},
		{
			"the endpoint refuses", "its security group admits another network only",
			func(c clinic) {
				c.authorize("endpoints", false, "10.9.0.0/16")
				c.rolled()
			},
			slipway.NoRouteToRegistry, slipway.Certain, "does not admit port 443",
		},
		{
			"the tasks may not send", "their security group lets nothing out",
			func(c clinic) {
				c.authorize("", true, "10.9.0.0/16")
				c.rolled()
			},
			slipway.NoRouteToRegistry, slipway.Certain, "or they may not send there",
		},
		{
			"insufficient addresses", "the subnet of 16 has 11, less the endpoints' five",
			func(c clinic) {
				c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
					Cluster: aws.String("shop"), Service: aws.String("web"), DesiredCount: aws.Int32(12),
				}))
			},
			slipway.NoAddress, slipway.Certain, "has 0 free addresses",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { row.diagnosed(secluded(t)) })
		})
	}
}

// TestEndpointInTheWay: an endpoint with private names takes the traffic, even where
// there is another way.
func TestEndpointInTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := secluded(t)
		c.network = vpc.Default() // whose subnets have a way out
		stored(t, c.cloud)
		stack := slipway.NewStack("shop", c.patient(c.image))
		report, err := stack.Preflight(t.Context(), c.cloud.Config())
		require.NoError(t, err)
		require.NoError(t, report.Err())
		c.must(nil, apply(t, c.cloud, c.patient(c.image)))
		c.authorize("endpoints", false, "10.9.0.0/16")
		report, err = stack.Preflight(t.Context(), c.cloud.Config())
		require.NoError(t, err)
		require.ErrorContains(t, report.Err(), "does not admit port 443")
		c.rolled()
		c.cloud.Advance(time.Minute)
		causes, err := ecs.Diagnose(t.Context(), c.cloud.Config(), ecs.ServiceNamed("shop", "web"))
		require.NoError(t, err)
		require.Equal(t, slipway.NoRouteToRegistry, causes[0].Code)
	})
}

// TestImageOfAnotherRegion: the endpoints of the tasks' region do not lead to it.
func TestImageOfAnotherRegion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := secluded(t)
		stored(t, c.cloud)
		abroad := c.cloud.Config()
		abroad.Region = "eu-west-1"
		pushed, err := ecr.Push(t.Context(), abroad, ecr.NewRepository("web"), ecr.FromImage(anImage(t)), ecr.Tags("1"))
		require.NoError(t, err)
		image := ecs.ImageRef(pushed.ImageReference())
		enclosed := c.patient(image)
		c.network = vpc.Default()
		c.must(nil, apply(t, c.cloud, c.patient(image)))
		causes, err := ecs.Diagnose(t.Context(), c.cloud.Config(), enclosed)
		require.NoError(t, err)
		require.Empty(t, causes, "over the internet it is reached")
		report, err := slipway.NewStack("shop", enclosed).Preflight(t.Context(), c.cloud.Config())
		require.NoError(t, err)
		require.ErrorContains(t, report.Err(), "tasks do not reach Amazon ECR in eu-west-1")
	})
}
