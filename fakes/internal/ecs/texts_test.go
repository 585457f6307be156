// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// deregister takes the fleet's first instance out of the cluster, tasks or no.
func (f *fleet) deregister() {
	f.tb.Helper()
	_, err := f.client.DeregisterContainerInstance(f.tb.Context(), &awsecs.DeregisterContainerInstanceInput{
		Cluster: aws.String("main"), ContainerInstance: f.nodes()[0].ContainerInstanceArn, Force: aws.Bool(true),
	})
	require.NoError(f.tb, err)
}

// scaled sets the desired count of "web".
func (f *fleet) scaled(n int32) {
	f.tb.Helper()
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = &n })
}

// TestReasonsOfStoppedTasks has why tasks stopped, in AWS's words.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func TestReasonsOfStoppedTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		program world.Program
		health  *ecstypes.HealthCheck
		change  func(*awsecs.CreateServiceInput)
		happens func(f *fleet)
		code    ecstypes.TaskStopCode
		reason  string
	}{
		"the user stops it": {happens: func(f *fleet) {
			_, err := f.client.StopTask(f.tb.Context(), &awsecs.StopTaskInput{
				Cluster: aws.String("main"), Task: f.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn,
			})
			require.NoError(f.tb, err)
		}, code: ecstypes.TaskStopCodeUserInitiated, reason: "Task stopped by user"},
		"the service shrinks": {
			happens: func(f *fleet) { f.scaled(0) },
			code:    ecstypes.TaskStopCodeServiceSchedulerInitiated, reason: `Scaling activity initiated by \(deployment ecs-svc/\d+\)`,
		},
		"its program ends": {
			program: world.Program{Exit: &world.Exit{After: time.Minute}},
			code:    ecstypes.TaskStopCodeEssentialContainerExited, reason: "Essential container in task exited",
		},
		"its container is unhealthy": {
			program: world.Program{Health: func(age time.Duration) int { return int(age / time.Minute) }},
			health:  &ecstypes.HealthCheck{Command: []string{"CMD", "/check"}, Interval: aws.Int32(5)},
			code:    ecstypes.TaskStopCodeServiceSchedulerInitiated, reason: "Task failed container health checks",
		},
		"its target is unhealthy": {
			change: func(in *awsecs.CreateServiceInput) {
				in.LoadBalancers = []ecstypes.LoadBalancer{{
					TargetGroupArn: aws.String(targetGroup), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
				}}
			},
			happens: func(f *fleet) {
				f.sim.Do(func() {
					f.world.turn(targetGroup, world.Target{ID: "i-00001", Port: 32768, Zone: "us-east-1a"}, "unhealthy")
				})
			},
			code: ecstypes.TaskStopCodeServiceSchedulerInitiated, reason: `Task failed ELB health checks in \(target-group ` + targetGroup + `\)`,
		},
		"its host is terminated": {
			happens: func(f *fleet) { f.kill("i-00001") },
			code:    ecstypes.TaskStopCodeTerminationNotice, reason: `Host EC2 \(instance i-00001\) terminated\.`,
		},
		"its host is deregistered": {
			happens: func(f *fleet) { f.deregister() },
			code:    ecstypes.TaskStopCodeUserInitiated, reason: "Container instance deregistration forced by user",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
			f.world.groups[targetGroup] = world.TargetGroup{ARN: targetGroup, TargetType: "instance", LoadBalancers: []string{"lb"}}
			f.fake.SetProgram("app:1", c.program)
			f.launch(1, nil)
			f.host(func(in *awsecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].HealthCheck = c.health })
			f.place(1, c.change)
			f.wait(10 * time.Second)
			first := *f.tasks(ecstypes.DesiredStatusRunning)[0].TaskArn
			if c.happens != nil {
				c.happens(f)
			}
			f.wait(5 * time.Minute)
			task := f.task(first)
			require.Equal(t, "STOPPED", *task.LastStatus)
			require.Equal(t, c.code, task.StopCode)
			require.Regexp(t, "^"+c.reason+"$", *task.StoppedReason)
		})
	}
}

func runByProvider(in *awsecs.RunTaskInput) {
	in.LaunchType, in.CapacityProviderStrategy = "", []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("grow"), Weight: 1}}
}

// TestReasonsOfWaitingTasks has why a task stopped that waited for an instance.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func TestReasonsOfWaitingTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		nodes  int
		define func(*awsecs.RegisterTaskDefinitionInput)
		before func(*fleet)
		want   string
	}{
		"no instance comes": {want: "EMPTY CAPACITY PROVIDER"},
		"all of them drain": {nodes: 1, before: func(f *fleet) {
			f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
		}, want: "NO ACTIVE INSTANCES"},
		"they are too small": {nodes: 1, define: func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Cpu = 4096
		}, before: func(f *fleet) { // so that the instance is not scaled in
			f.host(nil)
			f.runOn(1, runByProvider)
		}, want: "RESOURCE:CPU"},
		"they lack a log driver": {nodes: 1, define: func(in *awsecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverGelf}
		}, want: "ATTRIBUTE"},
		"none is a member": {nodes: 1, define: func(in *awsecs.RegisterTaskDefinitionInput) {
			in.PlacementConstraints = []ecstypes.TaskDefinitionPlacementConstraint{{
				Type: ecstypes.TaskDefinitionPlacementConstraintTypeMemberOf, Expression: aws.String("attribute:stack == prod"),
			}}
		}, want: "MemberOf placement constraint unsatisfied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, looks)
			f.group.Max, f.group.Desired = c.nodes, c.nodes
			f.sim.Do(f.obey)
			f.wait(time.Minute)
			f.provider(nil)
			f.wait(time.Minute)
			if c.before != nil {
				c.before(f)
			}
			f.host(c.define)
			out := f.runOn(1, runByProvider)
			f.wait(31 * time.Minute)
			task := f.task(*out.Tasks[0].TaskArn)
			require.Equal(t, ecstypes.TaskStopCodeTaskFailedToStart, task.StopCode)
			require.Equal(t, "TaskFailedToStart: "+c.want, *task.StoppedReason)
		})
	}
}

