// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestQuotaOfBalancers(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	create := func(n int) error {
		_, err := call[awselb.CreateLoadBalancerOutput](l, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
			Name: aws.String(fmt.Sprintf("lb-%d", n)), Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
		})
		return err
	}
	for n := range 50 {
		require.NoError(t, create(n))
	}
	var full *elbtypes.TooManyLoadBalancersException
	require.ErrorAs(t, create(50), &full)
	require.Equal(t, "The maximum number of load balancers has been reached", full.ErrorMessage())
	require.NoError(t, create(0), "one that is there already is no new one")
}

func TestQuotaOfGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	for n := range 3000 {
		l.group(fmt.Sprintf("g-%d", n))
	}
	_, err := call[awselb.CreateTargetGroupOutput](l, "CreateTargetGroup", &awselb.CreateTargetGroupInput{
		Name: aws.String("late"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String(vpcID),
		TargetType: elbtypes.TargetTypeEnumIp,
	})
	var full *elbtypes.TooManyTargetGroupsException
	require.ErrorAs(t, err, &full)
}

func TestQuotaOfUsedGroups(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	first := l.group("first")
	_, listener := l.balancer("shop", first)
	rule := func(priority int32, group string) error {
		_, err := call[awselb.CreateRuleOutput](l, "CreateRule", &awselb.CreateRuleInput{
			ListenerArn: &listener, Priority: &priority, Conditions: []elbtypes.RuleCondition{path("/x")}, Actions: forwardTo(group),
		})
		return err
	}
	for n := range int32(99) {
		require.NoError(t, rule(n+1, l.group(fmt.Sprintf("g-%d", n))))
	}
	var full *elbtypes.TooManyUniqueTargetGroupsPerLoadBalancerException
	require.ErrorAs(t, rule(200, l.group("late")), &full)
	require.Equal(t, "You have reached the maximum number of unique target groups that you can associate with a load balancer "+
		"of type 'application': [100]", full.ErrorMessage())
	require.NoError(t, rule(200, first), "it counts once")
}

func TestQuotaOfTargets(t *testing.T) {
	t.Parallel()
	l := newLab(t, world.Timing{})
	one, two := l.group("one"), l.group("two")
	arn, listener := l.balancer("shop", one)
	register := func(group string, count int) error {
		in := &awselb.RegisterTargetsInput{TargetGroupArn: &group}
		for n := range count {
			in.Targets = append(in.Targets, elbtypes.TargetDescription{Id: aws.String(fmt.Sprintf("10.1.%d.%d", n/250, n%250))})
		}
		_, err := call[awselb.RegisterTargetsOutput](l, "RegisterTargets", in)
		return err
	}
	var full *elbtypes.TooManyTargetsException
	require.ErrorAs(t, register(two, 1001), &full, "a group has 1000 targets at most")
	require.NoError(t, register(one, 600))
	require.NoError(t, register(one, 600), "they are there already")
	require.NoError(t, register(two, 600), "no balancer uses it")
	_, err := call[awselb.CreateRuleOutput](l, "CreateRule", &awselb.CreateRuleInput{
		ListenerArn: &listener, Priority: aws.Int32(1), Conditions: []elbtypes.RuleCondition{path("/x")}, Actions: forwardTo(two),
	})
	require.ErrorAs(t, err, &full)
	require.Equal(t, "The maximum number of targets per load balancer '1000' has been reached on load balancer '"+arn+"'", full.ErrorMessage())
	require.ErrorAs(t, register(one, 1001), &full)
}
