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

func (f *fleet) refresh(p *asgtypes.RefreshPreferences, to *asgtypes.DesiredConfiguration) {
	f.Helper()
	_, err := f.asg.StartInstanceRefresh(f.Context(), &awsasg.StartInstanceRefreshInput{
		AutoScalingGroupName: group, Preferences: p, DesiredConfiguration: to,
	})
	require.NoError(f, err)
}

func (f *fleet) refreshed() asgtypes.InstanceRefresh {
	f.Helper()
	out, err := f.asg.DescribeInstanceRefreshes(f.Context(), &awsasg.DescribeInstanceRefreshesInput{AutoScalingGroupName: group})
	require.NoError(f, err)
	return out.InstanceRefreshes[0]
}

// versions counts the instances by the version of their template.
func (f *fleet) versions() map[string]int {
	f.Helper()
	all := map[string]int{}
	for _, i := range f.describe().Instances {
		all[*i.LaunchTemplate.Version]++
	}
	return all
}

// newVersion adds a version to the template, of another type.
func (f *fleet) newVersion() *asgtypes.DesiredConfiguration {
	f.Helper()
	out, err := f.ec2.CreateLaunchTemplateVersion(f.Context(), &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("host"), SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: ec2types.InstanceTypeM5Xlarge},
	})
	require.NoError(f, err)
	require.EqualValues(f, 2, *out.LaunchTemplateVersion.VersionNumber)
	return &asgtypes.DesiredConfiguration{
		LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("host"), Version: aws.String("2")},
	}
}

func TestARefreshReplacesOneAfterAnother(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: 20 * time.Second})
	f.create(0, 9, 4, nil)
	f.cloud.Advance(time.Minute)
	f.newVersion()
	f.refresh(&asgtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(75), InstanceWarmup: aws.Int32(60)}, nil)
	_, err := f.asg.StartInstanceRefresh(t.Context(), &awsasg.StartInstanceRefreshInput{AutoScalingGroupName: group})
	fails(t, err, "InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
	for step := range 4 {
		f.cloud.Advance(10 * time.Second)
		require.Equal(t, map[string]int{"InService": 3, "Pending": 1}, f.states(), "step %d", step)
		require.Equal(t, step+1, f.versions()["2"])
		require.EqualValues(t, 25*step, *f.refreshed().PercentageComplete)
		f.cloud.Advance(71 * time.Second)
	}
	require.Equal(t, asgtypes.InstanceRefreshStatusSuccessful, f.refreshed().Status)
	require.Equal(t, map[string]int{"2": 4}, f.versions())
	f.refresh(&asgtypes.RefreshPreferences{SkipMatching: aws.Bool(true)}, nil)
	before := f.ids()
	f.cloud.Advance(time.Minute)
	require.Equal(t, asgtypes.InstanceRefreshStatusSuccessful, f.refreshed().Status)
	require.Equal(t, before, f.ids(), "all of them match")
}

func TestARefreshLaunchesBeforeItTerminates(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: 20 * time.Second})
	f.create(0, 9, 2, nil)
	f.cloud.Advance(time.Minute)
	f.newVersion()
	f.refresh(&asgtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(150)}, nil)
	for range 60 {
		f.cloud.Advance(2 * time.Second)
		require.GreaterOrEqual(t, f.states()["InService"], 2, "never fewer than desired")
		require.LessOrEqual(t, len(f.ids()), 3)
	}
	require.Equal(t, asgtypes.InstanceRefreshStatusSuccessful, f.refreshed().Status)
	require.Equal(t, map[string]int{"2": 2}, f.versions())
}

func TestARefreshPausesAndIsRolledBack(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 9, 4, func(in *awsasg.CreateAutoScalingGroupInput) { in.LaunchTemplate.Version = aws.String("1") })
	f.refresh(&asgtypes.RefreshPreferences{CheckpointPercentages: []int32{50, 100}, CheckpointDelay: aws.Int32(600)}, f.newVersion())
	f.cloud.Advance(time.Minute)
	require.Equal(t, map[string]int{"1": 2, "2": 2}, f.versions(), "half of them, for ten minutes")
	_, err := f.asg.RollbackInstanceRefresh(t.Context(), &awsasg.RollbackInstanceRefreshInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	f.cloud.Advance(time.Minute)
	require.Equal(t, asgtypes.InstanceRefreshStatusRollbackSuccessful, f.refreshed().Status)
	require.Equal(t, map[string]int{"1": 4}, f.versions())
	_, err = f.asg.CancelInstanceRefresh(t.Context(), &awsasg.CancelInstanceRefreshInput{AutoScalingGroupName: group})
	var none *asgtypes.ActiveInstanceRefreshNotFoundFault
	require.ErrorAs(t, err, &none)

	f.refresh(&asgtypes.RefreshPreferences{CheckpointPercentages: []int32{50, 100}}, nil)
	f.cloud.Advance(time.Minute)
	_, err = f.asg.CancelInstanceRefresh(t.Context(), &awsasg.CancelInstanceRefreshInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	f.cloud.Advance(2 * time.Hour)
	require.Equal(t, asgtypes.InstanceRefreshStatusCancelled, f.refreshed().Status)
}

func TestARefreshThatFailsIsRolledBack(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: 20 * time.Second})
	f.create(0, 9, 2, func(in *awsasg.CreateAutoScalingGroupInput) { in.LaunchTemplate.Version = aws.String("1") })
	f.cloud.Advance(time.Minute)
	f.refresh(&asgtypes.RefreshPreferences{AutoRollback: aws.Bool(true), MinHealthyPercentage: aws.Int32(50)}, f.newVersion())
	f.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: "m5.xlarge"}}})
	f.cloud.Advance(59 * time.Minute)
	require.Equal(t, asgtypes.InstanceRefreshStatusInProgress, f.refreshed().Status)
	f.cloud.Advance(10 * time.Minute)
	require.Equal(t, asgtypes.InstanceRefreshStatusRollbackSuccessful, f.refreshed().Status)
	require.Equal(t, map[string]int{"1": 2}, f.versions())
}

// What waits for a hook before it ends does not count: its successor comes at once.
func TestARefreshGoesOnWhileInstancesWaitForAHook(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Instance: 20 * time.Second})
	f.create(0, 9, 2, nil)
	f.cloud.Advance(time.Minute)
	_, err := f.asg.PutLifecycleHook(t.Context(), &awsasg.PutLifecycleHookInput{
		AutoScalingGroupName: group, LifecycleHookName: aws.String("drain"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"),
		HeartbeatTimeout: aws.Int32(7200),
	})
	require.NoError(t, err)
	f.newVersion()
	f.refresh(nil, nil)
	f.cloud.Advance(10 * time.Second)
	require.Equal(t, map[string]int{"Terminating:Wait": 1, "Pending": 1, "InService": 1}, f.states())
	f.cloud.Advance(time.Minute)
	require.Equal(t, map[string]int{"Terminating:Wait": 2, "InService": 2}, f.states())
	require.Equal(t, asgtypes.InstanceRefreshStatusSuccessful, f.refreshed().Status)
}
