// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	asgrules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// fleetCases are the cases of EC2 Auto Scaling, by id.
var fleetCases = map[string]func(t *testing.T, c Case){
	"asg-desired-over-max": fleetCase(func(in *awsasg.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = aws.Int32(3)
	}),
	"asg-max-instance-lifetime-range": fleetCase(func(in *awsasg.CreateAutoScalingGroupInput) {
		in.MaxInstanceLifetime = aws.Int32(86_399)
	}),
	"asg-weighted-capacity-partial": fleetCase(func(in *awsasg.CreateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &asgtypes.MixedInstancesPolicy{LaunchTemplate: &asgtypes.LaunchTemplate{
			LaunchTemplateSpecification: in.LaunchTemplate,
			Overrides: []asgtypes.LaunchTemplateOverrides{
				{InstanceType: aws.String("m5.large"), WeightedCapacity: aws.String("1")}, {InstanceType: aws.String("m5.xlarge")},
			},
		}}
		in.LaunchTemplate = nil
	}),
	"asg-invalid-availability-zone": func(t *testing.T, c Case) {
		t.Helper()
		refusedGroup(t, c, c.Message, fakes.Options{Region: "ap-northeast-1"}, func(_ *hosts, in *awsasg.CreateAutoScalingGroupInput) {
			in.AvailabilityZones, in.VPCZoneIdentifier = []string{"us-east-1a"}, nil
		})
	},
	"asg-subnet-az-mismatch": func(t *testing.T, c Case) {
		t.Helper()
		refusedGroup(t, c, c.Message, fakes.Options{}, func(_ *hosts, in *awsasg.CreateAutoScalingGroupInput) {
			in.AvailabilityZones = []string{"us-east-1b"}
		})
	},
	"asg-insufficient-capacity":                       groupWithoutCapacity,
	"asg-attach-ip-target-group":                      groupOfAddresses,
	"asg-invalid-instance-profile-in-launch-template": groupWithoutProfile,
	"asg-scale-to-zero-blocked-by-scale-in-protection": func(t *testing.T, c Case) {
		t.Helper()
		h := newHosts(t, fakes.Options{})
		h.create(func(in *awsasg.CreateAutoScalingGroupInput) {
			in.DesiredCapacity, in.NewInstancesProtectedFromScaleIn = aws.Int32(2), aws.Bool(true)
		})
		_, err := h.asg.UpdateAutoScalingGroup(t.Context(), &awsasg.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String("g"), MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
		})
		require.NoError(t, err)
		a := h.newest()
		require.Equal(t, asgtypes.ScalingActivityStatusCodeCancelled, a.StatusCode)
		require.Equal(t, c.Message, *a.StatusMessage)
	},
	"asg-scaling-activity-in-progress": func(t *testing.T, c Case) {
		t.Helper()
		h := newHosts(t, fakes.Options{Timing: fakes.Timing{Instance: time.Minute}})
		h.create(func(in *awsasg.CreateAutoScalingGroupInput) { in.DesiredCapacity = aws.Int32(1) })
		_, err := h.asg.SetDesiredCapacity(t.Context(), &awsasg.SetDesiredCapacityInput{
			AutoScalingGroupName: aws.String("g"), DesiredCapacity: aws.Int32(2), HonorCooldown: aws.Bool(true),
		})
		answersWith(t, err, c.Code, strings.Replace(c.Message, "b065594a-1c39-4c9a-8e5a-562c6b103df2", *h.newest().ActivityId, 1))
	},
	"asg-security-group-missing": groupWithoutSecurityGroup,
	"asg-architecture-mismatch": func(t *testing.T, c Case) {
		t.Helper()
		h := newHosts(t, fakes.Options{})
		h.create(nil)
		h.version(&ec2types.RequestLaunchTemplateData{InstanceType: ec2types.InstanceTypeM6gLarge})
		a := h.fail()
		// AWS words it anew since the user guide was written.
		require.Contains(t, *a.StatusMessage, "The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI.")
		require.True(t, strings.HasSuffix(*a.StatusMessage, "Launching EC2 instance failed."))
		require.True(t, strings.HasSuffix(c.Message, "Launching EC2 instance failed."))
	},
}

// fleetCase demands that the rules refuse a group of up to 2 instances with the mistake.
func fleetCase(change func(*awsasg.CreateAutoScalingGroupInput)) func(*testing.T, Case) {
	return func(t *testing.T, c Case) {
		t.Helper()
		in := groupInput("subnet-1")
		_, bad := asgrules.CreateAutoScalingGroup.First(nil, in)
		require.False(t, bad, "without the mistake it is accepted")
		change(in)
		rejects(t, c, asgrules.CreateAutoScalingGroup, in)
	}
}

func groupInput(subnet string) *awsasg.CreateAutoScalingGroupInput {
	return &awsasg.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("g"), MinSize: aws.Int32(0), MaxSize: aws.Int32(2), VPCZoneIdentifier: &subnet,
		LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("host"), Version: aws.String("$Latest")},
	}
}

// hosts is a cloud with a launch template and a subnet in the first zone.
type hosts struct {
	*testing.T
	cloud       *fakes.Cloud
	asg         *awsasg.Client
	ec2         *awsec2.Client
	subnet, vpc string
}

