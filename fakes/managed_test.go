// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// TestManagedInstancesComeAndGo: tasks wait in PROVISIONING until an instance is there that
// they share; one without tasks goes.
func TestManagedInstancesComeAndGo(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
		p.InstanceLaunchTemplate.InstanceRequirements = atLeast(4, 8192)
	})
	require.Contains(t, m.cluster().CapacityProviders, "nodes", "without being put")
	m.service(3)
	require.EqualValues(t, 3, m.cluster().PendingTasksCount)
	require.Empty(t, m.nodes())
	m.cloud.Advance(5 * time.Minute)
	require.EqualValues(t, 3, m.cluster().RunningTasksCount)
	nodes := m.nodes()
	require.Len(t, nodes, 1, "one subnet packs")
	require.Equal(t, "nodes", *nodes[0].CapacityProviderName)
	vms := m.instances()
	require.Len(t, vms, 1)
	require.True(t, slices.ContainsFunc(vms[0].Tags, func(t ec2types.Tag) bool { return *t.Key == "AmazonECSManaged" && *t.Value == "true" }))
	m.scale(0)
	m.cloud.Advance(20 * time.Minute)
	require.Empty(t, m.nodes())
	require.Empty(t, m.instances())
	m.scale(1)
	m.cloud.Advance(5 * time.Minute)
	require.EqualValues(t, 1, m.cluster().RunningTasksCount)
}

// TestManagedInstancesSpreadOverZones: three of them at least, where subnets allow it.
func TestManagedInstancesSpreadOverZones(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
		p.InstanceLaunchTemplate.NetworkConfiguration.Subnets = m.subnets
	})
	m.service(6)
	m.cloud.Advance(10 * time.Minute)
	require.EqualValues(t, 6, m.cluster().RunningTasksCount)
	zones := map[string]bool{}
	for _, i := range m.instances() {
		zones[*i.Placement.AvailabilityZone] = true
	}
	require.Len(t, zones, 3)
}

// TestManagedInstancesThatIdle: how long is one's own choice.
func TestManagedInstancesThatIdle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after int32
		early int
		late  int
	}{"at once": {0, 0, 0}, "half an hour": {1800, 1, 0}, "never": {-1, 1, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newManaged(t, "ecsInstanceRole")
			m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
				p.InfrastructureOptimization = &ecstypes.InfrastructureOptimization{ScaleInAfter: &c.after}
			})
			m.service(1)
			m.cloud.Advance(5 * time.Minute)
			require.Len(t, m.nodes(), 1)
			m.scale(0)
			m.cloud.Advance(20 * time.Minute)
			require.Len(t, m.instances(), c.early)
			m.cloud.Advance(time.Hour)
			require.Len(t, m.instances(), c.late)
		})
	}
}

// TestManagedInstancesAreReplaced after 14 days.
func TestManagedInstancesAreReplaced(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", nil)
	m.service(1)
	m.cloud.Advance(13 * 24 * time.Hour)
	before := m.instances()
	require.Len(t, before, 1)
	m.cloud.Advance(24*time.Hour + 30*time.Minute)
	after := m.instances()
	require.Len(t, after, 1)
	require.NotEqual(t, *before[0].InstanceId, *after[0].InstanceId)
	require.EqualValues(t, 1, m.cluster().RunningTasksCount)
}

// TestManagedInstancesByRequirements: the cheapest type that will do.
func TestManagedInstancesByRequirements(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
		p.InstanceLaunchTemplate.InstanceRequirements = atLeast(4, 16384)
		p.InstanceLaunchTemplate.InstanceRequirements.AllowedInstanceTypes = []string{"m7g.*", "r7g.*"}
	})
	m.service(1)
	m.cloud.Advance(5 * time.Minute)
	require.Equal(t, "m7g.xlarge", string(m.instances()[0].InstanceType))
}

// TestManagedInstancesInVain: the tasks say why no instance comes.
func TestManagedInstancesInVain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role   string
		change func(*ecstypes.CreateManagedInstancesProviderConfiguration)
		want   string
	}{
		"role that may not be passed": {"node", nil, "ResourceInitializationError: Unable to launch instance(s) for capacity provider nodes. " +
			"UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/managing/ECSManagedInstances " +
			"is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/node"},
		"no such infrastructure role": {"ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
			p.InfrastructureRoleArn = aws.String("arn:aws:iam::123456789012:role/missing")
		}, "Unable to launch instance(s) for capacity provider nodes"},
		"no type that will do": {"ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
			p.InstanceLaunchTemplate.InstanceRequirements = atLeast(4000, 1)
		}, "No instance type satisfies"},
		"profile that is not there": {"ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
			p.InstanceLaunchTemplate.Ec2InstanceProfileArn = aws.String("arn:aws:iam::123456789012:instance-profile/missing")
		}, "Invalid IAM Instance Profile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newManaged(t, c.role)
			m.provider(c.role, c.change)
			out, err := m.client.RunTask(t.Context(), &awsecs.RunTaskInput{
				Cluster: aws.String("main"), TaskDefinition: aws.String("web"), CapacityProviderStrategy: onNodes, NetworkConfiguration: m.network(),
			})
			require.NoError(t, err)
			require.Len(t, out.Tasks, 1)
			m.cloud.Advance(10 * time.Minute)
			require.NotEmpty(t, m.stops())
			require.Contains(t, m.stops()[0], c.want)
			require.Empty(t, m.instances())
		})
	}
}

