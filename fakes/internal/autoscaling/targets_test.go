// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// front makes a target group of instances, behind a balancer.
func (f *fleet) front() (elb *awselb.Client, arn string) {
	f.Helper()
	elb = awselb.NewFromConfig(f.cloud.Config())
	subnets, err := f.ec2.DescribeSubnets(f.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: f.subnets[:1]})
	require.NoError(f, err)
	made, err := elb.CreateTargetGroup(f.Context(), &awselb.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: subnets.Subnets[0].VpcId,
		TargetType: elbtypes.TargetTypeEnumInstance,
	})
	require.NoError(f, err)
	arn = *made.TargetGroups[0].TargetGroupArn
	lb, err := elb.CreateLoadBalancer(f.Context(), &awselb.CreateLoadBalancerInput{Name: aws.String("front"), Subnets: f.subnets})
	require.NoError(f, err)
	_, err = elb.CreateListener(f.Context(), &awselb.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancers[0].LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &arn}},
	})
	require.NoError(f, err)
	return elb, arn
}

// registered are the targets that are not draining.
func (f *fleet) registered(elb *awselb.Client, arn string) []string {
	f.Helper()
	out, err := elb.DescribeTargetHealth(f.Context(), &awselb.DescribeTargetHealthInput{TargetGroupArn: &arn})
	require.NoError(f, err)
	var all []string
	for _, d := range out.TargetHealthDescriptions {
		if d.TargetHealth.State != elbtypes.TargetHealthStateEnumDraining {
			all = append(all, *d.Target.Id)
		}
	}
	return all
}

func TestInstancesAreTargets(t *testing.T) {
	t.Parallel()
	f := open(t, fakes.Timing{Drain: true})
	elb, arn := f.front()
	f.create(0, 4, 2, func(in *awsasg.CreateAutoScalingGroupInput) { in.TargetGroupARNs = []string{arn} })
	require.ElementsMatch(t, f.ids(), f.registered(elb, arn))
	f.desire(1)
	require.Equal(t, map[string]int{"InService": 1, "Terminating": 1}, f.states(), "it drains first")
	require.Equal(t, asgtypes.ScalingActivityStatusCodeWaitingForELBConnectionDraining, f.activities()[0].StatusCode)
	require.Len(t, f.registered(elb, arn), 1)
	f.cloud.Advance(5*time.Minute + time.Second)
	require.Len(t, f.ids(), 1, "for the 300s of the target group")

	out, err := f.asg.DescribeTrafficSources(t.Context(), &awsasg.DescribeTrafficSourcesInput{AutoScalingGroupName: group})
	require.NoError(t, err)
	require.Equal(t, arn, *out.TrafficSources[0].Identifier)
	_, err = f.asg.DetachLoadBalancerTargetGroups(t.Context(), &awsasg.DetachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: group, TargetGroupARNs: []string{arn},
	})
	require.NoError(t, err)
	require.Empty(t, f.registered(elb, arn))
	_, err = f.asg.AttachTrafficSources(t.Context(), &awsasg.AttachTrafficSourcesInput{
		AutoScalingGroupName: group, TrafficSources: []asgtypes.TrafficSourceIdentifier{{Identifier: &arn, Type: aws.String("elbv2")}},
	})
	require.NoError(t, err)
	f.cloud.Advance(6 * time.Minute)
	require.ElementsMatch(t, f.ids(), f.registered(elb, arn))
}

func TestWhatABalancerFindsUnhealthyIsReplaced(t *testing.T) {
	t.Parallel()
	for kind, replaced := range map[string]bool{"EC2": false, "ELB": true} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := open(t, fakes.Timing{})
			_, arn := f.front()
			f.create(0, 4, 1, func(in *awsasg.CreateAutoScalingGroupInput) {
				in.TargetGroupARNs, in.HealthCheckType, in.HealthCheckGracePeriod = []string{arn}, &kind, aws.Int32(600)
			})
			before := f.ids()
			f.cloud.Advance(9 * time.Minute)
			require.Equal(t, before, f.ids(), "nothing answers on port 80, but the grace period lasts")
			f.cloud.Advance(2 * time.Minute)
			if !replaced {
				require.Equal(t, before, f.ids())
				return
			}
			require.NotContains(t, f.ids(), before[0])
			require.Len(t, f.ids(), 1)
			require.Contains(t, *f.activities()[1].Cause, "an instance was taken out of service in response to an ELB system health check failure.")
		})
	}
}
