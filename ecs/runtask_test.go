// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
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

// report is a job with a container that is overridden.
func report() ecs.Job {
	work := ecs.NewContainer("work", ecs.ImageRef("report:1")).WithCommand("/report").WithEnv("DAY", "today").
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "/ok"}})
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(work)
	return ecs.NewJob("nightly", ecs.NewCluster("batch"), task, vpc.Default()).
		WithCommand(work, "/report", "-full").WithEnv(work, "DAY", "yesterday").WithSize(ecs.VCPU/2, 1*ecs.GiB).WithTag("team", "finance")
}

// hired applies the job and returns what RunTask needs.
func hired(t *testing.T, cloud *fakes.Cloud, job ecs.Job) *awsecs.RunTaskInput {
	t.Helper()
	result, err := slipway.NewStack("batch", job).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	in := slipway.Output(result, job)
	require.NotNil(t, in)
	return in
}

func TestRunTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		cloud.Image("report:1", fakes.Program{Logs: []string{"begin", "end"}, Exit: &fakes.Exit{After: time.Minute}})
		in := hired(t, cloud, report())
		var lines, states []string
		done, err := ecs.RunTask(t.Context(), cloud.Config(), in, ecs.RunEnv("work", "DAY", "monday"),
			ecs.OnLog(func(l ecs.LogLine) { lines = append(lines, l.Container+": "+l.Text) }),
			ecs.OnState(func(s string) { states = append(states, s) }))
		require.NoError(t, err)
		require.Equal(t, 0, *done.Containers[0].ExitCode)
		require.Equal(t, time.Minute, done.Stopped.Sub(done.Started).Truncate(time.Minute))
		require.Equal(t, []string{"work: begin", "work: end"}, lines, "each once, in order")
		require.Equal(t, "STOPPED", states[len(states)-1])
		require.Contains(t, states, "RUNNING")
		require.Len(t, slices.Compact(slices.Clone(states)), len(states), "each state once")

		task := describedTask(t, cloud, done.ARN)
		require.Equal(t, "512", *task.Cpu)
		require.Equal(t, []ecstypes.ContainerOverride{{
			Name: aws.String("work"), Command: []string{"/report", "-full"},
			Environment: []ecstypes.KeyValuePair{{Name: aws.String("DAY"), Value: aws.String("monday")}},
		}}, task.Overrides.ContainerOverrides)
		require.Equal(t, "yesterday", *in.Overrides.ContainerOverrides[0].Environment[0].Value, "the input is not changed")
	})
}

func describedTask(t *testing.T, cloud *fakes.Cloud, arn string) ecstypes.Task {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("batch"), Tasks: []string{arn}})
	require.NoError(t, err)
	return out.Tasks[0]
}

func TestRunTaskFails(t *testing.T) {
	t.Parallel()
	full := fakes.FargateLimits{VCPUs: 0.25}
	for _, row := range []struct {
		name    string
		program fakes.Program
		limits  fakes.FargateLimits
		failure ecs.TaskFailure
		cause   slipway.CauseCode
		text    string
	}{
		{"the program fails", fakes.Program{Exit: &fakes.Exit{Code: 3}, Logs: []string{"no data"}}, fakes.FargateLimits{}, ecs.TaskExited, slipway.ContainerExited, "exit code 3"},
		{"out of memory", fakes.Program{Exit: &fakes.Exit{OutOfMemory: true}}, fakes.FargateLimits{}, ecs.TaskExited, slipway.OutOfMemory, "OutOfMemoryError"},
		{"another architecture", fakes.Program{Platforms: []string{"linux/arm64"}}, fakes.FargateLimits{}, ecs.TaskNotStarted, slipway.WrongArchitecture, "did not start"},
		{"no quota", fakes.Program{}, full, ecs.TaskNotPlaced, slipway.QuotaExceeded, "was not placed: You’ve reached the limit"},
		{"no capacity", fakes.Program{}, fakes.FargateLimits{Full: []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"}}, ecs.TaskNotPlaced, slipway.NoCapacity, "Capacity is unavailable"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				in := hired(t, cloud, report())
				cloud.Image("report:1", row.program)
				cloud.Fargate(row.limits)
				_, err := ecs.RunTask(t.Context(), cloud.Config(), in)
				require.ErrorIs(t, err, slipway.ErrFailed)
				var failed *ecs.TaskError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, row.failure, failed.Failure)
				require.Equal(t, row.cause, failed.Causes[0].Code, err)
				require.ErrorContains(t, err, row.text)
				require.Equal(t, row.failure == ecs.TaskNotPlaced, failed.Task == "")
			})
		})
	}
}

