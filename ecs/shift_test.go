// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	nethttp "net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// shifting is a service web with a production and a test route: test traffic has a
// header.
func shifting(image string, how ecs.Deployment) ecs.FargateService {
	c := app("public.ecr.aws/shop/" + image)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	balancer := elb.NewApplication("shop", vpc.Default())
	route := balancer.Route("/*").WithPriority(2).WithHealthCheck(elb.HealthCheck{Path: "/health"}).
		WithTestRoute(balancer.Route("/*").WithHeader("X-Test", "yes").WithPriority(1))
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2).
		WithRoute(route, c, http).WithDeployment(how)
}

const blue, green = nethttp.StatusOK, nethttp.StatusAccepted

// shifted runs the test on such a service of web:1, which answers 200; web:2 answers 202.
func shifted(t *testing.T, how ecs.Deployment, test func(c clinic, url string)) {
	t.Helper()
	bubbled(t, fakes.Timing{}, func(c clinic) {
		c.cloud = fakes.New(fakes.Options{})
		answers := func(status int) func(string, time.Duration) int {
			return func(path string, _ time.Duration) int {
				if path == "/health" {
					return nethttp.StatusOK
				}
				return status
			}
		}
		c.cloud.Image("public.ecr.aws/shop/web:1", fakes.Program{Status: answers(blue)})
		c.cloud.Image("public.ecr.aws/shop/web:2", fakes.Program{Status: answers(green)})
		c.cloud.Image("public.ecr.aws/shop/web:bad", fakes.Program{Exit: &fakes.Exit{Code: 1}})
		service := shifting("web:1", how)
		result, err := slipway.NewStack("shop", service).Apply(c.Context(), c.cloud.Config())
		c.must(nil, err)
		test(c, slipway.Output(result, service).URL)
	})
}

// share is how many of a hundred requests web:2 answers. None fails.
func (c clinic) share(url string, test bool) int {
	c.Helper()
	count := 0
	for range 100 {
		r, err := nethttp.NewRequestWithContext(c.Context(), nethttp.MethodGet, url, nil)
		require.NoError(c, err)
		if test {
			r.Header.Set("X-Test", "yes")
		}
		out, err := c.cloud.Config().HTTPClient.Do(r)
		require.NoError(c, err)
		require.NoError(c, out.Body.Close())
		require.Contains(c, []int{blue, green}, out.StatusCode)
		if out.StatusCode == green {
			count++
		}
	}
	return count
}

// deployment is the newest service deployment.
func (c clinic) deployment() ecstypes.ServiceDeployment {
	c.Helper()
	client := awsecs.NewFromConfig(c.cloud.Config())
	all, err := client.ListServiceDeployments(c.Context(), &awsecs.ListServiceDeploymentsInput{Cluster: aws.String("shop"), Service: aws.String("web")})
	require.NoError(c, err)
	out, err := client.DescribeServiceDeployments(c.Context(), &awsecs.DescribeServiceDeploymentsInput{
		ServiceDeploymentArns: []string{*all.ServiceDeployments[0].ServiceDeploymentArn},
	})
	require.NoError(c, err)
	return out.ServiceDeployments[0]
}

// started begins the deployment of web:2 without waiting for it.
func (c clinic) started(image string, how ecs.Deployment) chan error {
	done := make(chan error, 1)
	go func() { done <- apply(c.T, c.cloud, shifting(image, how)) }()
	return done
}

// unchanged demands that nothing is left to do.
func (c clinic) unchanged(s ecs.FargateService) {
	c.Helper()
	plan, err := slipway.NewStack("shop", s).Plan(c.Context(), c.cloud.Config())
	require.NoError(c, err)
	require.Empty(c, plan.Changes, "%s", plan)
}

