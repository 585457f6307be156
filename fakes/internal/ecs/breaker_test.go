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

// breaking turns the circuit breaker on.
func breaking(rollback bool) *ecstypes.DeploymentConfiguration {
	return &ecstypes.DeploymentConfiguration{DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: rollback}}
}

// TestBreakerThreshold has the table of
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestBreakerThreshold(t *testing.T) {
	t.Parallel()
	kind := func(k ecstypes.ThresholdType, v int32) *ecstypes.ThresholdConfiguration {
		return &ecstypes.ThresholdConfiguration{Type: k, Value: v}
	}
	for _, test := range []struct {
		name    string // and the reason
		config  *ecstypes.ThresholdConfiguration
		desired int32
		want    int32
	}{
		{"at least 3", nil, 1, 3},
		{"half, rounded up", nil, 25, 13},
		{"half", nil, 400, 200},
		{"at most 200", nil, 800, 200},
		{"unbounded", kind(ecstypes.ThresholdTypeUnboundedPercent, 50), 800, 400},
		{"unbounded and small", kind(ecstypes.ThresholdTypeUnboundedPercent, 50), 1, 1},
		{"bounded percent", kind(ecstypes.ThresholdTypeBoundedPercent, 10), 100, 10},
		{"count", kind(ecstypes.ThresholdTypeCount, 7), 100, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.fake.SetProgram("app", world.Program{Exit: &world.Exit{Code: 1}})
			b.create(test.desired, func(in *awsecs.CreateServiceInput) {
				in.DeploymentConfiguration = breaking(false)
				in.DeploymentConfiguration.DeploymentCircuitBreaker.ThresholdConfiguration = test.config
			})
			require.Equal(t, test.want, b.rollouts()[0].DeploymentCircuitBreaker.Threshold)
			b.wait(5 * time.Minute)
			r := b.rollouts()[0]
			require.Equal(t, ecstypes.ServiceDeploymentStatusStopped, r.Status)
			require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered, r.DeploymentCircuitBreaker.Status)
			require.GreaterOrEqual(t, r.DeploymentCircuitBreaker.FailureCount, test.want)
		})
	}
}

// TestBreakerRollsBack to the most recent deployment that was COMPLETED.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestBreakerRollsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	first := b.define("web", nil)
	b.create(2, func(in *awsecs.CreateServiceInput) { in.DeploymentConfiguration = breaking(true) })
	b.settle()
	good := b.service("web").Deployments[0]

	b.fake.SetProgram("app:2", world.Program{Exit: &world.Exit{After: 5 * time.Second, Code: 1}})
	second := b.image("app:2")
	bad := b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = &second }).Deployments[0]
	var back *ecstypes.Service
	for range 100 {
		b.wait(100 * time.Millisecond)
		if s := b.service("web"); s.Deployments[0].RolloutState == ecstypes.DeploymentRolloutStateInProgress && *s.Deployments[0].Id == *good.Id {
			back = s
			break
		}
		require.Equal(t, int32(2), runningOf(b.service("web"), *good.Id), "the old tasks stay")
	}
	if back != nil {
		require.Equal(t, "ECS deployment circuit breaker: rolling back to deploymentId "+*good.Id+".", *back.Deployments[0].RolloutStateReason)
	}
	b.wait(time.Minute)

	s := b.service("web")
	require.Len(t, s.Deployments, 1)
	require.Equal(t, *good.Id, *s.Deployments[0].Id)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, s.Deployments[0].RolloutState)
	require.Equal(t, first, *s.TaskDefinition)
	require.Equal(t, int32(2), s.RunningCount)

	r := b.rollouts()[0]
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, r.Status)
	require.Equal(t, "Service deployment rolled back because the circuit breaker threshold was exceeded.", *r.StatusReason)
	require.NotNil(t, r.Rollback)
	require.NotEqual(t, *r.TargetServiceRevision.Arn, *r.Rollback.ServiceRevisionArn)
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered, r.DeploymentCircuitBreaker.Status)
	events := b.events()
	require.Contains(t, events, "(service web) (deployment "+*bad.Id+") deployment failed: tasks failed to start.")
	require.Contains(t, events, "(service web) rolling back to deployment "+*good.Id+".")
	require.Equal(t, "(service web) has reached a steady state.", events[len(events)-1])
}

