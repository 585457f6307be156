// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func (f *fleet) hook(name, transition, result string) {
	f.Helper()
	_, err := f.asg.PutLifecycleHook(f.Context(), &awsasg.PutLifecycleHookInput{
		AutoScalingGroupName: group, LifecycleHookName: &name, LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_" + transition),
		DefaultResult: &result, HeartbeatTimeout: aws.Int32(60),
	})
	require.NoError(f, err)
}

func (f *fleet) complete(hook, instance, result string) {
	f.Helper()
	_, err := f.asg.CompleteLifecycleAction(f.Context(), &awsasg.CompleteLifecycleActionInput{
		AutoScalingGroupName: group, LifecycleHookName: &hook, InstanceId: &instance, LifecycleActionResult: &result,
	})
	require.NoError(f, err)
	f.cloud.Advance(time.Second)
}

func TestHooksHoldAnInstanceThatStarts(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 0, nil)
	f.hook("boot", "LAUNCHING", "ABANDON")
	f.desire(1)
	require.Equal(t, map[string]int{"Pending:Wait": 1}, f.states())
	require.Equal(t, asgtypes.ScalingActivityStatusCodeMidLifecycleAction, f.activities()[0].StatusCode)
	first := f.ids()[0]

	f.cloud.Advance(50 * time.Second)
	_, err := f.asg.RecordLifecycleActionHeartbeat(t.Context(), &awsasg.RecordLifecycleActionHeartbeatInput{
		AutoScalingGroupName: group, LifecycleHookName: aws.String("boot"), InstanceId: &first,
	})
	require.NoError(t, err)
	f.cloud.Advance(50 * time.Second)
	require.Equal(t, []string{first}, f.ids(), "the heartbeat has begun the time-out anew")
	f.complete("boot", first, "CONTINUE")
	require.Equal(t, map[string]int{"InService": 1}, f.states())
	_, err = f.asg.CompleteLifecycleAction(t.Context(), &awsasg.CompleteLifecycleActionInput{
		AutoScalingGroupName: group, LifecycleHookName: aws.String("boot"), InstanceId: &first, LifecycleActionResult: aws.String("CONTINUE"),
	})
	fails(t, err, "ValidationError", "No active Lifecycle Action found with instance ID "+first)

	f.desire(2)
	second := f.ids()[1]
	f.cloud.Advance(61 * time.Second)
	require.NotContains(t, f.ids(), second, "the default result abandons it")
	require.Len(t, f.ids(), 2, "for another one")
}

func TestHooksHoldAnInstanceThatEnds(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 2, nil)
	f.hook("drain", "TERMINATING", "CONTINUE")
	f.hook("copy", "TERMINATING", "CONTINUE")
	f.desire(1)
	require.Equal(t, map[string]int{"InService": 1, "Terminating:Wait": 1}, f.states())
	leaving := f.ids()[0]
	f.complete("drain", leaving, "CONTINUE")
	require.Contains(t, f.ids(), leaving, "the other hook holds it still")
	f.complete("copy", leaving, "CONTINUE")
	require.NotContains(t, f.ids(), leaving)

	f.desire(0)
	_, err := f.asg.DeleteLifecycleHook(t.Context(), &awsasg.DeleteLifecycleHookInput{AutoScalingGroupName: group, LifecycleHookName: aws.String("drain")})
	require.NoError(t, err)
	require.Len(t, f.ids(), 1)
	f.cloud.Advance(61 * time.Second)
	require.Empty(t, f.ids(), "the time-out of the hook that is left")
}

func TestInstancesAreReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hurt  func(f *fleet, id string)
		cause string
	}{
		"killed from outside": {func(f *fleet, id string) { require.NoError(f, f.cloud.KillInstance(id)) },
			"an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."},
		"stopped by somebody": {func(f *fleet, id string) {
			_, err := f.ec2.StopInstances(f.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{id}})
			require.NoError(f, err)
		}, "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."},
		"found unhealthy by somebody": {func(f *fleet, id string) {
			_, err := f.asg.SetInstanceHealth(f.Context(), &awsasg.SetInstanceHealthInput{InstanceId: &id, HealthStatus: aws.String("Unhealthy")})
			require.NoError(f, err)
		}, "an instance was taken out of service in response to a user health-check."},
		"terminated through the group": {func(f *fleet, id string) {
			_, err := f.asg.TerminateInstanceInAutoScalingGroup(f.Context(), &awsasg.TerminateInstanceInAutoScalingGroupInput{
				InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(false),
			})
			require.NoError(f, err)
		}, "an instance was taken out of service in response to a user request, keeping the capacity at the current 2."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, fakes.Timing{})
			f.create(0, 4, 2, nil)
			before := f.ids()
			c.hurt(f, before[0])
			f.cloud.Advance(time.Second)
			after := f.ids()
			require.Len(t, after, 2)
			require.NotContains(t, after, before[0])
			require.Contains(t, after, before[1], "the healthy one stays")
			list := f.activities()
			require.Equal(t, "Terminating EC2 instance: "+before[0], *list[1].Description)
			require.Contains(t, *list[1].Cause, c.cause)
		})
	}
}

