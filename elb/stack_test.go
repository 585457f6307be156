// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

const (
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	another     = "arn:aws:acm:us-east-1:123456789012:certificate/2"
)

// web is a stack of a balancer with one route.
func web(app elb.Application, route func(elb.Route) elb.Route) slipway.Stack {
	group, rule := route(app.Route("/*")).Forward("web", 8080, app.Network())
	return slipway.NewStack("shop", app, group, rule)
}

func plain(r elb.Route) elb.Route { return r }

func apply(t *testing.T, cloud *fakes.Cloud, s slipway.Stack) {
	t.Helper()
	_, err := s.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	plan, err := s.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), "the second plan is empty, not:\n%s", plan)
}

func TestApplyChangeDestroy(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	api := awselb.NewFromConfig(cloud.Config())
	app := elb.NewApplication("shop", vpc.Default())
	apply(t, cloud, web(app, plain))

	balancers, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{Names: []string{"shop"}})
	require.NoError(t, err)
	require.Len(t, balancers.LoadBalancers[0].AvailabilityZones, 3)
	require.Len(t, balancers.LoadBalancers[0].SecurityGroups, 1)

	// HTTPS: another listener, a redirect; the rule moves to the new listener.
	apply(t, cloud, web(app.WithHTTPS(certificate, another).WithIdleTimeout(2*time.Minute).WithTag("team", "shop"),
		func(r elb.Route) elb.Route {
			return r.WithHost("shop.example.com").WithDeregistrationDelay(30 * time.Second).
				WithHealthCheck(elb.HealthCheck{Path: "/live", Interval: 10 * time.Second, Codes: "200-299"})
		}))
	arn := balancers.LoadBalancers[0].LoadBalancerArn
	listeners, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: arn})
	require.NoError(t, err)
	require.Len(t, listeners.Listeners, 2)
	groups, err := api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.TargetGroups, 1)
	require.Equal(t, "/live", aws.ToString(groups.TargetGroups[0].HealthCheckPath))

	// What is taken away goes back to AWS's default.
	apply(t, cloud, web(app, plain))
	listeners, err = api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: arn})
	require.NoError(t, err)
	require.Len(t, listeners.Listeners, 1)
	attributes, err := api.DescribeLoadBalancerAttributes(t.Context(), &awselb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn})
	require.NoError(t, err)
	require.Contains(t, attributes.Attributes, elbtypes.LoadBalancerAttribute{
		Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("60"),
	})

	err = web(app, plain).Destroy(t.Context(), cloud.Config())
	require.NoError(t, err)
	left, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Empty(t, left.LoadBalancers)
	groups, err = api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Empty(t, groups.TargetGroups)
}

func TestAnotherPortIsAnotherGroup(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	api := awselb.NewFromConfig(cloud.Config())
	app := elb.NewApplication("shop", vpc.Default())
	stack := func(port int32) slipway.Stack {
		group, rule := app.Route("/*").Forward("web", port, app.Network())
		return slipway.NewStack("shop", app, group, rule)
	}
	apply(t, cloud, stack(8080))
	before, err := api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	apply(t, cloud, stack(9090))
	after, err := api.DescribeTargetGroups(t.Context(), &awselb.DescribeTargetGroupsInput{})
	require.NoError(t, err)
	require.Len(t, after.TargetGroups, 1, "the old group is pruned")
	require.NotEqual(t, before.TargetGroups[0].TargetGroupArn, after.TargetGroups[0].TargetGroupArn)
	require.Len(t, after.TargetGroups[0].LoadBalancerArns, 1, "the rule has been switched")
}

func TestPlacesOfRoutes(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	api := awselb.NewFromConfig(cloud.Config())
	app := elb.NewApplication("shop", vpc.Default())
	var resources []slipway.Resource
	for name, route := range map[string]elb.Route{
		"all": app.Route("/*"), "api": app.Route("/api/*"), "beta": app.Route("/*").WithHeader("X-Beta", "1"),
		"first": app.Route("/x").WithPriority(7),
	} {
		group, rule := route.Forward(name, 80, app.Network())
		resources = append(resources, group, rule)
	}
	apply(t, cloud, slipway.NewStack("shop", resources...))
	listeners, err := api.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: balancerARN(t, api)})
	require.NoError(t, err)
	rules, err := api.DescribeRules(t.Context(), &awselb.DescribeRulesInput{ListenerArn: listeners.Listeners[0].ListenerArn})
	require.NoError(t, err)
	var order []string
	for _, r := range rules.Rules[:4] {
		order = append(order, r.Conditions[0].PathPatternConfig.Values[0])
	}
	require.Equal(t, []string{"/x", "/*", "/api/*", "/*"}, order, "what asks for more comes first")
	require.Equal(t, "7", aws.ToString(rules.Rules[0].Priority))
}

func balancerARN(t *testing.T, api *awselb.Client) *string {
	t.Helper()
	out, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Len(t, out.LoadBalancers, 1)
	return out.LoadBalancers[0].LoadBalancerArn
}

func TestStrangersAreLeftAlone(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	app := elb.NewApplication("shop", vpc.Default())
	apply(t, cloud, web(app, plain))
	group, rule := app.Route("/other/*").Forward("other", 80, app.Network())
	_, err := slipway.NewStack("second", group, rule).Plan(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict, "the balancer is the first stack's")
}

func TestEverythingComesBackAsDeclared(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	app := fullApplication()
	group, rule := fullRoute(app).Forward("web", 8080, app.Network())
	second := fullTargetGroup()
	listener := fullListener(app, second)
	apply(t, cloud, slipway.NewStack("shop", app, group, rule, second, listener, fullRule(listener, group)))
}
