// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// TestManagedKilledAfterAnyCall ends the program after each of the calls of Apply, and of
// Destroy; the next run completes it.
func TestManagedKilledAfterAnyCall(t *testing.T) {
	t.Parallel()
	clean, stack := fakes.New(fakes.Options{}), managedShop(managedNodes())
	_, err := stack.Apply(patience(t), clean.Config())
	require.NoError(t, err)
	calls := len(clean.Calls())
	require.NoError(t, stack.Destroy(patience(t), clean.Config()))
	step := 9
	if testing.Short() {
		step = 40
	}
	for at := 0; at < len(clean.Calls()); at += step {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			ctx, kill := context.WithCancel(patience(t))
			defer kill()
			cloud.Inject(fakes.Match{Skip: at}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
				out, err := next()
				kill()
				return out, err
			})
			_, err := stack.Apply(ctx, cloud.Config())
			if err != nil || at < calls {
				_, err = stack.Apply(patience(t), cloud.Config())
			}
			require.NoError(t, err)
			unchanged(patience(t), t, stack, cloud)
			_ = stack.Destroy(ctx, cloud.Config()) // it may be killed
			require.NoError(t, stack.Destroy(patience(t), cloud.Config()))
			require.Equal(t, "INACTIVE", *described(t, awsecs.NewFromConfig(cloud.Config())).Status)
		})
	}
}

// TestManagedBecomeSpot: that is another provider, to which the service goes over before
// the old one is deleted.
func TestManagedBecomeSpot(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	var names []string
	for _, nodes := range []ecs.ManagedInstances{managedNodes(), managedNodes().WithSpot()} {
		stack := managedShop(nodes)
		result, err := stack.Apply(ctx, cloud.Config(), slipway.Observe(events{t}))
		require.NoError(t, err)
		names = append(names, slipway.Output(result, nodes).Name)
		unchanged(ctx, t, stack, cloud)
	}
	require.NotEqual(t, names[0], names[1])
	require.Equal(t, ecstypes.CapacityProviderStatusInactive, providerSeen(t, cloud, names[0]).Status)
	require.Equal(t, ecstypes.CapacityOptionTypeSpot, providerSeen(t, cloud, names[1]).ManagedInstancesProvider.InstanceLaunchTemplate.CapacityOptionType)
	cluster := described(t, awsecs.NewFromConfig(cloud.Config()))
	require.NotContains(t, cluster.CapacityProviders, names[0])
	require.Contains(t, cluster.CapacityProviders, names[1])
	require.EqualValues(t, 3, cluster.RunningTasksCount)
}

// TestManagedNoLongerDeclared: the provider goes with its instances, and the cluster
// stays.
func TestManagedNoLongerDeclared(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	nodes := managedNodes()
	result, err := managedShop(nodes).Apply(ctx, cloud.Config())
	require.NoError(t, err)
	bare := slipway.NewStack("shop", ecs.NewCluster("shop"))
	_, err = bare.Apply(ctx, cloud.Config(), slipway.Observe(events{t}))
	require.NoError(t, err)
	unchanged(ctx, t, bare, cloud)
	cluster := described(t, awsecs.NewFromConfig(cloud.Config()))
	require.ElementsMatch(t, []string{"FARGATE", "FARGATE_SPOT"}, cluster.CapacityProviders)
	require.Empty(t, cluster.DefaultCapacityProviderStrategy)
	require.Equal(t, ecstypes.CapacityProviderStatusInactive, providerSeen(t, cloud, slipway.Output(result, nodes).Name).Status)
}

// TestManagedOfAnotherStack: a stack without the provider leaves it to the cluster.
func TestManagedOfAnotherStack(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	cluster := slipway.NewStack("cluster", ecs.NewCluster("shop"))
	_, err := cluster.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	nodes := ecs.NewManagedInstances("nodes", ecs.ClusterNamed("shop"), vpc.Default())
	capacity := slipway.NewStack("capacity", nodes)
	result, err := capacity.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	name := slipway.Output(result, nodes).Name
	unchanged(ctx, t, cluster, cloud)
	web := ecs.NewManagedService("web", ecs.ClusterNamed("shop"), ecs.ManagedProviderNamed(name), managedTask(), vpc.Default())
	service := slipway.NewStack("web", web)
	_, err = service.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	unchanged(ctx, t, service, cloud)
	before := cloud.Snapshot()
	err = capacity.Destroy(ctx, cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.ErrorContains(t, err, "services use it that are not of this stack: shop/web;")
	require.Empty(t, cloud.Snapshot().Since(before), "nothing was begun")
	require.NoError(t, service.Destroy(ctx, cloud.Config()))
	require.NoError(t, capacity.Destroy(ctx, cloud.Config()))
	require.NoError(t, cluster.Destroy(ctx, cloud.Config()))
}

// TestManagedWithRolesOfOnesOwn: those get what the builder's own would.
func TestManagedWithRolesOfOnesOwn(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	nodes := managedNodes().WithInfrastructureRole(iam.NewRole("managing")).WithTag("team", "shop").WithPropagatedTags()
	stack := managedShop(nodes)
	_, err := stack.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	unchanged(ctx, t, stack, cloud)
	require.EqualValues(t, 3, described(t, awsecs.NewFromConfig(cloud.Config())).RunningTasksCount)
}

// TestManagedJob runs on an instance that comes for it.
func TestManagedJob(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	nodes := managedNodes()
	job := ecs.NewManagedJob("report", ecs.NewCluster("shop"), nodes, managedTask().WithHostNetwork(), vpc.Default())
	stack := slipway.NewStack("shop", job)
	result, err := stack.Apply(ctx, cloud.Config())
	require.NoError(t, err)
	unchanged(ctx, t, stack, cloud)
	in := slipway.Output(result, job)
	require.Nil(t, in.NetworkConfiguration)
	out, err := awsecs.NewFromConfig(cloud.Config()).RunTask(ctx, in)
	require.NoError(t, err)
	require.Empty(t, out.Failures)
	waiter := awsecs.NewTasksRunningWaiter(awsecs.NewFromConfig(cloud.Config()))
	require.NoError(t, waiter.Wait(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: []string{*out.Tasks[0].TaskArn}}, 1<<40))
}

// Export writes no service on Managed Instances, and says so instead of writing another.
func TestManagedIsNotExported(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := managedShop(managedNodes()).Apply(patience(t), cloud.Config())
	require.NoError(t, err)
	_, err = ecs.Export(t.Context(), cloud.Config(), ecs.ServiceNamed("shop", "web"))
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.ErrorContains(t, err, "ecs.NewManagedService")
}
