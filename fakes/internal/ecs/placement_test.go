// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

const (
	noCapacity = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
	overQuota  = "You’ve reached the limit on the number of vCPUs you can run concurrently"
)

// onSpot has a service or task run on Fargate Spot alone.
func onSpot() []ecstypes.CapacityProviderStrategyItem {
	return []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
}

// zones are those of the tasks that run, by their number.
func (b *bench) zones() map[string]int {
	b.tb.Helper()
	zones := map[string]int{}
	for _, t := range b.tasks(ecstypes.DesiredStatusRunning) {
		zones[*t.AvailabilityZone]++
	}
	return zones
}

// TestFargateLimits has Fargate lack what a service needs, and then have it.
func TestFargateLimits(t *testing.T) {
	t.Parallel()
	unable := func(reason string) string {
		return "(service web) was unable to place a task. Reason: " + reason +
			". For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	}
	for _, test := range []struct {
		name   string // and the reason
		limits world.FargateLimits
		spot   bool
		zones  map[string]int
		event  string
	}{
		{"tasks are spread", world.FargateLimits{}, false, map[string]int{"us-east-1a": 2, "us-east-1b": 2}, ""},
		{"another zone has room", world.FargateLimits{Full: []string{"us-east-1a"}}, false, map[string]int{"us-east-1b": 4}, ""},
		{"no zone has room", world.FargateLimits{Full: []string{"us-east-1a", "us-east-1b"}}, false, map[string]int{}, unable(noCapacity)},
		{"Spot has none", world.FargateLimits{FullSpot: []string{"us-east-1a", "us-east-1b"}}, true, map[string]int{}, unable(noCapacity)},
		{"Spot alone has none", world.FargateLimits{FullSpot: []string{"us-east-1a", "us-east-1b"}}, false,
			map[string]int{"us-east-1a": 2, "us-east-1b": 2}, ""},
		{"no Fargate there", world.FargateLimits{Without: []string{"us-east-1a", "us-east-1b"}}, false, map[string]int{}, unable("Internal error")},
		{"Fargate in one zone", world.FargateLimits{Without: []string{"us-east-1a"}}, false, map[string]int{"us-east-1b": 4}, ""},
		{"quota for three", world.FargateLimits{VCPUs: 0.75}, false, map[string]int{"us-east-1a": 2, "us-east-1b": 1}, unable(overQuota)},
		{"quota of the other kind", world.FargateLimits{SpotVCPUs: 0.25}, false, map[string]int{"us-east-1a": 2, "us-east-1b": 2}, ""},
		{"Spot's quota for one", world.FargateLimits{SpotVCPUs: 0.25}, true, map[string]int{"us-east-1a": 1}, unable(overQuota)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.fake.SetFargate(test.limits)
			b.create(4, func(in *awsecs.CreateServiceInput) {
				if test.spot {
					in.LaunchType, in.CapacityProviderStrategy = "", onSpot()
				}
			})
			b.wait(time.Minute)
			require.Equal(t, test.zones, b.zones())
			said := 0
			for _, e := range b.events() {
				if e == test.event {
					said++
				}
			}
			if test.event != "" {
				require.Equal(t, 1, said, "%q once in %q, though it was tried again and again", test.event, b.events())
				require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, b.service("web").Deployments[0].RolloutState)
				require.Zero(t, b.service("web").Deployments[0].FailedTasks, "what never was a task has not failed")
			}

			b.fake.SetFargate(world.FargateLimits{})
			b.wait(time.Minute)
			require.Equal(t, int32(4), b.service("web").RunningCount)
			require.Contains(t, b.events(), "(service web) has reached a steady state.")
		})
	}
}

func TestPlacementIsTriedEverMoreSeldom(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.fake.SetFargate(world.FargateLimits{Full: []string{"us-east-1a", "us-east-1b"}})
	b.create(1, nil)
	b.wait(5 * time.Hour)
	require.Len(t, b.events(), 1, "the same event is left out for six hours")
	b.wait(2 * time.Hour)
	require.Len(t, b.events(), 2)
	b.fake.SetFargate(world.FargateLimits{})
	b.wait(16 * time.Minute)
	require.Equal(t, int32(1), b.service("web").RunningCount, "the longest pause is 15 minutes")
}

