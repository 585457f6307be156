// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

const (
	howLinear = guide + "deployment-type-linear.html"
	howCanary = guide + "canary-deployment.html"
	hooks     = api + "API_DeploymentLifecycleHook.html"
	function  = "arn:aws:lambda:us-east-1:000000000000:function:check"
)

func TestShares(t *testing.T) {
	t.Parallel()
	const blueGreen, canaries, linears = api + "API_DeploymentConfiguration.html", api + "API_CanaryConfiguration.html", api + "API_LinearConfiguration.html"
	bake := func(in *service, n int32) {
		deployed(func(d *deployment) { d.Strategy, d.BakeTimeInMinutes = ecstypes.DeploymentStrategyBlueGreen, &n })(in)
	}
	canary := func(c ecstypes.CanaryConfiguration) func(*service) {
		return deployed(func(d *deployment) { d.Strategy, d.CanaryConfiguration = ecstypes.DeploymentStrategyCanary, &c })
	}
	linear := func(c ecstypes.LinearConfiguration) func(*service) {
		return deployed(func(d *deployment) { d.Strategy, d.LinearConfiguration = ecstypes.DeploymentStrategyLinear, &c })
	}
	first := func(n float64) func(*service) { return canary(ecstypes.CanaryConfiguration{CanaryPercent: &n}) }
	step := func(n float64) func(*service) { return linear(ecstypes.LinearConfiguration{StepPercent: &n}) }
	none := func(strategy ecstypes.DeploymentStrategy) func(*service) {
		return deployed(func(d *deployment) { d.Strategy = strategy })
	}
	services().hold(t, slices.Concat(
		bounded("bake of blue/green", blueGreen, 0, 1440, bake),
		bounded("bake of a canary", canaries, 0, 1440, func(in *service, n int32) {
			canary(ecstypes.CanaryConfiguration{CanaryBakeTimeInMinutes: &n})(in)
		}),
		bounded("bake of a step", linears, 0, 1440, func(in *service, n int32) {
			linear(ecstypes.LinearConfiguration{StepBakeTimeInMinutes: &n})(in)
		}),
		[]fact[service]{
			{name: "blue/green bakes", source: blueGreen, legal: none("ROLLING"), broken: none("BLUE_GREEN")},
			{name: "a canary of 0.1 % at least", source: canaries, legal: first(0.1), broken: first(0.09)},
			{name: "a canary of 100 % at most", source: canaries, legal: first(100), broken: first(100.1)},
			{name: "a canary in tenths of a percent", source: canaries, legal: first(12.5), broken: first(12.55)},
			{name: "a step of 3 % at least", source: linears, legal: step(3), broken: step(2.9)},
			{name: "a step of 100 % at most", source: linears, legal: step(100), broken: step(100.1)},
			{name: "a step in tenths of a percent", source: linears, legal: step(33.3), broken: step(33.33)},
		},
	))
}

// TestStagesOfHooks has AWS's table of lifecycle stages: at which there are hooks, and of
// which kind.
func TestStagesOfHooks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stage         ecstypes.DeploymentLifecycleHookStage
		lambda, pause bool
	}{
		{"RECONCILE_SERVICE", true, true},
		{"PRE_SCALE_UP", true, true},
		{"SCALE_UP", false, false},
		{"POST_SCALE_UP", true, true},
		{"TEST_TRAFFIC_SHIFT", true, false},
		{"POST_TEST_TRAFFIC_SHIFT", true, true},
		{"PRE_PRODUCTION_TRAFFIC_SHIFT", true, true},
		{"PRODUCTION_TRAFFIC_SHIFT", true, false},
		{"POST_PRODUCTION_TRAFFIC_SHIFT", true, true},
		{"BAKE_TIME", false, false},
		{"CLEAN_UP", false, false},
	} {
		for kind, legal := range map[ecstypes.DeploymentLifecycleHookTargetType]bool{
			ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda: test.lambda, ecstypes.DeploymentLifecycleHookTargetTypePause: test.pause,
		} {
			t.Run(fmt.Sprintf("%s at %s", kind, test.stage), func(t *testing.T) {
				t.Parallel()
				hook := ecstypes.DeploymentLifecycleHook{TargetType: kind, LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{test.stage}}
				if kind == ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda {
					hook.HookTargetArn, hook.RoleArn = aws.String(function), aws.String("arn:aws:iam::000000000000:role/hook")
				}
				hooked := deployed(func(d *deployment) {
					d.Strategy, d.BakeTimeInMinutes = ecstypes.DeploymentStrategyBlueGreen, aws.Int32(0)
					d.LifecycleHooks = []ecstypes.DeploymentLifecycleHook{hook}
				})
				s := services()
				in := s.base()
				hooked(in)
				require.Equal(t, legal, s.check(in) == nil, hooks)
				require.Equal(t, legal, s.build(hooked) == nil, hooks)
				require.Equal(t, legal, s.call(t, in) == nil, hooks)
			})
		}
	}
}

