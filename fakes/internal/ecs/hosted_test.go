// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func mapped(host int32) func(*awsecs.RegisterTaskDefinitionInput) {
	return func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings[0].HostPort = &host
	}
}

func TestTaskOnInstance(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(nil)
	out := f.runOn(2, nil)
	require.Len(t, out.Tasks, 2)
	f.settle()
	first, second := f.task(*out.Tasks[0].TaskArn), f.task(*out.Tasks[1].TaskArn)
	require.Equal(t, "RUNNING", *first.LastStatus)
	require.Equal(t, ecstypes.LaunchTypeEc2, first.LaunchType)
	require.Nil(t, first.PlatformVersion)
	require.Equal(t, f.nodes()[0].ContainerInstanceArn, first.ContainerInstanceArn)
	require.Equal(t, "us-east-1a", *first.AvailabilityZone)
	require.Empty(t, first.Attachments, "no network interface on a bridge")
	require.Equal(t, int32(32768), *first.Containers[0].NetworkBindings[0].HostPort, "the first ephemeral port")
	require.Equal(t, int32(32769), *second.Containers[0].NetworkBindings[0].HostPort)
	require.Contains(t, f.world.calls, "pull app:1 as ")
	n := f.nodes()[0]
	require.Equal(t, int32(2), n.RunningTasksCount)
	require.Equal(t, int32(1024), n.RemainingResources[0].IntegerValue)
	require.Equal(t, int32(3800-1024), n.RemainingResources[1].IntegerValue)

	_, err := f.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: first.TaskArn})
	require.NoError(t, err)
	f.settle()
	require.Equal(t, int32(1536), f.nodes()[0].RemainingResources[0].IntegerValue, "its place is free")
}

// TestRoleOfTheInstance: tasks without an execution role pull as the instance.
func TestRoleOfTheInstance(t *testing.T) {
	t.Parallel()
	const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
	f := newFleet(t, world.Timing{})
	f.launch(1, nil)
	f.host(func(in *awsecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = aws.String(image) })
	f.runOn(1, nil)
	f.settle()
	require.Contains(t, f.world.calls, "pull "+image+" as arn:aws:iam::123456789012:role/nodes")
}

func TestNetworkModes(t *testing.T) {
	t.Parallel()
	mode := func(m ecstypes.NetworkMode) func(*awsecs.RegisterTaskDefinitionInput) {
		return func(in *awsecs.RegisterTaskDefinitionInput) { in.NetworkMode = m }
	}
	t.Run("host", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t, world.Timing{})
		f.launch(1, nil)
		f.host(mode(ecstypes.NetworkModeHost))
		out := f.runOn(2, nil)
		require.Len(t, out.Tasks, 1, "port 8080 of the host can be had once")
		require.Equal(t, "RESOURCE:PORTS", *out.Failures[0].Reason)
		require.Equal(t, f.nodes()[0].ContainerInstanceArn, out.Failures[0].Arn)
		f.settle()
		require.Equal(t, int32(8080), *f.task(*out.Tasks[0].TaskArn).Containers[0].NetworkBindings[0].HostPort)
		require.Contains(t, f.nodes()[0].RemainingResources[2].StringSetValue, "8080")
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t, world.Timing{})
		f.launch(1, nil)
		f.host(func(in *awsecs.RegisterTaskDefinitionInput) {
			in.NetworkMode, in.ContainerDefinitions[0].PortMappings = ecstypes.NetworkModeNone, nil
		})
		out := f.runOn(1, nil)
		f.settle()
		require.Equal(t, "RUNNING", *f.task(*out.Tasks[0].TaskArn).LastStatus)
	})
	t.Run("awsvpc", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t, world.Timing{})
		f.launch(1, nil)
		f.host(mode(ecstypes.NetworkModeAwsvpc))
		out := f.runOn(3, func(in *awsecs.RunTaskInput) { in.NetworkConfiguration = f.network() })
		require.Len(t, out.Tasks, 2, "two of three interfaces are left")
		require.Equal(t, "RESOURCE:ENI", *out.Failures[0].Reason)
		f.settle()
		task := f.task(*out.Tasks[0].TaskArn)
		require.Equal(t, "subnetId", *task.Attachments[0].Details[0].Name)
		require.Equal(t, "subnet-a", *task.Attachments[0].Details[0].Value, "that of the instance's zone")
	})
	t.Run("awsvpc elsewhere", func(t *testing.T) {
		t.Parallel()
		f := newFleet(t, world.Timing{})
		f.launch(1, nil)
		f.host(mode(ecstypes.NetworkModeAwsvpc))
		out := f.runOn(1, func(in *awsecs.RunTaskInput) {
			in.NetworkConfiguration = f.network()
			in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-b"}
		})
		require.Equal(t, "ATTRIBUTE", *out.Failures[0].Reason)
	})
}

