// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

var looks = world.Timing{Boot: 40 * time.Second, Schedule: 5 * time.Second, CapacityLook: time.Minute}

// provider makes the capacity provider "grow" of the group "nodes" and gives it to the
// cluster.
func (f *fleet) provider(change func(*ecstypes.AutoScalingGroupProvider)) {
	f.tb.Helper()
	p := &ecstypes.AutoScalingGroupProvider{
		AutoScalingGroupArn: aws.String("nodes"), ManagedScaling: &ecstypes.ManagedScaling{Status: ecstypes.ManagedScalingStatusEnabled},
	}
	if change != nil {
		change(p)
	}
	_, err := f.client.CreateCapacityProvider(f.tb.Context(), &awsecs.CreateCapacityProviderInput{Name: aws.String("grow"), AutoScalingGroupProvider: p})
	require.NoError(f.tb, err)
	f.providers("grow")
}

func (f *fleet) providers(names ...string) {
	f.tb.Helper()
	_, err := f.client.PutClusterCapacityProviders(f.tb.Context(), &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("main"), CapacityProviders: names, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	})
	require.NoError(f.tb, err)
	f.wait(10 * time.Second)
}

func byProvider(in *awsecs.CreateServiceInput) {
	in.LaunchType, in.CapacityProviderStrategy = "", []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("grow"), Weight: 1}}
}

// TestGrowFromZero: tasks wait in PROVISIONING, two instances come at least, and those
// that idle go after 15 looks.
func TestGrowFromZero(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.provider(nil)
	f.host(nil)
	f.place(1, byProvider)
	require.Equal(t, int32(1), f.service("web").PendingCount)
	f.wait(10 * time.Second)
	require.Equal(t, "PROVISIONING", *f.tasks(ecstypes.DesiredStatusRunning)[0].LastStatus)
	require.Empty(t, f.events()[1:], "no event that it has no place")
	f.wait(3 * time.Minute)
	require.Equal(t, int32(1), f.service("web").RunningCount)
	require.Len(t, f.nodes(), 2)
	require.Contains(t, f.causes[0], "2: ")
	require.Contains(t, f.causes[0], "CapacityProviderReservation is 200")
	task := f.tasks(ecstypes.DesiredStatusRunning)[0]
	require.Equal(t, "grow", *task.CapacityProviderName)
	require.NotEmpty(t, *task.AvailabilityZone)
	require.Equal(t, "grow", *f.nodes()[0].CapacityProviderName)
	f.wait(10 * time.Minute)
	require.Len(t, f.nodes(), 2)
	f.wait(10 * time.Minute)
	require.Equal(t, 1, f.group.Desired)
	require.Contains(t, f.causes[1], "CapacityProviderReservation is 50")
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	f.wait(30 * time.Minute)
	require.Equal(t, 0, f.group.Desired)
	require.Empty(t, f.nodes())
}

// TestGrowBySteps: 512 MiB and 512 units are four tasks an instance. The first step from
// zero is of two; each further one waits until the last instances have warmed up.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
func TestGrowBySteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scaling ecstypes.ManagedScaling
		tasks   int32
		// want is the size of the group with each step.
		want []string
	}{
		"as many as fit":      {ecstypes.ManagedScaling{}, 13, []string{"2", "4"}},
		"at most":             {ecstypes.ManagedScaling{MaximumScalingStepSize: aws.Int32(1)}, 13, []string{"2", "3", "4"}},
		"at least":            {ecstypes.ManagedScaling{MinimumScalingStepSize: aws.Int32(6)}, 13, []string{"2", "8"}},
		"with some in spare":  {ecstypes.ManagedScaling{TargetCapacity: aws.Int32(50)}, 13, []string{"2", "8"}},
		"no more than may be": {ecstypes.ManagedScaling{}, 50, []string{"2", "10"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, looks)
			f.provider(func(p *ecstypes.AutoScalingGroupProvider) {
				c.scaling.Status = ecstypes.ManagedScalingStatusEnabled
				p.ManagedScaling = &c.scaling
			})
			f.host(nil)
			f.place(c.tasks, byProvider)
			f.wait(90 * time.Second)
			for i, size := range c.want {
				require.Len(t, f.causes, i+1)
				require.True(t, strings.HasPrefix(f.causes[i], size+": "), f.causes[i])
				f.wait(4 * time.Minute)
				require.Len(t, f.causes, i+1, "the instances warm up for 300 s")
				f.wait(2 * time.Minute)
			}
			require.Equal(t, min(c.tasks, 40), f.service("web").RunningCount)
		})
	}
}