func newHosts(t *testing.T, o fakes.Options) *hosts {
	t.Helper()
	cloud := fakes.New(o)
	h := &hosts{T: t, cloud: cloud, asg: awsasg.NewFromConfig(cloud.Config()), ec2: awsec2.NewFromConfig(cloud.Config())}
	out, err := h.ec2.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	h.subnet, h.vpc = *out.Subnets[0].SubnetId, *out.Subnets[0].VpcId
	_, err = h.ec2.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("host"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			ImageId:      aws.String("resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
			InstanceType: ec2types.InstanceTypeM5Large,
		},
	})
	require.NoError(t, err)
	return h
}

// version adds a version of the template.
func (h *hosts) version(data *ec2types.RequestLaunchTemplateData) {
	h.Helper()
	_, err := h.ec2.CreateLaunchTemplateVersion(h.Context(), &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("host"), SourceVersion: aws.String("1"), LaunchTemplateData: data,
	})
	require.NoError(h, err)
}

func (h *hosts) create(change func(*awsasg.CreateAutoScalingGroupInput)) {
	h.Helper()
	in := groupInput(h.subnet)
	if change != nil {
		change(in)
	}
	_, err := h.asg.CreateAutoScalingGroup(h.Context(), in)
	require.NoError(h, err)
	h.cloud.Advance(time.Second)
}

func (h *hosts) newest() asgtypes.Activity {
	h.Helper()
	h.cloud.Advance(time.Second)
	out, err := h.asg.DescribeScalingActivities(h.Context(), &awsasg.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("g")})
	require.NoError(h, err)
	require.NotEmpty(h, out.Activities)
	return out.Activities[0]
}

// fail lets the group launch an instance, which does not work.
func (h *hosts) fail() asgtypes.Activity {
	h.Helper()
	_, err := h.asg.SetDesiredCapacity(h.Context(), &awsasg.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("g"), DesiredCapacity: aws.Int32(1)})
	require.NoError(h, err)
	a := h.newest()
	require.Equal(h, asgtypes.ScalingActivityStatusCodeFailed, a.StatusCode)
	return a
}

func answersWith(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, text, api.ErrorMessage())
	if code != "" {
		require.Equal(t, code, api.ErrorCode())
	}
}

// refusedGroup demands that the group is refused with a text.
func refusedGroup(t *testing.T, c Case, text string, o fakes.Options, change func(*hosts, *awsasg.CreateAutoScalingGroupInput)) {
	t.Helper()
	h := newHosts(t, o)
	in := groupInput(h.subnet)
	change(h, in)
	_, err := h.asg.CreateAutoScalingGroup(t.Context(), in)
	answersWith(t, err, strings.TrimSuffix(c.Code, " / InvalidParameterValue"), text)
}

func groupWithoutCapacity(t *testing.T, c Case) {
	t.Helper()
	text := strings.ReplaceAll(c.Message, "c5n.18xlarge", "m5.large")
	text = strings.ReplaceAll(text, "us-east-1b, us-east-1d, us-east-1f, us-east-1c", "us-east-1b, us-east-1c")
	refusedGroup(t, c, text, fakes.Options{}, func(h *hosts, in *awsasg.CreateAutoScalingGroupInput) {
		h.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Zone: "us-east-1a"}}})
		in.DesiredCapacity = aws.Int32(1)
	})
}

func groupWithoutProfile(t *testing.T, c Case) {
	t.Helper()
	refusedGroup(t, c, c.Message, fakes.Options{}, func(h *hosts, _ *awsasg.CreateAutoScalingGroupInput) {
		h.version(&ec2types.RequestLaunchTemplateData{IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{
			Name: aws.String("eks-d8c6d9f9-90bb-c537-cb25-40c5255cf213"),
		}})
	})
}

func groupOfAddresses(t *testing.T, c Case) {
	t.Helper()
	h := newHosts(t, fakes.Options{})
	out, err := awselb.NewFromConfig(h.cloud.Config()).CreateTargetGroup(t.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("tasks"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &h.vpc, TargetType: elbtypes.TargetTypeEnumIp,
	})
	require.NoError(t, err)
	in, arn := groupInput(h.subnet), *out.TargetGroups[0].TargetGroupArn
	in.TargetGroupARNs = []string{arn}
	_, err = h.asg.CreateAutoScalingGroup(t.Context(), in)
	before, rest, _ := strings.Cut(c.Message, "'arn:")
	_, after, _ := strings.Cut(rest, "' has")
	answersWith(t, err, c.Code, before+"'"+arn+"' has"+after)
}

func groupWithoutSecurityGroup(t *testing.T, c Case) {
	t.Helper()
	h := newHosts(t, fakes.Options{})
	out, err := h.ec2.CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{
		GroupName: aws.String("hosts"), Description: aws.String("of hosts"), VpcId: &h.vpc,
	})
	require.NoError(t, err)
	h.version(&ec2types.RequestLaunchTemplateData{SecurityGroupIds: []string{*out.GroupId}})
	h.create(nil)
	_, err = h.ec2.DeleteSecurityGroup(t.Context(), &awsec2.DeleteSecurityGroupInput{GroupId: out.GroupId})
	require.NoError(t, err)
	got := *h.fail().StatusMessage
	require.Equal(t, strings.Replace(c.Message, "<name of the security group>", "'"+*out.GroupId+"'", 1), got)
}
