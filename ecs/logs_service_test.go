// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// choir is a service of three tasks: two containers of each write to one group, one to
// another group, and one nowhere.
type choir struct {
	*testing.T
	cloud *fakes.Cloud
	tasks []string
	begun time.Time
}

func singing(t *testing.T, test func(c choir)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB)
		for _, c := range []struct {
			name string
			logs ecs.Logging
		}{{"app", ecs.AWSLogs{}}, {"side", ecs.AWSLogs{}}, {"audit", ecs.AWSLogs{Group: ecs.NewLogGroup("/audit")}}, {"mute", ecs.NoLogging{}}} {
			task = task.WithContainer(ecs.NewContainer(c.name, ecs.ImageRef(c.name+":1")).WithLogging(c.logs))
		}
		service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(3)
		require.NoError(t, apply(t, cloud, service))
		test(choir{t, cloud, taskIDs(t, cloud), cloud.Now()})
	})
}

// taskIDs are those of the tasks that run, in the order of ECS.
func taskIDs(t *testing.T, cloud *fakes.Cloud) (ids []string) {
	t.Helper()
	out, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop")})
	require.NoError(t, err)
	for _, arn := range out.TaskArns {
		ids = append(ids, arn[len(arn)-32:])
	}
	return ids
}

// sing writes a line into a container's stream, so many milliseconds after the beginning.
func (c choir) sing(group, container, task string, after int, text string) {
	c.Helper()
	_, err := awslogs.NewFromConfig(c.cloud.Config()).PutLogEvents(c.Context(), &awslogs.PutLogEventsInput{
		LogGroupName: &group, LogStreamName: aws.String("ecs/" + container + "/" + task),
		LogEvents: []logstypes.InputLogEvent{{Message: &text, Timestamp: aws.Int64(c.begun.UnixMilli() + int64(after))}},
	})
	require.NoError(c, err)
}

func (c choir) heard(opts ...ecs.LogOption) (texts []string) {
	c.Helper()
	for l, err := range ecs.Logs(c.Context(), c.cloud.Config(), shopWeb, opts...) {
		require.NoError(c, err)
		texts = append(texts, l.Text)
	}
	return texts
}

// TestLogsAreMerged by time over tasks, containers, groups and pages.
func TestLogsAreMerged(t *testing.T) {
	t.Parallel()
	singing(t, func(c choir) {
		var want, ofApp []string
		for line := range 5 {
			for i, task := range c.tasks {
				for j, container := range []string{"app", "side", "audit"} {
					group := map[bool]string{false: "/ecs/web", true: "/audit"}[container == "audit"]
					text := fmt.Sprintf("%d.%d.%s", line, i, container)
					want = append(want, text)
					if container == "app" && line > 1 {
						ofApp = append(ofApp, text)
					}
					c.sing(group, container, task, line*100+i*10+j, text)
				}
			}
		}
		const stranger = "00000000000000000000000000000000"
		_, err := awslogs.NewFromConfig(c.cloud.Config()).CreateLogStream(c.Context(), &awslogs.CreateLogStreamInput{
			LogGroupName: aws.String("/ecs/web"), LogStreamName: aws.String("ecs/app/" + stranger),
		})
		require.NoError(c, err)
		c.sing("/ecs/web", "app", stranger, 1, "of a task of another service")
		pages := 0
		c.cloud.Inject(fakes.Match{Operation: "FilterLogEvents", Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			in, ok := r.Input.(*awslogs.FilterLogEventsInput)
			require.True(c, ok)
			in.Limit = aws.Int32(4)
			pages++
			return next()
		})
		require.Equal(c, want, c.heard())
		require.Equal(c, ofApp, c.heard(ecs.Since(c.begun.Add(200*time.Millisecond)), ecs.OfContainer("app")), "since is included")
		require.Empty(c, c.heard(ecs.OfContainer("mute")))

		pages = 0
		for _, err := range ecs.Logs(c.Context(), c.cloud.Config(), shopWeb) {
			require.NoError(c, err)
			break
		}
		require.Equal(c, 2, pages, "who leaves after a line has had one page of each group")
	})
}

// TestLogsFollowNewTasks: they come with their lines, and following ends with ctx alone.
func TestLogsFollowNewTasks(t *testing.T) {
	t.Parallel()
	singing(t, func(c choir) {
		ctx, cancel := context.WithCancel(c.Context())
		defer cancel()
		go func() {
			time.Sleep(3 * time.Second)
			if ecs.Scale(ctx, c.cloud.Config(), shopWeb, 4) != nil {
				cancel()
			}
			time.Sleep(2 * time.Minute)
			c.begun = c.cloud.Now()
			for i, task := range taskIDs(c.T, c.cloud) {
				c.sing("/ecs/web", "app", task, i, "late")
			}
			time.Sleep(time.Hour)
			cancel()
		}()
		heard := map[string]int{}
		var last error
		for l, err := range ecs.Logs(ctx, c.cloud.Config(), shopWeb, ecs.Follow()) {
			if last = err; err == nil {
				heard[l.Task[len(l.Task)-32:]]++
			}
		}
		require.ErrorIs(c, last, context.Canceled)
		require.Len(c, heard, 4)
		for task, n := range heard {
			require.Equal(c, 1, n, "task %s: each line once", task)
		}
	})
}

// TestLogsOfOneGroupThatFails: the other group's lines come first.
func TestLogsOfOneGroupThatFails(t *testing.T) {
	t.Parallel()
	singing(t, func(c choir) {
		c.sing("/audit", "audit", c.tasks[0], 1, "seen")
		c.cloud.Inject(fakes.Match{Operation: "FilterLogEvents", Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			if in, ok := r.Input.(*awslogs.FilterLogEventsInput); ok && *in.LogGroupName == "/ecs/web" {
				return nil, &logstypes.InvalidParameterException{Message: aws.String("broken")}
			}
			return next()
		})
		var texts []string
		var errs []error
		for l, err := range ecs.Logs(c.Context(), c.cloud.Config(), shopWeb) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			texts = append(texts, l.Text)
		}
		require.Equal(c, []string{"seen"}, texts)
		require.Len(c, errs, 1)
		require.ErrorContains(c, errs[0], "read log group /ecs/web")
	})
}
