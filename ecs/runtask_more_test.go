// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

var errCut = errors.New("the line is cut")

var ecsTasks = iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"}

// executionOf is a role that may write logs anywhere.
func executionOf(name string) iam.Role {
	return iam.NewRole(name).WithTrust(ecsTasks).WithAllow("*", "logs:CreateLogStream", "logs:PutLogEvents")
}

// failing has an operation fail while it says so.
func failing(cloud *fakes.Cloud, operation string, now func() bool) {
	cloud.Inject(fakes.Match{Operation: operation, Times: fakes.Always}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
		if now() {
			return nil, errCut
		}
		return next()
	})
}

// TestRunTaskOverrides: all that can be, besides what the job says, for one run.
func TestRunTaskOverrides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
		work := iam.NewRole("other-work").WithTrust(ecsTasks)
		_, err := slipway.NewStack("roles", executionOf("other-execution"), work).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		role := func(name string) string { return "arn:aws:iam::123456789012:role/slipway/roles/" + name }

		in := hired(t, cloud, report())
		done, err := ecs.RunTask(t.Context(), cloud.Config(), in, ecs.RunCommand("work", "/report", "-dry"), ecs.RunSize(ecs.VCPU, 2*ecs.GiB),
			ecs.RunContainerSize("work", ecs.VCPU/2, 1*ecs.GiB), ecs.RunTaskRole(role("other-work")), ecs.RunExecutionRole(role("other-execution")))
		require.NoError(t, err)
		require.NotEmpty(t, done.Reason)
		task := describedTask(t, cloud, done.ARN)
		require.Equal(t, []string{"1024", "2048"}, []string{*task.Overrides.Cpu, *task.Overrides.Memory})
		require.Equal(t, []string{role("other-work"), role("other-execution")}, []string{*task.Overrides.TaskRoleArn, *task.Overrides.ExecutionRoleArn})
		require.Equal(t, []ecstypes.ContainerOverride{{
			Name: aws.String("work"), Command: []string{"/report", "-dry"}, Cpu: aws.Int32(512), Memory: aws.Int32(1024),
			Environment: []ecstypes.KeyValuePair{{Name: aws.String("DAY"), Value: aws.String("yesterday")}},
		}}, task.Overrides.ContainerOverrides)

		_, err = ecs.RunTask(t.Context(), cloud.Config(), in, ecs.RunCommand("wrk", "/report"))
		require.ErrorContains(t, err, "Override for container named wrk is not a container in the TaskDefinition.")
	})
}

// TestRunTaskOutlivesItsLogs: that lines cannot be read for a while costs none of them,
// and if it lasts the task still runs to its end.
func TestRunTaskOutlivesItsLogs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		lasts time.Duration
		lines []string
		fails bool
	}{
		{"for a while", 2 * time.Minute, []string{"begin", "end"}, false},
		{"for good", time.Hour, nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				cloud.Image("report:1", fakes.Program{Logs: []string{"begin", "end"}, Exit: &fakes.Exit{After: 5 * time.Minute}})
				in := hired(t, cloud, report())
				begun := time.Now()
				failing(cloud, "FilterLogEvents", func() bool { return time.Since(begun) < row.lasts })
				var lines []string
				done, err := ecs.RunTask(t.Context(), cloud.Config(), in, ecs.OnLog(func(l ecs.LogLine) { lines = append(lines, l.Text) }))
				require.Equal(t, row.lines, lines)
				require.Equal(t, 0, *done.Containers[0].ExitCode)
				if row.fails {
					require.ErrorIs(t, err, errCut)
					return
				}
				require.NoError(t, err)
			})
		})
	}
}

// TestRunTaskTellsWhatItStarted: with every error that comes once there is a task.
func TestRunTaskTellsWhatItStarted(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		operation, state, says string
	}{
		{"DescribeTasks", "RUNNING", "which goes on"},
		{"DescribeTaskDefinition", "STOPPED", "describe task definition"},
	} {
		t.Run(row.operation, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{After: time.Minute}})
				in := hired(t, cloud, report())
				broken := false
				failing(cloud, row.operation, func() bool { return broken })
				done, err := ecs.RunTask(t.Context(), cloud.Config(), in, ecs.OnState(func(s string) { broken = s == row.state }))
				require.ErrorIs(t, err, errCut)
				require.ErrorContains(t, err, row.says)
				broken = false
				require.Equal(t, row.state, *describedTask(t, cloud, done.ARN).LastStatus)
			})
		})
	}
}