// TestEventTexts has the events of services, in AWS's words. Those of placement and of
// zones are with their tests.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
func TestEventTexts(t *testing.T) {
	t.Parallel()
	const id = `\(task [0-9a-f]{32}\)`
	behind := func(in *awsecs.CreateServiceInput) {
		in.LoadBalancers = []ecstypes.LoadBalancer{{
			TargetGroupArn: aws.String(targetGroup), ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080),
		}}
	}
	for name, c := range map[string]struct {
		program world.Program
		desired int32
		change  func(*awsecs.CreateServiceInput)
		happens func(f *fleet)
		want    []string
	}{
		"all is well": {desired: 2, want: []string{
			`has started 2 tasks: ` + id + ` ` + id + `\.`, `\(deployment ecs-svc/\d+\) deployment completed\.`, `has reached a steady state\.`,
		}},
		"tasks are stopped": {desired: 2, happens: func(f *fleet) { f.scaled(1) }, want: []string{
			`has stopped 1 running tasks: ` + id + `\.`, `has reached a steady state\.`,
		}},
		"tasks fail": {
			program: world.Program{Executables: []string{"/bin/other"}}, desired: 1,
			change: func(in *awsecs.CreateServiceInput) {
				in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true}}
			},
			want: []string{
				`is unable to consistently start tasks successfully\. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide\.`,
				`\(deployment ecs-svc/\d+\) deployment failed: tasks failed to start\.`,
			},
		},
		"a target on an instance is unhealthy": {desired: 1, change: behind, happens: func(f *fleet) {
			f.sim.Do(func() {
				f.world.turn(targetGroup, world.Target{ID: "i-00001", Port: 32768, Zone: "us-east-1a"}, "unhealthy")
			})
		}, want: []string{
			`registered 1 targets in \(target-group ` + targetGroup + `\)`,
			id + ` \(instance i-00001\) \(port 32768\) is unhealthy in \(target-group ` + targetGroup + `\) due to \(reason Health checks failed with these codes: \[500\]\)\.`,
			`has begun draining connections on 1 tasks\.`,
			`deregistered 1 targets in \(target-group ` + targetGroup + `\)`,
			`has started 1 tasks: ` + id + `\. Amazon ECS replaced 1 tasks due to an unhealthy status\.`,
		}},
		"protected tasks are too many": {desired: 2, happens: func(f *fleet) {
			var arns []string
			for _, task := range f.tasks(ecstypes.DesiredStatusRunning) {
				arns = append(arns, *task.TaskArn)
			}
			_, err := f.client.UpdateTaskProtection(f.tb.Context(), &awsecs.UpdateTaskProtectionInput{
				Cluster: aws.String("main"), Tasks: arns, ProtectionEnabled: true,
			})
			require.NoError(f.tb, err)
			f.scaled(0)
		}, want: []string{
			`was unable to reach steady state because \(taskSet ecs-svc/\d+\) was unable to scale in due to \(reason 2 tasks under protection\)`,
		}},
		"the percentages leave no room": {desired: 1, change: func(in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(101)}
		}, happens: func(f *fleet) {
			f.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
		}, want: []string{
			`was unable to stop or start tasks during a deployment because of the service deployment configuration\. ` +
				`Update the minimumHealthyPercent or maximumPercent value and try again\.`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
			f.world.groups[targetGroup] = world.TargetGroup{ARN: targetGroup, TargetType: "instance", LoadBalancers: []string{"lb"}}
			f.fake.SetProgram("app:1", c.program)
			f.launch(1, nil)
			f.host(func(in *awsecs.RegisterTaskDefinitionInput) {
				in.ContainerDefinitions[0].Command = []string{"/bin/app"}
			})
			f.place(c.desired, c.change)
			f.wait(10 * time.Second)
			if c.happens != nil {
				c.happens(f)
			}
			f.wait(30 * time.Minute)
			said := f.events()
			for _, want := range c.want {
				at := 0
				require.Condition(t, func() bool {
					for i, e := range said {
						if regexp.MustCompile(`^\(service web\) ` + want + `$`).MatchString(e) {
							at = i + 1
							return true
						}
					}
					return false
				}, "%s\nin this order, of\n%s", want, strings.Join(said, "\n"))
				said = said[at:]
			}
		})
	}
}

// TestProvisioningLimit: of a cluster 500 tasks may wait for instances.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
func TestProvisioningLimit(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.group.Max = 0
	f.provider(nil)
	f.host(nil)
	f.place(501, byProvider)
	require.Equal(t, int32(500), f.service("web").PendingCount)
	require.Contains(t, f.events(), "(service web) was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded.")
}