// balanced runs the service "web", two tasks behind a load balancer, with two target
// groups. The function of hooks says yes to all.
func balanced(t *testing.T, how ecs.Deployment) (*fakes.Cloud, *awsecs.Client) {
	t.Helper()
	c := fakes.New(fakes.Options{})
	c.Function(function, func(fakes.HookEvent) fakes.HookAnswer {
		return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusSucceeded}
	})
	http := ecs.TCP("http", 80)
	app := ecs.NewContainer("app", ecs.ImageRef(image)).WithPort(http)
	definition := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	balancer := elb.NewApplication("main", vpc.Default())
	route := balancer.Route("/*").WithPriority(2).WithTestRoute(balancer.Route("/*").WithHeader("X-Test", "yes").WithPriority(1))
	web := ecs.NewFargateService("web", ecs.NewCluster("main"), definition, vpc.Default()).WithCount(2).WithRoute(route, app, http).WithDeployment(how)
	_, err := slipway.NewStack("shop", web).Apply(t.Context(), c.Config())
	require.NoError(t, err)
	return c, awsecs.NewFromConfig(c.Config())
}

// again starts a deployment of the same tasks.
func again(t *testing.T, client *awsecs.Client, config *deployment) {
	t.Helper()
	update(t, client, func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment, in.DeploymentConfiguration = true, config })
}

