// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"path"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// started starts a task and returns its ARN.
func started(t *testing.T, cloud *fakes.Cloud, in *awsecs.RunTaskInput) string {
	t.Helper()
	time.Sleep(time.Minute) // by then its roles can be assumed
	once := *in             // the SDK puts its token there
	out, err := awsecs.NewFromConfig(cloud.Config()).RunTask(t.Context(), &once)
	require.NoError(t, err)
	return *out.Tasks[0].TaskArn
}

// wrote puts lines into the task's stream, each a millisecond after the other.
func wrote(t *testing.T, cloud *fakes.Cloud, taskARN string, at time.Time, lines ...string) {
	t.Helper()
	id := taskARN[len(taskARN)-32:]
	in := &awslogs.PutLogEventsInput{LogGroupName: aws.String("/ecs/report"), LogStreamName: aws.String(path.Join("ecs", "work", id))}
	for i, l := range lines {
		in.LogEvents = append(in.LogEvents, logstypes.InputLogEvent{Message: aws.String(l), Timestamp: aws.Int64(at.UnixMilli() + int64(i))})
	}
	_, err := awslogs.NewFromConfig(cloud.Config()).PutLogEvents(t.Context(), in)
	require.NoError(t, err)
}

func TestTaskLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		cloud.Image("report:1", fakes.Program{Logs: []string{"one", "two"}, Exit: &fakes.Exit{After: 10 * time.Minute}})
		in := hired(t, cloud, report())
		first, second := started(t, cloud, in), started(t, cloud, in)
		read := func(task string, opts ...ecs.LogOption) (all []string) {
			for l, err := range ecs.TaskLogs(t.Context(), cloud.Config(), task, opts...) {
				require.NoError(t, err)
				require.Equal(t, task, l.Task, "no lines of other tasks")
				all = append(all, l.Text)
			}
			return all
		}
		require.Empty(t, read(second), "it has not begun")
		require.Equal(t, []string{"one", "two"}, read(first, ecs.Follow()))
		require.Equal(t, "STOPPED", *describedTask(t, cloud, first).LastStatus, "following ends with the task")
		require.Equal(t, []string{"one", "two"}, read(second))
		require.Empty(t, read(second, ecs.OfContainer("proxy"), ecs.Follow()))
		for _, err := range ecs.TaskLogs(t.Context(), cloud.Config(), second) {
			require.NoError(t, err)
			break // leaves the loop without a second call of its body
		}
	})
}

func TestTaskLogsOfNothing(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	hired(t, cloud, report())
	for task, want := range map[string]string{
		"none": "arn:aws:ecs:<region>:<account>:task/<cluster>/<id>",
		"arn:aws:ecs:us-east-1:123456789012:task/batch/0123456789abcdef0123456789abcdef": "ECS forgets stopped tasks",
	} {
		times := 0
		for _, err := range ecs.TaskLogs(t.Context(), cloud.Config(), task) {
			times++
			require.ErrorContains(t, err, want)
		}
		require.Equal(t, 1, times)
	}
}

// TestLogsInManyPages: what is written while pages are read, lines of one time, and late
// ones are told once each.
func TestLogsInManyPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{After: 10 * time.Minute}})
		task := started(t, cloud, hired(t, cloud, report()))
		time.Sleep(2 * time.Minute)
		require.Equal(t, "RUNNING", *describedTask(t, cloud, task).LastStatus)
		calls := 0
		cloud.Inject(fakes.Match{Operation: "FilterLogEvents", Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			in, ok := r.Input.(*awslogs.FilterLogEventsInput)
			require.True(t, ok)
			in.Limit = aws.Int32(2)
			calls++
			return next()
		})
		var want []string
		batches := 0
		write := func(ago time.Duration) {
			batches++
			var lines []string
			for i := range 5 {
				lines = append(lines, fmt.Sprintf("%d.%d", batches, i))
			}
			want = append(want, lines...)
			wrote(t, cloud, task, cloud.Now().Add(-ago), lines...)
		}
		written := make(chan struct{})
		go func() {
			defer close(written)
			time.Sleep(time.Second)
			write(0)
			write(0) // of the same times
			time.Sleep(7 * time.Second)
			write(0)
			write(20 * time.Second) // late
		}()
		var got []string
		for l, err := range ecs.TaskLogs(t.Context(), cloud.Config(), task, ecs.Follow()) {
			require.NoError(t, err)
			got = append(got, l.Text)
		}
		<-written
		require.ElementsMatch(t, want, got)
		require.Greater(t, calls, len(want)/2)
	})
}

// TestLogsOfAnotherRegion: a log group is where the container's options say.
func TestLogsOfAnotherRegion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Logs: []string{"far away"}, Exit: &fakes.Exit{}})
		far := cloud.Config()
		far.Region = "eu-west-1"
		_, err := awslogs.NewFromConfig(far).CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/report")})
		require.NoError(t, err)
		job := report()
		in := hired(t, cloud, job)
		definition, err := awsecs.NewFromConfig(cloud.Config()).DescribeTaskDefinition(t.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: in.TaskDefinition})
		require.NoError(t, err)
		d := definition.TaskDefinition
		d.ContainerDefinitions[0].LogConfiguration.Options["awslogs-region"] = far.Region
		registered, err := awsecs.NewFromConfig(cloud.Config()).RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
			Family: aws.String("far"), ContainerDefinitions: d.ContainerDefinitions, Cpu: d.Cpu, Memory: d.Memory, NetworkMode: d.NetworkMode,
			RequiresCompatibilities: d.RequiresCompatibilities, RuntimePlatform: d.RuntimePlatform, ExecutionRoleArn: aws.String(farRole(t, cloud)),
		})
		require.NoError(t, err)
		in.TaskDefinition = registered.TaskDefinition.TaskDefinitionArn
		var lines []string
		_, err = ecs.RunTask(t.Context(), cloud.Config(), in, ecs.OnLog(func(l ecs.LogLine) { lines = append(lines, l.Text) }))
		require.NoError(t, err)
		require.Equal(t, []string{"far away"}, lines)
	})
}

// farRole may write logs anywhere.
func farRole(t *testing.T, cloud *fakes.Cloud) string {
	t.Helper()
	_, err := slipway.NewStack("far", executionOf("far")).Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return "arn:aws:iam::123456789012:role/slipway/far/far"
}

// What one task writes, until it has stopped.
func ExampleTaskLogs() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Logs: []string{"42 orders"}, Exit: &fakes.Exit{}})
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("report:1")))
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job))
	if err != nil {
		fmt.Println(err)
		return
	}
	for line, err := range ecs.TaskLogs(ctx, cloud.Config(), done.ARN) {
		fmt.Println(line.Text, err)
	}
	// Output:
	// 42 orders <nil>
}
