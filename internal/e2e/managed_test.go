// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// machines is a shop on Managed Instances behind a balancer.
func machines(nodes func(ecs.ManagedInstances) ecs.ManagedInstances) (slipway.Stack, ecs.ManagedInstances) {
	network := vpc.Default()
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(http)
	task := ecs.NewManagedTaskDefinition("web").WithCPU(ecs.VCPU).WithMemory(2 * ecs.GiB).WithContainer(app)
	on := nodes(ecs.NewManagedInstances("nodes", ecs.NewCluster("shop"), network).
		WithRequirements(ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 2}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB}}))
	cluster := ecs.NewCluster("shop").WithManagedCapacity(ecs.ManagedCapacity{Provider: on, Weight: 1})
	web := ecs.NewManagedService("web", cluster, on, task, network).WithCount(3).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app, http)
	return slipway.NewStack("shop", web), on
}

// TestManagedInstancesTakeTheirTime: from nothing to tasks on instances that ECS launched,
// with no more than the plan says is needed; on to Spot; and back to nothing.
func TestManagedInstancesTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{Timing: fakes.Realistic})
		ctx, client := t.Context(), awsecs.NewFromConfig(cloud.Config())
		stack, _ := machines(func(m ecs.ManagedInstances) ecs.ManagedInstances { return m.WithScaleInAfter(10 * time.Minute) })
		p, err := stack.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		policy := p.Policy()
		access := awsiam.NewFromConfig(cloud.Config())
		_, err = access.CreateRole(ctx, &awsiam.CreateRoleInput{
			RoleName:                 aws.String("deployer"),
			AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
		})
		require.NoError(t, err)
		_, err = access.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("deployer"), PolicyName: aws.String("least"), PolicyDocument: &policy})
		require.NoError(t, err)
		time.Sleep(time.Minute)

		began := time.Now()
		_, err = stack.Apply(ctx, cloud.ConfigAs("deployer"))
		require.NoError(t, err)
		require.Greater(t, time.Since(began), time.Minute, "instances take their time")
		require.Less(t, time.Since(began), 15*time.Minute)
		requireNoChanges(t, stack, cloud)
		require.EqualValues(t, 3, clusterSeen(t, client).RunningTasksCount)

		spot, on := machines(func(m ecs.ManagedInstances) ecs.ManagedInstances { return m.WithSpot() })
		result, err := spot.Apply(ctx, cloud.Config())
		require.NoError(t, err)
		requireNoChanges(t, spot, cloud)
		seen := clusterSeen(t, client)
		require.EqualValues(t, 3, seen.RunningTasksCount)
		require.Equal(t, slipway.Output(result, on).Name, *seen.DefaultCapacityProviderStrategy[0].CapacityProvider)

		nothing := slipway.NewStack("shop").WithKinds(everyKind()...)
		p, err = nothing.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		policy = p.Policy()
		_, err = access.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("deployer"), PolicyName: aws.String("least"), PolicyDocument: &policy})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		_, err = nothing.Apply(ctx, cloud.ConfigAs("deployer"))
		require.NoError(t, err)
		require.Equal(t, "INACTIVE", *clusterSeen(t, client).Status)
	})
}

func requireNoChanges(t *testing.T, stack slipway.Stack, cloud *fakes.Cloud) {
	t.Helper()
	p, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
}

func clusterSeen(t *testing.T, client *awsecs.Client) ecstypes.Cluster {
	t.Helper()
	out, err := client.DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{Clusters: []string{"shop"}})
	require.NoError(t, err)
	require.Len(t, out.Clusters, 1)
	return out.Clusters[0]
}