// TestRunTaskIsStopped: by somebody else, and by the caller who gives up.
func TestRunTaskIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		in := hired(t, cloud, report())
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		_, err := ecs.RunTask(ctx, cloud.Config(), in)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "was stopped")
		time.Sleep(time.Minute)
		tasks, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: in.Cluster})
		require.NoError(t, err)
		require.Empty(t, tasks.TaskArns, "no task is left behind")

		_, err = ecs.RunTask(t.Context(), cloud.Config(), in, ecs.OnState(func(s string) {
			if s != "RUNNING" {
				return
			}
			tasks, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: in.Cluster})
			require.NoError(t, err)
			_, err = awsecs.NewFromConfig(cloud.Config()).StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: in.Cluster, Task: &tasks.TaskArns[0], Reason: aws.String("no longer wanted")})
			require.NoError(t, err)
		}))
		var failed *ecs.TaskError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, ecs.TaskInterrupted, failed.Failure)
		require.ErrorContains(t, err, "no longer wanted")
	})
}

// TestRunTaskWhoseAnswerIsLate: the caller gives up while the task is being started; it
// is stopped nonetheless.
func TestRunTaskWhoseAnswerIsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		in := hired(t, cloud, report())
		ctx, cancel := context.WithCancel(t.Context())
		cloud.Inject(fakes.Match{Service: "ECS", Operation: "RunTask"}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			cancel()
			return out, err
		})
		_, err := ecs.RunTask(ctx, cloud.Config(), in)
		require.ErrorIs(t, err, context.Canceled)
		tasks, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: in.Cluster, DesiredStatus: ecstypes.DesiredStatusStopped})
		require.NoError(t, err)
		require.Len(t, tasks.TaskArns, 1)
	})
}

func TestRunTaskOfNothing(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := ecs.RunTask(t.Context(), cloud.Config(), nil)
	require.ErrorContains(t, err, "apply the job's stack first")
	_, err = ecs.RunTask(t.Context(), cloud.Config(), &awsecs.RunTaskInput{Count: aws.Int32(2)})
	require.ErrorContains(t, err, "got 2")
	_, err = ecs.RunTask(t.Context(), cloud.Config(), &awsecs.RunTaskInput{Cluster: aws.String("none"), TaskDefinition: aws.String("none:1")})
	require.Error(t, err)
}

func TestJobProblems(t *testing.T) {
	t.Parallel()
	other := ecs.NewContainer("other", ecs.ImageRef("x:1"))
	require.ErrorContains(t, report().WithEnv(other, "A", "b").Validate(), `got "other"`)
	require.ErrorContains(t, ecs.NewJob("x", nil, ecs.FargateTaskDefinition{}, vpc.Default()).Validate(), "got nil, want a cluster")
	require.ErrorContains(t, report().WithSize(ecs.VCPU/4, 4*ecs.GiB).Validate(), "Run.Overrides.Memory")
	require.NoError(t, report().Validate())
	require.Nil(t, report().Outputs(nil))
	plan, err := slipway.NewStack("batch", report()).Plan(t.Context(), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	require.Contains(t, plan.String(), "ecs:TaskDefinition/report")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Timing{}, func(c clinic) {
		c.cloud.Image("web:1", fakes.Program{Logs: []string{"one", "two"}})
		deployment := c.begin(nil)
		c.succeeds(deployment, nil)
		read := func(opts ...ecs.LogOption) (all []ecs.LogLine) {
			for l, err := range ecs.Logs(c.Context(), c.cloud.Config(), shopWeb, opts...) {
				require.NoError(c, err)
				all = append(all, l)
			}
			return all
		}
		all := read()
		require.Len(c, all, 4, "of two tasks")
		require.True(c, slices.IsSortedFunc(all, func(a, b ecs.LogLine) int { return a.Time.Compare(b.Time) }))
		require.NotEqual(c, all[0].Task, all[3].Task)
		require.Contains(c, all[0].String(), "/app one")
		require.Empty(c, read(ecs.OfContainer("proxy")))
		require.Len(c, read(ecs.OfContainer("app")), 4)
		require.Empty(c, read(ecs.Since(time.Now().Add(time.Hour))))

		ctx, cancel := context.WithTimeout(c.Context(), time.Hour)
		defer cancel()
		followed := 0
		for _, err := range ecs.Logs(ctx, c.cloud.Config(), shopWeb, ecs.Follow()) {
			if err != nil {
				require.ErrorIs(c, err, context.DeadlineExceeded)
				break
			}
			if followed++; followed == 4 {
				c.begin(nil)
			}
		}
		require.Equal(c, 8, followed, "those of the new tasks, too, each once")
	})
}

// A job is applied once, and run as often as one likes.
func ExampleRunTask() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Logs: []string{"42 orders"}, Exit: &fakes.Exit{After: time.Second}})
	work := ecs.NewContainer("work", ecs.ImageRef("report:1"))
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(work)
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job),
		ecs.RunEnv("work", "DAY", "2026-01-31"),
		ecs.OnLog(func(l ecs.LogLine) { fmt.Println(l.Text) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("exit code", *done.Containers[0].ExitCode)
	// Output:
	// 42 orders
	// exit code 0
}

// The lines of all tasks, in the order of time.
func ExampleLogs() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("worker:1", fakes.Program{Logs: []string{"ready"}})
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("worker:1")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2)
	if _, err := slipway.NewStack("shop", worker).Apply(ctx, cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}
	for line, err := range ecs.Logs(ctx, cloud.Config(), worker) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(line.Container, line.Text)
	}
	// Output:
	// work ready
	// work ready
}
