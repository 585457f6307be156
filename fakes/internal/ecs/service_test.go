// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

const targetGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"

// balanced puts the service behind the target group.
func (b *bench) balanced(grace *int32) func(*awsecs.CreateServiceInput) {
	b.world.groups[targetGroup] = world.TargetGroup{
		ARN: targetGroup, VPC: "vpc-1", TargetType: "ip", Port: 80, Protocol: "HTTP", LoadBalancers: []string{"arn:lb"},
	}
	return func(in *awsecs.CreateServiceInput) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{
			TargetGroupArn: aws.String(targetGroup), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
		}}
		in.HealthCheckGracePeriodSeconds = grace
	}
}

// target is the target of the only running task.
func (b *bench) target() world.Target {
	b.tb.Helper()
	tasks := b.tasks(ecstypes.DesiredStatusRunning)
	require.Len(b.tb, tasks, 1)
	return world.Target{ID: *tasks[0].Containers[0].NetworkInterfaces[0].PrivateIpv4Address, Port: 8080, Zone: *tasks[0].AvailabilityZone}
}

func TestTargetsMustBeHealthy(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.world.health[targetGroup] = "initial"
	b.cluster()
	b.define("web", nil)
	b.create(1, b.balanced(nil))
	b.settle()
	s := b.service("web")
	require.Equal(t, int32(1), s.RunningCount)
	require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, s.Deployments[0].RolloutState)
	require.Contains(t, b.events(), "(service web) registered 1 targets in (target-group "+targetGroup+")")

	target := b.target()
	b.sim.Do(func() { b.world.turn(targetGroup, target, "healthy") })
	b.settle()
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState)
}

func TestUnhealthyTargetsAreReplaced(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		grace *int32
		after time.Duration
	}{{"at once", nil, 0}, {"after the grace period", aws.Int32(60), 55 * time.Second}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.create(1, b.balanced(test.grace))
			b.settle()
			first := b.tasks(ecstypes.DesiredStatusRunning)[0]
			b.world.health[targetGroup] = "healthy"
			target := b.target()
			b.sim.Do(func() { b.world.turn(targetGroup, target, "unhealthy") })
			b.wait(test.after)
			if test.after > 0 {
				require.Equal(t, *first.TaskArn, *b.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn)
			}
			b.wait(10 * time.Second)
			old := b.task(*first.TaskArn)
			require.Equal(t, "STOPPED", *old.LastStatus)
			require.Equal(t, ecstypes.TaskStopCodeServiceSchedulerInitiated, old.StopCode)
			require.Equal(t, "Task failed ELB health checks in (target-group "+targetGroup+")", *old.StoppedReason)
			require.Equal(t, int32(1), b.service("web").RunningCount)
			id := (*first.TaskArn)[len(*first.TaskArn)-32:]
			require.Contains(t, b.events(), "(service web) (task "+id+") (port 8080) is unhealthy in (target-group "+targetGroup+
				") due to (reason Health checks failed with these codes: [500]).")
		})
	}
}

func TestDrainingComesBeforeStopping(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.world.drains = true
	b.cluster()
	b.define("web", nil)
	b.create(1, b.balanced(nil))
	b.settle()
	target, arn := b.target(), *b.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn
	b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	b.wait(time.Minute)
	require.Equal(t, "DEACTIVATING", *b.task(arn).LastStatus)
	require.Equal(t, int32(1), b.service("web").RunningCount, "only the new task is RUNNING")
	require.Equal(t, "RUNNING", *b.task(arn).Containers[0].LastStatus)
	require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, b.rollouts()[0].Status, "the old task is not gone")
	status, answered := 0, false
	b.sim.Do(func() { status, answered = b.fake.Probe(region, "vpc-1", target.ID, 8080, "/") })
	require.True(t, answered)
	require.Equal(t, 200, status)

	b.sim.Do(func() { b.world.turn(targetGroup, target, "") })
	b.settle()
	require.Equal(t, "STOPPED", *b.task(arn).LastStatus)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status)
	events := strings.Join(b.events(), "\n")
	require.Contains(t, events, "(service web) has begun draining connections on 1 tasks.")
	require.Contains(t, events, "(service web) deregistered 1 targets in (target-group "+targetGroup+")")
}