// TestShrinkByHalves: the alarm wants 15 datapoints; then each minute some of the idle
// instances go, one at least and half at most, whatever the steps are.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
func TestShrinkByHalves(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.provider(func(p *ecstypes.AutoScalingGroupProvider) {
		p.ManagedScaling.MinimumScalingStepSize, p.ManagedScaling.MaximumScalingStepSize = aws.Int32(8), aws.Int32(8)
	})
	f.host(nil)
	f.place(40, byProvider)
	f.wait(12 * time.Minute)
	require.Equal(t, 10, f.group.Desired)
	grown := len(f.causes)
	f.update(func(in *awsecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(0) })
	f.wait(14 * time.Minute)
	require.Len(t, f.causes, grown)
	for _, size := range []int{5, 3, 2, 1, 0} {
		f.wait(time.Minute)
		require.Equal(t, size, f.group.Desired)
	}
}

// TestTasksThatFitNowhere: no instance comes for tasks that the smallest type could not
// run, and none goes: the metric stays at its target.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
func TestTasksThatFitNowhere(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.provider(nil)
	f.host(func(in *awsecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Memory = aws.Int32(4000) })
	f.group.Desired = 1
	f.sim.Do(f.obey)
	f.place(1, byProvider)
	f.wait(25 * time.Minute)
	require.Empty(t, f.causes)
	require.Equal(t, "PROVISIONING", *f.tasks(ecstypes.DesiredStatusRunning)[0].LastStatus)
}

// TestWaitEnds: a task does not wait for ever.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.group.Max = 0
	f.provider(nil)
	f.host(nil)
	out := f.runOn(1, func(in *awsecs.RunTaskInput) {
		in.LaunchType, in.CapacityProviderStrategy = "", []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: aws.String("grow")}}
	})
	require.Len(t, out.Tasks, 1, "it is not among the failures")
	f.wait(29 * time.Minute)
	require.Equal(t, "PROVISIONING", *f.task(*out.Tasks[0].TaskArn).LastStatus)
	f.wait(2 * time.Minute)
	task := f.task(*out.Tasks[0].TaskArn)
	require.Equal(t, "STOPPED", *task.LastStatus)
	require.Equal(t, ecstypes.TaskStopCodeTaskFailedToStart, task.StopCode)
}

// TestUnmanaged: without managed scaling tasks fail that find no instance.
func TestUnmanaged(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.provider(func(p *ecstypes.AutoScalingGroupProvider) { p.ManagedScaling = nil })
	f.host(nil)
	f.place(1, byProvider)
	f.wait(10 * time.Second)
	require.Contains(t, f.events()[0], "Reason: No Container Instances were found in your capacity provider.")
	require.Empty(t, f.causes)
}

// TestTerminationProtection: of the instances the group takes those that idle.
func TestTerminationProtection(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.group.Protects = true
	f.provider(func(p *ecstypes.AutoScalingGroupProvider) {
		p.ManagedTerminationProtection = ecstypes.ManagedTerminationProtectionEnabled
	})
	f.host(nil)
	f.place(1, byProvider)
	f.wait(3 * time.Minute)
	busy := f.tasks(ecstypes.DesiredStatusRunning)[0].ContainerInstanceArn
	f.wait(30 * time.Minute)
	require.Len(t, f.nodes(), 1)
	require.Equal(t, busy, f.nodes()[0].ContainerInstanceArn)
	require.True(t, f.group.Instances[0].Protected)
}

// TestManagedDraining: an instance that the group terminates is drained first.
func TestManagedDraining(t *testing.T) {
	t.Parallel()
	f := newFleet(t, looks)
	f.group.Min = 2
	f.provider(nil)
	require.True(t, f.held)
	f.host(nil)
	f.sim.Do(func() { f.SetDesired(region, "nodes", 2, "by hand") })
	f.wait(time.Minute)
	f.place(2, byProvider)
	f.wait(10 * time.Minute)
	require.Equal(t, []int32{1, 1}, f.running())
	f.sim.Do(func() { f.SetDesired(region, "nodes", 1, "by hand") })
	f.settle()
	require.Equal(t, "DRAINING", *f.nodes()[1].Status)
	f.wait(5 * time.Minute)
	require.Equal(t, []int32{2}, f.running())
}

