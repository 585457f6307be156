// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

// TestStrategiesThereAndBack: a change of strategy that adds or takes away a target group
// is a deployment; one between strategies that shift traffic is not.
func TestStrategiesThereAndBack(t *testing.T) {
	t.Parallel()
	pause := ecs.PauseHook{Stages: []ecs.Stage{ecs.PreScaleUp}}
	for _, test := range []struct {
		name       string
		base, next ecs.Deployment
		rolls      bool
	}{
		{"rolling and blue/green", ecs.Rolling{}, ecs.BlueGreen{}, true},
		{"rolling and linear", ecs.Rolling{}, ecs.Linear{StepPercent: 50, StepBake: ecs.NoBake}, true},
		{"blue/green and canary", ecs.BlueGreen{}, ecs.Canary{}, false},
		{"canary and linear", ecs.Canary{CanaryBake: ecs.NoBake}, ecs.Linear{StepBake: ecs.NoBake}, false},
		{"another bake time", ecs.BlueGreen{}, ecs.BlueGreen{Bake: time.Minute}, false},
		{"a hook", ecs.BlueGreen{}, ecs.BlueGreen{Hooks: []ecs.Hook{pause}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, shifting("web:1", test.base), shifting("web:1", test.next), test.rolls)
		})
	}
}

// TestShiftMistakes are found before anything is sent.
func TestShiftMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		how        ecs.Deployment
	}{
		{"half a minute", "whole minutes", ecs.BlueGreen{Bake: 90 * time.Second}},
		{"more than a day", "BakeTimeInMinutes", ecs.BlueGreen{Bake: 25 * time.Hour}},
		{"a share too small", "CanaryPercent", ecs.Canary{Percent: 0.05}},
		{"a step too small", "StepPercent", ecs.Linear{StepPercent: 2}},
		{"no hook", "a hook", ecs.BlueGreen{Hooks: []ecs.Hook{nil}}},
		{"time-out in seconds", "whole minutes", ecs.BlueGreen{Hooks: []ecs.Hook{ecs.PauseHook{Stages: []ecs.Stage{ecs.PreScaleUp}, Timeout: time.Second}}}},
		{"pause while traffic is shifted", "PAUSE at PRODUCTION_TRAFFIC_SHIFT", ecs.Canary{Hooks: []ecs.Hook{ecs.PauseHook{Stages: []ecs.Stage{ecs.ProductionTrafficShift}}}}},
		{"no function", "HookTargetArn", ecs.Canary{Hooks: []ecs.Hook{ecs.LambdaHook{Stages: []ecs.Stage{ecs.PreScaleUp}, Role: iam.RoleARN("arn:aws:iam::123456789012:role/a")}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, shifting("web:1", test.how).Validate(), test.want)
		})
	}
}

// TestOtherControllersAreRefused with a word that says what to do.
func TestOtherControllersAreRefused(t *testing.T) {
	t.Parallel()
	for _, controller := range []ecstypes.DeploymentControllerType{ecstypes.DeploymentControllerTypeCodeDeploy, ecstypes.DeploymentControllerTypeExternal} {
		s := shifting("web:1", ecs.Rolling{}).WithOverride(func(in *awsecs.CreateServiceInput) {
			in.DeploymentController = &ecstypes.DeploymentController{Type: controller}
		})
		require.ErrorContains(t, s.Validate(), "DeploymentController.Type: got "+string(controller))
	}
}

// TestStatusOfAShift tells stage, hook and traffic.
func TestStatusOfAShift(t *testing.T) {
	t.Parallel()
	hook := ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}}
	shifted(t, ecs.BlueGreen{}, func(c clinic, _ string) {
		require.Error(c, apply(c.T, c.cloud, shifting("web:2", ecs.BlueGreen{Hooks: []ecs.Hook{hook}})))
		s, err := ecs.Status(c.Context(), c.cloud.Config(), shopWeb)
		require.NoError(c, err)
		require.Equal(c, ecs.Paused, s.Outcome)
		require.Equal(c, "POST_TEST_TRAFFIC_SHIFT", s.Stage)
		require.False(c, s.Steady())
		require.Len(c, s.Traffic, 2)
		require.Contains(c, s.String(), "stage POST_TEST_TRAFFIC_SHIFT, paused at hook "+s.Hook+"\n")
		require.Contains(c, s.String(), " gets 0 % of the traffic and 100 % of the test traffic\n")
	})
}

// TestRolesOfShiftsArePassed: who deploys must be allowed to hand them to ECS.
func TestRolesOfShiftsArePassed(t *testing.T) {
	t.Parallel()
	plan, err := slipway.NewStack("shop", shifting("web:1", fullCanary())).Plan(t.Context(), fakes.New(fakes.Options{}).Config())
	require.NoError(t, err)
	require.Contains(t, plan.Policy(), "role/slipway/shop/shop-web-traffic-us-east-1")
	require.Contains(t, plan.Policy(), "role/slipway/shop/shop-web-hook-check-us-east-1")
}
