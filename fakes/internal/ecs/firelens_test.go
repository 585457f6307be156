// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// toCloudWatch are options of Fluent Bit's output to CloudWatch Logs, with changes.
func toCloudWatch(changes map[string]string) map[string]string {
	o := map[string]string{"Name": "cloudwatch_logs", "log_group_name": "/shop/routed", "log_stream_prefix": "web-", "log_key": "log"}
	maps.Copy(o, changes)
	return o
}

// fireLens has the app send its lines to a log router, whose own go to /shop/router.
func fireLens(options map[string]string, change func(*ecstypes.ContainerDefinition)) register {
	return func(in *awsecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn, in.ExecutionRoleArn = aws.String(taskRole), aws.String(executionRole)
		in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens, Options: options}
		router := ecstypes.ContainerDefinition{
			Name: aws.String("router"), Image: aws.String("fluent-bit"),
			FirelensConfiguration: &ecstypes.FirelensConfiguration{Type: ecstypes.FirelensConfigurationTypeFluentbit},
			LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/shop/router", "awslogs-region": region, "awslogs-stream-prefix": "ecs",
			}},
		}
		if change != nil {
			change(&router)
		}
		in.ContainerDefinitions = append(in.ContainerDefinitions, router)
	}
}

func refusal(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message}
}

// TestFireLensToCloudWatch has an app say "hello" and looks where that arrives.
func TestFireLensToCloudWatch(t *testing.T) {
	t.Parallel()
	const complaint = "/shop/router: [error] [output:cloudwatch_logs:cloudwatch_logs.1] "
	gone := refusal("ResourceNotFoundException", "The specified log group does not exist.")
	for _, test := range []struct {
		name   string // and the reason
		define register
		world  func(*neighbours)
		lines  []string
	}{
		{"a group that is there", fireLens(toCloudWatch(nil), nil), nil, []string{"/shop/routed: hello"}},
		{"the older plugin", fireLens(toCloudWatch(map[string]string{"Name": "cloudwatch"}), nil), nil, []string{"/shop/routed: hello"}},
		{"elsewhere", fireLens(map[string]string{"Name": "datadog"}, nil), nil, nil},
		{"by the router's own configuration", fireLens(nil, nil), nil, nil},
		{"no such group", fireLens(toCloudWatch(nil), nil), func(w *neighbours) { w.errs["log stream /shop/routed"] = gone },
			[]string{complaint + "CreateLogStream API responded with error='ResourceNotFoundException', message='The specified log group does not exist.'"}},
		{"denied", fireLens(toCloudWatch(nil), nil), func(w *neighbours) { w.errs["log stream /shop/routed"] = refusal("AccessDeniedException", "no") },
			[]string{complaint + "CreateLogStream API responded with error='AccessDeniedException', message='no'"}},
		{"the group may not be made", fireLens(toCloudWatch(map[string]string{"auto_create_group": "On"}), nil), func(w *neighbours) {
			w.errs["log stream /shop/routed"] = gone
			w.errs["log group /shop/routed"] = refusal("AccessDeniedException", "no")
		}, []string{complaint + "CreateLogGroup API responded with error='AccessDeniedException', message='no'"}},
		{"the stream is there", fireLens(toCloudWatch(nil), nil),
			func(w *neighbours) {
				w.errs["log stream /shop/routed"] = refusal("ResourceAlreadyExistsException", "there")
			},
			[]string{"/shop/routed: hello"}},
		{"no task role", func(in *awsecs.RegisterTaskDefinitionInput) {
			fireLens(toCloudWatch(nil), nil)(in)
			in.TaskRoleArn = nil
		}, nil, []string{complaint + "failed to create log stream"}},
		{"no group named", fireLens(toCloudWatch(map[string]string{"log_group_name": ""}), nil), nil,
			[]string{complaint + "'log_group_name' is a required field"}},
		{"no stream named", fireLens(toCloudWatch(map[string]string{"log_stream_prefix": ""}), nil), nil,
			[]string{complaint + "Either 'log_stream_name' or 'log_stream_prefix' is required"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", test.define)
			b.fake.SetProgram("app", world.Program{Logs: []string{"hello"}})
			if test.world != nil {
				test.world(b.world)
			}
			b.run(nil)
			b.settle()
			require.Equal(t, test.lines, b.world.lines)
		})
	}
}

func TestFireLensStreams(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options map[string]string
		want    func(id string) string
	}{
		{"prefix and tag", nil, func(id string) string { return "web-app-firelens-" + id }},
		{"name", map[string]string{"log_stream_prefix": "", "log_stream_name": "all"}, func(string) string { return "all" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", fireLens(toCloudWatch(test.options), nil))
			b.fake.SetProgram("app", world.Program{Logs: []string{"hello"}})
			arn := b.run(nil)
			b.settle()
			require.Contains(t, b.world.calls, "stream /shop/routed "+test.want(arn[len(arn)-32:])+" as "+taskRole, "with the task's role")
		})
	}
}