// TestTrafficIsShifted looks at the answers of the balancer while a deployment runs.
func TestTrafficIsShifted(t *testing.T) {
	t.Parallel()
	type look struct {
		after time.Duration
		share int
		stage string
	}
	for _, test := range []struct {
		name, doc string
		how       ecs.Deployment
		looks     []look
	}{
		{
			"all at once, and both stay for the bake time", "deployment-type-blue-green.html", ecs.BlueGreen{Bake: 5 * time.Minute},
			[]look{{time.Minute, 100, "BAKE_TIME"}, {4 * time.Minute, 100, "BAKE_TIME"}},
		},
		{
			"a tenth first, the rest ten minutes later", "canary-deployment.html", ecs.Canary{Percent: 10, Bake: 5 * time.Minute},
			[]look{{time.Minute, 10, "PRODUCTION_TRAFFIC_SHIFT"}, {9 * time.Minute, 10, "PRODUCTION_TRAFFIC_SHIFT"}, {11 * time.Minute, 100, "BAKE_TIME"}},
		},
		{
			"a share with a decimal", "API_CanaryConfiguration.html", ecs.Canary{Percent: 12.5, CanaryBake: 2 * time.Minute},
			[]look{{time.Minute, 12, "PRODUCTION_TRAFFIC_SHIFT"}},
		},
		{
			"in steps, without a bake after the last", "API_LinearConfiguration.html",
			ecs.Linear{StepPercent: 40, StepBake: 3 * time.Minute, Bake: 2 * time.Minute},
			[]look{
				{time.Minute, 40, "PRODUCTION_TRAFFIC_SHIFT"}, {4 * time.Minute, 80, "PRODUCTION_TRAFFIC_SHIFT"}, {7 * time.Minute, 100, "BAKE_TIME"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shifted(t, test.how, func(c clinic, url string) {
				require.Zero(c, c.share(url, false))
				began := time.Now()
				done := c.started("web:2", test.how)
				for _, l := range test.looks {
					time.Sleep(time.Until(began.Add(l.after)))
					require.InDelta(c, l.share, c.share(url, false), 1, "after %s", l.after)
					require.Equal(c, 100, c.share(url, true), "test traffic is shifted first")
					require.EqualValues(c, l.stage, c.deployment().LifecycleStage, "after %s", l.after)
				}
				require.NoError(c, <-done)
				require.Equal(c, 100, c.share(url, false))
				c.unchanged(shifting("web:2", test.how))
				s := c.described()
				require.Len(c, s.Deployments, 1)
				require.Equal(c, int32(2), s.RunningCount, "the old tasks are gone")

				require.NoError(c, apply(c.T, c.cloud, shifting("web:1", test.how)), "the target groups change places again")
				require.Zero(c, c.share(url, false))
				c.unchanged(shifting("web:1", test.how))
			})
		})
	}
}

// TestShiftIsTurnedBack: whatever fails it, the traffic goes back where it was, and the
// declaration that failed can be planned again.
func TestShiftIsTurnedBack(t *testing.T) {
	t.Parallel()
	how := ecs.Canary{Percent: 20, CanaryBake: 30 * time.Minute, Alarms: []string{"errors"}, Threshold: ecs.FailedTasks(2)}
	alarm := func(c clinic, state cwtypes.StateValue) {
		c.must(awscloudwatch.NewFromConfig(c.cloud.Config()).SetAlarmState(c.Context(), &awscloudwatch.SetAlarmStateInput{
			AlarmName: aws.String("errors"), StateValue: state, StateReason: aws.String("a test"),
		}))
	}
	for _, test := range []struct {
		name, image, reason string
		fail                func(c clinic)
	}{
		{"an alarm", "web:2", "Service deployment rolled back because of CloudWatch alarm(s) [errors].", func(c clinic) { alarm(c, cwtypes.StateValueAlarm) }},
		{"the circuit breaker", "web:bad", "Service deployment rolled back because the circuit breaker threshold was exceeded.", func(clinic) {}},
		{"the user", "web:2", "Service deployment rolled back because it was stopped by the user.", func(c clinic) {
			c.must(ecs.Stop(c.Context(), c.cloud.Config(), shopWeb))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
				c.must(awscloudwatch.NewFromConfig(c.cloud.Config()).PutMetricAlarm(c.Context(), &awscloudwatch.PutMetricAlarmInput{
					AlarmName: aws.String("errors"), Namespace: aws.String("Shop"), MetricName: aws.String("Errors"), Period: aws.Int32(60),
					EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), Statistic: cwtypes.StatisticSum,
					ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.String("ignore"),
				}))
				alarm(c, cwtypes.StateValueOk)
				done := c.started(test.image, how)
				time.Sleep(time.Minute)
				test.fail(c)
				var failed *ecs.DeploymentError
				require.ErrorAs(c, <-done, &failed)
				require.Equal(c, ecs.RolledBack, failed.Outcome)
				require.Equal(c, test.reason, failed.Reason)
				require.Zero(c, c.share(url, false))
				require.Zero(c, c.share(url, true))
				require.Equal(c, int32(2), c.described().RunningCount)
				require.Len(c, c.described().Deployments, 1)
			})
		})
	}
}

// TestPause: Apply comes back, whoever approves may be another process.
func TestPause(t *testing.T) {
	t.Parallel()
	how := ecs.BlueGreen{Hooks: []ecs.Hook{ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}, Timeout: 30 * time.Minute}}}
	for _, test := range []struct {
		name    string
		resume  func(c clinic, deployment, hook string) error
		outcome ecs.Outcome
		share   int
	}{
		{"approved", func(c clinic, d, hook string) error { return ecs.Continue(c.Context(), c.cloud.Config(), d, hook) }, ecs.Succeeded, 100},
		{"approved whatever it is paused at", func(c clinic, d, _ string) error { return ecs.Continue(c.Context(), c.cloud.Config(), d, "") }, ecs.Succeeded, 100},
		{"turned back", func(c clinic, d, hook string) error { return ecs.TurnBack(c.Context(), c.cloud.Config(), d, hook) }, ecs.RolledBack, 0},
		{"timed out", func(clinic, string, string) error { time.Sleep(31 * time.Minute); return nil }, ecs.RolledBack, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
				var paused *ecs.DeploymentError
				require.ErrorAs(c, apply(c.T, c.cloud, shifting("web:2", how)), &paused)
				require.Equal(c, ecs.Paused, paused.Outcome)
				require.Contains(c, paused.Error(), "is paused at hook "+paused.Hook)
				require.Equal(c, ecstypes.ServiceDeploymentLifecycleStagePostTestTrafficShift, c.deployment().LifecycleStage)
				require.Zero(c, c.share(url, false))
				require.Equal(c, 100, c.share(url, true), "the new version can be tried out")
				c.unchanged(shifting("web:2", how))

				require.NoError(c, test.resume(c, paused.Deployment, paused.Hook))
				all, _ := c.watched(c.Context(), paused.Deployment)
				require.Equal(c, test.outcome, of[ecs.DeploymentEnded](all)[0].Outcome)
				require.Equal(c, test.share, c.share(url, false))
				require.ErrorIs(c, ecs.Continue(c.Context(), c.cloud.Config(), paused.Deployment, ""), slipway.ErrNotFound)
				require.Error(c, ecs.Continue(c.Context(), c.cloud.Config(), paused.Deployment, paused.Hook))
			})
		})
	}
}