func runningOf(s *ecstypes.Service, id string) int32 {
	for _, d := range s.Deployments {
		if *d.Id == id {
			return d.RunningCount
		}
	}
	return 0
}

func TestBreakerWithoutRollbackStalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(2, func(in *awsecs.CreateServiceInput) { in.DeploymentConfiguration = breaking(false) })
	b.settle()
	b.world.errs["image app:2"] = errNotFound("app:2")
	b.image("app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	b.wait(time.Minute)
	s := b.service("web")
	require.Len(t, s.Deployments, 2)
	require.Equal(t, ecstypes.DeploymentRolloutStateFailed, s.Deployments[0].RolloutState)
	require.Equal(t, "ECS deployment circuit breaker: tasks failed to start.", *s.Deployments[0].RolloutStateReason)
	require.Equal(t, int32(2), s.Deployments[1].RunningCount)
	started := len(b.tasks(ecstypes.DesiredStatusStopped))
	b.wait(time.Minute)
	require.Len(t, b.tasks(ecstypes.DesiredStatusStopped), started, "nothing more is started")

	delete(b.world.errs, "image app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	b.settle()
	require.Len(t, b.service("web").Deployments, 1, "a new deployment goes on")
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status)
}

// TestFirstDeploymentHasNothingToRollBackTo: it stalls.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestFirstDeploymentHasNothingToRollBackTo(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.world.errs["image app:1"] = errNotFound("app:1")
	b.create(1, func(in *awsecs.CreateServiceInput) { in.DeploymentConfiguration = breaking(true) })
	b.wait(time.Minute)
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackFailed, b.rollouts()[0].Status)
	require.Equal(t, ecstypes.DeploymentRolloutStateFailed, b.service("web").Deployments[0].RolloutState)
	require.Len(t, b.tasks(ecstypes.DesiredStatusStopped), 3)
}

func TestRollbackThatFailsItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(2, func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = breaking(true)
		in.DeploymentConfiguration.MinimumHealthyPercent, in.DeploymentConfiguration.MaximumPercent = aws.Int32(0), aws.Int32(100)
	})
	b.settle()
	b.world.errs["image app:1"], b.world.errs["image app:2"] = errNotFound("app:1"), errNotFound("app:2")
	b.image("app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	b.wait(time.Minute)
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackFailed, b.rollouts()[0].Status)
	require.Zero(t, b.service("web").RunningCount)
}

// TestResetOnHealthyTask: failures count in a row, or in all.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestResetOnHealthyTask(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		reset *bool
		want  ecstypes.ServiceDeploymentStatus
	}{
		{"a healthy task starts the count anew", nil, ecstypes.ServiceDeploymentStatusSuccessful},
		{"failures add up", aws.Bool(false), ecstypes.ServiceDeploymentStatusRollbackSuccessful},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.create(3, func(in *awsecs.CreateServiceInput) {
				in.DeploymentConfiguration = breaking(true)
				in.DeploymentConfiguration.DeploymentCircuitBreaker.ResetOnHealthyTask = test.reset
			})
			b.settle()
			// Of the new image, two tasks of three are unhealthy.
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				in.ContainerDefinitions[0].Image = aws.String("app:2")
				in.ContainerDefinitions[0].HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "check"}, Retries: aws.Int32(1)}
			})
			checks := 0
			b.fake.SetProgram("app:2", world.Program{Health: func(age time.Duration) int {
				if checks++; checks%3 == 0 || age > time.Second {
					return 0
				}
				return 1
			}})
			b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
			b.wait(200 * time.Second)
			require.Equal(t, test.want, b.rollouts()[0].Status)
		})
	}
}

func TestDeploymentAlarm(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.world.alarms["errors"] = "OK"
	b.cluster()
	first := b.define("web", nil)
	b.create(1, func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{
			Alarms: &ecstypes.DeploymentAlarms{AlarmNames: []string{"errors"}, Enable: true, Rollback: true},
		}
	})
	b.wait(8 * time.Minute)
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete, b.rollouts()[0].Alarms.Status)
	b.sim.Do(func() { b.world.onAlarm(region, "errors", "ALARM") })
	b.wait(time.Minute)
	require.Len(t, b.rollouts(), 1, "alarms count during deployments only")

	b.image("app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	b.wait(30 * time.Second)
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoring, b.rollouts()[0].Alarms.Status)
	b.sim.Do(func() {
		b.world.alarms["errors"] = "ALARM"
		b.world.onAlarm(region, "errors", "ALARM")
	})
	b.wait(3 * time.Minute)
	r := b.rollouts()[0]
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, r.Status)
	require.Equal(t, []string{"errors"}, r.Alarms.TriggeredAlarmNames)
	require.Equal(t, first, *b.service("web").TaskDefinition)

	b.image("app:3")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	b.wait(3 * time.Minute)
	r = b.rollouts()[0]
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, r.Status, "an alarm that was on before does not count")
	require.Equal(t, ecstypes.ServiceDeploymentRollbackMonitorsStatusDisabled, r.Alarms.Status)
}

