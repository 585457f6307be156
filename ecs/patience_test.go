// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// disturbed has an operation go wrong from one time to another.
func disturbed(cloud *fakes.Cloud, operation string, by fakes.Interceptor, from, to time.Duration) {
	begun := time.Now()
	cloud.Inject(fakes.Match{Operation: operation, Times: fakes.Always}, func(ctx context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		if at := time.Since(begun); at >= from && at < to {
			return by(ctx, r, next)
		}
		return next()
	})
}

// TestRunTaskOutlastsOutages: a task is not lost sight of because AWS throttles for a
// while, or fails.
func TestRunTaskOutlastsOutages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		by    fakes.Interceptor
		lasts time.Duration
		err   error
		text  string
	}{
		{"throttled for minutes", fakes.Throttling(), 3 * time.Minute, nil, ""},
		{"errors of AWS for minutes", fakes.ServerError(), 3 * time.Minute, nil, ""},
		{"throttled for good", fakes.Throttling(), time.Hour, slipway.ErrThrottled, "which goes on"},
		{"refused", fakes.Failing("AccessDeniedException", "no"), time.Hour, slipway.ErrDenied, "which goes on"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				cloud.Image("report:1", fakes.Program{Logs: []string{"end"}, Exit: &fakes.Exit{After: 2 * time.Minute}})
				in := hired(t, cloud, report())
				disturbed(cloud, "DescribeTasks", row.by, 0, row.lasts)
				var lines []string
				done, err := ecs.RunTask(t.Context(), cloud.Config(), in, ecs.OnLog(func(l ecs.LogLine) { lines = append(lines, l.Text) }))
				require.NotEmpty(t, done.ARN)
				if row.err != nil {
					require.ErrorIs(t, err, row.err)
					require.ErrorContains(t, err, row.text)
					return
				}
				require.NoError(t, err)
				require.Equal(t, 0, *done.Containers[0].ExitCode)
				require.Equal(t, []string{"end"}, lines)
			})
		})
	}
}

// TestRunTaskIsCanceledInAnOutage: patience does not outlast the caller's.
func TestRunTaskIsCanceledInAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		in := hired(t, cloud, report())
		disturbed(cloud, "DescribeTasks", fakes.Throttling(), 0, 10*time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		done, err := ecs.RunTask(ctx, cloud.Config(), in)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(begun), 2*time.Minute)
		time.Sleep(10 * time.Minute)
		require.Equal(t, "STOPPED", *describedTask(t, cloud, done.ARN).LastStatus)
	})
}

// TestWatchOutlastsOutages: nor is a deployment, and each thing is told once.
func TestWatchOutlastsOutages(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"DescribeServiceDeployments", "DescribeServices", "ListTasks", "DescribeTasks", "DescribeTargetHealth", "ListServiceDeployments"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			bubbled(t, fakes.Realistic, func(c clinic) {
				c.cloud.Image("web:1", fakes.Program{Exit: &fakes.Exit{Code: 7}})
				deployment := c.begin(nil)
				disturbed(c.cloud, operation, fakes.Throttling(), 20*time.Second, 2*time.Minute)
				all, err := c.watched(c.Context(), deployment)
				require.ErrorIs(c, err, slipway.ErrFailed)
				require.Len(c, of[ecs.DeploymentEnded](all), 1)
				require.Equal(c, ecs.RolledBack, of[ecs.DeploymentEnded](all)[0].Outcome)
				for i, e := range all {
					if stopped, ok := e.(ecs.TaskStopped); ok {
						require.NotContains(c, all[i+1:], stopped)
					}
				}
			})
		})
	}
}
