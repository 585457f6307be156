// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func deployed(d ecstypes.DeploymentConfiguration) func(*service) {
	return func(in *service) { in.DeploymentConfiguration = &d }
}

func canary(percent float64, bake int32) func(*service) {
	return deployed(ecstypes.DeploymentConfiguration{
		Strategy: ecstypes.DeploymentStrategyCanary, CanaryConfiguration: &ecstypes.CanaryConfiguration{CanaryPercent: &percent, CanaryBakeTimeInMinutes: &bake},
	})
}

func linear(percent float64, bake int32) func(*service) {
	return deployed(ecstypes.DeploymentConfiguration{
		Strategy: ecstypes.DeploymentStrategyLinear, LinearConfiguration: &ecstypes.LinearConfiguration{StepPercent: &percent, StepBakeTimeInMinutes: &bake},
	})
}

func blueGreen(bake *int32) ecstypes.DeploymentConfiguration {
	return ecstypes.DeploymentConfiguration{Strategy: ecstypes.DeploymentStrategyBlueGreen, BakeTimeInMinutes: bake}
}

func hooked(h ecstypes.DeploymentLifecycleHook) func(*service) {
	d := blueGreen(aws.Int32(0))
	d.LifecycleHooks = []ecstypes.DeploymentLifecycleHook{h}
	return deployed(d)
}

func pausedAt(minutes int32, stages ...ecstypes.DeploymentLifecycleHookStage) func(*service) {
	return hooked(ecstypes.DeploymentLifecycleHook{
		TargetType: ecstypes.DeploymentLifecycleHookTargetTypePause, LifecycleStages: stages,
		TimeoutConfiguration: &ecstypes.DeploymentLifecycleHookTimeoutConfiguration{TimeoutInMinutes: &minutes},
	})
}

func calls(function, role *string) func(*service) {
	return hooked(ecstypes.DeploymentLifecycleHook{
		HookTargetArn: function, RoleArn: role, LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{ecstypes.DeploymentLifecycleHookStagePreScaleUp},
	})
}

// shifted is a service behind a load balancer whose deployments shift traffic.
func shifted(a *ecstypes.AdvancedConfiguration) func(*service) {
	return func(in *service) {
		balanced("ip", "app", 80)(in)
		in.LoadBalancers[0].AdvancedConfiguration = a
		deployed(blueGreen(aws.Int32(0)))(in)
	}
}

