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
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// image names the newest image of Amazon Linux 2023.
const image = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"

// group is the name of the group of these tests.
var group = aws.String("fleet")

// fleet is a cloud with a launch template and the default subnets, one a zone.
type fleet struct {
	*testing.T
	cloud   *fakes.Cloud
	asg     *awsasg.Client
	ec2     *awsec2.Client
	subnets []string
}

func open(t *testing.T, timing fakes.Timing) *fleet {
	t.Helper()
	cloud := fakes.New(fakes.Options{Timing: timing})
	f := &fleet{T: t, cloud: cloud, asg: awsasg.NewFromConfig(cloud.Config()), ec2: awsec2.NewFromConfig(cloud.Config())}
	out, err := f.ec2.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range out.Subnets {
		f.subnets = append(f.subnets, *s.SubnetId)
	}
	_, err = f.ec2.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("host"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(image), InstanceType: ec2types.InstanceTypeM5Large},
	})
	require.NoError(t, err)
	return f
}

// input is a group in all three zones.
func (f *fleet) input(least, most, desired int32) *awsasg.CreateAutoScalingGroupInput {
	return &awsasg.CreateAutoScalingGroupInput{
		AutoScalingGroupName: group, MinSize: &least, MaxSize: &most, DesiredCapacity: &desired,
		LaunchTemplate:    &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("host"), Version: aws.String("$Latest")},
		VPCZoneIdentifier: aws.String(f.subnets[0] + "," + f.subnets[1] + "," + f.subnets[2]),
	}
}

// create makes the group and lets what goes on come to its end.
func (f *fleet) create(least, most, desired int32, change func(*awsasg.CreateAutoScalingGroupInput)) {
	f.Helper()
	in := f.input(least, most, desired)
	if change != nil {
		change(in)
	}
	_, err := f.asg.CreateAutoScalingGroup(f.Context(), in)
	require.NoError(f, err)
	f.cloud.Advance(time.Second)
}

func (f *fleet) describe() asgtypes.AutoScalingGroup {
	f.Helper()
	out, err := f.asg.DescribeAutoScalingGroups(f.Context(), &awsasg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{*group}})
	require.NoError(f, err)
	require.Len(f, out.AutoScalingGroups, 1)
	return out.AutoScalingGroups[0]
}

// ids are the instances of the group, in order of arrival.
func (f *fleet) ids() []string {
	f.Helper()
	var all []string
	for _, i := range f.describe().Instances {
		all = append(all, *i.InstanceId)
	}
	return all
}

// states counts the instances by their life cycle.
func (f *fleet) states() map[string]int {
	f.Helper()
	all := map[string]int{}
	for _, i := range f.describe().Instances {
		all[string(i.LifecycleState)]++
	}
	return all
}

// zones counts the instances by their zone.
func (f *fleet) zones() map[string]int {
	f.Helper()
	all := map[string]int{}
	for _, i := range f.describe().Instances {
		all[*i.AvailabilityZone]++
	}
	return all
}

// activities are the newest first.
func (f *fleet) activities() []asgtypes.Activity {
	f.Helper()
	out, err := f.asg.DescribeScalingActivities(f.Context(), &awsasg.DescribeScalingActivitiesInput{AutoScalingGroupName: group})
	require.NoError(f, err)
	return out.Activities
}

func (f *fleet) desire(n int32) {
	f.Helper()
	_, err := f.asg.SetDesiredCapacity(f.Context(), &awsasg.SetDesiredCapacityInput{AutoScalingGroupName: group, DesiredCapacity: &n})
	require.NoError(f, err)
	f.cloud.Advance(time.Second)
}

// fails demands AWS's code and text.
func fails(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode())
	require.Equal(t, text, api.ErrorMessage())
}
