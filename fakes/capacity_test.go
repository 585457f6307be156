// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsautoscaling "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// capacityGroup makes the Auto Scaling group "nodes", empty, whose instances join the
// cluster "main".
func capacityGroup(t *testing.T, cloud *fakes.Cloud) {
	t.Helper()
	config := cloud.Config()
	ctx, access, vms := t.Context(), awsiam.NewFromConfig(config), awsec2.NewFromConfig(config)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	_, err := access.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("node"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	_, err = access.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{
		RoleName: aws.String("node"), PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"),
	})
	require.NoError(t, err)
	_, err = access.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("node")})
	require.NoError(t, err)
	_, err = access.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("node"), RoleName: aws.String("node")})
	require.NoError(t, err)
	cloud.Advance(time.Minute) // until the new profile is known everywhere
	ami, err := awsssm.NewFromConfig(config).GetParameter(ctx, &awsssm.GetParameterInput{
		Name: aws.String("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
	})
	require.NoError(t, err)
	_, err = vms.CreateLaunchTemplate(ctx, &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("node"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			ImageId: ami.Parameter.Value, InstanceType: ec2types.InstanceTypeM5Large,
			IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("node")},
			UserData:           aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/bash\necho ECS_CLUSTER=main >> /etc/ecs/ecs.config\n"))),
		},
	})
	require.NoError(t, err)
	subnets, err := vms.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	var ids []string
	for _, s := range subnets.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	_, err = awsautoscaling.NewFromConfig(config).CreateAutoScalingGroup(ctx, &awsautoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MinSize: aws.Int32(0), MaxSize: aws.Int32(5), VPCZoneIdentifier: aws.String(strings.Join(ids, ",")),
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("node"), Version: aws.String("$Latest")},
	})
	require.NoError(t, err)
}

// TestClusterGrowsAndShrinks: tasks wait, the group grows from nothing, and is empty again
// once nothing runs.
func TestClusterGrowsAndShrinks(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
	ctx, config := t.Context(), cloud.Config()
	client := awsecs.NewFromConfig(config)
	_, err := client.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("main")})
	require.NoError(t, err)
	capacityGroup(t, cloud)
	_, err = client.CreateCapacityProvider(ctx, &awsecs.CreateCapacityProviderInput{
		Name: aws.String("grow"), AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{
			AutoScalingGroupArn: aws.String("nodes"), ManagedScaling: &ecstypes.ManagedScaling{Status: ecstypes.ManagedScalingStatusEnabled},
		},
	})
	require.NoError(t, err)
	strategy := []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("grow"), Weight: 1}}
	_, err = client.PutClusterCapacityProviders(ctx, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{"grow"}, DefaultCapacityProviderStrategy: strategy,
	})
	require.NoError(t, err)
	_, err = client.RegisterTaskDefinition(ctx, &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/nginx/nginx:1"), Cpu: 1024, Memory: aws.Int32(512),
		}},
	})
	require.NoError(t, err)
	_, err = client.CreateService(ctx, &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(6),
		CapacityProviderStrategy: strategy,
	})
	require.NoError(t, err)
	counts := func() (instances, running int32) {
		out, err := client.DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{"main"}})
		require.NoError(t, err)
		return out.Clusters[0].RegisteredContainerInstancesCount, out.Clusters[0].RunningTasksCount
	}
	cloud.Advance(10 * time.Minute)
	instances, running := counts()
	require.Equal(t, int32(3), instances, "two tasks of 1024 units each")
	require.Equal(t, int32(6), running)

	_, err = client.UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), DesiredCount: aws.Int32(0)})
	require.NoError(t, err)
	cloud.Advance(time.Hour)
	instances, running = counts()
	require.Zero(t, instances)
	require.Zero(t, running)
}
