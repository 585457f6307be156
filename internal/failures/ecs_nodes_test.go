// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// ecsNodeCases are the cases about container instances, by id.
var ecsNodeCases = map[string]func(t *testing.T, c Case){
	"ecs-delete-cluster-with-cluster-scoped-cp": clusterWithProvider,
	"ecs-no-container-instances":                noInstances,
	"ecs-place-agent-disconnected":              agentGone,
	"ecs-place-insufficient-cpu":                cpuShort,
	"ecs-place-missing-attribute":               attributeMissing,
	"ecs-too-many-capacity-providers":           tooManyProviders,
}

// instance starts a container instance of two vCPUs in the cluster "main".
func (s *stage) instance(policies ...string) {
	s.t.Helper()
	config, ctx := s.cloud.Config(), s.t.Context()
	client := awsiam.NewFromConfig(config)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	_, err := client.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("node"), AssumeRolePolicyDocument: &trust})
	require.NoError(s.t, err)
	for i, p := range policies {
		_, err := client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
			RoleName: aws.String("node"), PolicyName: aws.String(fmt.Sprint("p", i)),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + p + `","Resource":"*"}]}`),
		})
		require.NoError(s.t, err)
	}
	_, err = client.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("node")})
	require.NoError(s.t, err)
	_, err = client.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("node"), RoleName: aws.String("node")})
	require.NoError(s.t, err)
	ami, err := awsssm.NewFromConfig(config).GetParameter(ctx, &awsssm.GetParameterInput{
		Name: aws.String("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
	})
	require.NoError(s.t, err)
	_, subnets, _ := s.network(ecstypes.AssignPublicIpDisabled)
	_, err = awsec2.NewFromConfig(config).RunInstances(ctx, &awsec2.RunInstancesInput{
		ImageId: ami.Parameter.Value, InstanceType: ec2types.InstanceTypeM5Large, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnets[0],
		IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String("node")},
		UserData:           aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/bash\necho ECS_CLUSTER=main >> /etc/ecs/ecs.config\n"))),
	})
	require.NoError(s.t, err)
	s.cloud.Advance(time.Minute)
	list, err := s.ecs.ListContainerInstances(ctx, &awsecs.ListContainerInstancesInput{Cluster: aws.String("main")})
	require.NoError(s.t, err)
	require.Len(s.t, list.ContainerInstanceArns, 1)
}

// hosted registers the task definition "web" for instances and creates its service, and
// returns the events.
func (s *stage) hosted(count int32, change func(*ecstypes.ContainerDefinition)) []string {
	s.t.Helper()
	s.define(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.RequiresCompatibilities, in.NetworkMode = []ecstypes.Compatibility{ecstypes.CompatibilityEc2}, ecstypes.NetworkModeBridge
		in.Cpu, in.Memory, c.Cpu, c.Memory = nil, nil, 1000, aws.Int32(128)
		if change != nil {
			change(c)
		}
	})
	require.NoError(s.t, s.service(func(in *awsecs.CreateServiceInput) {
		in.LaunchType, in.NetworkConfiguration, in.DesiredCount = ecstypes.LaunchTypeEc2, nil, &count
	}))
	s.cloud.Advance(time.Minute)
	out, err := s.ecs.DescribeServices(s.t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(s.t, err)
	var events []string
	for _, e := range out.Services[0].Events {
		events = append(events, *e.Message)
	}
	return events
}

// says demands that the case's text and an event have the fragments.
func says(t *testing.T, c Case, events []string, fragments ...string) {
	t.Helper()
	for _, f := range fragments {
		require.Contains(t, c.Message, f)
		require.Contains(t, fmt.Sprint(events), f)
	}
}

const unmet = "was unable to place a task because no container instance met all of its requirements."

func noInstances(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	says(t, c, s.hosted(1, nil), unmet+" Reason: No Container Instances were found in your cluster.")
}

func agentGone(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.instance("ecs:RegisterContainerInstance")
	says(t, c, s.hosted(1, nil), unmet+" The closest matching", `encountered error "AGENT"`)
}

func cpuShort(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.instance("ecs:*")
	says(t, c, s.hosted(3, nil), unmet+" The closest matching", "has insufficient CPU units available")
}

func attributeMissing(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	s.instance("ecs:*")
	says(t, c, s.hosted(1, func(c *ecstypes.ContainerDefinition) {
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverGelf}
	}), unmet+" The closest matching", "is missing an attribute required by your task")
}

func tooManyProviders(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	names := make([]string, 21)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	_, err := s.ecs.PutClusterCapacityProviders(t.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: names, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	answered(t, c, err, "The maximum number of capacity providers per cluster has been exceeded.")
}

// clusterWithProvider: Managed Instances go before their cluster.
func clusterWithProvider(t *testing.T, c Case) {
	t.Helper()
	s := newStage(t, fakes.Timing{})
	_, subnets, _ := s.network("")
	_, err := s.ecs.CreateCapacityProvider(t.Context(), &awsecs.CreateCapacityProviderInput{
		Name: aws.String("nodes"), Cluster: aws.String("main"), ManagedInstancesProvider: &ecstypes.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String("arn:aws:iam::123456789012:role/managing"), InstanceLaunchTemplate: &ecstypes.InstanceLaunchTemplate{
				Ec2InstanceProfileArn: aws.String("arn:aws:iam::123456789012:instance-profile/node"),
				NetworkConfiguration:  &ecstypes.ManagedInstancesNetworkConfiguration{Subnets: subnets, SecurityGroups: []string{}},
			},
		},
	})
	require.NoError(t, err)
	_, err = s.ecs.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	answered(t, c, err, "The Cluster cannot be deleted while Cluster Scoped Capacity Providers are attached to the cluster.")
	_, err = s.ecs.DeleteCapacityProvider(t.Context(), &awsecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("nodes"), Cluster: aws.String("main")})
	require.NoError(t, err)
	s.cloud.Advance(time.Minute)
	_, err = s.ecs.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	require.NoError(t, err)
}