// TestManagedInstancesForOthers: a task that no instance can have, or not now, is in nobody's
// way.
func TestManagedInstancesForOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		types   []string
		full    []fakes.CapacityPool
		stopped int
		waiting int32
	}{
		"no type that will do": {types: []string{"m5.large"}, stopped: 1},
		"no capacity":          {types: []string{"m5.large", "m5.2xlarge"}, full: []fakes.CapacityPool{{Type: "m5.2xlarge"}}, waiting: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newManaged(t, "ecsInstanceRole")
			m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
				p.InstanceLaunchTemplate.InstanceRequirements = atLeast(1, 1)
				p.InstanceLaunchTemplate.InstanceRequirements.AllowedInstanceTypes = c.types
			})
			m.cloud.EC2(fakes.EC2Limits{Full: c.full})
			for _, cpu := range []string{"4096", "1024"} {
				out, err := m.client.RunTask(t.Context(), &awsecs.RunTaskInput{
					Cluster: aws.String("main"), TaskDefinition: aws.String("web"), CapacityProviderStrategy: onNodes, NetworkConfiguration: m.network(),
					Overrides: &ecstypes.TaskOverride{Cpu: &cpu},
				})
				require.NoError(t, err)
				require.Empty(t, out.Failures)
			}
			m.cloud.Advance(5 * time.Minute)
			require.EqualValues(t, 1, m.cluster().RunningTasksCount)
			require.Equal(t, c.waiting, m.cluster().PendingTasksCount)
			require.Len(t, m.stops(), c.stopped)
		})
	}
}

// TestManagedInstancesBelongToTheirCluster: they are not put, not shared, and not deleted
// while they are used.
func TestManagedInstancesBelongToTheirCluster(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", nil)
	ctx := t.Context()
	_, err := m.client.PutClusterCapacityProviders(ctx, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{"nodes"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	require.ErrorContains(t, err, "Cannot associate Managed Instances capacity provider to clusters using this API.")
	_, err = m.client.PutClusterCapacityProviders(ctx, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{}, DefaultCapacityProviderStrategy: onNodes,
	})
	require.NoError(t, err)
	m.cloud.Advance(time.Minute)
	require.Contains(t, m.cluster().CapacityProviders, "nodes", "leaving it out does not take it away")
	_, err = m.client.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("other")})
	require.NoError(t, err)
	listed, err := m.client.DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{Cluster: aws.String("other")})
	require.NoError(t, err)
	require.Empty(t, listed.CapacityProviders)
	listed, err = m.client.DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{Cluster: aws.String("main")})
	require.NoError(t, err)
	require.Len(t, listed.CapacityProviders, 1)

	m.service(1)
	m.cloud.Advance(5 * time.Minute)
	_, err = m.client.UpdateService(ctx, &awsecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("web"),
		CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("nodes"), Weight: 2}},
	})
	require.ErrorContains(t, err, "you must force a new deployment")
	gone := &awsecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("nodes"), Cluster: aws.String("main")}
	_, err = m.client.DeleteCapacityProvider(ctx, gone)
	require.ErrorContains(t, err, "ResourceInUseException")
	_, err = m.client.DeleteService(ctx, &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: aws.Bool(true)})
	require.NoError(t, err)
	_, err = m.client.PutClusterCapacityProviders(ctx, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: []string{}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	require.NoError(t, err)
	m.cloud.Advance(2 * time.Minute)
	out, err := m.client.DeleteCapacityProvider(ctx, gone)
	require.NoError(t, err)
	require.Equal(t, ecstypes.CapacityProviderStatusDeprovisioning, out.CapacityProvider.Status)
	m.cloud.Advance(5 * time.Minute)
	require.Equal(t, ecstypes.CapacityProviderStatusInactive, m.seen().Status)
	require.Equal(t, ecstypes.CapacityProviderUpdateStatusDeleteComplete, m.seen().UpdateStatus)
	require.Empty(t, m.instances())
}

// TestSpotOfManagedInstances: tasks leave an instance that is taken back, for another.
func TestSpotOfManagedInstances(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", func(p *ecstypes.CreateManagedInstancesProviderConfiguration) {
		p.InstanceLaunchTemplate.CapacityOptionType = ecstypes.CapacityOptionTypeSpot
	})
	m.service(1)
	m.cloud.Advance(5 * time.Minute)
	before := m.instances()
	require.Len(t, before, 1)
	require.Equal(t, ec2types.InstanceLifecycleTypeSpot, before[0].InstanceLifecycle)
	require.NoError(t, m.cloud.InterruptSpot(*before[0].InstanceId))
	m.cloud.Advance(10 * time.Minute)
	after := m.instances()
	require.Len(t, after, 1)
	require.NotEqual(t, *before[0].InstanceId, *after[0].InstanceId)
	require.EqualValues(t, 1, m.cluster().RunningTasksCount)
}

// TestTasksOfEC2StayOffManagedInstances.
func TestTasksOfEC2StayOffManagedInstances(t *testing.T) {
	t.Parallel()
	m := newManaged(t, "ecsInstanceRole")
	m.provider("ecsInstanceRole", nil)
	m.service(1)
	m.cloud.Advance(5 * time.Minute)
	_, err := m.client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("old"), ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("public.ecr.aws/nginx/nginx:1"), Memory: aws.Int32(64),
		}},
	})
	require.NoError(t, err)
	out, err := m.client.RunTask(t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("old"), LaunchType: ecstypes.LaunchTypeEc2,
	})
	require.NoError(t, err)
	require.Len(t, out.Failures, 1)
}
