// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

var shopWeb = ecs.ServiceNamed("shop", "web")

// definition is the task definition that the clinic's service has.
func (c clinic) definition() *ecstypes.TaskDefinition {
	c.Helper()
	out, err := awsecs.NewFromConfig(c.cloud.Config()).DescribeTaskDefinition(c.Context(), &awsecs.DescribeTaskDefinitionInput{
		TaskDefinition: c.described().TaskDefinition,
	})
	require.NoError(c, err)
	return out.TaskDefinition
}

func (c clinic) described() *ecstypes.Service {
	c.Helper()
	out, err := awsecs.NewFromConfig(c.cloud.Config()).DescribeServices(c.Context(), &awsecs.DescribeServicesInput{
		Cluster: aws.String("shop"), Services: []string{"web"},
	})
	require.NoError(c, err)
	return &out.Services[0]
}

// succeeds waits for a deployment.
func (c clinic) succeeds(deployment string, err error) {
	c.Helper()
	require.NoError(c, err)
	_, err = c.watched(c.Context(), deployment)
	require.NoError(c, err)
}

func TestUpdateImage(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		cfg, before := c.cloud.Config(), c.definition()
		c.succeeds(ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2")))
		after := c.definition()
		require.Equal(c, "web:2", *after.ContainerDefinitions[0].Image)
		require.Equal(c, before.Revision+1, after.Revision)
		before.ContainerDefinitions[0].Image = after.ContainerDefinitions[0].Image
		before.Revision, before.TaskDefinitionArn, before.RegisteredAt = after.Revision, after.TaskDefinitionArn, after.RegisteredAt
		require.Equal(c, before, after, "nothing else has changed")

		deployment, err := ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2"))
		require.NoError(c, err)
		require.Empty(c, deployment, "it has the image already")
		require.Equal(c, after, c.definition())

		_, err = ecs.UpdateImage(c.Context(), cfg, shopWeb, "proxy", ecs.ImageRef("web:2"))
		require.ErrorContains(c, err, `got "proxy"`)
		require.ErrorContains(c, err, "one of app")
		_, err = ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", platformImage("linux/arm64"))
		require.ErrorContains(c, err, "an image for linux/amd64")
		_, err = ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", nil)
		require.Error(c, err)
	})
}

// TestUpdateImageIsNotAlone: somebody else deploys while the revision is registered, or
// in the last moment, when ECS cannot be told to refuse.
func TestUpdateImageIsNotAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, operation string
		deployed        bool
	}{{"before", "RegisterTaskDefinition", false}, {"in the last moment", "UpdateService", true}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			bubbled(t, fakes.Realistic, func(c clinic) {
				client := awsecs.NewFromConfig(c.cloud.Config())
				other := c.definition()
				theirs, err := client.RegisterTaskDefinition(c.Context(), &awsecs.RegisterTaskDefinitionInput{
					Family: other.Family, ContainerDefinitions: other.ContainerDefinitions, Cpu: other.Cpu, Memory: aws.String("1024"), NetworkMode: other.NetworkMode,
					RequiresCompatibilities: other.RequiresCompatibilities, ExecutionRoleArn: other.ExecutionRoleArn, TaskRoleArn: other.TaskRoleArn,
				})
				require.NoError(c, err)
				c.cloud.Inject(fakes.Match{Service: "ECS", Operation: row.operation}, func(ctx context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
					_, err := client.UpdateService(ctx, &awsecs.UpdateServiceInput{
						Cluster: aws.String("shop"), Service: aws.String("web"), TaskDefinition: theirs.TaskDefinition.TaskDefinitionArn,
					})
					if err != nil {
						return nil, err
					}
					return next()
				})
				_, err = ecs.UpdateImage(c.Context(), c.cloud.Config(), shopWeb, "app", ecs.ImageRef("web:2"))
				require.ErrorIs(c, err, slipway.ErrConflict)
				var conflict *ecs.ConflictError
				require.ErrorAs(c, err, &conflict)
				require.Equal(c, row.deployed, conflict.Deployed)
				require.Equal(c, *theirs.TaskDefinition.TaskDefinitionArn, conflict.Found)
				require.Equal(c, row.deployed, *c.described().TaskDefinition != conflict.Found)
			})
		})
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		cfg := c.cloud.Config()
		_, err := ecs.Rollback(c.Context(), cfg, shopWeb)
		require.ErrorIs(c, err, slipway.ErrNotFound, "there is but one revision")
		first := *c.described().CurrentServiceRevisions[0].Arn
		c.succeeds(ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:2")))
		c.succeeds(ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:3")))
		c.succeeds(ecs.Rollback(c.Context(), cfg, shopWeb))
		require.Equal(c, "web:2", *c.definition().ContainerDefinitions[0].Image, "the last completed before")
		c.succeeds(ecs.Rollback(c.Context(), cfg, shopWeb, ecs.ToRevision(first)))
		require.Equal(c, "web:1", *c.definition().ContainerDefinitions[0].Image)
		require.Len(c, c.described().LoadBalancers, 1)

		deployment, err := ecs.UpdateImage(c.Context(), cfg, shopWeb, "app", ecs.ImageRef("web:4"))
		require.NoError(c, err)
		stopped, err := ecs.Rollback(c.Context(), cfg, shopWeb)
		require.NoError(c, err)
		require.Equal(c, deployment, stopped, "the one under way is stopped")
		_, err = c.watched(c.Context(), deployment)
		require.ErrorContains(c, err, "was rolled back")
		require.Equal(c, "web:1", *c.definition().ContainerDefinitions[0].Image)

		_, err = ecs.Rollback(c.Context(), cfg, shopWeb, ecs.ToRevision("arn:aws:ecs:us-east-1:123456789012:service-revision/shop/other/1"))
		require.Error(c, err)
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		_, err := ecs.Stop(c.Context(), c.cloud.Config(), shopWeb)
		require.ErrorIs(c, err, slipway.ErrNotFound)
		require.ErrorContains(c, err, "no deployment of service shop/web is under way")
		begun := c.begin(nil)
		stopped, err := ecs.Stop(c.Context(), c.cloud.Config(), shopWeb)
		require.NoError(c, err)
		require.Equal(c, begun, stopped)
	})
}

