// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docHook     = api + "API_DeploymentLifecycleHook.html"
	docCanary   = api + "API_CanaryConfiguration.html"
	docLinear   = api + "API_LinearConfiguration.html"
	docAdvanced = api + "API_AdvancedConfiguration.html"
)

// shiftRule is one on deployments that shift traffic, of new services and of updates.
type shiftRule struct {
	rules.Meta

	check func(*rules.Report, *ecstypes.DeploymentConfiguration)
}

// shiftRules look at how traffic is shifted.
var shiftRules = []shiftRule{
	{rules.Meta{ID: "ecs-blue-green-bake", Code: invalidParameter, Doc: docDeployment}, blueGreenBake},
	{rules.Meta{ID: "ecs-canary", Code: invalidParameter, Doc: docCanary}, canary},
	{rules.Meta{ID: "ecs-linear", Code: invalidParameter, Doc: docLinear}, linear},
	{rules.Meta{ID: "ecs-strategy-configuration", Code: invalidParameter, Doc: docDeployment}, strategyConfiguration},
	{rules.Meta{ID: "ecs-hook-count", Code: invalidParameter, Doc: guide + "pause-lifecycle-hooks.html"}, hookCount},
	{rules.Meta{ID: "ecs-hook-stages", Code: invalidParameter, Doc: docHook}, hookStages},
	{rules.Meta{ID: "ecs-hook-target", Code: invalidParameter, Doc: docHook}, hookTarget},
	{rules.Meta{ID: "ecs-hook-role", Code: invalidParameter, Doc: guide + "blue-green-permissions.html", Warn: true}, hookRole},
	{rules.Meta{ID: "ecs-hook-timeout", Code: invalidParameter, Doc: guide + "pause-lifecycle-hooks.html", Warn: true}, hookTimeouts},
}

func createShiftRules() []serviceRule {
	var list []serviceRule
	for _, rule := range shiftRules {
		list = append(list, serviceRule{Meta: rule.Meta, Check: func(r *rules.Report, in *service) { rule.check(r, orNone(in.DeploymentConfiguration)) }})
	}
	return append(list, serviceRule{
		Meta:  rules.Meta{ID: "ecs-shift-groups", Code: invalidParameter, Doc: docAdvanced, Warn: true},
		Check: shiftGroups,
	})
}

func updateShiftRules() []rules.Rule[update] {
	var list []rules.Rule[update]
	for _, rule := range shiftRules {
		list = append(list, rules.Rule[update]{
			Meta: rule.Meta, Check: func(r *rules.Report, in *update) { rule.check(r, orNone(in.DeploymentConfiguration)) },
		})
	}
	return list
}

func orNone(d *ecstypes.DeploymentConfiguration) *ecstypes.DeploymentConfiguration {
	if d == nil {
		return &ecstypes.DeploymentConfiguration{}
	}
	return d
}

func blueGreenBake(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d.Strategy == ecstypes.DeploymentStrategyBlueGreen && d.BakeTimeInMinutes == nil {
		r.Add(rules.Problem{Path: "DeploymentConfiguration.BakeTimeInMinutes", Got: "none", Want: "a bake time with BLUE_GREEN, 0 to 1440 min"})
	}
}

// mostBake is a day in minutes.
const mostBake = 1440

// mostPause is 14 days in minutes, mostHooks how many hooks of each kind a service has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
const (
	mostPause = 20160
	mostHooks = 10
)

func canary(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	const least = 0.1
	if c := d.CanaryConfiguration; c != nil {
		percent(r, "DeploymentConfiguration.CanaryConfiguration.CanaryPercent", c.CanaryPercent, least)
		between(r, "DeploymentConfiguration.CanaryConfiguration.CanaryBakeTimeInMinutes", c.CanaryBakeTimeInMinutes, 0, mostBake, " min", "")
	}
}

func linear(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	const least = 3
	if c := d.LinearConfiguration; c != nil {
		percent(r, "DeploymentConfiguration.LinearConfiguration.StepPercent", c.StepPercent, least)
		between(r, "DeploymentConfiguration.LinearConfiguration.StepBakeTimeInMinutes", c.StepBakeTimeInMinutes, 0, mostBake, " min", "")
	}
}

// percent checks a share of traffic: from least to 100, in steps of 0.1.
func percent(r *rules.Report, path string, p *float64, least float64) {
	const tenths, near = 10, 1e-9
	if p == nil {
		return
	}
	if n := *p * tenths; *p < least || *p > hundred || math.Abs(n-math.Round(n)) > near {
		r.Add(rules.Problem{
			Path: path, Got: strconv.FormatFloat(*p, 'g', -1, 64) + " %", Want: fmt.Sprintf("%g %% to 100 %% in steps of 0.1 %%", least),
		})
	}
}

