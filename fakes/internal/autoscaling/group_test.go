// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestAGroupLivesAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, fakes.Realistic)
		name := &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{*group}}
		start := time.Now()
		_, err := f.asg.CreateAutoScalingGroup(t.Context(), f.input(2, 4, 3))
		require.NoError(t, err)
		require.NoError(t, awsasg.NewGroupInServiceWaiter(f.asg).Wait(t.Context(), name, 5*time.Minute))
		require.GreaterOrEqual(t, time.Since(start), fakes.Realistic.Instance, "they boot")
		require.Equal(t, map[string]int{"InService": 3}, f.states())
		require.Equal(t, map[string]int{"us-east-1a": 1, "us-east-1b": 1, "us-east-1c": 1}, f.zones(), "spread over the zones")

		a := f.activities()[0]
		require.Equal(t, asgtypes.ScalingActivityStatusCodeSuccessful, a.StatusCode)
		require.Regexp(t, `^Launching a new EC2 instance: i-[0-9a-f]{17}$`, *a.Description)
		require.Regexp(t, `^At [0-9-]+T[0-9:]+Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 3\.  `+
			`At [0-9-]+T[0-9:]+Z an instance was started in response to a difference between desired and actual capacity, `+
			`increasing the capacity from 0 to 3\.$`, *a.Cause)
		require.JSONEq(t, `{"Subnet ID":"`+f.subnets[2]+`","Availability Zone":"us-east-1c"}`, *a.Details)

		_, err = f.asg.DeleteAutoScalingGroup(t.Context(), &awsasg.DeleteAutoScalingGroupInput{AutoScalingGroupName: group})
		fails(t, err, "ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
		_, err = f.asg.UpdateAutoScalingGroup(t.Context(), &awsasg.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: group, MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
		})
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = f.asg.DeleteAutoScalingGroup(t.Context(), &awsasg.DeleteAutoScalingGroupInput{AutoScalingGroupName: group})
		fails(t, err, "ScalingActivityInProgress", "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.")
		time.Sleep(time.Minute)
		require.Empty(t, f.ids())
		_, err = f.asg.DeleteAutoScalingGroup(t.Context(), &awsasg.DeleteAutoScalingGroupInput{AutoScalingGroupName: group})
		require.NoError(t, err)
		require.NoError(t, awsasg.NewGroupNotExistsWaiter(f.asg).Wait(t.Context(), name, time.Minute))
	})
}

func TestForceDeletesAGroupWithItsInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, fakes.Timing{Terminate: 40 * time.Second})
		f.create(0, 4, 2, func(in *awsasg.CreateAutoScalingGroupInput) {
			in.NewInstancesProtectedFromScaleIn = aws.Bool(true)
			in.LifecycleHookSpecificationList = []asgtypes.LifecycleHookSpecification{{
				LifecycleHookName: aws.String("drain"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"),
			}}
		})
		_, err := f.asg.DeleteAutoScalingGroup(t.Context(), &awsasg.DeleteAutoScalingGroupInput{AutoScalingGroupName: group, ForceDelete: aws.Bool(true)})
		require.NoError(t, err)
		require.Equal(t, "Delete in progress", *f.describe().Status)
		f.cloud.Advance(41 * time.Second)
		out, err := f.asg.DescribeAutoScalingGroups(t.Context(), &awsasg.DescribeAutoScalingGroupsInput{})
		require.NoError(t, err)
		require.Empty(t, out.AutoScalingGroups, "neither protection nor hooks keep it")
		gone, err := f.asg.DescribeScalingActivities(t.Context(), &awsasg.DescribeScalingActivitiesInput{
			AutoScalingGroupName: group, IncludeDeletedGroups: aws.Bool(true),
		})
		require.NoError(t, err)
		require.Equal(t, "Deleted", *gone.Activities[0].AutoScalingGroupState)
	})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	for name, c := range map[string]struct {
		change     func(*awsasg.CreateAutoScalingGroupInput)
		code, text string
	}{
		"no such template": {func(in *awsasg.CreateAutoScalingGroupInput) { in.LaunchTemplate.LaunchTemplateName = aws.String("u") }, "ValidationError",
			"You must use a valid fully-formed launch template. The specified launch template, with template name u, does not exist."},
		"no such subnet": {func(in *awsasg.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = aws.String("subnet-1") }, "ValidationError",
			"The subnet ID 'subnet-1' does not exist"},
		"no launch": {func(in *awsasg.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil }, "ValidationError",
			"Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter."},
		"bounds the wrong way round": {func(in *awsasg.CreateAutoScalingGroupInput) { in.MinSize = aws.Int32(5) }, "ValidationError",
			"Max bound, 2, must be greater than or equal to min bound, 5"},
		"no such target group": {func(in *awsasg.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{"arn:x"} }, "ValidationError",
			"Provided Target Groups may not be valid. Please ensure they exist and try again."},
	} {
		in := f.input(0, 2, 0)
		c.change(in)
		_, err := f.asg.CreateAutoScalingGroup(t.Context(), in)
		require.Error(t, err, name)
		fails(t, err, c.code, c.text)
	}
	for name, change := range map[string]func(*awsasg.CreateAutoScalingGroupInput){
		"a policy that is not modelled": func(in *awsasg.CreateAutoScalingGroupInput) {
			in.TerminationPolicies = []string{"ClosestToNextInstanceHour"}
		},
		"a health check that is not modelled": func(in *awsasg.CreateAutoScalingGroupInput) { in.HealthCheckType = aws.String("EBS") },
	} {
		in := f.input(0, 2, 0)
		change(in)
		_, err := f.asg.CreateAutoScalingGroup(t.Context(), in)
		var missing *fakes.NotModelledError
		require.ErrorAs(t, err, &missing, name)
	}
	f.create(0, 2, 0, nil)
	_, err := f.asg.CreateAutoScalingGroup(t.Context(), f.input(0, 2, 0))
	var exists *asgtypes.AlreadyExistsFault
	require.ErrorAs(t, err, &exists)
}