// TestRunTaskOfSeveralContainers: which of their exit codes make the task fail.
func TestRunTaskOfSeveralContainers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name       string
		work, side fakes.Program
		essential  bool
		fails      bool
	}{
		{"the other one goes on until it is told to end", fakes.Program{Exit: &fakes.Exit{After: time.Minute}}, fakes.Program{}, true, false},
		{"the other one fails, and may", fakes.Program{Exit: &fakes.Exit{After: time.Minute}}, fakes.Program{Exit: &fakes.Exit{Code: 1}}, false, false},
		{"the other one fails, and must not", fakes.Program{Exit: &fakes.Exit{After: time.Minute}}, fakes.Program{Exit: &fakes.Exit{Code: 1}}, true, true},
		{"it is ended by somebody else's SIGTERM, the other one may fail", fakes.Program{Exit: &fakes.Exit{After: time.Minute, Code: 143}}, fakes.Program{}, false, true},
		{"nobody was done when both were ended", fakes.Program{Exit: &fakes.Exit{After: time.Minute, Code: 143}}, fakes.Program{}, true, true},
		{"the other one has to be killed", fakes.Program{Exit: &fakes.Exit{After: time.Minute}}, fakes.Program{IgnoresTerm: true}, true, true},
		{"the other one has to be killed, and may", fakes.Program{Exit: &fakes.Exit{After: time.Minute}}, fakes.Program{IgnoresTerm: true}, false, false},
		{"it fails, the other one does not", fakes.Program{Exit: &fakes.Exit{After: time.Minute, Code: 2}}, fakes.Program{}, true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				cloud.Image("work:1", row.work)
				cloud.Image("side:1", row.side)
				side := ecs.NewContainer("side", ecs.ImageRef("side:1"))
				if !row.essential {
					side = side.WithNonEssential()
				}
				task := ecs.NewFargateTaskDefinition("pair", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("work:1"))).WithContainer(side)
				in := hired(t, cloud, ecs.NewJob("pair", ecs.NewCluster("batch"), task, vpc.Default()))
				_, err := ecs.RunTask(t.Context(), cloud.Config(), in)
				var failed *ecs.TaskError
				require.Equal(t, row.fails, errors.As(err, &failed), err)
				if row.fails {
					require.Equal(t, ecs.TaskExited, failed.Failure)
				}
			})
		})
	}
}

// TestRunTaskThatAnotherProgramApplied: the plan tells what to run, once it is there.
func TestRunTaskThatAnotherProgramApplied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
		planned := func(job ecs.Job) *awsecs.RunTaskInput {
			plan, err := slipway.NewStack("batch", job).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			return slipway.Output(plan, job)
		}
		in := planned(report())
		require.Nil(t, in, "nothing is there")
		_, err := ecs.RunTask(t.Context(), cloud.Config(), in)
		require.ErrorContains(t, err, "apply the job's stack first")

		applied := hired(t, cloud, report())
		in = planned(report())
		require.Equal(t, applied, in)
		done, err := ecs.RunTask(t.Context(), cloud.Config(), in)
		require.NoError(t, err)
		require.NotEmpty(t, done.ARN)
		other := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("report:2")))
		require.Nil(t, planned(ecs.NewJob("nightly", ecs.NewCluster("batch"), other, vpc.Default())), "this version is not there")
	})
}

// A run may differ from what the job says.
func ExampleRunOption() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
	work := ecs.NewContainer("work", ecs.ImageRef("report:1"))
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(work)
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job),
		ecs.RunCommand("work", "/report", "-year", "2025"),
		ecs.RunSize(2*ecs.VCPU, 4*ecs.GiB),
		ecs.OnState(func(state string) {
			if state == "STOPPED" {
				fmt.Println(state)
			}
		}))
	fmt.Println(err)
	// Output:
	// STOPPED
	// <nil>
}

// What kept a task from its work, and why.
func ExampleTaskError() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Logs: []string{"no data for today"}, Exit: &fakes.Exit{Code: 3}})
	work := ecs.NewContainer("work", ecs.ImageRef("report:1"))
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(work)
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job))
	if failed, ok := errors.AsType[*ecs.TaskError](err); ok {
		fmt.Println(failed.Failure, *failed.Stopped.Containers[0].ExitCode, failed.Causes[0].Code)
	}
	// Output:
	// Exited 3 container-exited
}
