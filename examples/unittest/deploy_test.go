// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// shop is an account in which a service runs, two tasks of version 1. Its clock is
// AWS's own, but in a synctest bubble nobody waits for it.
func shop(t *testing.T) (*fakes.Cloud, Deployer) {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
	client := awsecs.NewFromConfig(cloud.Config())
	subnets, err := awsec2.NewFromConfig(cloud.Config()).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	_, err = client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("shop")})
	require.NoError(t, err)
	_, err = client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/shop/web:1"),
		}},
	})
	require.NoError(t, err)
	created, err := client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("shop"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"),
		DesiredCount: aws.Int32(2), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnets.Subnets[0].SubnetId}, AssignPublicIp: ecstypes.AssignPublicIpEnabled,
		}},
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	})
	require.NoError(t, err)
	d := Deployer{Client: client, Cluster: "shop", Service: "web", Patience: time.Hour}
	require.NoError(t, d.wait(t.Context(), aws.ToString(created.Service.CurrentServiceDeployment)))
	return cloud, d
}

// images returns the images that the service's running tasks have.
func images(t *testing.T, d Deployer) []string {
	t.Helper()
	list, err := d.Client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: &d.Cluster, ServiceName: &d.Service})
	require.NoError(t, err)
	tasks, err := d.Client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: &d.Cluster, Tasks: list.TaskArns})
	require.NoError(t, err)
	var found []string
	for _, task := range tasks.Tasks {
		found = append(found, *task.Containers[0].Image)
	}
	return found
}

func TestDeploy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, d := shop(t)
		require.NoError(t, d.Deploy(t.Context(), "app", "public.ecr.aws/shop/web:2"))
		require.Equal(t, []string{"public.ecr.aws/shop/web:2", "public.ecr.aws/shop/web:2"}, images(t, d))
	})
}

func TestABadVersionIsRolledBackAndSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, d := shop(t)
		cloud.Image("public.ecr.aws/shop/web:2", fakes.Program{Exit: &fakes.Exit{After: time.Second, Code: 1}})
		err := d.Deploy(t.Context(), "app", "public.ecr.aws/shop/web:2")
		require.ErrorIs(t, err, ErrRolledBack)
		require.ErrorContains(t, err, "circuit breaker")
		require.Equal(t, []string{"public.ecr.aws/shop/web:1", "public.ecr.aws/shop/web:1"}, images(t, d))
	})
}

func TestThrottlingIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, d := shop(t)
		cloud.Inject(fakes.Match{Operation: "UpdateService", Times: 2}, fakes.Throttling())
		require.NoError(t, d.Deploy(t.Context(), "app", "public.ecr.aws/shop/web:2"))
	})
}

func TestAContainerThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, d := shop(t)
		cloud.ForgetCalls()
		err := d.Deploy(t.Context(), "sidecar", "public.ecr.aws/shop/web:2")
		require.ErrorContains(t, err, "task definition web has no container sidecar")
		require.Empty(t, cloud.Calls().Writes(), "nothing was changed")
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, d := shop(t)
		cloud.Image("public.ecr.aws/shop/web:2", fakes.Program{Start: 24 * time.Hour, Health: func(time.Duration) int { return 1 }})
		d.Patience = time.Second
		require.ErrorContains(t, d.Deploy(t.Context(), "app", "public.ecr.aws/shop/web:2"), "still IN_PROGRESS")
	})
}
