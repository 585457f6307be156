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

func TestServiceBecomesSteady(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(2, nil)
	b.settle()

	s := b.service("web")
	require.Equal(t, int32(2), s.RunningCount)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, s.Deployments[0].RolloutState)
	require.Equal(t, "ECS deployment "+*s.Deployments[0].Id+" completed.", *s.Deployments[0].RolloutStateReason)
	require.Nil(t, s.CurrentServiceDeployment)
	events := b.events()
	require.Regexp(t, `^\(service web\) has started 2 tasks: \(task [0-9a-f]{32}\) \(task [0-9a-f]{32}\)\.$`, events[0])
	require.Equal(t, []string{
		"(service web) (deployment " + *s.Deployments[0].Id + ") deployment completed.", "(service web) has reached a steady state.",
	}, events[1:])
	rollouts := b.rollouts()
	require.Len(t, rollouts, 1)
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, rollouts[0].Status)
	require.NotNil(t, rollouts[0].FinishedAt)
}

// TestRollingBounds watches deployments from outside at every tenth of a second.
func TestRollingBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name               string // and the reason
		desired, low, high int32
		least, most        int32
	}{
		{"defaults: all new ones first", 4, 100, 200, 4, 8},
		{"half down first", 4, 50, 100, 2, 4},
		{"minimum is rounded up", 3, 50, 100, 2, 3},
		{"maximum is rounded down", 3, 100, 150, 3, 4},
		{"all at once", 2, 0, 100, 0, 2},
		{"many in small steps", 20, 90, 110, 18, 22},
		{"one task", 1, 100, 200, 1, 2},
		{"room both ways", 10, 80, 120, 8, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Realistic)
			b.cluster()
			first := b.define("web", nil)
			b.create(test.desired, func(in *awsecs.CreateServiceInput) {
				in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{
					MinimumHealthyPercent: &test.low, MaximumPercent: &test.high,
				}
			})
			b.wait(5 * time.Minute)
			require.Equal(t, test.desired, b.service("web").RunningCount)
			second := b.image("app:2")
			require.NotEqual(t, first, second)
			b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = &second })
			sawMost := int32(0)
			for range 20 * 600 {
				b.wait(100 * time.Millisecond)
				s := b.service("web")
				live := s.RunningCount + s.PendingCount
				require.LessOrEqual(t, live, test.most)
				require.GreaterOrEqual(t, s.RunningCount, test.least)
				sawMost = max(sawMost, live)
				if s.Deployments[0].RolloutState == ecstypes.DeploymentRolloutStateCompleted {
					break
				}
			}
			s := b.service("web")
			require.Len(t, s.Deployments, 1)
			require.Equal(t, second, *s.Deployments[0].TaskDefinition)
			require.Equal(t, test.desired, s.RunningCount)
			require.Equal(t, min(test.most, 2*test.desired), sawMost, "uses the room that it has")
			require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status)
		})
	}
}

func TestRollingWithoutRoomSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(2, func(in *awsecs.CreateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(75), MaximumPercent: aws.Int32(149)}
	})
	b.settle()
	b.image("app:2")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
	b.settle()
	require.Contains(t, b.events(), "(service web) was unable to stop or start tasks during a deployment because of the service deployment "+
		"configuration. Update the minimumHealthyPercent or maximumPercent value and try again.")
	require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, b.rollouts()[0].Status)

	b.update(func(in *awsecs.UpdateServiceInput) {
		in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(50)}
	})
	b.settle()
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status, "with room it goes on")
}

