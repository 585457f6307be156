// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func managedNodes() ecs.ManagedInstances {
	return ecs.NewManagedInstances("nodes", ecs.NewCluster("shop"), vpc.Default())
}

func managedTask() ecs.ManagedTaskDefinition {
	return ecs.NewManagedTaskDefinition("web").WithCPU(ecs.VCPU).WithMemory(2 * ecs.GiB).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/nginx/nginx:1")))
}

// managedShop runs three tasks on Managed Instances.
func managedShop(on ecs.ManagedInstances) slipway.Stack {
	cluster := ecs.NewCluster("shop").WithManagedCapacity(ecs.ManagedCapacity{Provider: on, Weight: 1})
	return slipway.NewStack("shop", ecs.NewManagedService("web", cluster, on, managedTask(), vpc.Default()).WithCount(3))
}

// unchanged: a second plan has nothing to do.
func unchanged(ctx context.Context, t *testing.T, stack slipway.Stack, cloud *fakes.Cloud) {
	t.Helper()
	plan, err := stack.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)
}

func providerSeen(t *testing.T, cloud *fakes.Cloud, name string) ecstypes.CapacityProvider {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).DescribeCapacityProviders(t.Context(), &awsecs.DescribeCapacityProvidersInput{
		CapacityProviders: []string{name}, Include: []ecstypes.CapacityProviderField{ecstypes.CapacityProviderFieldTags},
	})
	require.NoError(t, err)
	require.Len(t, out.CapacityProviders, 1)
	return out.CapacityProviders[0]
}

// TestManagedFromNothingToNothing: instances come for the tasks, and all is gone in the
// end.
func TestManagedFromNothingToNothing(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	nodes := managedNodes()
	stack := managedShop(nodes)
	require.NoError(t, stack.Validate())
	result, err := stack.Apply(ctx, cloud.Config(), slipway.Observe(events{t}))
	require.NoError(t, err)
	name := slipway.Output(result, nodes).Name
	require.Regexp(t, "^nodes-[0-9a-f]{6}$", name)
	unchanged(ctx, t, stack, cloud)

	client := awsecs.NewFromConfig(cloud.Config())
	cluster := described(t, client)
	require.Contains(t, cluster.CapacityProviders, name)
	require.Equal(t, name, *cluster.DefaultCapacityProviderStrategy[0].CapacityProvider)
	require.EqualValues(t, 3, cluster.RunningTasksCount)
	list, err := client.ListTasks(ctx, &awsecs.ListTasksInput{Cluster: aws.String("shop")})
	require.NoError(t, err)
	tasks, err := client.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: list.TaskArns})
	require.NoError(t, err)
	for _, task := range tasks.Tasks {
		require.Equal(t, name, *task.CapacityProviderName)
		require.Equal(t, ecstypes.LaunchTypeManagedInstances, task.LaunchType)
		require.NotEmpty(t, aws.ToString(task.ContainerInstanceArn))
	}

	require.NoError(t, stack.Destroy(ctx, cloud.Config(), slipway.Observe(events{t})))
	require.Equal(t, "INACTIVE", *described(t, client).Status)
	require.Equal(t, ecstypes.CapacityProviderStatusInactive, providerSeen(t, cloud, name).Status)
	vms, err := awsec2.NewFromConfig(cloud.Config()).DescribeInstances(ctx, &awsec2.DescribeInstancesInput{})
	require.NoError(t, err)
	for _, r := range vms.Reservations {
		require.Equal(t, ec2types.InstanceStateNameTerminated, r.Instances[0].State.Name)
	}
	access := awsiam.NewFromConfig(cloud.Config())
	profiles, err := access.ListInstanceProfiles(ctx, &awsiam.ListInstanceProfilesInput{})
	require.NoError(t, err)
	require.Empty(t, profiles.InstanceProfiles)
	roles, err := access.ListRoles(ctx, &awsiam.ListRolesInput{PathPrefix: aws.String("/")})
	require.NoError(t, err)
	for _, r := range roles.Roles {
		require.Contains(t, *r.Path, "/aws-service-role/")
	}
}

// TestManagedSettingsThereAndBack: each setting reaches AWS, leaves no plan behind, and
// goes again.
func TestManagedSettingsThereAndBack(t *testing.T) {
	t.Parallel()
	group := vpc.NewSecurityGroup("other", "Other instances", vpc.Default())
	for name, changed := range map[string]ecs.ManagedInstances{
		"plain":           managedNodes(),
		"requirements":    managedNodes().WithRequirements(ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 2}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB}}),
		"other ones":      managedNodes().WithRequirements(ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 4}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB, Max: 64 * ecs.GiB}}),
		"storage":         managedNodes().WithStorage(100 * ecs.GiB),
		"local storage":   managedNodes().WithLocalStorage(),
		"monitoring":      managedNodes().WithDetailedMonitoring(),
		"group":           managedNodes().WithSecurityGroup(group),
		"tags":            managedNodes().WithPropagatedTags().WithTag("team", "shop"),
		"metadata":        managedNodes().WithoutMetadataTags(),
		"idle":            managedNodes().WithScaleInAfter(10 * time.Minute),
		"at once":         managedNodes().WithScaleInAfter(0),
		"never":           managedNodes().WithoutScaleIn(),
		"repair":          managedNodes().WithAutoRepair(true),
		"no repair":       managedNodes().WithAutoRepair(false),
		"spot":            managedNodes().WithSpot(),
		"FIPS":            managedNodes().WithFIPS(true),
		"no reservations": managedNodes().WithReservations(ecs.CapacityReservations{Preference: ecstypes.CapacityReservationPreferenceReservationsExcluded}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cloud := patience(t), fakes.New(fakes.Options{})
			for _, nodes := range []ecs.ManagedInstances{managedNodes(), changed, managedNodes()} {
				stack := slipway.NewStack("shop", ecs.NewCluster("shop"), nodes)
				_, err := stack.Apply(ctx, cloud.Config())
				require.NoError(t, err)
				unchanged(ctx, t, stack, cloud)
			}
		})
	}
}
