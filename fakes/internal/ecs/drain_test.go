// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// state sets the status of the instances.
func (f *fleet) state(status ecstypes.ContainerInstanceStatus, arns ...string) {
	f.tb.Helper()
	out, err := f.client.UpdateContainerInstancesState(f.tb.Context(), &awsecs.UpdateContainerInstancesStateInput{
		Cluster: aws.String("main"), ContainerInstances: arns, Status: status,
	})
	require.NoError(f.tb, err)
	require.Empty(f.tb, out.Failures)
}

// running are the tasks that run on each instance.
func (f *fleet) running() []int32 {
	f.tb.Helper()
	var counts []int32
	for _, n := range f.nodes() {
		counts = append(counts, n.RunningTasksCount)
	}
	return counts
}

// TestDrain: services move their tasks within the bounds of the deployment, other tasks
// stay.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func TestDrain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(2, nil)
	f.host(nil)
	f.place(2, nil)
	f.wait(2 * time.Minute)
	require.Equal(t, []int32{1, 1}, f.running())
	f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
	f.settle()
	require.Equal(t, int32(3), f.service("web").RunningCount, "another one first: at least 100 percent are healthy")
	f.wait(2 * time.Minute)
	require.Equal(t, []int32{0, 2}, f.running())
	require.Equal(t, "DRAINING", *f.nodes()[0].Status)
	out := f.runOn(3, nil)
	require.Len(t, out.Tasks, 2, "none on the one that drains")

	f.state(ecstypes.ContainerInstanceStatusActive, *f.nodes()[0].ContainerInstanceArn)
	require.Len(t, f.runOn(1, nil).Tasks, 1)
}

func TestDrainStopsFirst(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(2, nil)
	f.host(mapped(80))
	f.place(2, func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(100)}
	})
	f.wait(2 * time.Minute)
	f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
	f.wait(time.Minute)
	require.Equal(t, []int32{0, 1}, f.running(), "the port is taken on the only other instance")
	f.launch(1, nil)
	f.wait(time.Minute)
	require.Equal(t, []int32{0, 1, 1}, f.running())
}

// TestDrainKeepsAlone: a task of RunTask ends in its own time.
func TestDrainKeepsAlone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(nil)
	f.runOn(1, nil)
	f.settle()
	f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
	f.wait(time.Hour)
	require.Equal(t, []int32{1}, f.running())
}

func TestSpotNotice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, want string }{
		"told to drain": {joinMain + "echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config\n", "DRAINING"},
		"not told":      {joinMain, "ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			ids := f.launch(1, func(i *world.Instance) { i.UserData = c.data })
			f.sim.Do(func() { f.onSpot(region, *f.instances[ids[0]]) })
			require.Equal(t, c.want, *f.nodes()[0].Status)
		})
	}
}

func (f *fleet) daemon(change func(*awsecs.CreateServiceInput)) {
	f.tb.Helper()
	f.create(0, func(in *awsecs.CreateServiceInput) {
		in.LaunchType, in.NetworkConfiguration, in.DesiredCount, in.SchedulingStrategy = ecstypes.LaunchTypeEc2, nil, nil, ecstypes.SchedulingStrategyDaemon
		if change != nil {
			change(in)
		}
	})
	f.wait(time.Minute)
}

// TestDaemon: one task on each ACTIVE instance.
func TestDaemon(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(2, nil)
	f.host(nil)
	f.daemon(nil)
	s := f.service("web")
	require.Equal(t, ecstypes.SchedulingStrategyDaemon, s.SchedulingStrategy)
	require.Equal(t, int32(2), s.DesiredCount)
	require.Equal(t, []int32{1, 1}, f.running())
	require.Equal(t, int32(0), *s.DeploymentConfiguration.MinimumHealthyPercent)
	ids := f.launch(1, nil)
	f.wait(time.Minute)
	require.Equal(t, []int32{1, 1, 1}, f.running(), "a new instance gets one")
	f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
	f.wait(time.Minute)
	require.Equal(t, []int32{0, 1, 1}, f.running(), "one that drains loses its")
	f.kill(ids[0])
	f.wait(time.Minute)
	require.Equal(t, int32(1), f.service("web").DesiredCount)
	require.Contains(t, f.events(), "(service web) has reached a steady state.")
}

func TestDaemonRolls(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(3, nil)
	f.host(nil)
	f.daemon(func(in *awsecs.CreateServiceInput) {
		in.PlacementConstraints = []ecstypes.PlacementConstraint{{
			Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"),
		}}
	})
	require.Equal(t, []int32{1, 1, 0}, f.running())
	f.host(mapped(80))
	f.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	f.wait(3 * time.Minute)
	require.Equal(t, []int32{1, 1, 0}, f.running())
	require.Len(t, f.service("web").Deployments, 1)
	for _, task := range f.tasks(ecstypes.DesiredStatusRunning) {
		require.Equal(t, arnBase+"task-definition/web:2", *task.TaskDefinitionArn)
	}
}

// TestDrainStopsPending: what is not RUNNING yet goes at once, and tasks of no service stay.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateContainerInstancesState.html
func TestDrainStopsPending(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second, Pull: 10 * time.Minute})
	f.launch(1, nil)
	f.host(nil)
	f.place(2, nil)
	f.wait(10 * time.Second)
	own := *f.runOn(1, nil).Tasks[0].TaskArn
	require.Equal(t, int32(3), f.nodes()[0].PendingTasksCount)
	f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
	f.wait(10 * time.Second)
	require.Equal(t, int32(1), f.nodes()[0].PendingTasksCount)
	require.Len(t, f.tasks(ecstypes.DesiredStatusStopped), 2)
	f.wait(time.Hour)
	require.Equal(t, "RUNNING", *f.task(own).LastStatus)
	require.Zero(t, f.nodes()[0].PendingTasksCount)
}

// TestDeregisterWithDaemon: the task of a daemon is one that runs, too.
func TestDeregisterWithDaemon(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(nil)
	f.place(0, func(in *awsecs.CreateServiceInput) {
		in.SchedulingStrategy, in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
	})
	require.Equal(t, []int32{1}, f.running())
	_, err := f.client.DeregisterContainerInstance(t.Context(), &awsecs.DeregisterContainerInstanceInput{
		Cluster: aws.String("main"), ContainerInstance: f.nodes()[0].ContainerInstanceArn,
	})
	require.ErrorContains(t, err, "Found running tasks on the instance.")
}