func shiftRows() []serviceRow {
	const (
		canaryPath = "DeploymentConfiguration.CanaryConfiguration"
		linearPath = "DeploymentConfiguration.LinearConfiguration"
		hookPath   = "DeploymentConfiguration.LifecycleHooks[0]"
		preScaleUp = ecstypes.DeploymentLifecycleHookStagePreScaleUp
		function   = "arn:aws:lambda:us-east-1:123456789012:function:check"
	)
	rolling := func(d ecstypes.DeploymentConfiguration) func(*service) { return deployed(d) }
	whole := &ecstypes.AdvancedConfiguration{
		AlternateTargetGroupArn: aws.String("other"), ProductionListenerRule: aws.String("rule"), RoleArn: aws.String(role),
	}
	timed := func(minutes int32) func(*service) {
		return func(in *service) {
			calls(aws.String(function), aws.String(role))(in)
			in.DeploymentConfiguration.LifecycleHooks[0].TimeoutConfiguration = &ecstypes.DeploymentLifecycleHookTimeoutConfiguration{TimeoutInMinutes: &minutes}
		}
	}
	many := func(pauses, functions int) func(*service) {
		return func(in *service) {
			calls(aws.String(function), aws.String(role))(in)
			d := in.DeploymentConfiguration
			d.LifecycleHooks = slices.Repeat(d.LifecycleHooks[:1], functions)
			for range pauses {
				d.LifecycleHooks = append(d.LifecycleHooks, ecstypes.DeploymentLifecycleHook{
					TargetType: ecstypes.DeploymentLifecycleHookTargetTypePause, LifecycleStages: []ecstypes.DeploymentLifecycleHookStage{preScaleUp},
				})
			}
		}
	}
	return []serviceRow{
		{"ecs-blue-green-bake", "none", deployed(blueGreen(nil)), deployed(blueGreen(aws.Int32(0))), "DeploymentConfiguration.BakeTimeInMinutes", invalid, ""},
		{"ecs-canary", "less than a tenth", canary(0.05, 0), canary(0.1, 0), canaryPath + ".CanaryPercent", invalid, ""},
		{"ecs-canary", "more than all", canary(100.1, 0), canary(100, 0), canaryPath + ".CanaryPercent", invalid, ""},
		{"ecs-canary", "two decimals", canary(33.33, 0), canary(33.3, 0), canaryPath + ".CanaryPercent", invalid, ""},
		{"ecs-canary", "more than a day", canary(5, 1441), canary(5, 1440), canaryPath + ".CanaryBakeTimeInMinutes", invalid, ""},
		{"ecs-linear", "less than three", linear(2.9, 0), linear(3, 0), linearPath + ".StepPercent", invalid, ""},
		{"ecs-linear", "two decimals", linear(12.25, 0), linear(12.5, 0), linearPath + ".StepPercent", invalid, ""},
		{"ecs-linear", "before now", linear(10, -1), linear(10, 0), linearPath + ".StepBakeTimeInMinutes", invalid, ""},
		{
			"ecs-strategy-configuration", "canary of a rolling deployment",
			rolling(ecstypes.DeploymentConfiguration{CanaryConfiguration: &ecstypes.CanaryConfiguration{}}), canary(5, 10), canaryPath, invalid, "",
		},
		{
			"ecs-strategy-configuration", "steps of a canary", deployed(ecstypes.DeploymentConfiguration{
				Strategy: ecstypes.DeploymentStrategyCanary, LinearConfiguration: &ecstypes.LinearConfiguration{},
			}), linear(10, 6), linearPath, invalid, "",
		},
		{"ecs-hook-stages", "none", pausedAt(10), pausedAt(10, preScaleUp), hookPath + ".LifecycleStages", invalid, ""},
		{"ecs-hook-stages", "one without hooks", pausedAt(10, "BAKE_TIME"), pausedAt(10, preScaleUp), hookPath + ".LifecycleStages", invalid, ""},
		{
			"ecs-hook-stages", "pause while traffic is shifted", pausedAt(10, ecstypes.DeploymentLifecycleHookStageProductionTrafficShift),
			pausedAt(10, ecstypes.DeploymentLifecycleHookStagePreProductionTrafficShift), hookPath + ".LifecycleStages", invalid, "",
		},
		{"ecs-hook-target", "no function", calls(nil, aws.String(role)), pausedAt(10, preScaleUp), hookPath + ".HookTargetArn", invalid, ""},
		{"ecs-hook-role", "no role", calls(aws.String(function), nil), calls(aws.String(function), aws.String(role)), hookPath + ".RoleArn", invalid, ""},
		{
			"ecs-hook-timeout", "a pause of more than 14 days", pausedAt(20161, preScaleUp), pausedAt(20160, preScaleUp),
			hookPath + ".TimeoutConfiguration.TimeoutInMinutes", invalid, "",
		},
		{
			"ecs-hook-timeout", "a function of more than a day", timed(1441), timed(1440), hookPath + ".TimeoutConfiguration.TimeoutInMinutes", invalid, "",
		},
		{"ecs-hook-count", "eleven pauses", many(11, 0), many(10, 10), "DeploymentConfiguration.LifecycleHooks", invalid, ""},
		{"ecs-hook-count", "eleven functions", many(0, 11), many(10, 10), "DeploymentConfiguration.LifecycleHooks", invalid, ""},
		{"ecs-shift-groups", "one group", shifted(nil), shifted(whole), "LoadBalancers[0].AdvancedConfiguration", invalid, ""},
	}
}

// TestUpdatesKnowTheRulesOfShifts: an update is asked the same.
func TestUpdatesKnowTheRulesOfShifts(t *testing.T) {
	t.Parallel()
	for _, test := range shiftRows() {
		if test.rule == "ecs-shift-groups" { // of new services
			continue
		}
		in := plainService()
		test.breaks(in)
		update := &awsecs.UpdateServiceInput{Service: aws.String("web"), DeploymentConfiguration: in.DeploymentConfiguration}
		require.NotEmpty(t, broken(ecsrules.UpdateService, world(), update, test.rule), "%s/%s", test.rule, test.name)
	}
}
