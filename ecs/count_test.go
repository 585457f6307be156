// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// running asks how many tasks of the service run.
func running(t *testing.T, cloud *fakes.Cloud, service string) int32 {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).DescribeServices(t.Context(), &awsecs.DescribeServicesInput{
		Cluster: aws.String("shop"), Services: []string{service},
	})
	require.NoError(t, err)
	require.Len(t, out.Services, 1)
	return out.Services[0].RunningCount
}

func apply(t *testing.T, cloud *fakes.Cloud, r slipway.Resource, opts ...slipway.ApplyOption) error {
	t.Helper()
	_, err := slipway.NewStack("shop", r).Apply(t.Context(), cloud.Config(), opts...)
	return err
}

// TestCountIsWaitedFor: changing the count alone begins no deployment.
func TestCountIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		require.NoError(t, apply(t, cloud, worker("worker:1")))
		for _, n := range []int{5, 1, 0, 3} {
			seen := &recorder{}
			require.NoError(t, apply(t, cloud, worker("worker:1").WithCount(n), slipway.Observe(seen)))
			require.Equal(t, int32(n), running(t, cloud, "worker"))
			require.Positive(t, seen.progress)
		}
	})
}

func TestCountThatCannotBeReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		stored(t, cloud)
		require.NoError(t, apply(t, cloud, secretive()))
		_, err := awssm.NewFromConfig(cloud.Config()).DeleteSecret(t.Context(), &awssm.DeleteSecretInput{
			SecretId: aws.String("shop/db"), ForceDeleteWithoutRecovery: aws.Bool(true),
		})
		require.NoError(t, err)
		err = apply(t, cloud, secretive().WithCount(3))
		require.ErrorIs(t, err, slipway.ErrFailed)
		var failed *ecs.DeploymentError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, ecs.Failed, failed.Outcome)
		require.Contains(t, failed.Reason, "1 of 3 tasks run: (service worker) ")
		require.Contains(t, failed.Reason, "unable to")
		require.NotEmpty(t, failed.Tasks)
		require.Contains(t, failed.Tasks[0].Reason, "ResourceInitializationError")
	})
}

// TestCountThatStandsStill: ECS says nothing, or that there is no place.
func TestCountThatStandsStill(t *testing.T) {
	t.Parallel()
	const noPlace = "(service worker) was unable to place a task. Reason: Capacity is unavailable at this time."
	const steady = "(service worker) has reached a steady state."
	for _, test := range []struct {
		name   string
		events []string // the newest first
		within time.Duration
		reason string
	}{
		{"silence", nil, 11 * time.Minute, "2 of 9 tasks run"},
		{"no place", []string{noPlace, steady}, 3 * time.Minute, "2 of 9 tasks run: " + noPlace},
		{"no place, but that was before", []string{steady, noPlace}, 11 * time.Minute, "2 of 9 tasks run"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				require.NoError(t, apply(t, cloud, worker("worker:1")))
				cloud.Inject(fakes.Match{Service: "ECS", Operation: "DescribeServices", Times: fakes.Always}, shows(2, test.events))
				began := time.Now()
				err := apply(t, cloud, worker("worker:1").WithCount(9))
				var failed *ecs.DeploymentError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, test.reason, failed.Reason)
				require.Less(t, time.Since(began), test.within)
			})
		})
	}
}

// shows changes what services show of themselves.
func shows(running int32, events []string) fakes.Interceptor {
	return func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
		out, err := next()
		if described, ok := out.(*awsecs.DescribeServicesOutput); ok {
			for i := range described.Services {
				s := &described.Services[i]
				s.RunningCount, s.Events = running, nil
				for _, text := range events {
					s.Events = append(s.Events, ecstypes.ServiceEvent{Id: aws.String(text), Message: aws.String(text)})
				}
			}
		}
		return out, err
	}
}

func TestImpatientCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		require.NoError(t, apply(t, cloud, worker("worker:1")))
		cloud.Inject(fakes.Match{Service: "ECS", Operation: "DescribeServices", Times: fakes.Always}, shows(2, nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := slipway.NewStack("shop", worker("worker:1").WithCount(9)).Apply(ctx, cloud.Config())
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