func strategyConfiguration(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d.CanaryConfiguration != nil && d.Strategy != ecstypes.DeploymentStrategyCanary {
		r.Add(rules.Problem{Path: "DeploymentConfiguration.CanaryConfiguration", Got: "one with " + strategyName(d), Want: "strategy CANARY"})
	}
	if d.LinearConfiguration != nil && d.Strategy != ecstypes.DeploymentStrategyLinear {
		r.Add(rules.Problem{Path: "DeploymentConfiguration.LinearConfiguration", Got: "one with " + strategyName(d), Want: "strategy LINEAR"})
	}
}

func strategyName(d *ecstypes.DeploymentConfiguration) string {
	if d.Strategy == "" {
		return string(ecstypes.DeploymentStrategyRolling)
	}
	return string(d.Strategy)
}

func eachHook(d *ecstypes.DeploymentConfiguration, check func(path string, h *ecstypes.DeploymentLifecycleHook)) {
	for i := range d.LifecycleHooks {
		check(rules.Elem("DeploymentConfiguration.LifecycleHooks", nil, i), &d.LifecycleHooks[i])
	}
}

// unpaused are the stages at which there are no pauses.
var unpaused = []ecstypes.DeploymentLifecycleHookStage{
	ecstypes.DeploymentLifecycleHookStageTestTrafficShift, ecstypes.DeploymentLifecycleHookStageProductionTrafficShift,
}

func hookStages(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	eachHook(d, func(path string, h *ecstypes.DeploymentLifecycleHook) {
		if len(h.LifecycleStages) == 0 {
			r.Add(rules.Problem{Path: path + ".LifecycleStages", Got: "none", Want: "at least one stage"})
		}
		for _, stage := range h.LifecycleStages {
			switch {
			case !slices.Contains(stage.Values(), stage):
				r.Add(rules.Problem{Path: path + ".LifecycleStages", Got: quote(string(stage)), Want: "a stage that has hooks"})
			case pauses(h) && slices.Contains(unpaused, stage):
				r.Add(rules.Problem{Path: path + ".LifecycleStages", Got: "PAUSE at " + string(stage), Want: "AWS_LAMBDA, or another stage"})
			}
		}
	})
}

func pauses(h *ecstypes.DeploymentLifecycleHook) bool {
	return h.TargetType == ecstypes.DeploymentLifecycleHookTargetTypePause
}

func hookTarget(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	eachHook(d, func(path string, h *ecstypes.DeploymentLifecycleHook) {
		if !pauses(h) && value(h.HookTargetArn) == "" {
			r.Add(rules.Problem{Path: path + ".HookTargetArn", Got: "none", Want: "the ARN of a Lambda function"})
		}
	})
}

func hookRole(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	eachHook(d, func(path string, h *ecstypes.DeploymentLifecycleHook) {
		if !pauses(h) && value(h.RoleArn) == "" {
			r.Add(rules.Problem{Path: path + ".RoleArn", Got: "none", Want: "a role by which ECS calls the function"})
		}
	})
}

func hookCount(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	paused := 0
	eachHook(d, func(_ string, h *ecstypes.DeploymentLifecycleHook) {
		if pauses(h) {
			paused++
		}
	})
	for _, of := range []struct {
		kind string
		n    int
	}{{"pause hook", paused}, {"Lambda hook", len(d.LifecycleHooks) - paused}} {
		if of.n > mostHooks {
			r.Add(rules.Problem{Path: "DeploymentConfiguration.LifecycleHooks", Got: count(of.n, of.kind), Want: "at most 10"})
		}
	}
}

func hookTimeouts(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	eachHook(d, func(path string, h *ecstypes.DeploymentLifecycleHook) {
		if c := h.TimeoutConfiguration; c != nil {
			most := int32(mostBake) // a stage lasts no longer
			if pauses(h) {
				most = mostPause
			}
			between(r, path+".TimeoutConfiguration.TimeoutInMinutes", c.TimeoutInMinutes, 1, most, " min", "")
		}
	})
}

// shiftGroups wants of a deployment that shifts traffic what it shifts it between.
func shiftGroups(r *rules.Report, in *service) {
	d := orNone(in.DeploymentConfiguration)
	if d.Strategy == "" || d.Strategy == ecstypes.DeploymentStrategyRolling {
		return
	}
	for i := range in.LoadBalancers {
		lb := &in.LoadBalancers[i]
		a, missing := lb.AdvancedConfiguration, []string{}
		if a == nil {
			a = &ecstypes.AdvancedConfiguration{}
		}
		for _, f := range []struct {
			name  string
			value *string
		}{{"AlternateTargetGroupArn", a.AlternateTargetGroupArn}, {"ProductionListenerRule", a.ProductionListenerRule}, {"RoleArn", a.RoleArn}} {
			if value(f.value) == "" {
				missing = append(missing, f.name)
			}
		}
		if len(missing) > 0 {
			r.Add(rules.Problem{
				Path: rules.Elem("LoadBalancers", nil, i) + ".AdvancedConfiguration", Got: "no " + strings.Join(missing, ", "),
				Want: "a second target group, the rule that forwards to both and a role, with " + string(d.Strategy),
			})
		}
	}
}
