// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestTaskLifeCycle(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	arn := b.run(nil)
	require.Regexp(t, "^"+arnBase+"task/main/[0-9a-f]{32}$", arn)
	var seen []string
	watch := func(d time.Duration) {
		for range int(d / (500 * time.Millisecond)) {
			if s := *b.task(arn).LastStatus; len(seen) == 0 || seen[len(seen)-1] != s {
				seen = append(seen, s)
			}
			b.wait(500 * time.Millisecond)
		}
	}
	watch(time.Minute)
	require.Equal(t, []string{"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"}, seen)
	task := b.task(arn)
	require.Equal(t, 10*time.Second, task.PullStartedAt.Sub(*task.CreatedAt))
	require.Equal(t, 8*time.Second, task.PullStoppedAt.Sub(*task.PullStartedAt))
	require.Equal(t, 2*time.Second, task.StartedAt.Sub(*task.PullStoppedAt))
	require.Equal(t, ecstypes.ConnectivityConnected, task.Connectivity)
	require.Equal(t, "RUNNING", *task.Containers[0].LastStatus)
	require.Equal(t, "ATTACHED", *task.Attachments[0].Status)
	require.Equal(t, *task.Attachments[0].Id, *task.Containers[0].NetworkInterfaces[0].AttachmentId)
	details := map[string]string{}
	for _, d := range task.Attachments[0].Details {
		details[*d.Name] = *d.Value
	}
	require.Equal(t, map[string]string{
		"subnetId": "subnet-a", "networkInterfaceId": "eni-1", "macAddress": "02:00:00:00:00:01",
		"privateDnsName": "ip-10-0-0-1.ec2.internal", "privateIPv4Address": "10.0.0.1",
	}, details)

	_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn, Reason: aws.String("enough")})
	require.NoError(t, err)
	seen = nil
	watch(time.Minute)
	require.Equal(t, []string{"DEPROVISIONING", "STOPPED"}, seen)
	task = b.task(arn)
	require.Equal(t, ecstypes.TaskStopCodeUserInitiated, task.StopCode)
	require.Equal(t, "enough", *task.StoppedReason)
	require.Equal(t, int32(143), *task.Containers[0].ExitCode)
	require.Equal(t, "DELETED", *task.Attachments[0].Status)
	require.Contains(t, b.world.calls, "detach eni-1")

	b.wait(time.Hour)
	out, err := b.client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{arn}})
	require.NoError(t, err)
	require.Equal(t, []ecstypes.Failure{{Arn: &arn, Reason: aws.String("MISSING")}}, out.Failures, "forgotten after an hour")
}

func TestStopTimeout(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		timeout *int32
		want    time.Duration
	}{{"declared", aws.Int32(90), 90 * time.Second}, {"30 s by default", nil, 30 * time.Second}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", app(func(c *ecstypes.ContainerDefinition) { c.StopTimeout = test.timeout }))
			b.fake.SetProgram("app", world.Program{IgnoresTerm: true})
			arn := b.run(nil)
			b.settle()
			_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
			require.NoError(t, err)
			require.Equal(t, "STOPPING", *b.task(arn).LastStatus)
			b.wait(test.want + time.Second)
			task := b.task(arn)
			require.Equal(t, int32(137), *task.Containers[0].ExitCode)
			require.Equal(t, "Task stopped by user", *task.StoppedReason)
			require.Equal(t, test.want, task.ExecutionStoppedAt.Sub(*task.StoppingAt))
		})
	}
}