// TestPauseTimesOutAndGoesOn where it is told so.
func TestPauseTimesOutAndGoesOn(t *testing.T) {
	t.Parallel()
	hook := ecs.PauseHook{Stages: []ecs.Stage{ecs.PreScaleUp}, Timeout: 5 * time.Minute, OnTimeout: ecs.ContinueOnTimeout}
	shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
		require.Error(c, apply(c.T, c.cloud, shifting("web:2", ecs.BlueGreen{Hooks: []ecs.Hook{hook}})))
		require.Equal(c, int32(2), c.described().RunningCount, "no new task yet")
		time.Sleep(6 * time.Minute)
		require.Equal(c, 100, c.share(url, false))
		require.Equal(c, ecstypes.ServiceDeploymentStatusSuccessful, c.deployment().Status)
	})
}

// TestLambdaHook: the function is called at its stages with the traffic as it is.
func TestLambdaHook(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:000000000000:function:check"
	stages := []ecs.Stage{ecs.PreScaleUp, ecs.PostScaleUp, ecs.TestTrafficShift, ecs.PreProductionTrafficShift, ecs.ProductionTrafficShift, ecs.PostProductionTrafficShift}
	how := ecs.Canary{Percent: 10, CanaryBake: time.Minute, Hooks: []ecs.Hook{ecs.LambdaHook{Function: function, Stages: stages}}}
	for _, test := range []struct {
		name    string
		answer  func(fakes.HookEvent) fakes.HookAnswer
		outcome ecs.Outcome
		stages  []string
	}{
		{"all is well", func(fakes.HookEvent) fakes.HookAnswer {
			return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusSucceeded}
		}, ecs.Succeeded, []string{
			"PRE_SCALE_UP 0", "POST_SCALE_UP 0", "TEST_TRAFFIC_SHIFT 0", "PRE_PRODUCTION_TRAFFIC_SHIFT 0", "PRODUCTION_TRAFFIC_SHIFT 10",
			"PRE_PRODUCTION_TRAFFIC_SHIFT 10", "PRODUCTION_TRAFFIC_SHIFT 100", "POST_PRODUCTION_TRAFFIC_SHIFT 100",
		}},
		{"it fails, and is called when traffic goes back", func(e fakes.HookEvent) fakes.HookAnswer {
			if e.Stage == "POST_SCALE_UP" {
				return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusFailed}
			}
			return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusSucceeded}
		}, ecs.RolledBack, []string{"PRE_SCALE_UP 0", "POST_SCALE_UP 0", "PRODUCTION_TRAFFIC_SHIFT 0", "TEST_TRAFFIC_SHIFT 0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			shifted(t, ecs.BlueGreen{}, func(c clinic, _ string) {
				var called []string
				c.cloud.Function(function, func(e fakes.HookEvent) fakes.HookAnswer {
					call := e.Stage + " " + map[float64]string{0: "0", 10: "10", 100: "100"}[e.Production[e.Revision]]
					if !slices.Contains(called, call) {
						called = append(called, call)
						return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusInProgress, Delay: time.Second}
					}
					return test.answer(e)
				})
				err := apply(c.T, c.cloud, shifting("web:2", how))
				require.Equal(c, test.outcome == ecs.Succeeded, err == nil, "%v", err)
				require.Equal(c, test.stages, called)
			})
		})
	}
}

// The fullest deployments that shift traffic.

func fullCanary() ecs.Canary {
	return ecs.Canary{
		Percent: 12.5, CanaryBake: 20 * time.Minute, Bake: 5 * time.Minute, Alarms: []string{"errors"}, Threshold: ecs.FailedTasks(4),
		Hooks: []ecs.Hook{
			ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}, Timeout: time.Hour, OnTimeout: ecs.ContinueOnTimeout},
			ecs.LambdaHook{Function: "arn:aws:lambda:us-east-1:123456789012:function:check", Stages: []ecs.Stage{ecs.PreScaleUp, ecs.PostScaleUp}},
		},
	}
}

func fullLinear() ecs.Linear {
	return ecs.Linear{StepPercent: 25, StepBake: ecs.NoBake, Bake: 10 * time.Minute, WithoutCircuitBreaker: true, WithoutRollback: true}
}
