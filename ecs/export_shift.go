// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/gosource"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
)

// deployment declares how the service is brought out; ok is false where nothing need be
// said.
func (x *exporter) deployment() (d expressed[Deployment], ok bool) {
	c := x.service.Create.DeploymentConfiguration
	rolling := rollingOf(c)
	if x.on.daemon {
		return x.daemonDeployment(c, rolling)
	}
	if c == nil || c.Strategy == "" || c.Strategy == ecstypes.DeploymentStrategyRolling {
		return gosource.Of[Deployment](x.p, rolling.Rolling, rolling.source(x.p)), !rolling.plain()
	}
	bake := minutesOf(c.BakeTimeInMinutes)
	hooks, sources := x.hooks(c)
	var (
		value  Deployment
		name   string
		fields []gosource.Field
	)
	add := func(set bool, name string, v any) {
		if set {
			fields = append(fields, gosource.Field{Name: name, Value: v})
		}
	}
	switch c.Strategy {
	case ecstypes.DeploymentStrategyCanary:
		percent, first := aws.ToFloat64(c.CanaryConfiguration.CanaryPercent), bakeOf(c.CanaryConfiguration.CanaryBakeTimeInMinutes)
		add(percent != 0, "Percent", percent)
		add(first != 0, "CanaryBake", x.bake(first))
		name, value = "ecs.Canary", Canary{
			Percent: percent, CanaryBake: first, Bake: bake, Alarms: rolling.Alarms, Hooks: hooks,
			WithoutCircuitBreaker: rolling.WithoutCircuitBreaker, WithoutRollback: rolling.WithoutRollback, Threshold: rolling.Threshold,
		}
	case ecstypes.DeploymentStrategyLinear:
		percent, step := aws.ToFloat64(c.LinearConfiguration.StepPercent), bakeOf(c.LinearConfiguration.StepBakeTimeInMinutes)
		add(percent != 0, "StepPercent", percent)
		add(step != 0, "StepBake", x.bake(step))
		name, value = "ecs.Linear", Linear{
			StepPercent: percent, StepBake: step, Bake: bake, Alarms: rolling.Alarms, Hooks: hooks,
			WithoutCircuitBreaker: rolling.WithoutCircuitBreaker, WithoutRollback: rolling.WithoutRollback, Threshold: rolling.Threshold,
		}
	default:
		name, value = "ecs.BlueGreen", BlueGreen{
			Bake: bake, Alarms: rolling.Alarms, Hooks: hooks,
			WithoutCircuitBreaker: rolling.WithoutCircuitBreaker, WithoutRollback: rolling.WithoutRollback, Threshold: rolling.Threshold,
		}
	}
	add(bake != 0, "Bake", bake)
	add(len(rolling.Alarms) > 0, "Alarms", rolling.Alarms)
	add(len(hooks) > 0, "Hooks", gosource.Of(x.p, 0, x.p.List("[]ecs.Hook", sources...)))
	add(rolling.WithoutCircuitBreaker, "WithoutCircuitBreaker", true)
	add(rolling.WithoutRollback, "WithoutRollback", true)
	add(rolling.threshold != "", "Threshold", gosource.Call(x.p, rolling.Threshold, rolling.threshold, rolling.value))
	return gosource.Of(x.p, value, x.p.Struct(name, fields...)), true
}

func minutesOf(m *int32) time.Duration { return time.Duration(aws.ToInt32(m)) * time.Minute }

// bakeOf is a bake time that has a default: none is NoBake.
func bakeOf(m *int32) time.Duration {
	if m != nil && *m == 0 {
		return NoBake
	}
	return minutesOf(m)
}

func (x *exporter) bake(d time.Duration) any {
	if d == NoBake {
		return gosource.Of(x.p, d, "ecs.NoBake")
	}
	return d
}

// hooks declares the hooks.
func (x *exporter) hooks(c *ecstypes.DeploymentConfiguration) (hooks []Hook, sources []any) {
	for i := range c.LifecycleHooks {
		h := &c.LifecycleHooks[i]
		var (
			stages []Stage
			wait   time.Duration
			action TimeoutAction
			fields []gosource.Field
		)
		for _, s := range h.LifecycleStages {
			stages = append(stages, Stage(s))
		}
		fields = append(fields, gosource.Field{Name: "Stages", Value: stages})
		if t := h.TimeoutConfiguration; t != nil {
			const usual = 24 * time.Hour
			if wait = minutesOf(t.TimeoutInMinutes); wait == usual {
				wait = 0
			}
			if action = TimeoutAction(t.Action); action == RollBackOnTimeout {
				action = ""
			}
		}
		if wait != 0 {
			fields = append(fields, gosource.Field{Name: "Timeout", Value: wait})
		}
		if action != "" {
			fields = append(fields, gosource.Field{Name: "OnTimeout", Value: action})
		}
		if h.TargetType == ecstypes.DeploymentLifecycleHookTargetTypePause {
			hooks = append(hooks, PauseHook{Stages: stages, Timeout: wait, OnTimeout: action})
			sources = append(sources, gosource.Of(x.p, 0, x.p.Struct("ecs.PauseHook", fields...)))
			continue
		}
		function := text(h.HookTargetArn)
		fields = append([]gosource.Field{{Name: "Function", Value: function}}, fields...)
		var ref iam.RoleRef
		if role, ok := x.role(h.RoleArn, x.at.cluster+"-"+x.at.service+"-hook-"+lastColon(function)); ok {
			ref, fields = role.V, append(fields, gosource.Field{Name: "Role", Value: role})
		}
		hooks = append(hooks, LambdaHook{Function: function, Stages: stages, Role: ref, Timeout: wait, OnTimeout: action})
		sources = append(sources, gosource.Of(x.p, 0, x.p.Struct("ecs.LambdaHook", fields...)))
	}
	return hooks, sources
}

// testRoute adds the route of test traffic, where the stack has one.
func (x *exporter) testRoute(route expressed[elb.Route], name string) expressed[elb.Route] {
	rule := ownedState[modelelb.ListenerRule](x, modelelb.KindListenerRule, name+"-test")
	if rule == nil {
		return route
	}
	paths, rest := pathsOf(rule.Create.Conditions)
	test := routeConditions(x.routeOn(text(rule.Create.ListenerArn), paths), rest)
	if p := aws.ToInt32(rule.Create.Priority); p != 0 {
		test = test.On(test.V.WithPriority(p), "WithPriority", p)
	}
	return route.On(route.V.WithTestRoute(test.V), "WithTestRoute", test)
}