// weights are those of the target groups to which production traffic is forwarded, by
// name.
func weights(t *testing.T, c *fakes.Cloud) map[string]int32 {
	t.Helper()
	client := awselb.NewFromConfig(c.Config())
	balancers, err := client.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	listeners, err := client.DescribeListeners(t.Context(), &awselb.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
	require.NoError(t, err)
	rules, err := client.DescribeRules(t.Context(), &awselb.DescribeRulesInput{ListenerArn: listeners.Listeners[0].ListenerArn})
	require.NoError(t, err)
	list := map[string]int32{}
	for _, r := range rules.Rules {
		if aws.ToString(r.Priority) != "2" {
			continue
		}
		for _, g := range r.Actions[0].ForwardConfig.TargetGroups {
			list[*g.TargetGroupArn] = aws.ToInt32(g.Weight)
		}
	}
	require.Len(t, list, 2)
	return list
}

// shift is a share of the traffic, in percent, that the new revision has for a while.
type shift struct {
	share int32
	lasts time.Duration
}

// watched deploys again and follows the traffic in steps of ten seconds, until there is
// one revision left.
func watched(t *testing.T, c *fakes.Cloud, client *awsecs.Client, config *deployment) []shift {
	t.Helper()
	var blue string
	for group, weight := range weights(t, c) {
		if weight == 100 {
			blue = group
		}
	}
	require.NotEmpty(t, blue)
	again(t, client, config)
	var seen []shift
	const look = 10 * time.Second
	for range 24 * 360 {
		if len(describe(t, client).Deployments) == 1 {
			return seen
		}
		share := 100 - weights(t, c)[blue]
		if len(seen) == 0 || seen[len(seen)-1].share != share {
			seen = append(seen, shift{share: share})
		}
		seen[len(seen)-1].lasts += look
		c.Advance(look)
	}
	require.FailNow(t, "the deployment does not end")
	return nil
}

// TestTrafficShifts has the worked examples of AWS's guide, with AWS's default times: a
// linear deployment goes on by a tenth each six minutes and does not bake after the last
// step; a canary has a share first, then all.
func TestTrafficShifts(t *testing.T) {
	t.Parallel()
	tenths := func(bake time.Duration) []shift {
		var list []shift
		for share := int32(10); share < 100; share += 10 {
			list = append(list, shift{share, bake})
		}
		return list
	}
	for _, test := range []struct {
		name, source string
		config       deployment
		want         []shift
	}{
		{
			"linear, 10 % a step", howLinear,
			deployment{Strategy: ecstypes.DeploymentStrategyLinear, BakeTimeInMinutes: aws.Int32(2), LinearConfiguration: &ecstypes.LinearConfiguration{
				StepPercent: aws.Float64(10), StepBakeTimeInMinutes: aws.Int32(3),
			}},
			append(tenths(3*minute), shift{100, 2 * minute}),
		},
		{
			"linear, by default", api + "API_LinearConfiguration.html",
			deployment{Strategy: ecstypes.DeploymentStrategyLinear, BakeTimeInMinutes: aws.Int32(1), LinearConfiguration: &ecstypes.LinearConfiguration{}},
			append(tenths(6*minute), shift{100, minute}),
		},
		{
			"linear, a last step that is smaller", howLinear,
			deployment{Strategy: ecstypes.DeploymentStrategyLinear, BakeTimeInMinutes: aws.Int32(1), LinearConfiguration: &ecstypes.LinearConfiguration{
				StepPercent: aws.Float64(30), StepBakeTimeInMinutes: aws.Int32(1),
			}},
			[]shift{{30, minute}, {60, minute}, {90, minute}, {100, minute}},
		},
		{
			"canary, 10 % first", howCanary,
			deployment{Strategy: ecstypes.DeploymentStrategyCanary, BakeTimeInMinutes: aws.Int32(1), CanaryConfiguration: &ecstypes.CanaryConfiguration{
				CanaryPercent: aws.Float64(10), CanaryBakeTimeInMinutes: aws.Int32(4),
			}},
			[]shift{{10, 4 * minute}, {100, minute}},
		},
		{
			"canary, by default", api + "API_CanaryConfiguration.html",
			deployment{Strategy: ecstypes.DeploymentStrategyCanary, BakeTimeInMinutes: aws.Int32(1), CanaryConfiguration: &ecstypes.CanaryConfiguration{}},
			[]shift{{5, 10 * minute}, {100, minute}},
		},
		{
			"blue/green, all at once", guide + "deployment-type-blue-green.html",
			deployment{Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(7)},
			[]shift{{100, 7 * minute}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := balanced(t, ecs.BlueGreen{})
			seen := watched(t, c, client, &test.config)
			if seen[0].share == 0 {
				seen = seen[1:]
			}
			require.Len(t, seen, len(test.want), "%v: %s", seen, test.source)
			for i, want := range test.want {
				require.Equal(t, want.share, seen[i].share, test.source)
				require.InDelta(t, want.lasts.Seconds(), seen[i].lasts.Seconds(), 20, "at %d %%: %s", want.share, test.source)
			}
			require.Equal(t, ecstypes.ServiceDeploymentStatusSuccessful, rollout(t, client).Status)
		})
	}
}

// TestOrderOfStages: a hook hears of the stages in AWS's order, of those that shift
// production traffic at each step. RECONCILE_SERVICE comes only where several revisions
// are there.
func TestOrderOfStages(t *testing.T) {
	t.Parallel()
	how := ecs.BlueGreen{Hooks: []ecs.Hook{ecs.LambdaHook{Function: function, Stages: []ecs.Stage{
		ecs.ReconcileService, ecs.PreScaleUp, ecs.PostScaleUp, ecs.TestTrafficShift, ecs.PostTestTrafficShift,
		ecs.PreProductionTrafficShift, ecs.ProductionTrafficShift, ecs.PostProductionTrafficShift,
	}}}}
	before := []string{"PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"}
	step := []string{"PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"}
	after := []string{"POST_PRODUCTION_TRAFFIC_SHIFT"}
	for _, test := range []struct {
		name, source string
		strategy     ecstypes.DeploymentStrategy
		want         []string
	}{
		{"blue/green", guide + "blue-green-deployment-how-it-works.html", ecstypes.DeploymentStrategyBlueGreen, slices.Concat(before, step, after)},
		{"canary, two steps", howCanary, ecstypes.DeploymentStrategyCanary, slices.Concat(before, step, step, after)},
		{"linear, three steps", howLinear, ecstypes.DeploymentStrategyLinear, slices.Concat(before, step, step, step, after)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := balanced(t, how)
			var heard []string
			c.Function(function, func(e fakes.HookEvent) fakes.HookAnswer {
				heard = append(heard, e.Stage)
				return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusSucceeded}
			})
			config := describe(t, client).DeploymentConfiguration
			config.Strategy = test.strategy
			switch test.strategy { //nolint:exhaustive // the others have nothing to set
			case ecstypes.DeploymentStrategyCanary:
				config.CanaryConfiguration = &ecstypes.CanaryConfiguration{CanaryBakeTimeInMinutes: aws.Int32(0)}
			case ecstypes.DeploymentStrategyLinear:
				config.LinearConfiguration = &ecstypes.LinearConfiguration{StepPercent: aws.Float64(40), StepBakeTimeInMinutes: aws.Int32(0)}
			}
			again(t, client, config)
			c.Advance(10 * minute)
			require.Equal(t, test.want, heard, test.source)
		})
	}
}