// TestQuotaIsGivenBack: what has STOPPED counts no longer.
func TestQuotaIsGivenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.fake.SetFargate(world.FargateLimits{VCPUs: 0.25})
	arn := b.run(nil)
	run := func() *awsecs.RunTaskOutput {
		out, err := b.client.RunTask(t.Context(), &awsecs.RunTaskInput{
			Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
		})
		require.NoError(t, err)
		return out
	}
	out := run()
	require.Empty(t, out.Tasks)
	require.Equal(t, []ecstypes.Failure{{Reason: aws.String(overQuota)}}, out.Failures)
	_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
	require.NoError(t, err)
	b.settle()
	require.Len(t, run().Tasks, 1)
}

func TestRunTaskTellsWhatItCannotPlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string // and the reason
		limits world.FargateLimits
		tasks  int
		reason string
	}{
		{"no capacity", world.FargateLimits{Full: []string{"us-east-1a", "us-east-1b"}}, 0, noCapacity},
		{"no Fargate", world.FargateLimits{Without: []string{"us-east-1a", "us-east-1b"}}, 0, "Internal error."},
		{"quota for some", world.FargateLimits{VCPUs: 0.5}, 2, overQuota},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.fake.SetFargate(test.limits)
			in := &awsecs.RunTaskInput{
				Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate,
				NetworkConfiguration: b.network(), Count: aws.Int32(3), ClientToken: aws.String("once"),
			}
			out, err := b.client.RunTask(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, out.Tasks, test.tasks)
			require.Len(t, out.Failures, 3-test.tasks)
			for _, f := range out.Failures {
				require.Equal(t, test.reason, *f.Reason)
			}
			again, err := b.client.RunTask(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, out.Failures, again.Failures, "the token stands for the same answer")
		})
	}
}

func TestSpotInterruption(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.fake.SetProgram("app", world.Program{IgnoresTerm: true})
	b.create(2, func(in *awsecs.CreateServiceInput) {
		in.LaunchType, in.CapacityProviderStrategy = "", onSpot()
		in.DeploymentConfiguration = breaking(true)
	})
	b.wait(5 * time.Minute)
	victim := *b.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn
	require.NoError(t, b.fake.InterruptSpot(victim))
	got := b.task(victim)
	require.Equal(t, ecstypes.TaskStopCodeSpotInterruption, got.StopCode)
	require.Equal(t, "Your Spot Task was interrupted.", *got.StoppedReason)
	require.Equal(t, "STOPPED", *got.DesiredStatus)
	require.ErrorContains(t, b.fake.InterruptSpot(victim), "is STOPPING")

	b.wait(20 * time.Second)
	require.Equal(t, "RUNNING", *b.task(victim).Containers[0].LastStatus, "it has until its stop timeout")
	require.Len(t, b.tasks(ecstypes.DesiredStatusRunning), 2, "another task is on its way")
	b.wait(2 * time.Minute)
	require.Equal(t, int32(137), *b.task(victim).Containers[0].ExitCode)
	require.Equal(t, int32(2), b.service("web").RunningCount)
	require.Zero(t, b.service("web").Deployments[0].FailedTasks)
}

func TestWhatCannotBeInterrupted(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	arn := b.run(nil)
	b.settle()
	require.ErrorContains(t, b.fake.InterruptSpot(arn), "does not run on Fargate Spot")
	for _, none := range []string{"", "nobody", arnBase + "task/main/nobody", arnBase + "task/nowhere/nobody", arnBase + "task/"} {
		require.ErrorContains(t, b.fake.InterruptSpot(none), "no task")
	}
}

// TestServicesTellWhyTasksCannotStart: what Fargate could not get for a task shows
// in the events of its service.
func TestServicesTellWhyTasksCannotStart(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", from(ecrImage))
	b.world.errs["image "+ecrImage] = errNotFound(ecrImage)
	b.create(1, nil)
	b.settle()
	const want = "(service web) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 7 time(s): " +
		"failed to resolve ref " + ecrImage + ": " + ecrImage + ": not found. " +
		"For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	require.Contains(t, b.events(), want)

	b.world.errs["image "+ecrImage] = errors.New("failed to resolve ref: pull access denied")
	b.settle()
	require.Contains(t, b.events()[len(b.events())-1], "has started 1 tasks", "tried again")
	require.Contains(t, b.events(), "(service web) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried "+
		"1 time(s): failed to resolve ref: pull access denied. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
}