func TestTaskStoppedOnItsWayUp(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 5 * time.Second, 12 * time.Second, 19 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Realistic)
			b.cluster()
			b.define("web", nil)
			arn := b.run(nil)
			b.wait(after)
			_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
			require.NoError(t, err)
			b.wait(time.Minute)
			require.Equal(t, "STOPPED", *b.task(arn).LastStatus)
			require.Nil(t, b.task(arn).StartedAt)
			out, err := b.client.DescribeClusters(t.Context(), &awsecs.DescribeClustersInput{Clusters: []string{"main"}})
			require.NoError(t, err)
			require.Zero(t, out.Clusters[0].RunningTasksCount+out.Clusters[0].PendingTasksCount)
		})
	}
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		program world.Program
		change  func(*ecstypes.ContainerDefinition)
		status  string
		exit    *int32
		reason  string // of the container
	}{
		{"runs for ever", world.Program{}, nil, "RUNNING", nil, ""},
		{"ends well", world.Program{Exit: &world.Exit{After: time.Second}}, nil, "STOPPED", aws.Int32(0), ""},
		{"ends badly", world.Program{Exit: &world.Exit{Code: 3}}, nil, "STOPPED", aws.Int32(3), ""},
		{
			"runs out of memory", world.Program{Exit: &world.Exit{OutOfMemory: true, Code: 137}}, nil, "STOPPED", aws.Int32(137),
			"OutOfMemoryError: Container killed due to memory usage",
		},
		{"is not restarted too early", world.Program{Exit: &world.Exit{After: 30 * time.Second, Code: 1}}, restarting(60), "STOPPED", aws.Int32(1), ""},
		{"is restarted", world.Program{Exit: &world.Exit{After: 70 * time.Second, Code: 1}}, restarting(60), "RUNNING", nil, ""},
		{"is not restarted for ignored codes", world.Program{Exit: &world.Exit{After: 70 * time.Second, Code: 1}}, restarting(60, 1), "STOPPED", aws.Int32(1), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				if test.change != nil {
					test.change(&in.ContainerDefinitions[0])
				}
			})
			b.fake.SetProgram("app", test.program)
			arn := b.run(nil)
			b.wait(10 * time.Minute)
			task := b.task(arn)
			require.Equal(t, test.status, *task.LastStatus)
			require.Equal(t, test.exit, task.Containers[0].ExitCode)
			require.Equal(t, test.reason, aws.ToString(task.Containers[0].Reason))
			if test.status == "STOPPED" {
				require.Equal(t, ecstypes.TaskStopCodeEssentialContainerExited, task.StopCode)
				require.Equal(t, "Essential container in task exited", *task.StoppedReason)
			}
		})
	}
}

func restarting(period int32, ignored ...int32) func(*ecstypes.ContainerDefinition) {
	return func(c *ecstypes.ContainerDefinition) {
		c.RestartPolicy = &ecstypes.ContainerRestartPolicy{Enabled: aws.Bool(true), RestartAttemptPeriod: &period, IgnoredExitCodes: ignored}
	}
}

func TestSidecarMayEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", beside(ecstypes.ContainerDefinition{Name: aws.String("side"), Image: aws.String("side:1"), Essential: aws.Bool(false)}))
	b.fake.SetProgram("side", world.Program{Exit: &world.Exit{After: time.Second, Code: 1}})
	arn := b.run(nil)
	b.wait(time.Minute)
	task := b.task(arn)
	require.Equal(t, "RUNNING", *task.LastStatus)
	require.Equal(t, "STOPPED", *task.Containers[1].LastStatus)
}

// beside adds containers to that of the definition, which depends on each of them
// as its DependsOn says.
func beside(more ...ecstypes.ContainerDefinition) register {
	return func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions = append(in.ContainerDefinitions, more...)
	}
}

func TestContainerOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		condition ecstypes.ContainerCondition
		program   world.Program // of the container that is depended on
		change    func(*ecstypes.ContainerDefinition)
		status    string
		after     time.Duration // that the app starts after the other
	}{
		{"start", ecstypes.ContainerConditionStart, world.Program{Start: time.Minute}, nil, "RUNNING", 0},
		{"complete, whatever the code", ecstypes.ContainerConditionComplete, world.Program{Exit: &world.Exit{After: 7 * time.Second, Code: 1}}, nil, "RUNNING", 7 * time.Second},
		{"success", ecstypes.ContainerConditionSuccess, world.Program{Exit: &world.Exit{After: 7 * time.Second}}, nil, "RUNNING", 7 * time.Second},
		{"no success", ecstypes.ContainerConditionSuccess, world.Program{Exit: &world.Exit{After: 7 * time.Second, Code: 1}}, nil, "STOPPED", 0},
		{"healthy", ecstypes.ContainerConditionHealthy, world.Program{Start: 20 * time.Second}, checked(60), "RUNNING", 20 * time.Second},
		{"healthy too late", ecstypes.ContainerConditionHealthy, world.Program{Start: 20 * time.Second}, func(c *ecstypes.ContainerDefinition) {
			checked(60)(c)
			c.StartTimeout = aws.Int32(10)
		}, "STOPPED", 0},
		{"never healthy", ecstypes.ContainerConditionHealthy, world.Program{Health: func(time.Duration) int { return 1 }}, checked(0), "STOPPED", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			side := ecstypes.ContainerDefinition{Name: aws.String("side"), Image: aws.String("side:1"), Essential: aws.Bool(false)}
			if test.change != nil {
				test.change(&side)
			}
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				in.ContainerDefinitions[0].DependsOn = []ecstypes.ContainerDependency{{ContainerName: aws.String("side"), Condition: test.condition}}
				beside(side)(in)
			})
			b.fake.SetProgram("side", test.program)
			arn := b.run(nil)
			b.wait(5 * time.Minute)
			task := b.task(arn)
			require.Equal(t, test.status, *task.LastStatus)
			if test.status == "STOPPED" {
				require.Equal(t, ecstypes.TaskStopCodeTaskFailedToStart, task.StopCode)
				require.Nil(t, task.StartedAt)
				return
			}
			require.InDelta(t, test.after, task.StartedAt.Sub(*task.CreatedAt), float64(10*time.Millisecond))
		})
	}
}

func TestLogRouterStartsFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		router []ecstypes.ContainerDependency
		waits  bool // that the app waits for the router, which waits for a gate
	}{
		{"by itself", nil, true},
		{"not if they say otherwise", []ecstypes.ContainerDependency{{ContainerName: aws.String("app"), Condition: ecstypes.ContainerConditionStart}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			gate := ecstypes.ContainerDefinition{Name: aws.String("gate"), Image: aws.String("gate:1"), Essential: aws.Bool(false)}
			router := ecstypes.ContainerDefinition{
				Name: aws.String("router"), Image: aws.String("router:1"),
				FirelensConfiguration: &ecstypes.FirelensConfiguration{Type: ecstypes.FirelensConfigurationTypeFluentbit},
				DependsOn:             append(test.router, ecstypes.ContainerDependency{ContainerName: gate.Name, Condition: ecstypes.ContainerConditionComplete}),
			}
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				in.EnableFaultInjection = aws.Bool(true)
				in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwsfirelens}
				beside(gate)(in)
				beside(router)(in)
			})
			b.fake.SetProgram("gate", world.Program{Exit: &world.Exit{After: 7 * time.Second}})
			arn := b.run(nil)
			b.wait(time.Second)
			require.Equal(t, test.waits, *b.task(arn).Containers[0].LastStatus != "RUNNING")
			b.wait(time.Minute)
			require.Equal(t, "RUNNING", *b.task(arn).LastStatus)
			out, err := b.client.DescribeTaskDefinition(t.Context(), &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("web")})
			require.NoError(t, err)
			require.True(t, *out.TaskDefinition.EnableFaultInjection)
			require.Equal(t, router.FirelensConfiguration, out.TaskDefinition.ContainerDefinitions[2].FirelensConfiguration)
		})
	}
}

// checked gives a container a health check with a start period.
func checked(start int32) func(*ecstypes.ContainerDefinition) {
	return func(c *ecstypes.ContainerDefinition) {
		c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "check"}, StartPeriod: &start}
	}
}

