// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// worker is a service without a route.
func worker(image string) ecs.FargateService {
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef(image)))
	return ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2)
}

func TestBadVersionIsRolledBack(t *testing.T) {
	t.Parallel()
	ctx, cloud := patience(t), fakes.New(fakes.Options{})
	good, bad := worker("worker:1"), worker("worker:2")
	cloud.Image("worker:2", fakes.Program{Exit: &fakes.Exit{Code: 3}})

	_, err := slipway.NewStack("shop", good).Apply(ctx, cloud.Config())
	require.NoError(t, err)
	seen := &recorder{}
	result, err := slipway.NewStack("shop", bad).Apply(ctx, cloud.Config(), slipway.Observe(seen))

	require.ErrorIs(t, err, slipway.ErrFailed)
	var failed *ecs.DeploymentError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, ecs.RolledBack, failed.Outcome)
	require.Equal(t, bad.ID(), failed.Service)
	require.Contains(t, failed.Reason, "circuit breaker")
	require.Equal(t, 3, failed.Threshold)
	require.NotEmpty(t, failed.Events)
	require.NotEmpty(t, failed.Tasks)
	require.Equal(t, "EssentialContainerExited", failed.Tasks[0].Code)
	require.Equal(t, 3, *failed.Tasks[0].Containers[0].ExitCode)
	require.Contains(t, err.Error(), "was rolled back")
	require.Contains(t, err.Error(), "exit code 3")
	require.Equal(t, failed.Deployment, slipway.Output(result, bad).Deployment)
	require.Equal(t, ecs.RolledBack, slipway.Output(result, bad).Outcome)
	require.Positive(t, seen.messages)
	require.Positive(t, seen.progress)

	result, err = slipway.NewStack("shop", good).Apply(ctx, cloud.Config())
	require.NoError(t, err, "going back to the version that works succeeds")
	require.Equal(t, ecs.Succeeded, slipway.Output(result, good).Outcome)
}

func TestFirstVersionThatFails(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	cloud.Image("worker:1", fakes.Program{Exit: &fakes.Exit{Code: 1}})
	_, err := slipway.NewStack("shop", worker("worker:1")).Apply(patience(t), cloud.Config())
	var failed *ecs.DeploymentError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, ecs.Failed, failed.Outcome, "there is nothing to roll back to")
}

func TestServiceWithoutTasks(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	none := worker("worker:1").WithCount(0)
	result, err := slipway.NewStack("shop", none).Apply(patience(t), cloud.Config())
	require.NoError(t, err)
	require.Equal(t, ecs.ScaledToZero, slipway.Output(result, none).Outcome)
}

// recorder counts what an observer is told of.
type recorder struct{ messages, progress int }

func (r *recorder) Observe(_ context.Context, e slipway.Event) {
	switch e.(type) {
	case slipway.Message:
		r.messages++
	case slipway.Progress:
		r.progress++
	}
}
