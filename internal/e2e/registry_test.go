// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// found is a service whose tasks others find by name.
func found(count int) slipway.Stack {
	network := vpc.Default()
	api := cloudmap.NewService("api", cloudmap.NewPrivateNamespace("shop.local", network)).
		WithRecord(cloudmap.A, 10*time.Second).WithRecord(cloudmap.SRV, 10*time.Second).WithCustomHealth()
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/api:1")).WithPort(http).
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/app", "-check"}})
	task := ecs.NewFargateTaskDefinition("api", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app)
	return slipway.NewStack("shop", ecs.NewFargateService("api", ecs.NewCluster("shop"), task, network).
		WithCount(count).WithPortRegistry(api, app, http))
}

// callers are the attributes of what is found, by ID.
func callers(t *testing.T, cloud *fakes.Cloud) map[string]map[string]string {
	t.Helper()
	out, err := awssd.NewFromConfig(cloud.Config()).DiscoverInstances(t.Context(), &awssd.DiscoverInstancesInput{
		NamespaceName: aws.String("shop.local"), ServiceName: aws.String("api"),
	})
	require.NoError(t, err)
	all := map[string]map[string]string{}
	for _, i := range out.Instances {
		all[*i.InstanceId] = i.Attributes
	}
	return all
}

func TestTasksAreFoundByName(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	before := cloud.Snapshot()
	applied(t, cloud, found(2))
	all := callers(t, cloud)
	require.Len(t, all, 2)
	client := awsecs.NewFromConfig(cloud.Config())
	for id, attributes := range all {
		tasks, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: []string{id}})
		require.NoError(t, err)
		require.Len(t, tasks.Tasks, 1, "an instance has the ID of its task")
		require.Equal(t, *tasks.Tasks[0].AvailabilityZone, attributes["AVAILABILITY_ZONE"])
		address, err := netip.ParseAddr(attributes["AWS_INSTANCE_IPV4"])
		require.NoError(t, err)
		require.True(t, address.IsPrivate())
		delete(attributes, "AWS_INSTANCE_IPV4")
		delete(attributes, "AVAILABILITY_ZONE")
		require.Equal(t, map[string]string{
			"AWS_INSTANCE_PORT": "8080", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY", "REGION": "us-east-1",
			"ECS_CLUSTER_NAME": "shop", "ECS_SERVICE_NAME": "api", "ECS_TASK_DEFINITION_FAMILY": "api",
		}, attributes)
	}

	applied(t, cloud, found(5))
	require.Len(t, callers(t, cloud), 5)
	applied(t, cloud, found(1))
	require.Len(t, callers(t, cloud), 1)
	for id := range callers(t, cloud) { // a task that is gone is found no more, and another is
		_, err := client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("shop"), Task: &id})
		require.NoError(t, err)
		cloud.Advance(time.Minute)
		require.Len(t, callers(t, cloud), 1)
		require.NotContains(t, callers(t, cloud), id)
	}

	require.NoError(t, found(1).Destroy(t.Context(), cloud.Config()))
	cloud.Advance(forgotten)
	require.Equal(t, linkedRoles[1:], cloud.Snapshot().Since(before))
	require.NoError(t, found(1).Destroy(t.Context(), cloud.Config()), "what is gone stays gone")
}

// TestRegistriesKilledAfterAnyCallTheyConverge ends the program after the n-th write of
// Destroy, for every n, and runs it again: what registers goes before what it registers in.
func TestRegistriesKilledAfterAnyCallTheyConverge(t *testing.T) {
	t.Parallel()
	clean := fakes.New(fakes.Options{})
	before := kinds(clean.Snapshot())
	applied(t, clean, found(2))
	clean.ForgetCalls()
	require.NoError(t, found(2).Destroy(t.Context(), clean.Config(), slipway.Concurrency(1)))
	for n := range len(clean.Calls().Writes()) {
		t.Run(fmt.Sprint("destroy ", n), func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			applied(t, cloud, found(2))
			interrupted(t, cloud, n, func(ctx context.Context) error {
				return found(2).Destroy(ctx, cloud.Config(), slipway.Concurrency(1))
			})
			require.NoError(t, slipway.NewStack("shop").WithKinds(everyKind()...).Destroy(t.Context(), cloud.Config()), "without the declaration")
			cloud.Advance(forgotten)
			left := kinds(cloud.Snapshot())
			for _, kind := range []string{"servicediscovery us-east-1 namespace", "servicediscovery us-east-1 service", "servicediscovery us-east-1 instance", "ecs us-east-1 service"} {
				require.Equal(t, before[kind], left[kind], kind)
			}
		})
	}
}