func TestScaleAndRestart(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		cfg := c.cloud.Config()
		require.NoError(c, ecs.Scale(c.Context(), cfg, shopWeb, 5))
		require.Equal(c, int32(5), c.described().DesiredCount)
		require.ErrorContains(c, ecs.Scale(c.Context(), cfg, shopWeb, -1), "got -1")
		c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithScaling(autoscaling.Between(2, 6))))
		require.ErrorContains(c, ecs.Scale(c.Context(), cfg, shopWeb, 7), "2 to 6")
		require.NoError(c, ecs.Scale(c.Context(), cfg, shopWeb, 0))
		require.NoError(c, ecs.Scale(c.Context(), cfg, shopWeb, 2))
		time.Sleep(time.Minute)
		before, err := awsecs.NewFromConfig(cfg).ListTasks(c.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
		require.NoError(c, err)
		c.succeeds(ecs.Restart(c.Context(), cfg, shopWeb))
		time.Sleep(time.Minute)
		after, err := awsecs.NewFromConfig(cfg).ListTasks(c.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
		require.NoError(c, err)
		require.Len(c, after.TaskArns, 2)
		for _, arn := range after.TaskArns {
			require.NotContains(c, before.TaskArns, arn)
		}
	})
}

// deployed is a cloud in which a worker runs, for examples.
func deployed(ctx context.Context) (*fakes.Cloud, ecs.FargateService, error) {
	cloud := fakes.New(fakes.Options{})
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("worker:1")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
	_, err := slipway.NewStack("shop", worker).Apply(ctx, cloud.Config())
	return cloud, worker, err
}

// end waits for a deployment and returns its last event.
func end(ctx context.Context, cloud *fakes.Cloud, deployment string, err error) (last ecs.DeploymentEvent, _ error) {
	if err != nil {
		return nil, err
	}
	for e, err := range ecs.Watch(ctx, cloud.Config(), deployment) {
		if err != nil {
			return last, err
		}
		last = e
	}
	return last, nil
}

// Only the image of one container changes.
func ExampleUpdateImage() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	deployment, err := ecs.UpdateImage(ctx, cloud.Config(), worker, "work", ecs.ImageRef("worker:2"))
	fmt.Println(end(ctx, cloud, deployment, err))
	// Output: deployment Succeeded <nil>
}

// The last version did not work out.
func ExampleRollback() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	deployment, err := ecs.UpdateImage(ctx, cloud.Config(), worker, "work", ecs.ImageRef("worker:2"))
	fmt.Println(end(ctx, cloud, deployment, err))
	deployment, err = ecs.Rollback(ctx, cloud.Config(), worker)
	fmt.Println(end(ctx, cloud, deployment, err))
	status, err := ecs.Status(ctx, cloud.Config(), worker)
	fmt.Println(status.Containers[0].Image, err)
	// Output:
	// deployment Succeeded <nil>
	// deployment Succeeded <nil>
	// worker:1 <nil>
}

func ExampleRestart() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	deployment, err := ecs.Restart(ctx, cloud.Config(), worker)
	fmt.Println(end(ctx, cloud, deployment, err))
	// Output: deployment Succeeded <nil>
}

func ExampleScale() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ecs.Scale(ctx, cloud.Config(), worker, 3))
	fmt.Println(ecs.Scale(ctx, cloud.Config(), worker, -3))
	// Output:
	// <nil>
	// Scale.count: got -3, want 0 to 2147483647
}

func ExampleStop() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = ecs.Stop(ctx, cloud.Config(), worker)
	fmt.Println(err)
	// Output: not found: no deployment of service shop/worker is under way
}