func TestProtectedInstancesStay(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 2, func(in *awsasg.CreateAutoScalingGroupInput) { in.NewInstancesProtectedFromScaleIn = aws.Bool(true) })
	f.desire(0)
	require.Len(t, f.ids(), 2)
	a := f.activities()[0]
	require.Equal(t, asgtypes.ScalingActivityStatusCodeCancelled, a.StatusCode)
	require.Equal(t, "Could not scale to desired capacity because all remaining instances are protected from scale-in.", *a.StatusMessage)
	f.cloud.Advance(time.Hour)
	require.Equal(t, *a.ActivityId, *f.activities()[0].ActivityId, "it is said once")
	_, err := f.asg.SetInstanceProtection(t.Context(), &awsasg.SetInstanceProtectionInput{
		AutoScalingGroupName: group, InstanceIds: f.ids()[:1], ProtectedFromScaleIn: aws.Bool(false),
	})
	require.NoError(t, err)
	f.cloud.Advance(time.Second)
	require.Len(t, f.ids(), 1, "the one that is free goes")
}

func TestAZoneIsLostAndComesBack(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 9, 6, nil)
	require.NoError(t, f.cloud.LoseZone("us-east-1a"))
	f.cloud.Advance(time.Second)
	require.Equal(t, map[string]int{"us-east-1b": 3, "us-east-1c": 3}, f.zones(), "the others take over")
	require.NoError(t, f.cloud.RestoreZone("us-east-1a"))
	f.cloud.Advance(time.Minute)
	require.Equal(t, map[string]int{"us-east-1a": 2, "us-east-1b": 2, "us-east-1c": 2}, f.zones(), "and give back")
	require.Equal(t, map[string]int{"InService": 6}, f.states())
}

func TestBalancingCanBeSuspended(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 9, 6, nil)
	_, err := f.asg.SuspendProcesses(t.Context(), &awsasg.SuspendProcessesInput{AutoScalingGroupName: group, ScalingProcesses: []string{"AZRebalance"}})
	require.NoError(t, err)
	require.NoError(t, f.cloud.LoseZone("us-east-1a"))
	require.NoError(t, f.cloud.RestoreZone("us-east-1a"))
	f.cloud.Advance(time.Minute)
	require.Equal(t, "AZRebalance", *f.describe().SuspendedProcesses[0].ProcessName)
	f.desire(6)
	_, err = f.asg.SuspendProcesses(t.Context(), &awsasg.SuspendProcessesInput{AutoScalingGroupName: group, ScalingProcesses: []string{"Launch"}})
	require.NoError(t, err)
	before := len(f.ids())
	f.desire(8)
	require.Len(t, f.ids(), before, "nothing is launched")
	_, err = f.asg.ResumeProcesses(t.Context(), &awsasg.ResumeProcessesInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	f.cloud.Advance(time.Minute)
	require.Len(t, f.ids(), 8)
	require.Empty(t, f.describe().SuspendedProcesses)
	_, err = f.asg.SuspendProcesses(t.Context(), &awsasg.SuspendProcessesInput{AutoScalingGroupName: group, ScalingProcesses: []string{"Sleep"}})
	fails(t, err, "ValidationError", "Unrecognized process name: Sleep")
}

func TestLaunchesThatFailAreTriedAgain(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 0, nil)
	f.cloud.EC2(fakes.EC2Limits{VCPUs: 1})
	f.desire(1)
	require.Empty(t, f.ids())
	a := f.activities()[0]
	require.Equal(t, asgtypes.ScalingActivityStatusCodeFailed, a.StatusCode)
	require.Contains(t, *a.StatusMessage, "You have requested more vCPU capacity than your current vCPU limit of 1 allows")
	require.Contains(t, *a.StatusMessage, "Launching EC2 instance failed.")
	f.cloud.Advance(14 * time.Second)
	first := len(f.activities())
	f.cloud.Advance(time.Hour)
	require.Greater(t, len(f.activities()), first)
	require.Less(t, len(f.activities()), 15, "ever more seldom")
	f.cloud.EC2(fakes.EC2Limits{})
	f.cloud.Advance(15 * time.Minute)
	require.Len(t, f.ids(), 1)
}

func TestSpotCapacityIsRebalanced(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 1, func(in *awsasg.CreateAutoScalingGroupInput) {
		in.CapacityRebalance = aws.Bool(true)
		in.MixedInstancesPolicy = &asgtypes.MixedInstancesPolicy{
			LaunchTemplate:        &asgtypes.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate},
			InstancesDistribution: &asgtypes.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(0)},
		}
		in.LaunchTemplate = nil
	})
	before := f.ids()
	require.NoError(t, f.cloud.InterruptSpot(before[0]))
	f.cloud.Advance(time.Second)
	require.NotContains(t, f.ids(), before[0], "it is replaced at the notice")
	require.Len(t, f.ids(), 1)
}

