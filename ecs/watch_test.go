// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// begin starts a deployment of the clinic's service and returns its ARN.
func (c clinic) begin(change func(*awsecs.UpdateServiceInput)) string {
	c.Helper()
	in := &awsecs.UpdateServiceInput{Cluster: aws.String("shop"), Service: aws.String("web"), ForceNewDeployment: true}
	if change != nil {
		change(in)
	}
	out, err := awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), in)
	require.NoError(c, err)
	return *out.Service.CurrentServiceDeployment
}

// watched is all that Watch tells.
func (c clinic) watched(ctx context.Context, deployment string) (all []ecs.DeploymentEvent, err error) {
	for e, failure := range ecs.Watch(ctx, c.cloud.Config(), deployment) {
		if failure != nil {
			return all, failure
		}
		all = append(all, e)
	}
	return all, nil
}

// of are the events of a type.
func of[E ecs.DeploymentEvent](all []ecs.DeploymentEvent) (some []E) {
	for _, e := range all {
		if e, ok := e.(E); ok {
			some = append(some, e)
		}
	}
	return some
}

// bubbled runs the test on a healthy service, where time is free.
func bubbled(t *testing.T, timing fakes.Timing, test func(c clinic)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := clinic{t, fakes.New(fakes.Options{Timing: timing}), ecs.ImageRef("web:1"), vpc.Default()}
		stored(t, c.cloud)
		c.must(nil, apply(t, c.cloud, c.patient(c.image)))
		test(c)
	})
}

func TestWatchOfASuccess(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		deployment := c.begin(nil)
		all, err := c.watched(c.Context(), deployment)
		require.NoError(c, err)
		require.Len(c, of[ecs.TaskStarted](all), 2)
		require.Len(c, of[ecs.TaskHealthy](all), 2)
		require.Empty(c, of[ecs.TaskStopped](all), "those of the last deployment are not told of")
		healthy := slices.DeleteFunc(of[ecs.TargetHealth](all), func(h ecs.TargetHealth) bool { return h.State != "healthy" })
		require.GreaterOrEqual(c, len(healthy), 2)
		counts := of[ecs.TasksRunning](all)
		require.Equal(c, ecs.TasksRunning{Running: 2, Desired: 2}, counts[len(counts)-1])
		require.Equal(c, ecs.DeploymentEnded{Outcome: ecs.Succeeded}, all[len(all)-1])
		for i, e := range all {
			require.NotEmpty(c, e.String())
			if _, started := e.(ecs.TaskStarted); started {
				require.NotContains(c, all[i+1:], e, "told once")
			}
		}

		time.Sleep(time.Hour)
		again, err := c.watched(c.Context(), deployment)
		require.NoError(c, err, "whoever comes late hears how it went")
		require.Equal(c, of[ecs.ServiceEvent](all), of[ecs.ServiceEvent](again), "no more and no less than what belongs to it")
		require.Equal(c, ecs.DeploymentEnded{Outcome: ecs.Succeeded}, again[len(again)-1])
	})
}

// TestWatchIsTakenUpAgain: another process goes on where one has left off.
func TestWatchIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		deployment := c.begin(nil)
		for e, err := range ecs.Watch(c.Context(), c.cloud.Config(), deployment) {
			require.NoError(c, err)
			if _, ok := e.(ecs.TaskStarted); ok {
				break
			}
		}
		all, err := c.watched(c.Context(), deployment)
		require.NoError(c, err)
		require.Len(c, of[ecs.TaskStarted](all), 2, "what has been is told again")
		require.Len(c, of[ecs.DeploymentEnded](all), 1)

		ctx, cancel := context.WithTimeout(c.Context(), time.Second)
		defer cancel()
		_, err = c.watched(ctx, c.begin(nil))
		require.ErrorIs(c, err, slipway.ErrTimeout)
		require.ErrorIs(c, err, context.DeadlineExceeded)
	})
}

func TestWatchOfAFailure(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		c.cloud.Image("web:1", fakes.Program{Exit: &fakes.Exit{Code: 7}, Logs: []string{"no database"}})
		all, err := c.watched(c.Context(), c.begin(nil))
		failed, ok := errors.AsType[*ecs.DeploymentError](err)
		require.True(c, ok, err)
		require.Equal(c, ecs.RolledBack, failed.Outcome)
		require.Equal(c, slipway.ContainerExited, failed.Causes[0].Code)
		stopped := of[ecs.TaskStopped](all)
		require.GreaterOrEqual(c, len(stopped), 3)
		require.Equal(c, 7, *stopped[0].Containers[0].ExitCode)
		counts := of[ecs.BreakerCount](all)
		last := counts[len(counts)-1]
		require.Equal(c, 3, last.Threshold)
		require.GreaterOrEqual(c, last.Failed, last.Threshold)
		ended := of[ecs.DeploymentEnded](all)
		require.Len(c, ended, 1)
		require.Equal(c, ecs.RolledBack, ended[0].Outcome)
		require.Contains(c, ended[0].String(), "circuit breaker")
	})
}