func TestProviderRefusals(t *testing.T) {
	t.Parallel()
	group := &ecstypes.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("nodes")}
	protected := &ecstypes.AutoScalingGroupProvider{
		AutoScalingGroupArn: aws.String("nodes"), ManagedTerminationProtection: ecstypes.ManagedTerminationProtectionEnabled,
		ManagedScaling: &ecstypes.ManagedScaling{Status: ecstypes.ManagedScalingStatusEnabled},
	}
	unscaled := *protected
	unscaled.ManagedScaling = nil
	for name, c := range map[string]struct {
		in   awsecs.CreateCapacityProviderInput
		made bool
		want string
	}{
		"no group": {awsecs.CreateCapacityProviderInput{Name: aws.String("x"), AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{
			AutoScalingGroupArn: aws.String("x")}}, false, "Auto Scaling group ARN is not valid"},
		"name taken":  {awsecs.CreateCapacityProviderInput{Name: aws.String("grow"), AutoScalingGroupProvider: group}, true, "already exists"},
		"group taken": {awsecs.CreateCapacityProviderInput{Name: aws.String("x"), AutoScalingGroupProvider: group}, true, "already being used by another"},
		"group unprotected": {awsecs.CreateCapacityProviderInput{Name: aws.String("x"), AutoScalingGroupProvider: protected}, false,
			"the Auto Scaling group must have instance protection from scale in enabled"},
		"not scaled": {awsecs.CreateCapacityProviderInput{Name: aws.String("x"), AutoScalingGroupProvider: &unscaled}, false, "managed scaling must be enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{})
			if c.made {
				f.provider(nil)
			}
			_, err := f.client.CreateCapacityProvider(t.Context(), &c.in)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestProviderLife(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.provider(nil)
	describe := func() ecstypes.CapacityProvider {
		out, err := f.client.DescribeCapacityProviders(t.Context(), &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{"grow"}})
		require.NoError(t, err)
		return out.CapacityProviders[0]
	}
	scaling := describe().AutoScalingGroupProvider.ManagedScaling
	require.Equal(t, []int32{100, 1, 10000, 300}, []int32{
		*scaling.TargetCapacity, *scaling.MinimumScalingStepSize, *scaling.MaximumScalingStepSize, *scaling.InstanceWarmupPeriod,
	})
	update := &awsecs.UpdateCapacityProviderInput{Name: aws.String("grow"), AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProviderUpdate{
		ManagedScaling: &ecstypes.ManagedScaling{TargetCapacity: aws.Int32(80)}, ManagedDraining: ecstypes.ManagedDrainingDisabled,
	}}
	_, err := f.client.UpdateCapacityProvider(t.Context(), update)
	require.NoError(t, err)
	require.Equal(t, ecstypes.CapacityProviderUpdateStatusUpdateInProgress, describe().UpdateStatus)
	_, err = f.client.UpdateCapacityProvider(t.Context(), update)
	require.ErrorContains(t, err, "UpdateInProgressException")
	f.wait(10 * time.Second)
	require.Equal(t, ecstypes.CapacityProviderUpdateStatusUpdateComplete, describe().UpdateStatus)
	require.Equal(t, int32(80), *describe().AutoScalingGroupProvider.ManagedScaling.TargetCapacity)
	require.False(t, f.held)

	remove := &awsecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("grow")}
	_, err = f.client.DeleteCapacityProvider(t.Context(), remove)
	require.ErrorContains(t, err, "it is associated with cluster: main")
	f.providers("FARGATE")
	_, err = f.client.UpdateCapacityProvider(t.Context(), update)
	require.NoError(t, err)
	f.wait(3 * time.Second)
	_, err = f.client.DeleteCapacityProvider(t.Context(), remove)
	require.NoError(t, err)
	require.Equal(t, ecstypes.CapacityProviderUpdateStatusDeleteInProgress, describe().UpdateStatus)
	f.wait(3 * time.Second)
	require.Equal(t, ecstypes.CapacityProviderUpdateStatusDeleteInProgress, describe().UpdateStatus, "though the update ends")
	f.wait(10 * time.Second)
	require.Equal(t, ecstypes.CapacityProviderStatusInactive, describe().Status)
}

func TestOneClusterIsScaled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.provider(nil)
	_, err := f.client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("other")})
	require.NoError(t, err)
	put := &awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("other"), CapacityProviders: []string{"grow"}, DefaultCapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{},
	}
	_, err = f.client.PutClusterCapacityProviders(t.Context(), put)
	require.ErrorContains(t, err, "is associated with the cluster 'main'")
	for i := range 21 {
		put.CapacityProviders = append(put.CapacityProviders, fmt.Sprintf("p%d", i))
	}
	_, err = f.client.PutClusterCapacityProviders(t.Context(), put)
	require.ErrorContains(t, err, "The maximum number of capacity providers per cluster has been exceeded.")
}