func TestStandbyAndDetach(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 3, nil)
	ids := f.ids()
	out, err := f.asg.EnterStandby(t.Context(), &awsasg.EnterStandbyInput{
		AutoScalingGroupName: group, InstanceIds: ids[:1], ShouldDecrementDesiredCapacity: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Equal(t, "Moving EC2 instance to Standby: "+ids[0], *out.Activities[0].Description)
	require.Contains(t, *out.Activities[0].Cause, "was moved to standby in response to a user request, shrinking the capacity from 3 to 2.")
	f.cloud.Advance(time.Minute)
	require.Equal(t, map[string]int{"InService": 2, "Standby": 1}, f.states())
	require.EqualValues(t, 2, *f.describe().DesiredCapacity)
	_, err = f.asg.ExitStandby(t.Context(), &awsasg.ExitStandbyInput{AutoScalingGroupName: group, InstanceIds: ids[:1]})
	require.NoError(t, err)
	f.cloud.Advance(time.Minute)
	require.Equal(t, map[string]int{"InService": 3}, f.states())

	_, err = f.asg.DetachInstances(t.Context(), &awsasg.DetachInstancesInput{
		AutoScalingGroupName: group, InstanceIds: ids[:1], ShouldDecrementDesiredCapacity: aws.Bool(true),
	})
	require.NoError(t, err)
	f.cloud.Advance(time.Minute)
	require.NotContains(t, f.ids(), ids[0])
	_, err = f.asg.AttachInstances(t.Context(), &awsasg.AttachInstancesInput{AutoScalingGroupName: group, InstanceIds: ids[:1]})
	require.NoError(t, err)
	f.cloud.Advance(time.Minute)
	require.Contains(t, f.ids(), ids[0], "EC2 went on running it")
	_, err = f.asg.DetachInstances(t.Context(), &awsasg.DetachInstancesInput{
		AutoScalingGroupName: group, InstanceIds: []string{"i-0"}, ShouldDecrementDesiredCapacity: aws.Bool(true),
	})
	fails(t, err, "ValidationError", "The instance i-0 is not part of Auto Scaling group fleet.")
}

func TestTerminationPolicies(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{"OldestInstance": 0, "NewestInstance": 2, "Default": 1, "OldestLaunchTemplate": 1} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			f := open(t, fakes.Timing{})
			f.create(0, 4, 0, func(in *awsasg.CreateAutoScalingGroupInput) {
				in.TerminationPolicies = []string{policy}
				in.VPCZoneIdentifier = &f.subnets[0]
			})
			f.version("2")
			f.desire(1)
			f.version("1")
			f.desire(2)
			f.version("2")
			f.desire(3)
			ids := f.ids()
			f.desire(2)
			require.NotContains(t, f.ids(), ids[want])
		})
	}
}

// version has the group launch from a version of the template, of which the first and the
// second are alike.
func (f *fleet) version(n string) {
	f.Helper()
	_, err := f.ec2.CreateLaunchTemplateVersion(f.Context(), &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("host"), SourceVersion: aws.String("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{},
	})
	require.NoError(f, err)
	_, err = f.asg.UpdateAutoScalingGroup(f.Context(), &awsasg.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: group, LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("host"), Version: &n},
	})
	require.NoError(f, err)
}

func TestHonorCooldown(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: time.Minute})
	f.create(0, 4, 1, nil)
	ask := &awsasg.SetDesiredCapacityInput{AutoScalingGroupName: group, DesiredCapacity: aws.Int32(2), HonorCooldown: aws.Bool(true)}
	_, err := f.asg.SetDesiredCapacity(t.Context(), ask)
	fails(t, err, "ScalingActivityInProgress", "Scaling activity "+*f.activities()[0].ActivityId+" is in progress and blocks this action.")
	f.cloud.Advance(2 * time.Minute)
	_, err = f.asg.SetDesiredCapacity(t.Context(), ask)
	var busy *asgtypes.ScalingActivityInProgressFault
	require.ErrorAs(t, err, &busy, "the cooldown of 300s lasts")
	f.cloud.Advance(5 * time.Minute)
	_, err = f.asg.SetDesiredCapacity(t.Context(), ask)
	require.NoError(t, err)
	ask.DesiredCapacity = aws.Int32(5)
	_, err = f.asg.SetDesiredCapacity(t.Context(), ask)
	fails(t, err, "ValidationError", "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.")
}

func TestInstancesGrowOld(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 4, 1, func(in *awsasg.CreateAutoScalingGroupInput) { in.MaxInstanceLifetime = aws.Int32(86_400) })
	before := f.ids()
	f.cloud.Advance(23 * time.Hour)
	require.Equal(t, before, f.ids())
	f.cloud.Advance(time.Hour)
	require.NotEqual(t, before, f.ids())
	require.Len(t, f.ids(), 1)
}
