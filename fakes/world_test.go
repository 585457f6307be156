// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// startSpot runs a service of two tasks on Fargate Spot in the default VPC.
func startSpot(ctx context.Context, cloud *fakes.Cloud) (*awsecs.Client, error) {
	client := awsecs.NewFromConfig(cloud.Config())
	if _, err := client.CreateCluster(ctx, &awsecs.CreateClusterInput{
		ClusterName: aws.String("shop"), CapacityProviders: []string{"FARGATE_SPOT"},
	}); err != nil {
		return nil, err
	}
	if _, err := client.RegisterTaskDefinition(ctx, &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1")}},
	}); err != nil {
		return nil, err
	}
	subnets, err := defaultSubnets(ctx, cloud)
	if err != nil {
		return nil, err
	}
	_, err = client.CreateService(ctx, &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2),
		CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}},
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: subnets, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
	})
	return client, err
}

// defaultSubnets are those of the default VPC.
func defaultSubnets(ctx context.Context, cloud *fakes.Cloud) ([]string, error) {
	out, err := awsec2.NewFromConfig(cloud.Config()).DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range out.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	return ids, nil
}

// said are the newest event of the service and how many of its tasks run.
func said(ctx context.Context, client *awsecs.Client) (string, int32, error) {
	out, err := client.DescribeServices(ctx, &awsecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"web"}})
	if err != nil {
		return "", 0, err
	}
	return *out.Services[0].Events[0].Message, out.Services[0].RunningCount, nil
}

func ExampleCloud_Fargate() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	cloud.Fargate(fakes.FargateLimits{Full: []string{"us-east-1a", "us-east-1b", "us-east-1c"}})
	client, err := startSpot(ctx, cloud)
	if err != nil {
		fmt.Println(err)
		return
	}
	cloud.Advance(time.Second)
	fmt.Println(said(ctx, client))

	cloud.Fargate(fakes.FargateLimits{})
	cloud.Advance(time.Second)
	fmt.Println(said(ctx, client))
	// Output:
	// (service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide. 0 <nil>
	// (service web) has reached a steady state. 2 <nil>
}

func ExampleCloud_InterruptSpot() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	client, err := startSpot(ctx, cloud)
	if err != nil {
		fmt.Println(err)
		return
	}
	cloud.Advance(time.Second)
	cluster := aws.String("shop")
	list, err := client.ListTasks(ctx, &awsecs.ListTasksInput{Cluster: cluster})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := cloud.InterruptSpot(list.TaskArns[0]); err != nil {
		fmt.Println(err)
		return
	}
	out, err := client.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: cluster, Tasks: list.TaskArns[:1]})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Tasks[0].StopCode, *out.Tasks[0].StoppedReason)
	cloud.Advance(time.Second)
	fmt.Println(said(ctx, client))
	// Output:
	// SpotInterruption Your Spot Task was interrupted.
	// (service web) has reached a steady state. 2 <nil>
}

func ExampleCloud_AgentVersion() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	client := awsecs.NewFromConfig(cloud.Config())
	if _, err := client.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("shop")}); err != nil {
		fmt.Println(err)
		return
	}
	node, err := client.RegisterContainerInstance(ctx, &awsecs.RegisterContainerInstanceInput{
		Cluster: aws.String("shop"), VersionInfo: &ecstypes.VersionInfo{AgentVersion: aws.String("1.99.0")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	arn := node.ContainerInstance.ContainerInstanceArn
	cloud.AgentVersion("1.100.0")
	if _, err := client.UpdateContainerAgent(ctx, &awsecs.UpdateContainerAgentInput{Cluster: aws.String("shop"), ContainerInstance: arn}); err != nil {
		fmt.Println(err)
		return
	}
	cloud.Advance(time.Second)
	out, err := client.DescribeContainerInstances(ctx, &awsecs.DescribeContainerInstancesInput{Cluster: aws.String("shop"), ContainerInstances: []string{*arn}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.ContainerInstances[0].AgentUpdateStatus, *out.ContainerInstances[0].VersionInfo.AgentVersion)
	// Output:
	// UPDATED 1.100.0
}

func TestOnlySpotIsInterrupted(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, fakes.New(fakes.Options{}).InterruptSpot("arn:aws:ecs:us-east-1:123456789012:task/shop/none"), "no task")
}
