// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// unrouted deletes the rule that forwards to the service's target group.
func (c clinic) unrouted() {
	c.Helper()
	client := awselb.NewFromConfig(c.cloud.Config())
	balancers, err := client.DescribeLoadBalancers(c.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(c, err)
	listeners, err := client.DescribeListeners(c.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
	require.NoError(c, err)
	rules, err := client.DescribeRules(c.Context(), &awselb.DescribeRulesInput{ListenerArn: listeners.Listeners[0].ListenerArn})
	require.NoError(c, err)
	for _, r := range rules.Rules {
		if !aws.ToBool(r.IsDefault) {
			c.must(client.DeleteRule(c.Context(), &awselb.DeleteRuleInput{RuleArn: r.RuleArn}))
		}
	}
}

// subnetsIn are the subnets in zones.
func (c clinic) subnetsIn(zones ...string) (ids []string) {
	c.Helper()
	out, err := awsec2.NewFromConfig(c.cloud.Config()).DescribeSubnets(c.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(c, err)
	for _, s := range out.Subnets {
		if slices.Contains(zones, *s.AvailabilityZone) {
			ids = append(ids, *s.SubnetId)
		}
	}
	require.Len(c, ids, len(zones))
	return ids
}

// narrowed leaves the load balancer in two zones.
func (c clinic) narrowed() {
	c.Helper()
	client := awselb.NewFromConfig(c.cloud.Config())
	balancers, err := client.DescribeLoadBalancers(c.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(c, err)
	c.must(client.SetSubnets(c.Context(), &awselb.SetSubnetsInput{
		LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn, Subnets: c.subnetsIn("us-east-1a", "us-east-1b"),
	}))
}

// moved has the service's tasks run in another zone.
func (c clinic) moved(zone string) {
	c.Helper()
	subnets := c.subnetsIn(zone)
	c.begin(func(in *awsecs.UpdateServiceInput) {
		in.NetworkConfiguration = c.described().NetworkConfiguration
		in.NetworkConfiguration.AwsvpcConfiguration.Subnets = subnets
	})
}

// TestDiagnoseTargetsNotInUse: tasks that no load balancer sends anything to keep a
// deployment waiting without an end, and nothing but that is wrong.
func TestDiagnoseTargetsNotInUse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		ailment
		shows string
	}{
		{ailment{
			"no rule", "none forwards to the target group", func(c clinic) { c.unrouted(); c.rolled() },
			slipway.TargetGroupUnused, slipway.Certain, "no listener of a load balancer forwards to target group",
		}, "Target group is not configured to receive traffic from the load balancer"},
		{ailment{
			"another zone", "the load balancer is not in that of the tasks", func(c clinic) { c.narrowed(); c.moved("us-east-1c") },
			slipway.TargetZoneDisabled, slipway.Certain, "load balancer shop is in us-east-1a, us-east-1b",
		}, "in us-east-1c is unused: Target is in an Availability Zone that is not enabled for the load balancer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := clinic{t, fakes.New(fakes.Options{}), ecs.ImageRef("web:1"), vpc.Default()}
				row.diagnosed(c)
				causes, err := ecs.Diagnose(t.Context(), c.cloud.Config(), shopWeb)
				require.NoError(t, err)
				require.Len(t, causes, 1, "it is the only one")
				require.Contains(t, causes[0].String(), row.shows)
			})
		})
	}
}

// TestApplyTellsWhyItTookTooLong: who gives up waiting is told what it waited for.
func TestApplyTellsWhyItTookTooLong(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		{"a deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Minute)
		}, context.DeadlineExceeded},
		{"canceled", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*time.Minute, cancel)
			return ctx, cancel
		}, context.Canceled},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			bubbled(t, fakes.Realistic, func(c clinic) {
				ctx, cancel := row.end(c.Context())
				defer cancel()
				c.network = vpc.Default().WithSubnets(c.subnetsIn("us-east-1c")...)
				meanwhile := &meddler{meddle: func(context.Context) { c.narrowed() }} // before, Apply would mend it
				_, err := slipway.NewStack("shop", c.patient(c.image)).Apply(ctx, c.cloud.Config(), slipway.Observe(meanwhile))
				require.ErrorIs(c, err, row.want)
				require.ErrorIs(c, err, slipway.ErrTimeout)
				require.NotErrorIs(c, err, slipway.ErrFailed, "it goes on")
				var unfinished *ecs.UnfinishedError
				require.ErrorAs(c, err, &unfinished)
				require.Equal(c, slipway.TargetZoneDisabled, unfinished.Causes[0].Code)
				require.Equal(c, *c.described().CurrentServiceDeployment, unfinished.Deployment)
				require.ErrorContains(c, err, "has not ended: timed out")
				require.ErrorContains(c, err, "\n  cause: targets of target group")
				require.ErrorContains(c, err, "\n  last seen: ")
			})
		})
	}
}

// TestApplyThatIsOnlySlow: nothing is wrong, so the error is the plain one.
func TestApplyThatIsOnlySlow(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		c.cloud.Image("web:2", fakes.Program{Start: 5 * time.Minute, Health: func(time.Duration) int { return 0 }})
		ctx, cancel := context.WithTimeout(c.Context(), 30*time.Second)
		defer cancel()
		_, err := slipway.NewStack("shop", c.patient(ecs.ImageRef("web:2")).WithHealthCheckGrace(time.Hour)).Apply(ctx, c.cloud.Config())
		require.ErrorIs(c, err, context.DeadlineExceeded)
		var unfinished *ecs.UnfinishedError
		require.NotErrorAs(c, err, &unfinished)
	})
}