func TestLoadBalancerComesAndGoes(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.settle()
	in := &awsecs.CreateServiceInput{}
	b.balanced(nil)(in)
	s := b.update(func(u *awsecs.UpdateServiceInput) { u.LoadBalancers = in.LoadBalancers })
	require.NotNil(t, s.CurrentServiceDeployment)
	b.settle()
	require.Equal(t, "healthy", b.world.states[targetGroup+b.target().ID])
	s = b.update(func(u *awsecs.UpdateServiceInput) { u.LoadBalancers = in.LoadBalancers })
	require.Nil(t, s.CurrentServiceDeployment, "the same again")
	b.update(func(u *awsecs.UpdateServiceInput) { u.LoadBalancers = []ecstypes.LoadBalancer{} })
	b.settle()
	require.Empty(t, b.world.states)
	require.Empty(t, b.service("web").LoadBalancers)
}

func TestFailedTaskIsDeregistered(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.fake.SetProgram("app", world.Program{Exit: &world.Exit{After: time.Minute, Code: 2}})
	b.create(1, b.balanced(nil))
	b.settle()
	first := b.target()
	b.wait(time.Minute)
	require.NotEqual(t, first.ID, b.target().ID)
	require.NotContains(t, b.world.states, targetGroup+first.ID)
}

func TestContainerHealthOfServices(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", app(checked(10)))
	b.fake.SetProgram("app", world.Program{Start: 5 * time.Second, Health: func(age time.Duration) int {
		if age < 5*time.Second || age > 10*time.Minute {
			return 1
		}
		return 0
	}})
	b.create(1, nil)
	b.wait(4 * time.Second)
	require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, b.service("web").Deployments[0].RolloutState)
	b.wait(2 * time.Second)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState)
	first := *b.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn
	b.wait(13 * time.Minute)
	require.Equal(t, "Task failed container health checks", *b.task(first).StoppedReason)
	require.Contains(t, strings.Join(b.events(), "\n"), "). Amazon ECS replaced 1 tasks due to an unhealthy status.")
}

func TestUncheckedTasksAreHealthyAfterAWhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.wait(25 * time.Second)
	require.Equal(t, int32(1), b.service("web").RunningCount)
	b.wait(30 * time.Second)
	require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, b.service("web").Deployments[0].RolloutState)
	b.wait(15 * time.Second)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState, "40 s after it is RUNNING")
}

func TestStoppedServiceTaskIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.settle()
	first := *b.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn
	_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &first})
	require.NoError(t, err)
	b.settle()
	second := b.tasks(ecstypes.DesiredStatusRunning)[0]
	require.NotEqual(t, first, *second.TaskArn)
	require.GreaterOrEqual(t, second.CreatedAt.Sub(*b.task(first).StoppingAt), world.Repeat)
	require.Zero(t, b.service("web").Deployments[0].FailedTasks, "what a user stops has not failed")
}

func TestProtectedTasksStay(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(3, nil)
	b.settle()
	arn := *b.tasks(ecstypes.DesiredStatusRunning)[2].TaskArn
	out, err := b.client.UpdateTaskProtection(t.Context(), &awsecs.UpdateTaskProtectionInput{
		Cluster: aws.String("main"), Tasks: []string{arn, "none"}, ProtectionEnabled: true, ExpiresInMinutes: aws.Int32(10),
	})
	require.NoError(t, err)
	require.Len(t, out.ProtectedTasks, 1)
	require.Equal(t, "MISSING", *out.Failures[0].Reason)
	b.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	b.settle()
	left := b.tasks(ecstypes.DesiredStatusRunning)
	require.Len(t, left, 1)
	require.Equal(t, arn, *left[0].TaskArn)
	got, err := b.client.GetTaskProtection(t.Context(), &awsecs.GetTaskProtectionInput{Cluster: aws.String("main"), Tasks: []string{arn}})
	require.NoError(t, err)
	require.True(t, got.ProtectedTasks[0].ProtectionEnabled)
	b.wait(10 * time.Minute)
	require.Empty(t, b.tasks(ecstypes.DesiredStatusRunning), "until the protection expires")
}