func TestContainerHealth(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", app(checked(0)))
	b.fake.SetProgram("app", world.Program{Start: 40 * time.Second, Health: func(age time.Duration) int {
		if age > 40*time.Second && age < 5*time.Minute {
			return 0
		}
		return 1
	}})
	arn := b.run(nil)
	b.wait(30 * time.Second)
	require.Equal(t, ecstypes.HealthStatusUnknown, b.task(arn).HealthStatus)
	b.wait(time.Minute)
	require.Equal(t, ecstypes.HealthStatusHealthy, b.task(arn).HealthStatus, "healthy at the second check")
	b.wait(4 * time.Minute)
	require.Equal(t, ecstypes.HealthStatusHealthy, b.task(arn).HealthStatus, "three checks must fail")
	b.wait(2 * time.Minute)
	require.Equal(t, ecstypes.HealthStatusUnhealthy, b.task(arn).HealthStatus)
	require.Equal(t, "RUNNING", *b.task(arn).LastStatus, "nobody replaces a task that belongs to no service")
}

func TestProbe(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.fake.SetProgram("app", world.Program{Start: 10 * time.Second, Status: func(path string, age time.Duration) int {
		if path == "/ready" && age < time.Minute {
			return 503
		}
		return 204
	}})
	arn := b.run(nil)
	b.settle()
	probe := func(ip string, port int32, path string) (status int, answered bool) {
		b.sim.Do(func() { status, answered = b.fake.Probe(region, "vpc-1", ip, port, path) })
		return status, answered
	}
	_, answered := probe("10.0.0.1", 8080, "/")
	require.False(t, answered, "it does not listen yet")
	b.wait(10 * time.Second)
	status, answered := probe("10.0.0.1", 8080, "/")
	require.True(t, answered)
	require.Equal(t, 204, status)
	status, _ = probe("10.0.0.1", 8080, "/ready")
	require.Equal(t, 503, status)
	status, answered = probe("10.0.0.1", 8080, "")
	require.True(t, answered)
	require.Zero(t, status, "TCP has no status")
	_, answered = probe("10.0.0.1", 9090, "/")
	require.False(t, answered, "another port")
	_, answered = probe("10.9.9.9", 8080, "/")
	require.False(t, answered, "nobody there")

	_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
	require.NoError(t, err)
	b.settle()
	_, answered = probe("10.0.0.1", 8080, "/")
	require.False(t, answered)
}

func TestProgramListensOnItsOwnPorts(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.fake.SetProgram("app", world.Program{Ports: []int32{9090}})
	b.run(nil)
	b.settle()
	b.sim.Do(func() {
		_, declared := b.fake.Probe(region, "vpc-1", "10.0.0.1", 8080, "/")
		require.False(t, declared, "declared, but nobody listens")
		_, listening := b.fake.Probe(region, "vpc-1", "10.0.0.1", 9090, "/")
		require.True(t, listening)
	})
}

func TestRunTask(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
		in.Tags = []ecstypes.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}
	})
	in := &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
		Count: aws.Int32(3), StartedBy: aws.String("me"), ClientToken: aws.String("once"), EnableECSManagedTags: true,
		PropagateTags: ecstypes.PropagateTagsTaskDefinition, Tags: []ecstypes.Tag{{Key: aws.String("job"), Value: aws.String("1")}},
	}
	out, err := b.client.RunTask(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out.Tasks, 3)
	again, err := b.client.RunTask(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, *out.Tasks[0].TaskArn, *again.Tasks[0].TaskArn, "the token stands for the same tasks")
	b.settle()

	described, err := b.client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{
		Cluster: aws.String("main"), Tasks: []string{*out.Tasks[0].TaskArn}, Include: []ecstypes.TaskField{ecstypes.TaskFieldTags},
	})
	require.NoError(t, err)
	task := described.Tasks[0]
	require.Equal(t, "family:web", *task.Group)
	require.Equal(t, "me", *task.StartedBy)
	require.Equal(t, "1.4.0", *task.PlatformVersion)
	require.Equal(t, "256", *task.Cpu)
	require.Equal(t, int32(20), task.EphemeralStorage.SizeInGiB)
	tags := map[string]string{}
	for _, tag := range task.Tags {
		tags[*tag.Key] = *tag.Value
	}
	require.Equal(t, map[string]string{"job": "1", "team": "shop", "aws:ecs:clusterName": "main"}, tags)
	require.Nil(t, b.task(*out.Tasks[0].TaskArn).Tags, "only if they are asked for")

	list, err := b.client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), StartedBy: aws.String("me"), MaxResults: aws.Int32(2)})
	require.NoError(t, err)
	require.Len(t, list.TaskArns, 2)
	list, err = b.client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), StartedBy: aws.String("me"), NextToken: list.NextToken})
	require.NoError(t, err)
	require.Len(t, list.TaskArns, 1)
	require.Nil(t, list.NextToken)
}

func TestExecuteCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) { in.TaskRoleArn = aws.String(taskRole) })
	run := func(task string) (*awsecs.ExecuteCommandOutput, error) {
		return b.client.ExecuteCommand(t.Context(), &awsecs.ExecuteCommandInput{
			Cluster: aws.String("main"), Task: &task, Command: aws.String("/bin/sh"), Interactive: true,
		})
	}
	with := b.run(func(in *awsecs.RunTaskInput) { in.EnableExecuteCommand = true })
	without := b.run(nil)
	b.settle()
	out, err := run(with)
	require.NoError(t, err)
	require.Equal(t, "app", *out.ContainerName)
	require.NotEmpty(t, *out.Session.StreamUrl)
	require.Equal(t, ecstypes.ManagedAgentNameExecuteCommandAgent, b.task(with).Containers[0].ManagedAgents[0].Name)
	_, err = run(without)
	require.ErrorContains(t, err, "execute command was not enabled when the task was run")
	_, err = run("none")
	require.ErrorContains(t, err, "The referenced task was not found.")
	_, err = b.client.ExecuteCommand(t.Context(), &awsecs.ExecuteCommandInput{
		Cluster: aws.String("main"), Task: &with, Command: aws.String("/bin/sh"), Interactive: true, Container: aws.String("none"),
	})
	var notFound *ecstypes.TargetNotFoundException
	require.ErrorAs(t, err, &notFound)
}

func TestRunTaskRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*awsecs.RunTaskInput)
		want   string
	}{
		{"no cluster", func(in *awsecs.RunTaskInput) { in.Cluster = aws.String("none") }, "ClusterNotFoundException: Cluster not found."},
		{"no task definition", func(in *awsecs.RunTaskInput) { in.TaskDefinition = aws.String("none") }, "ClientException: TaskDefinition not found."},
		{"no such subnet", func(in *awsecs.RunTaskInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"nothing"}
		},
			"InvalidParameterException: Error retrieving subnet information for [nothing]: The subnet ID 'nothing' does not exist (ErrorCode: InvalidSubnetID.NotFound)"},
		{"group of another VPC", func(in *awsecs.RunTaskInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups = []string{"sg-other"}
		}, "InvalidParameterException: Security group sg-other does not appear to belong to the same VPC as the input subnets."},
		{"no network", func(in *awsecs.RunTaskInput) { in.NetworkConfiguration = nil },
			"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified."},
		{"no launch type and no default strategy", func(in *awsecs.RunTaskInput) { in.LaunchType = "" },
			"InvalidParameterException: No Container Instances were found in your cluster."},
		{"EC2 without instances", func(in *awsecs.RunTaskInput) { in.LaunchType = ecstypes.LaunchTypeEc2 },
			"InvalidParameterException: No Container Instances were found in your cluster."},
		{"EXTERNAL is not modelled", func(in *awsecs.RunTaskInput) { in.LaunchType = ecstypes.LaunchTypeExternal }, "slipway fake: launch type EXTERNAL of ECS is not modelled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			in := &awsecs.RunTaskInput{
				Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
			}
			test.change(in)
			_, err := b.client.RunTask(t.Context(), in)
			require.ErrorContains(t, err, test.want)
		})
	}
}