func TestWatchOfOthersDoings(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		first := c.begin(nil)
		second := c.begin(nil)
		all, err := c.watched(c.Context(), first)
		failed, ok := errors.AsType[*ecs.DeploymentError](err)
		require.True(c, ok, err)
		require.Equal(c, ecs.Superseded, failed.Outcome)
		require.Equal(c, second, failed.By)
		require.Equal(c, second, of[ecs.DeploymentEnded](all)[0].By)
		require.Equal(c, slipway.DeploymentSuperseded, failed.Causes[0].Code)

		c.must(ecs.Stop(c.Context(), c.cloud.Config(), ecs.ServiceNamed("shop", "web")))
		_, err = c.watched(c.Context(), second)
		failed, ok = errors.AsType[*ecs.DeploymentError](err)
		require.True(c, ok, err)
		require.Equal(c, ecs.RolledBack, failed.Outcome)
		require.Equal(c, slipway.DeploymentStopped, failed.Causes[0].Code)

		c.must(awsecs.NewFromConfig(c.cloud.Config()).UpdateService(c.Context(), &awsecs.UpdateServiceInput{
			Cluster: aws.String("shop"), Service: aws.String("web"), DesiredCount: aws.Int32(0),
		}))
		all, err = c.watched(c.Context(), c.begin(nil))
		require.NoError(c, err)
		require.Equal(c, ecs.DeploymentEnded{Outcome: ecs.ScaledToZero}, all[len(all)-1])
	})
}

// TestWatchOfSteeredTraffic: what the strategies that steer traffic tell is passed on.
func TestWatchOfSteeredTraffic(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		deployment := c.begin(nil)
		c.cloud.Inject(fakes.Match{Service: "ECS", Operation: "DescribeServiceDeployments", Times: fakes.Always},
			func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
				out, err := next()
				if described, ok := out.(*awsecs.DescribeServiceDeploymentsOutput); ok {
					d := &described.ServiceDeployments[0]
					d.LifecycleStage = ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift
					d.TargetServiceRevision.RequestedProductionTrafficWeight = aws.Float64(10)
					d.LifecycleHookDetails = []ecstypes.DeploymentLifecycleHookDetail{{
						HookId: aws.String("approve"), Status: ecstypes.DeploymentLifecycleHookStatusAwaitingAction,
					}}
				}
				return out, err
			})
		all, err := c.watched(c.Context(), deployment)
		failed, ok := errors.AsType[*ecs.DeploymentError](err)
		require.True(c, ok, err)
		require.Equal(c, ecs.Paused, failed.Outcome)
		require.ErrorContains(c, err, "paused at hook approve")
		require.Equal(c, []ecs.StageReached{{"PRODUCTION_TRAFFIC_SHIFT"}}, of[ecs.StageReached](all))
		require.InDelta(c, 10, of[ecs.Traffic](all)[0].Production, 0)
		require.Equal(c, "approve", of[ecs.DeploymentEnded](all)[0].Hook)
	})
}

func TestWatchOfNothing(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Timing{}, func(c clinic) {
		_, err := c.watched(c.Context(), "arn:aws:ecs:us-east-1:123456789012:service/shop/web")
		require.ErrorContains(c, err, "service-deployment/<cluster>/<service>/<id>")
		_, err = c.watched(c.Context(), "arn:aws:ecs:us-east-1:123456789012:service-deployment/shop/web/none")
		require.Error(c, err)
		_, err = c.watched(c.Context(), "arn:aws:ecs:us-east-1:123456789012:service-deployment/shop/other/none")
		require.Error(c, err)
	})
}

// A deployment is followed by its ARN alone.
func ExampleWatch() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("worker:1")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
	result, err := slipway.NewStack("shop", worker).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range ecs.Watch(ctx, cloud.Config(), slipway.Output(result, worker).Deployment) {
		if err != nil {
			fmt.Println(err)
			return
		}
		switch e := e.(type) {
		case ecs.ServiceEvent, ecs.TasksRunning, ecs.DeploymentEnded:
			fmt.Println(e)
		}
	}
	// Output:
	// (service worker) has started 1 tasks: (task 8a5f64c66fea93eb5df879d760c29010).
	// (service worker) (deployment ecs-svc/6548882767916082044) deployment completed.
	// (service worker) has reached a steady state.
	// 1 of 1 tasks running
	// deployment Succeeded
}