// TestAlarmsAreWatchedABitLonger: a deployment bakes before it is complete.
func TestAlarmsAreWatchedABitLonger(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string // and the reason
		timing  world.Timing
		minutes *int32
		alarms  bool
		bake    time.Duration
	}{
		{"AWS's own time", world.Timing{Bake: 4 * time.Minute}, nil, true, 4 * time.Minute},
		{"instant", world.Timing{}, nil, true, 0},
		{"the service's own time", world.Timing{Bake: 4 * time.Minute}, aws.Int32(10), true, 10 * time.Minute},
		{"no alarms to watch", world.Timing{Bake: 4 * time.Minute}, aws.Int32(10), false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.timing)
			b.cluster()
			b.define("web", nil)
			config := &ecstypes.DeploymentConfiguration{BakeTimeInMinutes: test.minutes}
			if test.alarms {
				config.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: []string{"errors"}, Enable: true, Rollback: true}
			}
			b.world.alarms["errors"] = "OK"
			b.create(2, func(in *awsecs.CreateServiceInput) { in.DeploymentConfiguration = config })
			b.wait(test.bake + time.Second)
			require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status)
			good := b.service("web").Deployments[0]
			if test.bake == 0 {
				return
			}

			b.image("app:2")
			b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
			b.wait(test.bake - time.Minute)
			require.Equal(t, int32(2), b.service("web").Deployments[0].RunningCount)
			require.Len(t, b.service("web").Deployments, 2, "the older deployment is kept until the end")
			require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, b.service("web").Deployments[0].RolloutState)
			b.sim.Do(func() {
				b.world.alarms["errors"] = "ALARM"
				b.world.onAlarm(region, "errors", "ALARM")
			})
			b.wait(time.Second)
			require.Equal(t, *good.Id, *b.service("web").Deployments[0].Id, "rolled back")
			require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, b.rollouts()[0].Status)
		})
	}
}

func TestStopServiceDeployment(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	first := b.define("web", nil)
	b.create(1, nil)
	b.wait(3 * time.Minute)
	b.image("app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	arn := b.service("web").CurrentServiceDeployment
	require.NotNil(t, arn)
	stop := func() error {
		_, err := b.client.StopServiceDeployment(t.Context(), &awsecs.StopServiceDeploymentInput{ServiceDeploymentArn: arn})
		return err
	}
	require.NoError(t, stop())
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackInProgress, b.rollouts()[0].Status)
	require.NoError(t, stop(), "the rollback goes on")
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackInProgress, b.rollouts()[0].Status)
	b.wait(3 * time.Minute)
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, b.rollouts()[0].Status)
	var conflict *ecstypes.ConflictException
	require.ErrorAs(t, stop(), &conflict, "it has ended")
	require.Equal(t, first, *b.service("web").TaskDefinition)

	var unknown *ecstypes.ServiceDeploymentNotFoundException
	_, err := b.client.StopServiceDeployment(t.Context(), &awsecs.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(arnBase + "service-deployment/main/web/x")})
	require.ErrorAs(t, err, &unknown)
}

func TestTasksThatKeepFailingAreThrottled(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.world.errs["image app:1"] = errNotFound("app:1")
	b.create(1, nil)
	b.wait(40 * time.Minute)
	early := len(b.tasks(ecstypes.DesiredStatusStopped))
	require.Less(t, early, 20)
	require.Contains(t, b.events(), "(service web) is unable to consistently start tasks successfully. For more information, see the "+
		"Troubleshooting section of the Amazon ECS Developer Guide.")
	require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, b.rollouts()[0].Status, "without a breaker it goes on for ever")

	delete(b.world.errs, "image app:1")
	b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	b.wait(2 * time.Minute)
	require.Equal(t, int32(1), b.service("web").RunningCount, "an update ends the throttling")
}