func TestDeleteService(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.create(2, nil)
	b.wait(3 * time.Minute)
	remove := func(force bool) (*awsecs.DeleteServiceOutput, error) {
		return b.client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: &force})
	}
	_, err := remove(false)
	require.ErrorContains(t, err, "The service cannot be stopped while it is scaled above 0.")
	_, err = b.client.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	var services *ecstypes.ClusterContainsServicesException
	require.ErrorAs(t, err, &services)
	out, err := remove(true)
	require.NoError(t, err)
	require.Equal(t, "DRAINING", *out.Service.Status)
	_, err = b.client.DeleteCluster(t.Context(), &awsecs.DeleteClusterInput{Cluster: aws.String("main")})
	var tasks *ecstypes.ClusterContainsTasksException
	require.ErrorAs(t, err, &tasks)
	_, err = b.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{Cluster: aws.String("main"), Service: aws.String("web")})
	var notActive *ecstypes.ServiceNotActiveException
	require.ErrorAs(t, err, &notActive)
	_, err = b.client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
	})
	require.ErrorContains(t, err, "Unable to Start a service that is still Draining.")

	b.wait(time.Minute)
	s := b.service("web")
	require.Equal(t, "INACTIVE", *s.Status, "still described")
	require.Empty(t, s.Deployments)
	list, err := b.client.ListServices(t.Context(), &awsecs.ListServicesInput{Cluster: aws.String("main")})
	require.NoError(t, err)
	require.Empty(t, list.ServiceArns)
	_, err = remove(true)
	var notFound *ecstypes.ServiceNotFoundException
	require.ErrorAs(t, err, &notFound)
	b.create(1, nil)
	b.wait(3 * time.Minute)
	require.Equal(t, int32(1), b.service("web").RunningCount, "the name is free again")
}

func TestCreateServiceTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.create(1, nil) // the same request is answered alike
	require.Len(t, b.rollouts(), 1)
	_, err := b.client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2),
		LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
	})
	var invalid *ecstypes.InvalidParameterException
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "Creation of service was not idempotent.", *invalid.Message)
}

func TestInactiveTaskDefinitionGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	arn := b.define("web", nil)
	b.create(1, nil)
	b.settle()
	_, err := b.client.DeregisterTaskDefinition(t.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
	require.NoError(t, err)
	b.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(2) })
	b.settle()
	require.Equal(t, int32(2), b.service("web").RunningCount)
	_, err = b.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
		Cluster: aws.String("main"), Service: aws.String("web"), TaskDefinition: aws.String("web:2"),
	})
	require.ErrorContains(t, err, "TaskDefinition not found.")
}

func TestTagsOfServiceTasks(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, func(in *awsecs.CreateServiceInput) {
		in.Tags = []ecstypes.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}
		in.EnableECSManagedTags = true
	})
	tags := func() []map[string]string {
		b.settle()
		list, err := b.client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("main"), ServiceName: aws.String("web")})
		require.NoError(t, err)
		out, err := b.client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{
			Cluster: aws.String("main"), Tasks: list.TaskArns, Include: []ecstypes.TaskField{ecstypes.TaskFieldTags},
		})
		require.NoError(t, err)
		var all []map[string]string
		for _, task := range out.Tasks {
			m := map[string]string{}
			for _, tag := range task.Tags {
				m[*tag.Key] = *tag.Value
			}
			all = append(all, m)
		}
		return all
	}
	managed := map[string]string{"aws:ecs:clusterName": "main", "aws:ecs:serviceName": "web"}
	require.Equal(t, []map[string]string{managed}, tags())
	b.update(func(in *awsecs.UpdateServiceInput) {
		in.PropagateTags, in.EnableECSManagedTags, in.DesiredCount = ecstypes.PropagateTagsService, aws.Bool(false), aws.Int32(2)
	})
	require.Equal(t, []map[string]string{managed, {"team": "shop"}}, tags(), "only new tasks have them")
}

func TestServiceRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*bench, *awsecs.CreateServiceInput)
		want   string
	}{
		{"no cluster", func(_ *bench, in *awsecs.CreateServiceInput) { in.Cluster = aws.String("none") }, "ClusterNotFoundException"},
		{"target group without load balancer", func(b *bench, in *awsecs.CreateServiceInput) {
			b.balanced(nil)(in)
			g := b.world.groups[targetGroup]
			g.LoadBalancers = nil
			b.world.groups[targetGroup] = g
		}, "InvalidParameterException: The target group with targetGroupArn " + targetGroup + " does not have an associated load balancer."},
		{"target group that is not there", func(b *bench, in *awsecs.CreateServiceInput) {
			b.balanced(nil)(in)
			delete(b.world.groups, targetGroup)
		}, "target group"},
		{"container that is not there", func(b *bench, in *awsecs.CreateServiceInput) {
			b.balanced(nil)(in)
			in.LoadBalancers[0].ContainerName = aws.String("nope")
		}, "InvalidParameterException: The container nope does not exist in the task definition."},
		{"daemons", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.SchedulingStrategy, in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
		}, ""},
		{"other controllers", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.DeploymentController = &ecstypes.DeploymentController{Type: ecstypes.DeploymentControllerTypeExternal}
		}, "slipway fake: deployment controller EXTERNAL of ECS is not modelled"},
		{"blue/green without bake time", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{Strategy: ecstypes.DeploymentStrategyBlueGreen}
		}, "InvalidParameterException"},
		{"pause while traffic is shifted", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{LifecycleHooks: []ecstypes.DeploymentLifecycleHook{{
				TargetType:      ecstypes.DeploymentLifecycleHookTargetTypePause,
				LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{ecstypes.DeploymentLifecycleHookStageProductionTrafficShift},
			}}}
		}, "InvalidParameterException"},
		{"Service Connect without namespace", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = &ecstypes.ServiceConnectConfiguration{Enabled: true}
		}, "Namespace is missing"},
		{"provider that the cluster lacks", func(_ *bench, in *awsecs.CreateServiceInput) {
			in.LaunchType = ""
			in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("mine"), Weight: 1}}
		}, "InvalidParameterException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			in := &awsecs.CreateServiceInput{
				Cluster: aws.String("main"), ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(1),
				LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
			}
			test.change(b, in)
			_, err := b.client.CreateService(t.Context(), in)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestManyEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	for i := range int32(150) {
		b.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(i % 2) })
		b.settle()
	}
	s := b.service("web")
	require.Len(t, s.Events, 100)
	require.False(t, s.Events[0].CreatedAt.Before(*s.Events[1].CreatedAt), "newest first")
	ids := map[string]bool{}
	for _, e := range s.Events {
		ids[*e.Id] = true
	}
	require.Len(t, ids, 100)
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.world.images["app:1"] = world.Image{Digest: "sha256:1"}
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	b.settle()
	arn := b.rollouts()[0].TargetServiceRevision.Arn
	out, err := b.client.DescribeServiceRevisions(t.Context(), &awsecs.DescribeServiceRevisionsInput{
		ServiceRevisionArns: []string{*arn, arnBase + "service-revision/main/web/1"},
	})
	require.NoError(t, err)
	require.Len(t, out.Failures, 1)
	r := out.ServiceRevisions[0]
	require.Equal(t, arnBase+"task-definition/web:1", *r.TaskDefinition)
	require.Equal(t, "sha256:1", *r.ContainerImages[0].ImageDigest)
	require.Equal(t, ecstypes.LaunchTypeFargate, r.LaunchType)
	require.Equal(t, (*arn)[len(*arn)-19:], (*b.service("web").Deployments[0].Id)[len("ecs-svc/"):], "a deployment has the number of its revision")
}

func TestWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, world.Realistic)
		b.cluster()
		b.define("web", nil)
		b.create(2, nil)
		services := &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}}
		begin := time.Now()
		require.NoError(t, awsecs.NewServicesStableWaiter(b.client).Wait(t.Context(), services, 10*time.Minute))
		require.Less(t, time.Since(begin), time.Minute)

		arn := b.run(nil)
		one := &awsecs.DescribeTasksInput{Cluster: aws.String("main"), Tasks: []string{arn}}
		require.NoError(t, awsecs.NewTasksRunningWaiter(b.client).Wait(t.Context(), one, 10*time.Minute))
		_, err := b.client.StopTask(t.Context(), &awsecs.StopTaskInput{Cluster: aws.String("main"), Task: &arn})
		require.NoError(t, err)
		require.NoError(t, awsecs.NewTasksStoppedWaiter(b.client).Wait(t.Context(), one, 10*time.Minute))
		require.Error(t, awsecs.NewTasksRunningWaiter(b.client).Wait(t.Context(), one, 10*time.Minute), "it will never run")

		b.world.errs["image app:1"] = errNotFound("app:1")
		b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
		require.ErrorContains(t, awsecs.NewServicesStableWaiter(b.client).Wait(t.Context(), services, 10*time.Minute), "exceeded max wait time")

		_, err = b.client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: aws.Bool(true)})
		require.NoError(t, err)
		require.NoError(t, awsecs.NewServicesInactiveWaiter(b.client).Wait(t.Context(), services, 10*time.Minute))
	})
}
