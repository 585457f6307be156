// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// TestRunTaskRunsOnce: a lost answer does not have the task run twice.
func TestRunTaskRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
		in := hired(t, cloud, report())
		cloud.Inject(fakes.Match{Operation: "RunTask"}, fakes.LostReply())
		done, err := ecs.RunTask(t.Context(), cloud.Config(), in)
		require.NoError(t, err)
		tasks := ranAll(t, cloud)
		require.Len(t, tasks, 1)
		require.Equal(t, done.ARN, *tasks[0].TaskArn)
		again, err := ecs.RunTask(t.Context(), cloud.Config(), in)
		require.NoError(t, err)
		require.NotEqual(t, done.ARN, again.ARN, "and each call runs one")
	})
}

// TestRunTaskWaitsForItsRole: a role that was just made is not known everywhere at once.
func TestRunTaskWaitsForItsRole(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		after time.Duration
		known bool
	}{{"seconds", 10 * time.Second, true}, {"more than a minute", 90 * time.Second, true}, {"never", time.Hour, false}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
				in := hired(t, cloud, report())
				disturbed(cloud, "RunTask", fakes.Failing("ClientException", "ECS was unable to assume the role 'x' that was provided for this task."), 0, row.after)
				_, err := ecs.RunTask(t.Context(), cloud.Config(), in)
				if row.known {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, "unable to assume the role")
			})
		})
	}
}

// TestRunTaskIsCanceled: at each stage. No task is left behind, and one that had ended
// by then is judged all the same.
func TestRunTaskIsCanceled(t *testing.T) {
	t.Parallel()
	const beforeAll, atLine = "before", "line"
	for _, stage := range []string{beforeAll, "PROVISIONING", "PENDING", "RUNNING", atLine, "DEPROVISIONING", "STOPPED"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				cloud.Image("report:1", fakes.Program{Logs: []string{"begin"}, Exit: &fakes.Exit{After: time.Minute, Code: 3}})
				in := hired(t, cloud, report())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				at := func(now string) {
					if now == stage {
						cancel()
					}
				}
				at(beforeAll)
				done, err := ecs.RunTask(ctx, cloud.Config(), in, ecs.OnState(at), ecs.OnLog(func(ecs.LogLine) { at(atLine) }))
				require.ErrorIs(t, err, context.Canceled)
				require.Equal(t, stage == beforeAll, done.ARN == "")
				_, ended := errors.AsType[*ecs.TaskError](err)
				require.Equal(t, stage == "STOPPED", ended, err)
				time.Sleep(30 * time.Second)
				running, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(t.Context(), &awsecs.ListTasksInput{
					Cluster: aws.String("batch"), DesiredStatus: ecstypes.DesiredStatusRunning,
				})
				require.NoError(t, err)
				require.Empty(t, running.TaskArns)
			})
		})
	}
}
