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

// TestRebalance: a zone that comes later gets its share.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func TestRebalance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*awsecs.CreateServiceInput)
		want   []int32
	}{
		"by default": {nil, []int32{2, 2}},
		"off": {func(in *awsecs.CreateServiceInput) {
			in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
		}, []int32{4, 0}},
		"no room for more than desired": {func(in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(100), MinimumHealthyPercent: aws.Int32(50)}
		}, []int32{4, 0}},
		"packed first": {func(in *awsecs.CreateServiceInput) {
			in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String("cpu")}}
		}, []int32{4, 0}},
		"a zone that will not do": {func(in *awsecs.CreateServiceInput) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{
				Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone != us-east-1b"),
			}}
		}, []int32{4, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
			f.launch(1, nil)
			f.host(nil)
			f.place(4, c.change)
			f.wait(2 * time.Minute)
			f.launch(1, nil)
			f.wait(5 * time.Minute)
			require.Equal(t, c.want, f.running())
			if name == "by default" {
				require.Contains(t, f.events(), "(service web) is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b. AZ Rebalancing in progress.")
				require.Contains(t, f.events(), "(service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b.")
			}
		})
	}
}

// TestRebalanceGoesOn: an instance that comes while there is room for none of the tasks
// that are to move may be in a third zone.
func TestRebalanceGoesOn(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	in := func(zone string) func(*world.Instance) {
		return func(i *world.Instance) { i.Type.VCPUs, i.Interface.Zone = 1, zone }
	}
	for _, zone := range []string{"us-east-1b", "us-east-1b", "us-east-1c"} {
		f.launch(1, in(zone))
	}
	f.host(nil)
	f.place(6, nil)
	f.wait(time.Minute)
	require.Equal(t, []int32{2, 2, 2}, f.running())
	require.Contains(t, f.events(), "(service web) is not AZ balanced with 4 tasks in us-east-1b, 2 tasks in us-east-1c. AZ Rebalancing in progress.")
	f.launch(1, in("us-east-1a"))
	f.wait(5 * time.Minute)
	require.Equal(t, int32(2), f.nodes()[3].RunningTasksCount)
	require.Contains(t, f.events(), "(service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b, 2 tasks in us-east-1c.")
}

// TestRebalanceGivesUp: a zone without room is not tried for ever.
func TestRebalanceGivesUp(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, func(i *world.Instance) { i.Type.VCPUs, i.Type.Memory = 8, 8192 })
	f.host(nil)
	f.place(4, nil)
	f.launch(1, func(i *world.Instance) { i.Type.VCPUs = 0 })
	f.wait(time.Hour)
	require.Equal(t, []int32{4, 0}, f.running())
	require.Less(t, len(f.events()), 30)
}

// crowded is a service on Fargate with all its tasks in zone b, for there was no room in a.
func crowded(t *testing.T, desired int32, change func(*awsecs.CreateServiceInput)) *bench {
	t.Helper()
	b := newBench(t, world.Timing{Schedule: 5 * time.Second, Provision: 20 * time.Second})
	b.cluster()
	b.define("web", nil)
	b.fake.SetFargate(world.FargateLimits{Without: []string{"us-east-1a"}})
	b.create(desired, change)
	b.wait(2 * time.Minute)
	require.Equal(t, map[string]int{"us-east-1b": int(desired)}, b.zones())
	return b
}

// TestRebalanceOnFargate has the events as AWS words them.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing-event-messages-list.html
func TestRebalanceOnFargate(t *testing.T) {
	t.Parallel()
	b := crowded(t, 5, nil)
	before := b.events()
	b.fake.SetFargate(world.FargateLimits{})
	b.wait(5 * time.Minute)
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 3}, b.zones(), "five in two zones")
	said := b.events()[len(before):]
	require.Equal(t, "(service web) is not AZ balanced with 5 tasks in us-east-1b, 0 tasks in us-east-1a. AZ Rebalancing in progress.", said[0])
	require.Regexp(t, `^\(service web\) has started 2 tasks in us-east-1a to AZ Rebalance: \(task [0-9a-f]{32}\) \(task [0-9a-f]{32}\)\.$`, said[1])
	require.Regexp(t, `^\(service web\) has stopped 2 running tasks in us-east-1b due to AZ rebalancing: \(task [0-9a-f]{32}\) \(task [0-9a-f]{32}\)\.$`, said[2])
	require.Contains(t, said, "(service web) is AZ balanced with 3 tasks in us-east-1b, 2 tasks in us-east-1a.")
	require.Len(t, b.service("web").Deployments, 1)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState, "it is no deployment")
}

// TestNoRebalanceOnFargate has what keeps a service as it is.
func TestNoRebalanceOnFargate(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*awsecs.CreateServiceInput){
		"off": func(in *awsecs.CreateServiceInput) {
			in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
		},
		"no room for more than desired": func(in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(100), MinimumHealthyPercent: aws.Int32(50)}
		},
		"one zone": func(in *awsecs.CreateServiceInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.Subnets = []string{"subnet-b"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := crowded(t, 4, change)
			b.fake.SetFargate(world.FargateLimits{})
			b.wait(5 * time.Minute)
			require.Equal(t, map[string]int{"us-east-1b": 4}, b.zones())
			b.update(func(in *awsecs.UpdateServiceInput) {
				in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingEnabled
			})
			b.wait(5 * time.Minute)
			want := map[string]int{"us-east-1b": 4}
			if name == "off" {
				want = map[string]int{"us-east-1a": 2, "us-east-1b": 2}
			}
			require.Equal(t, want, b.zones(), "it can be turned on")
		})
	}
}