func TestUpdatesThatStartADeployment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string // and the reason
		change func(*awsecs.UpdateServiceInput)
		rolls  bool
	}{
		{"force", func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true }, true},
		{"another task definition", func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("other") }, true},
		{"the same task definition", func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") }, false},
		{"other subnets", func(in *awsecs.UpdateServiceInput) {
			in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-c"}}}
		}, true},
		{"the same network", func(in *awsecs.UpdateServiceInput) {
			in.NetworkConfiguration = &ecstypes.NetworkConfiguration{
				AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-default"}},
			}
		}, false},
		{"platform version", func(in *awsecs.UpdateServiceInput) { in.PlatformVersion = aws.String("1.4.0") }, true},
		{"latest platform version is the default", func(in *awsecs.UpdateServiceInput) { in.PlatformVersion = aws.String("LATEST") }, false},
		{"desired count", func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(3) }, false},
		{"percentages", func(in *awsecs.UpdateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(200)}
		}, false},
		{"execute command", func(in *awsecs.UpdateServiceInput) { in.EnableExecuteCommand = aws.Bool(false) }, false},
		{"tags of tasks", func(in *awsecs.UpdateServiceInput) { in.PropagateTags = ecstypes.PropagateTagsService }, false},
		{"zones", func(in *awsecs.UpdateServiceInput) {
			in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", nil)
			b.define("other", nil)
			b.create(1, nil)
			b.settle()
			before := b.service("web")
			after := b.update(test.change)
			require.Equal(t, test.rolls, *after.Deployments[0].Id != *before.Deployments[0].Id)
			require.Equal(t, test.rolls, after.CurrentServiceDeployment != nil)
			if !test.rolls {
				require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, after.Deployments[0].RolloutState)
			}
			b.settle()
			s := b.service("web")
			require.Equal(t, s.DesiredCount, s.RunningCount)
			require.Len(t, s.Deployments, 1)
		})
	}
}

func TestScaling(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(2, nil)
	b.settle()
	deployment := *b.service("web").Deployments[0].Id
	for _, desired := range []int32{5, 1, 0, 3} {
		b.sim.Do(func() { b.fake.Scale(region, "main", "web", int(desired)) })
		b.settle()
		s := b.service("web")
		require.Equal(t, desired, s.DesiredCount)
		require.Equal(t, desired, s.RunningCount)
		require.Equal(t, deployment, *s.Deployments[0].Id)
		b.sim.Do(func() {
			found, ok := b.fake.Service(region, "main", "web")
			require.True(t, ok)
			require.Equal(t, []int{int(desired), int(desired)}, []int{found.Desired, found.Running})
		})
	}
	for _, task := range b.tasks(ecstypes.DesiredStatusStopped) {
		require.Equal(t, ecstypes.TaskStopCodeServiceSchedulerInitiated, task.StopCode)
		require.Equal(t, "Scaling activity initiated by (deployment "+deployment+")", *task.StoppedReason)
	}
	b.sim.Do(func() {
		_, ok := b.fake.Service(region, "main", "none")
		require.False(t, ok)
		b.fake.Scale(region, "none", "web", 1)
	})
}