func TestFireLensRecords(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"true", "false"} {
		t.Run(metadata, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", fireLens(toCloudWatch(map[string]string{"log_key": ""}), func(c *ecstypes.ContainerDefinition) {
				c.FirelensConfiguration.Options = map[string]string{"enable-ecs-log-metadata": metadata}
			}))
			b.fake.SetProgram("app", world.Program{Logs: []string{"hello"}})
			arn := b.run(nil)
			b.settle()
			want := map[string]string{"container_id": arn[len(arn)-32:] + "-0", "container_name": "app", "source": "stdout", "log": "hello"}
			if metadata == "true" {
				want["ecs_cluster"], want["ecs_task_arn"], want["ecs_task_definition"] = "main", arn, "web:1"
			}
			var got map[string]string
			require.NoError(t, json.Unmarshal([]byte(b.world.lines[0][len("/shop/routed: "):]), &got))
			require.Equal(t, want, got)
		})
	}
}

// TestLogRouterStopsLast: what depends on it ends first, however long it takes.
func TestLogRouterStopsLast(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", fireLens(toCloudWatch(nil), nil))
	b.fake.SetProgram("app", world.Program{IgnoresTerm: true})
	arn := b.run(nil)
	b.settle()
	_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
	require.NoError(t, err)
	b.wait(20 * time.Second)
	require.Equal(t, "RUNNING", *b.task(arn).Containers[0].LastStatus, "it has its stop timeout")
	require.Equal(t, "RUNNING", *b.task(arn).Containers[1].LastStatus, "the app may still log")
	b.wait(20 * time.Second)
	require.Equal(t, "STOPPED", *b.task(arn).LastStatus)
	require.Equal(t, int32(137), *b.task(arn).Containers[0].ExitCode)
	require.Equal(t, int32(143), *b.task(arn).Containers[1].ExitCode)
}

// TestBrokenLogRouterEnds: a router that cannot use its output ends, and with it
// the task.
func TestBrokenLogRouterEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", fireLens(toCloudWatch(map[string]string{"log_stream_prefix": ""}), nil))
	arn := b.run(nil)
	b.settle()
	require.Equal(t, ecstypes.TaskStopCodeEssentialContainerExited, b.task(arn).StopCode)
	require.Equal(t, int32(1), *b.task(arn).Containers[1].ExitCode)
}

func TestFireLensRegistration(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	out, err := b.client.RegisterTaskDefinition(t.Context(), func() *awsecs.RegisterTaskDefinitionInput {
		in := definition("web")
		fireLens(toCloudWatch(nil), nil)(in)
		return in
	}())
	require.NoError(t, err)
	require.Equal(t, "0", *out.TaskDefinition.ContainerDefinitions[1].User, "a router is root")
	require.Nil(t, out.TaskDefinition.ContainerDefinitions[0].User)

	in := definition("web")
	fireLens(toCloudWatch(nil), nil)(in)
	in.ContainerDefinitions = in.ContainerDefinitions[:1]
	_, err = b.client.RegisterTaskDefinition(t.Context(), in)
	var refused *ecstypes.ClientException
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured "+
		"in one of the containers.", *refused.Message)

	in = definition("web")
	fireLens(toCloudWatch(map[string]string{"log_stream_template": "$x"}), nil)(in)
	_, err = b.client.RegisterTaskDefinition(t.Context(), in)
	var missing *sim.NotModelledError
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "log_stream_template")
}

// TestSecretsOfLogDrivers: they are fetched with the execution role before anything
// starts, for FireLens and Splunk alike.
func TestSecretsOfLogDrivers(t *testing.T) {
	t.Parallel()
	for _, driver := range []ecstypes.LogDriver{ecstypes.LogDriverAwsfirelens, ecstypes.LogDriverSplunk} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				if driver == ecstypes.LogDriverAwsfirelens {
					fireLens(map[string]string{"Name": "datadog"}, nil)(in)
				}
				in.ExecutionRoleArn = aws.String(executionRole)
				in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{
					LogDriver: driver, Options: map[string]string{"splunk-url": "https://splunk.example"},
					SecretOptions: []ecstypes.Secret{{Name: aws.String("splunk-token"), ValueFrom: aws.String(paramARN)}},
				}
			})
			arn := b.run(nil)
			b.settle()
			require.Equal(t, "RUNNING", *b.task(arn).LastStatus)
			b.world.errs["parameter "+paramARN] = denied("ssm:GetParameters")
			arn = b.run(nil)
			b.settle()
			require.Contains(t, *b.task(arn).StoppedReason, "unable to retrieve secrets from ssm")
		})
	}
}