func TestTagsAreOfTheGroupAndItsInstances(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 2, 1, func(in *awsasg.CreateAutoScalingGroupInput) {
		in.Tags = []asgtypes.Tag{
			{Key: aws.String("Name"), Value: aws.String("n"), PropagateAtLaunch: aws.Bool(true)}, {Key: aws.String("own"), Value: aws.String("o")},
		}
	})
	out, err := f.ec2.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: f.ids()})
	require.NoError(t, err)
	got := map[string]string{}
	for _, tag := range out.Reservations[0].Instances[0].Tags {
		got[*tag.Key] = *tag.Value
	}
	require.Equal(t, "n", got["Name"])
	require.Equal(t, "fleet", got["aws:autoscaling:groupName"])
	require.NotContains(t, got, "own", "it is not propagated")

	_, err = f.asg.CreateOrUpdateTags(t.Context(), &awsasg.CreateOrUpdateTagsInput{Tags: []asgtypes.Tag{
		{Key: aws.String("own"), Value: aws.String("p"), ResourceId: group, ResourceType: aws.String("auto-scaling-group")},
	}})
	require.NoError(t, err)
	_, err = f.asg.DeleteTags(t.Context(), &awsasg.DeleteTagsInput{Tags: []asgtypes.Tag{{Key: aws.String("Name"), ResourceId: group}}})
	require.NoError(t, err)
	tags, err := f.asg.DescribeTags(t.Context(), &awsasg.DescribeTagsInput{Filters: []asgtypes.Filter{
		{Name: aws.String("auto-scaling-group"), Values: []string{*group}},
	}})
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	require.Equal(t, "p", *tags.Tags[0].Value)
	found, err := f.asg.DescribeAutoScalingGroups(t.Context(), &awsasg.DescribeAutoScalingGroupsInput{Filters: []asgtypes.Filter{
		{Name: aws.String("tag:own"), Values: []string{"p"}},
	}})
	require.NoError(t, err)
	require.Len(t, found.AutoScalingGroups, 1)
}

func TestMixedInstances(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 20, 8, func(in *awsasg.CreateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &asgtypes.MixedInstancesPolicy{
			LaunchTemplate: &asgtypes.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate, Overrides: []asgtypes.LaunchTemplateOverrides{
				{InstanceType: aws.String("m5.xlarge")}, {InstanceType: aws.String("m5.large")},
			}},
			InstancesDistribution: &asgtypes.InstancesDistribution{
				OnDemandAllocationStrategy: aws.String("prioritized"), OnDemandBaseCapacity: aws.Int32(2),
				OnDemandPercentageAboveBaseCapacity: aws.Int32(25), SpotAllocationStrategy: aws.String("price-capacity-optimized"),
			},
		}
		in.LaunchTemplate = nil
	})
	out, err := f.ec2.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: f.ids()})
	require.NoError(t, err)
	got := map[string]int{}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			got[string(i.InstanceLifecycle)+" "+string(i.InstanceType)]++
		}
	}
	require.Equal(t, map[string]int{" m5.xlarge": 4, "spot m5.large": 4}, got, "2 and a quarter of 6, rounded up, on demand by priority; Spot by price")
}

func TestWeights(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.create(0, 20, 7, func(in *awsasg.CreateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &asgtypes.MixedInstancesPolicy{LaunchTemplate: &asgtypes.LaunchTemplate{
			LaunchTemplateSpecification: in.LaunchTemplate,
			Overrides:                   []asgtypes.LaunchTemplateOverrides{{InstanceType: aws.String("m5.xlarge"), WeightedCapacity: aws.String("4")}},
		}}
		in.LaunchTemplate = nil
	})
	require.Len(t, f.ids(), 2, "7 units in instances of 4")
	require.Equal(t, "4", *f.describe().Instances[0].WeightedCapacity)
	f.desire(5)
	require.Len(t, f.ids(), 2, "without one of them it were too few")
	f.desire(4)
	require.Len(t, f.ids(), 1)
}

func TestTheNextTypeIsTriedWhereOneIsScarce(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{})
	f.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: string(ec2types.InstanceTypeM5Xlarge)}}})
	f.create(0, 20, 2, func(in *awsasg.CreateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &asgtypes.MixedInstancesPolicy{LaunchTemplate: &asgtypes.LaunchTemplate{
			LaunchTemplateSpecification: in.LaunchTemplate,
			Overrides:                   []asgtypes.LaunchTemplateOverrides{{InstanceType: aws.String("m5.xlarge")}, {InstanceType: aws.String("m5.large")}},
		}}
		in.LaunchTemplate = nil
	})
	for _, i := range f.describe().Instances {
		require.Equal(t, "m5.large", *i.InstanceType)
	}
	require.Len(t, f.ids(), 2)
}
