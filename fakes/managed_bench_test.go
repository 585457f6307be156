// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// managed is a cluster "main" with the provider "nodes" of Managed Instances.
type managed struct {
	tb      testing.TB
	cloud   *fakes.Cloud
	client  *awsecs.Client
	subnets []string
	groups  []string
}

const (
	managingPolicy = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances"
	instancePolicy = "arn:aws:iam::aws:policy/AmazonECSInstanceRolePolicyForManagedInstances"
)

// newManaged makes the roles, of which AWS's policies are all that they may. The role of
// the instances has the name.
func newManaged(t *testing.T, role string) *managed {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
	config, ctx := cloud.Config(), t.Context()
	m := &managed{tb: t, cloud: cloud, client: awsecs.NewFromConfig(config)}
	_, err := m.client.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("main")})
	require.NoError(t, err)
	access := awsiam.NewFromConfig(config)
	for _, r := range [][3]string{{"managing", "ecs.amazonaws.com", managingPolicy}, {role, "ec2.amazonaws.com", instancePolicy}} {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + r[1] + `"},"Action":"sts:AssumeRole"}]}`
		_, err := access.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: &r[0], AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
		_, err = access.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: &r[0], PolicyArn: &r[2]})
		require.NoError(t, err)
	}
	_, err = access.CreateInstanceProfile(ctx, &awsiam.CreateInstanceProfileInput{InstanceProfileName: &role})
	require.NoError(t, err)
	_, err = access.AddRoleToInstanceProfile(ctx, &awsiam.AddRoleToInstanceProfileInput{InstanceProfileName: &role, RoleName: &role})
	require.NoError(t, err)
	cloud.Advance(time.Minute) // until all of it is known everywhere
	network := awsec2.NewFromConfig(config)
	subnets, err := network.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range subnets.Subnets {
		m.subnets = append(m.subnets, *s.SubnetId)
	}
	groups, err := network.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	m.groups = []string{*groups.SecurityGroups[0].GroupId}
	_, err = m.client.RegisterTaskDefinition(ctx, &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityManagedInstances},
		NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: aws.String("1024"), Memory: aws.String("2048"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("public.ecr.aws/nginx/nginx:1")}},
	})
	require.NoError(t, err)
	return m
}

// provider makes the provider, in one subnet unless changed, and waits until it is there.
func (m *managed) provider(role string, change func(*ecstypes.CreateManagedInstancesProviderConfiguration)) {
	m.tb.Helper()
	p := &ecstypes.CreateManagedInstancesProviderConfiguration{
		InfrastructureRoleArn: aws.String("arn:aws:iam::123456789012:role/managing"), InstanceLaunchTemplate: &ecstypes.InstanceLaunchTemplate{
			Ec2InstanceProfileArn: aws.String("arn:aws:iam::123456789012:instance-profile/" + role),
			NetworkConfiguration:  &ecstypes.ManagedInstancesNetworkConfiguration{Subnets: m.subnets[:1], SecurityGroups: m.groups},
		},
	}
	if change != nil {
		change(p)
	}
	out, err := m.client.CreateCapacityProvider(m.tb.Context(), &awsecs.CreateCapacityProviderInput{
		Name: aws.String("nodes"), Cluster: aws.String("main"), ManagedInstancesProvider: p,
	})
	require.NoError(m.tb, err)
	require.Equal(m.tb, ecstypes.CapacityProviderStatusProvisioning, out.CapacityProvider.Status)
	require.Equal(m.tb, ecstypes.CapacityProviderUpdateStatusCreateInProgress, out.CapacityProvider.UpdateStatus)
	m.cloud.Advance(time.Minute)
	seen := m.seen()
	require.Equal(m.tb, ecstypes.CapacityProviderStatusActive, seen.Status)
	require.Equal(m.tb, ecstypes.CapacityProviderTypeManagedInstances, seen.Type)
	require.Equal(m.tb, "main", *seen.Cluster)
}

func atLeast(vCPUs, memory int32) *ecstypes.InstanceRequirementsRequest {
	return &ecstypes.InstanceRequirementsRequest{VCpuCount: &ecstypes.VCpuCountRangeRequest{Min: &vCPUs}, MemoryMiB: &ecstypes.MemoryMiBRequest{Min: &memory}}
}

func (m *managed) seen() ecstypes.CapacityProvider {
	m.tb.Helper()
	out, err := m.client.DescribeCapacityProviders(m.tb.Context(), &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"nodes"}})
	require.NoError(m.tb, err)
	return out.CapacityProviders[0]
}

var onNodes = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("nodes"), Weight: 1}}

func (m *managed) network() *ecstypes.NetworkConfiguration {
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: m.subnets, SecurityGroups: m.groups}}
}

func (m *managed) service(count int32) {
	m.tb.Helper()
	_, err := m.client.CreateService(m.tb.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: &count,
		CapacityProviderStrategy: onNodes, NetworkConfiguration: m.network(),
	})
	require.NoError(m.tb, err)
}

func (m *managed) scale(count int32) {
	m.tb.Helper()
	_, err := m.client.UpdateService(m.tb.Context(), &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), DesiredCount: &count})
	require.NoError(m.tb, err)
}

func (m *managed) cluster() ecstypes.Cluster {
	m.tb.Helper()
	out, err := m.client.DescribeClusters(m.tb.Context(), &awsecs.DescribeClustersInput{Clusters: []string{"main"}})
	require.NoError(m.tb, err)
	return out.Clusters[0]
}

// nodes are the container instances.
func (m *managed) nodes() []ecstypes.ContainerInstance {
	m.tb.Helper()
	list, err := m.client.ListContainerInstances(m.tb.Context(), &awsecs.ListContainerInstancesInput{Cluster: aws.String("main")})
	require.NoError(m.tb, err)
	if len(list.ContainerInstanceArns) == 0 {
		return nil
	}
	out, err := m.client.DescribeContainerInstances(m.tb.Context(), &awsecs.DescribeContainerInstancesInput{
		Cluster: aws.String("main"), ContainerInstances: list.ContainerInstanceArns,
	})
	require.NoError(m.tb, err)
	return out.ContainerInstances
}

// instances are those of EC2 that run.
func (m *managed) instances() []ec2types.Instance {
	m.tb.Helper()
	out, err := awsec2.NewFromConfig(m.cloud.Config()).DescribeInstances(m.tb.Context(), &awsec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}}},
	})
	require.NoError(m.tb, err)
	var all []ec2types.Instance
	for _, r := range out.Reservations {
		all = append(all, r.Instances...)
	}
	return all
}

// stops are the reasons why tasks stopped.
func (m *managed) stops() []string {
	m.tb.Helper()
	list, err := m.client.ListTasks(m.tb.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), DesiredStatus: ecstypes.DesiredStatusStopped})
	require.NoError(m.tb, err)
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := m.client.DescribeTasks(m.tb.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: list.TaskArns})
	require.NoError(m.tb, err)
	var reasons []string
	for _, t := range out.Tasks {
		reasons = append(reasons, aws.ToString(t.StoppedReason))
	}
	return reasons
}