func TestZonesAreSpread(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(5, func(in *awsecs.CreateServiceInput) {
		in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-a", "subnet-b", "subnet-c"}
	})
	zones := func() map[string]int {
		b.settle()
		m := map[string]int{}
		for _, task := range b.tasks(ecstypes.DesiredStatusRunning) {
			m[*task.AvailabilityZone]++
		}
		return m
	}
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 1}, zones())
	b.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(3) })
	require.Equal(t, map[string]int{"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}, zones())
}

// TestCapacityProviderStrategy: the base first, then the weights.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
func TestCapacityProviderStrategy(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(8, func(in *awsecs.CreateServiceInput) {
		in.LaunchType = ""
		in.CapacityProviderStrategy = []ecstypes.CapacityProviderStrategyItem{
			{CapacityProvider: aws.String("FARGATE"), Base: 2, Weight: 1}, {CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 2},
		}
	})
	b.settle()
	count := map[string]int{}
	for _, task := range b.tasks(ecstypes.DesiredStatusRunning) {
		count[*task.CapacityProviderName]++
	}
	require.Equal(t, map[string]int{"FARGATE": 4, "FARGATE_SPOT": 4}, count, "2 for the base, then 1 to 2")
}

// TestAnotherStrategyIsForced: ECS wants to be told that tasks move.
func TestAnotherStrategyIsForced(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	spot := []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	b.create(1, func(in *awsecs.CreateServiceInput) { in.LaunchType, in.CapacityProviderStrategy = "", spot })
	given := func(strategy []ecstypes.CapacityProviderStrategyItem) error {
		_, err := b.client.UpdateService(t.Context(), &awsecs.UpdateServiceInput{
			Cluster: aws.String("main"), Service: aws.String("web"), CapacityProviderStrategy: strategy,
		})
		return err
	}
	require.NoError(t, given(nil))
	require.NoError(t, given(spot), "what it has")
	const want = "you must force a new deployment"
	require.ErrorContains(t, given([]ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE"), Weight: 1}}), want)
	require.ErrorContains(t, given([]ecstypes.CapacityProviderStrategyItem{}), want, "back to the launch type")
	require.Len(t, b.service("web").Deployments, 1)
}

func TestBackToLaunchType(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", nil)
	b.create(1, nil)
	spot := []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	s := b.update(func(in *awsecs.UpdateServiceInput) { in.CapacityProviderStrategy, in.ForceNewDeployment = spot, true })
	require.Equal(t, spot, s.CapacityProviderStrategy)
	require.Empty(t, s.LaunchType)
	b.settle()
	require.Equal(t, "FARGATE_SPOT", *b.tasks(ecstypes.DesiredStatusRunning)[0].CapacityProviderName)
	s = b.update(func(in *awsecs.UpdateServiceInput) {
		in.CapacityProviderStrategy, in.ForceNewDeployment = []ecstypes.CapacityProviderStrategyItem{}, true
	})
	require.Empty(t, s.CapacityProviderStrategy)
	require.Equal(t, ecstypes.LaunchTypeFargate, s.LaunchType)
	b.settle()
	require.Nil(t, b.tasks(ecstypes.DesiredStatusRunning)[0].CapacityProviderName)
}

func TestSupersededDeployment(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Realistic)
	b.cluster()
	b.define("web", nil)
	b.create(3, nil)
	b.wait(3 * time.Minute)
	second, third := b.image("app:2"), b.image("app:3")
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = &second })
	b.wait(12 * time.Second)
	b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = &third })
	require.Len(t, b.service("web").Deployments, 3)
	b.wait(5 * time.Minute)
	s := b.service("web")
	require.Len(t, s.Deployments, 1)
	require.Equal(t, third, *s.TaskDefinition)
	rollouts := b.rollouts()
	require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, rollouts[0].Status)
	require.Equal(t, ecstypes.ServiceDeploymentStatusStopped, rollouts[1].Status)
	require.Len(t, rollouts[0].SourceServiceRevisions, 2)
}

func TestEarlySuccess(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		cleanup ecstypes.ServiceRevisionCleanup
		want    ecstypes.ServiceDeploymentStatus // while old tasks still drain
	}{
		{"deferred: old tasks go afterwards", ecstypes.ServiceRevisionCleanupDeferred, ecstypes.ServiceDeploymentStatusSuccessful},
		{"blocking: old tasks go first", ecstypes.ServiceRevisionCleanupBlocking, ecstypes.ServiceDeploymentStatusInProgress},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.world.drains = true
			b.cluster()
			b.define("web", nil)
			b.create(2, func(in *awsecs.CreateServiceInput) {
				b.balanced(nil)(in)
				in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{
					MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(200),
					EarlySuccessCriteria: &ecstypes.DeploymentEarlySuccessCriteria{
						Enable: true, HealthyPercent: aws.Int32(50), SourceServiceRevisionCleanup: test.cleanup,
					},
				}
			})
			b.settle()
			old := b.tasks(ecstypes.DesiredStatusRunning)
			b.image("app:2")
			b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
			b.settle()
			require.Equal(t, test.want, b.rollouts()[0].Status)
			require.Len(t, b.service("web").Deployments, 2)
			for _, task := range old {
				target := world.Target{ID: *task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address, Port: 8080, Zone: *task.AvailabilityZone}
				b.sim.Do(func() { b.world.turn(targetGroup, target, "") })
			}
			b.settle()
			require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, b.rollouts()[0].Status)
			require.Len(t, b.service("web").Deployments, 1)
		})
	}
}