// TestUnplaced has what ECS says where no instance will do, as failures of RunTask and as
// service events.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func TestUnplaced(t *testing.T) {
	t.Parallel()
	app := func(change func(*ecstypes.ContainerDefinition)) func(*awsecs.RegisterTaskDefinitionInput) {
		return func(in *awsecs.RegisterTaskDefinitionInput) { change(&in.ContainerDefinitions[0]) }
	}
	for name, c := range map[string]struct {
		define func(*awsecs.RegisterTaskDefinitionInput)
		node   func(*world.Instance)
		before func(*neighbours)
		reason string
		event  string
	}{
		"CPU": {define: app(func(c *ecstypes.ContainerDefinition) { c.Cpu = 4096 }), reason: "RESOURCE:CPU", event: "has insufficient CPU units available."},
		"memory": {define: app(func(c *ecstypes.ContainerDefinition) { c.Memory = aws.Int32(3900) }), reason: "RESOURCE:MEMORY",
			event: "has insufficient memory available."},
		"port": {define: mapped(51678), reason: "RESOURCE:PORTS", event: "is already using a port required by your task."},
		"GPU": {define: app(func(c *ecstypes.ContainerDefinition) {
			c.ResourceRequirements = []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String("1")}}
		}), reason: "RESOURCE:GPU", event: `encountered error "RESOURCE:GPU".`},
		"log driver": {define: app(func(c *ecstypes.ContainerDefinition) {
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverGelf}
		}), reason: "ATTRIBUTE", event: "is missing an attribute required by your task."},
		"privileged": {define: app(func(c *ecstypes.ContainerDefinition) { c.Privileged = aws.Bool(true) }),
			node: func(i *world.Instance) {
				i.UserData += "echo ECS_DISABLE_PRIVILEGED=true >> /etc/ecs/ecs.config\n"
			}, reason: "ATTRIBUTE", event: "is missing an attribute required by your task."},
		"agent": {before: func(w *neighbours) { w.unreachable["ecs-agent"] = true }, reason: "AGENT", event: `encountered error "AGENT".`},
		"constraint of the task definition": {define: func(in *awsecs.RegisterTaskDefinitionInput) {
			in.PlacementConstraints = []ecstypes.TaskDefinitionPlacementConstraint{{
				Type: ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String("attribute:stack == prod"),
			}}
		}, reason: "MemberOf placement constraint unsatisfied.", event: `encountered error "MemberOf placement constraint unsatisfied.".`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			if c.before != nil {
				c.before(f.world)
			}
			f.launch(1, c.node)
			f.host(c.define)
			out := f.runOn(1, nil)
			require.Empty(t, out.Tasks)
			require.Equal(t, c.reason, *out.Failures[0].Reason)
			f.place(1, nil)
			id := (*f.nodes()[0].ContainerInstanceArn)[strings.LastIndexByte(*f.nodes()[0].ContainerInstanceArn, '/')+1:]
			require.Contains(t, f.events(), "(service web) was unable to place a task because no container instance met all of its requirements. "+
				"The closest matching (container-instance "+id+") "+c.event+" For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
		})
	}
}

func TestServiceWithoutInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.host(nil)
	f.place(2, nil)
	require.Contains(t, f.events()[0], "Reason: No Container Instances were found in your cluster.")
	f.launch(2, nil)
	f.wait(time.Minute)
	require.Equal(t, int32(2), f.service("web").RunningCount, "placed as soon as there are instances")
	require.Equal(t, ecstypes.LaunchTypeEc2, f.service("web").LaunchType)
}

// TestPlacement: strategies and constraints of services are obeyed.
func TestPlacement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*awsecs.CreateServiceInput)
		want   []int32 // tasks by instance, in zones a, b, c
	}{
		"spread by default": {nil, []int32{1, 1, 1}},
		"packed": {func(in *awsecs.CreateServiceInput) {
			in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String("memory")}}
		}, []int32{3}},
		"one zone": {func(in *awsecs.CreateServiceInput) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{
				Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone == us-east-1b"),
			}}
		}, []int32{0, 3, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			f.launch(3, nil)
			f.host(nil)
			f.place(3, c.change)
			var got, most []int32
			for _, n := range f.nodes() {
				got = append(got, n.RunningTasksCount)
				if n.RunningTasksCount == 3 {
					most = []int32{3}
				}
			}
			if len(c.want) == 1 {
				got = most
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestScaleInByPlacement: what is one too many goes from where most is.
func TestScaleInByPlacement(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(3, nil)
	f.host(nil)
	f.place(6, nil)
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(3) })
	f.settle()
	for _, n := range f.nodes() {
		require.Equal(t, int32(1), n.RunningTasksCount)
		require.Equal(t, int32(1536), n.RemainingResources[0].IntegerValue)
	}
}

func TestInstanceEnds(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	ids := f.launch(2, nil)
	f.host(nil)
	f.place(2, nil)
	f.kill(ids[0])
	require.Equal(t, int32(2), f.service("web").RunningCount, "replaced on the other instance")
	gone := f.tasks(ecstypes.DesiredStatusStopped)
	require.Len(t, gone, 1)
	require.Equal(t, "Host EC2 (instance i-00001) terminated.", *gone[0].StoppedReason)
	require.Equal(t, ecstypes.TaskStopCodeTerminationNotice, gone[0].StopCode)
	require.Equal(t, int32(137), *gone[0].Containers[0].ExitCode)
	require.Len(t, f.nodes(), 1)
}

// TestInstanceTargets: a load balancer reaches a task by its instance and a port of the
// host.
func TestInstanceTargets(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.world.groups["tg"] = world.TargetGroup{ARN: "tg", LoadBalancers: []string{"lb"}, TargetType: "instance"}
	f.launch(1, nil)
	f.host(nil)
	f.fake.SetProgram("app:1", world.Program{Status: func(string, time.Duration) int { return 204 }})
	f.place(1, func(in *awsecs.CreateServiceInput) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: aws.String("tg"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)}}
	})
	require.Equal(t, "healthy", f.world.states["tgi-00001"])
	probe := func(port int32) (status int, answered bool) {
		f.sim.Do(func() { status, answered = f.fake.Probe(region, "vpc-1", "172.16.0.1", port, "/") })
		return status, answered
	}
	status, answered := probe(32768)
	require.True(t, answered)
	require.Equal(t, 204, status)
	_, answered = probe(8080)
	require.False(t, answered, "a port of the container, not of the host")
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	f.settle()
	_, answered = probe(32768)
	require.False(t, answered)
	require.Empty(t, f.world.states)
}

func TestStartTask(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(2, nil)
	f.host(nil)
	nodes := f.nodes()
	out, err := f.client.StartTask(t.Context(), &awsecs.StartTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), ContainerInstances: []string{*nodes[1].ContainerInstanceArn, "x"},
	})
	require.NoError(t, err)
	require.Len(t, out.Tasks, 1)
	require.Equal(t, "MISSING", *out.Failures[0].Reason)
	require.Equal(t, nodes[1].ContainerInstanceArn, out.Tasks[0].ContainerInstanceArn)
	list, err := f.client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), ContainerInstance: nodes[1].ContainerInstanceArn})
	require.NoError(t, err)
	require.Len(t, list.TaskArns, 1)
}
