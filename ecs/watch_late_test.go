// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// TestWatchTellsDeploymentsApart: those that bring out the same task definition again,
// one after the other. What is told of one are its own tasks.
func TestWatchTellsDeploymentsApart(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		first := c.begin(nil)
		time.Sleep(7 * time.Second)
		second := c.begin(nil)
		time.Sleep(7 * time.Second)
		third := c.begin(nil)
		all, err := c.watched(c.Context(), third)
		require.NoError(c, err)
		own := of[ecs.TaskStarted](all)
		require.Len(c, own, 2)

		for deployment, by := range map[string]string{first: second, second: third} {
			all, err := c.watched(c.Context(), deployment)
			failed, ok := errors.AsType[*ecs.DeploymentError](err)
			require.True(c, ok, err)
			require.Equal(c, ecs.Superseded, failed.Outcome)
			require.Equal(c, by, failed.By)
			require.Empty(c, of[ecs.TaskStarted](all), "its tasks were stopped before they ran")
			require.Len(c, of[ecs.TaskStopped](all), 2)
			require.Len(c, failed.Tasks, 2)
			for _, s := range failed.Tasks {
				require.False(c, slices.ContainsFunc(own, func(e ecs.TaskStarted) bool { return e.Task == s.ARN }))
			}
		}
	})
}

// TestWatchOfOneThatWasFollowedByZero: that a service has no tasks by now is no outcome
// of the deployment before.
func TestWatchOfOneThatWasFollowedByZero(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		first := c.begin(nil)
		_, err := c.watched(c.Context(), first)
		require.NoError(c, err)
		zero := c.begin(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
		for deployment, outcome := range map[string]ecs.Outcome{zero: ecs.ScaledToZero, first: ecs.Succeeded} {
			all, err := c.watched(c.Context(), deployment)
			require.NoError(c, err)
			require.Equal(c, ecs.DeploymentEnded{Outcome: outcome}, all[len(all)-1])
		}
	})
}

// TestWatchOfADeletedService: the deployment has stopped, and the loop ends.
func TestWatchOfADeletedService(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		deployment := c.begin(nil)
		deleted := false
		var ended []ecs.DeploymentEnded
		var last error
		for e, err := range ecs.Watch(c.Context(), c.cloud.Config(), deployment) {
			last = err
			if end, ok := e.(ecs.DeploymentEnded); ok {
				ended = append(ended, end)
			}
			if _, ok := e.(ecs.TaskStarted); ok && !deleted {
				deleted = true
				_, err := awsecs.NewFromConfig(c.cloud.Config()).DeleteService(c.Context(), &awsecs.DeleteServiceInput{
					Cluster: aws.String("shop"), Service: aws.String("web"), Force: aws.Bool(true),
				})
				require.NoError(c, err)
			}
		}
		require.Len(c, ended, 1)
		require.Equal(c, ecs.Stopped, ended[0].Outcome)
		require.ErrorContains(c, last, "the service was deleted")
	})
}

// TestWatchOfTwo: watchers do not disturb each other.
func TestWatchOfTwo(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		deployment := c.begin(nil)
		seen := make(chan []ecs.TaskStarted)
		for range 2 {
			go func() {
				all, _ := c.watched(c.Context(), deployment)
				seen <- of[ecs.TaskStarted](all)
			}()
		}
		one, other := <-seen, <-seen
		require.Len(c, one, 2)
		require.ElementsMatch(c, one, other)
	})
}