// TestHookTimeouts: 1440 minutes, then back.
func TestHookTimeouts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		action ecstypes.DeploymentLifecycleHookAction
		want   ecstypes.ServiceDeploymentStatus
	}{
		{"ROLLBACK by default", "", ecstypes.ServiceDeploymentStatusRollbackSuccessful},
		{"CONTINUE", ecstypes.DeploymentLifecycleHookActionContinue, ecstypes.ServiceDeploymentStatusSuccessful},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, client := balanced(t, ecs.BlueGreen{})
			hook := ecstypes.DeploymentLifecycleHook{
				TargetType:      ecstypes.DeploymentLifecycleHookTargetTypePause,
				LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{ecstypes.DeploymentLifecycleHookStagePostTestTrafficShift},
			}
			if test.action != "" {
				hook.TimeoutConfiguration = &ecstypes.DeploymentLifecycleHookTimeoutConfiguration{Action: test.action}
			}
			again(t, client, &deployment{
				Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0), LifecycleHooks: []ecstypes.DeploymentLifecycleHook{hook},
			})
			c.Advance(minute)
			detail := rollout(t, client).LifecycleHookDetails
			require.Len(t, detail, 1)
			require.Equal(t, ecstypes.DeploymentLifecycleHookStatusAwaitingAction, detail[0].Status)
			c.Advance(1438 * minute)
			require.Equal(t, ecstypes.ServiceDeploymentStatusInProgress, rollout(t, client).Status, api+"API_DeploymentLifecycleHookTimeoutConfiguration.html")
			c.Advance(5 * minute)
			r := rollout(t, client)
			require.Equal(t, test.want, r.Status, api+"API_DeploymentLifecycleHookTimeoutConfiguration.html")
			require.Equal(t, ecstypes.DeploymentLifecycleHookStatusTimedOut, r.LifecycleHookDetails[0].Status)
		})
	}
}

// TestOnlyRollbackStops: of the two words of the API, ROLLBACK alone is valid.
func TestOnlyRollbackStops(t *testing.T) {
	t.Parallel()
	c, client := balanced(t, ecs.BlueGreen{})
	again(t, client, &deployment{Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(5)})
	c.Advance(minute)
	stop := func(kind ecstypes.StopServiceDeploymentStopType) error {
		_, err := client.StopServiceDeployment(t.Context(), &awsecs.StopServiceDeploymentInput{ServiceDeploymentArn: rollout(t, client).ServiceDeploymentArn, StopType: kind})
		return err
	}
	require.Error(t, stop(ecstypes.StopServiceDeploymentStopTypeAbort), api+"API_StopServiceDeployment.html")
	require.NoError(t, stop(ecstypes.StopServiceDeploymentStopTypeRollback), api+"API_StopServiceDeployment.html")
	c.Advance(minute)
	require.Equal(t, ecstypes.ServiceDeploymentStatusRollbackSuccessful, rollout(t, client).Status)
}

// TestReconciling: the first stage comes where a deployment finds another one under way.
func TestReconciling(t *testing.T) {
	t.Parallel()
	c, client := balanced(t, ecs.BlueGreen{Hooks: []ecs.Hook{ecs.LambdaHook{Function: function, Stages: []ecs.Stage{ecs.ReconcileService, ecs.PreScaleUp}}}})
	var heard []string
	c.Function(function, func(e fakes.HookEvent) fakes.HookAnswer {
		heard = append(heard, e.Stage)
		return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusSucceeded}
	})
	config := describe(t, client).DeploymentConfiguration
	config.BakeTimeInMinutes = aws.Int32(60)
	again(t, client, config)
	c.Advance(minute)
	again(t, client, config)
	c.Advance(2 * 60 * minute)
	require.Equal(t, []string{"PRE_SCALE_UP", "RECONCILE_SERVICE", "PRE_SCALE_UP"}, heard, hooks)
}