// TestRebalanceStops: for want of capacity, at the user's wish, and for a deployment.
func TestRebalanceStops(t *testing.T) {
	t.Parallel()
	const stops = "(service web) stopped AZ Rebalancing."
	t.Run("no capacity", func(t *testing.T) {
		t.Parallel()
		b := crowded(t, 4, nil)
		b.fake.SetFargate(world.FargateLimits{Full: []string{"us-east-1a"}})
		b.wait(12 * time.Hour)
		require.Equal(t, map[string]int{"us-east-1b": 4}, b.zones(), "none was stopped")
		require.Contains(t, b.events(), "(service web) is unable to place a task in us-east-1a.")
		require.Contains(t, b.events(), stops)
		require.Less(t, len(b.events()), 15, "it is not tried for ever")
		b.fake.SetFargate(world.FargateLimits{})
		b.wait(5 * time.Minute)
		require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2}, b.zones())
	})
	t.Run("turned off", func(t *testing.T) {
		t.Parallel()
		b := crowded(t, 4, nil)
		b.fake.SetFargate(world.FargateLimits{})
		b.wait(10 * time.Second)
		b.update(func(in *awsecs.UpdateServiceInput) {
			in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
		})
		b.wait(5 * time.Minute)
		require.Contains(t, b.events(), stops)
		require.Equal(t, int32(4), b.service("web").RunningCount)
	})
	t.Run("a deployment", func(t *testing.T) {
		t.Parallel()
		b := crowded(t, 4, nil)
		b.fake.SetFargate(world.FargateLimits{})
		b.wait(6 * time.Second)
		b.image("app:2")
		b.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
		b.wait(10 * time.Minute)
		require.Contains(t, b.events(), stops)
		require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2}, b.zones())
		require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState)
	})
}

// TestRebalanceOfProtectedTasks: they stay until their protection ends.
func TestRebalanceOfProtectedTasks(t *testing.T) {
	t.Parallel()
	b := crowded(t, 2, nil)
	var arns []string
	for _, task := range b.tasks(ecstypes.DesiredStatusRunning) {
		arns = append(arns, *task.TaskArn)
	}
	_, err := b.client.UpdateTaskProtection(t.Context(), &awsecs.UpdateTaskProtectionInput{
		Cluster: aws.String("main"), Tasks: arns, ProtectionEnabled: true, ExpiresInMinutes: aws.Int32(60),
	})
	require.NoError(t, err)
	b.fake.SetFargate(world.FargateLimits{})
	b.wait(30 * time.Minute)
	require.Equal(t, map[string]int{"us-east-1b": 2}, b.zones())
	require.Regexp(t, `^\(service web\) was unable to AZ Rebalance because \(taskSet ecs-svc/\d+\) was unable to scale in due to \(reason 1 tasks under protection\)$`,
		b.events()[len(b.events())-1])
	b.wait(40 * time.Minute)
	require.Equal(t, map[string]int{"us-east-1a": 1, "us-east-1b": 1}, b.zones())
}

// TestConstraintOnZones: who asks for zones by a constraint is left alone.
func TestConstraintOnZones(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(1, nil)
	f.host(nil)
	f.place(4, func(in *awsecs.CreateServiceInput) {
		in.PlacementConstraints = []ecstypes.PlacementConstraint{{
			Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"),
		}}
	})
	f.launch(1, nil)
	f.wait(5 * time.Minute)
	require.Equal(t, []int32{4, 0}, f.running())
}

// TestDeploymentWhileDraining: tasks of the older revision on an instance that drains are
// replaced by the deployment.
func TestDeploymentWhileDraining(t *testing.T) {
	t.Parallel()
	for name, deployFirst := range map[string]bool{"drains during a deployment": true, "deployed while it drains": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
			f.fake.SetProgram("app:1", world.Program{Start: time.Minute})
			f.launch(3, nil)
			f.host(nil)
			f.place(3, nil)
			f.wait(5 * time.Minute)
			deploy := func() {
				f.host(func(in *awsecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = aws.String("app:2") })
				f.update(func(in *awsecs.UpdateServiceInput) { in.TaskDefinition = aws.String("web") })
			}
			if deployFirst {
				deploy()
				f.wait(time.Second)
			}
			f.state(ecstypes.ContainerInstanceStatusDraining, *f.nodes()[0].ContainerInstanceArn)
			f.wait(time.Second)
			if !deployFirst {
				deploy()
			}
			f.wait(10 * time.Minute)
			require.Len(t, f.service("web").Deployments, 1)
			require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, f.service("web").Deployments[0].RolloutState)
			require.Equal(t, int32(0), f.nodes()[0].RunningTasksCount)
		})
	}
}

// A service is deleted with the tasks that were about to move.
func TestRebalancedServiceIsDeleted(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(1, nil)
	f.host(nil)
	f.place(4, nil)
	f.wait(2 * time.Minute)
	f.launch(1, nil)
	begun := func() bool { return strings.Contains(strings.Join(f.events(), ""), "AZ Rebalancing in progress.") }
	for i := 0; i < 300 && !begun(); i++ {
		f.wait(time.Second)
	}
	require.True(t, begun())
	_, err := f.client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: aws.Bool(true)})
	require.NoError(t, err)
	f.wait(time.Minute)
	require.Equal(t, "INACTIVE", *f.service("web").Status)
}
