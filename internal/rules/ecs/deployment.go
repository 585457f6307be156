// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strconv"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// deploymentRules look at how new revisions are brought out.
var deploymentRules = []serviceRule{
	{Meta: minimumHealthyMeta, Check: func(r *rules.Report, in *service) { minimumHealthy(r, in.DeploymentConfiguration) }},
	{Meta: maximumPercentMeta, Check: func(r *rules.Report, in *service) { maximumPercent(r, in.DeploymentConfiguration, daemon(in)) }},
	{Meta: bothHundredMeta, Check: func(r *rules.Report, in *service) { bothHundred(r, in.DeploymentConfiguration, daemon(in)) }},
	{Meta: breakerMeta, Check: func(r *rules.Report, in *service) { breaker(r, in.DeploymentConfiguration) }},
	{Meta: alarmsMeta, Check: func(r *rules.Report, in *service) { alarms(r, in.DeploymentConfiguration) }},
	{Meta: bakeMeta, Check: func(r *rules.Report, in *service) { bake(r, in.DeploymentConfiguration) }},
	{Meta: earlyMeta, Check: func(r *rules.Report, in *service) { early(r, in.DeploymentConfiguration) }},
	{Meta: rules.Meta{
		ID: "ecs-codedeploy-balancer", Code: invalidParameter, Doc: docPreflight,
		Text: "When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load Balancer or Network Load Balancer.",
	}, Check: func(r *rules.Report, in *service) {
		c := in.DeploymentController
		if c != nil && c.Type == ecstypes.DeploymentControllerTypeCodeDeploy && len(in.LoadBalancers) == 0 {
			r.Add(rules.Problem{Path: "LoadBalancers", Got: "none", Want: "a load balancer with CODE_DEPLOY"})
		}
	}},
}

var (
	minimumHealthyMeta = rules.Meta{ID: "ecs-minimum-healthy-percent", Code: invalidParameter, Doc: docDeployment}
	maximumPercentMeta = rules.Meta{ID: "ecs-maximum-percent", Code: invalidParameter, Doc: docDeployment}
	bothHundredMeta    = rules.Meta{
		ID: "ecs-percents-block", Code: invalidParameter, Doc: docDeployment,
		Text: "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
	}
	breakerMeta = rules.Meta{
		ID: "ecs-circuit-breaker-threshold", Code: invalidParameter, Doc: guide + "deployment-circuit-breaker.html", Warn: true,
	}
	alarmsMeta = rules.Meta{ID: "ecs-deployment-alarms", Code: invalidParameter, Doc: api + "API_DeploymentAlarms.html"}
	bakeMeta   = rules.Meta{ID: "ecs-bake-time", Code: invalidParameter, Doc: docDeployment}
	earlyMeta  = rules.Meta{ID: "ecs-early-success", Code: invalidParameter, Doc: api + "API_DeploymentEarlySuccessCriteria.html"}
)

const hundred = 100

func minimumHealthy(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d == nil {
		return
	}
	text := "minimumHealthyPercent must be at most 100"
	if value(d.MinimumHealthyPercent) < 0 {
		text = "minimumHealthyPercent must be at least 0"
	}
	between(r, "DeploymentConfiguration.MinimumHealthyPercent", d.MinimumHealthyPercent, 0, hundred, " %", text)
}

func maximumPercent(r *rules.Report, d *ecstypes.DeploymentConfiguration, daemon bool) {
	if d == nil || d.MaximumPercent == nil {
		return
	}
	low := int32(hundred)
	if daemon {
		low = 0
	}
	if got := *d.MaximumPercent; got < low {
		r.Add(rules.Problem{
			Path: "DeploymentConfiguration.MaximumPercent", Got: strconv.Itoa(int(got)) + " %", Want: fmt.Sprintf("at least %d %%", low),
			Text: fmt.Sprintf("maximumPercent must be at least %d", low),
		})
	}
}

func bothHundred(r *rules.Report, d *ecstypes.DeploymentConfiguration, daemon bool) {
	if d == nil || daemon || d.MaximumPercent == nil || *d.MaximumPercent != hundred {
		return
	}
	if d.MinimumHealthyPercent == nil || *d.MinimumHealthyPercent == hundred {
		r.Add(rules.Problem{
			Path: "DeploymentConfiguration", Got: "minimum and maximum 100 %", Want: "room to stop or to start a task",
		})
	}
}

func breaker(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d == nil || d.DeploymentCircuitBreaker == nil || d.DeploymentCircuitBreaker.ThresholdConfiguration == nil {
		return
	}
	t := d.DeploymentCircuitBreaker.ThresholdConfiguration
	path := "DeploymentConfiguration.DeploymentCircuitBreaker.ThresholdConfiguration.Value"
	switch {
	case t.Value < 1:
		r.Add(rules.Problem{Path: path, Got: strconv.Itoa(int(t.Value)), Want: "1 or more"})
	case t.Type != ecstypes.ThresholdTypeCount && t.Value > hundred:
		r.Add(rules.Problem{Path: path, Got: strconv.Itoa(int(t.Value)) + " %", Want: "1 % to 100 %"})
	}
}

func alarms(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d != nil && d.Alarms != nil && d.Alarms.Enable && len(d.Alarms.AlarmNames) == 0 {
		r.Add(rules.Problem{Path: "DeploymentConfiguration.Alarms.AlarmNames", Got: "none", Want: "at least one alarm"})
	}
}

func bake(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	const day = 1440
	if d != nil {
		between(r, "DeploymentConfiguration.BakeTimeInMinutes", d.BakeTimeInMinutes, 0, day, " min", "")
	}
}

// early wants to know, with early success, how many tasks are enough and when the
// older ones go.
func early(r *rules.Report, d *ecstypes.DeploymentConfiguration) {
	if d == nil || d.EarlySuccessCriteria == nil || !d.EarlySuccessCriteria.Enable {
		return
	}
	const path = "DeploymentConfiguration.EarlySuccessCriteria."
	e := d.EarlySuccessCriteria
	if e.SourceServiceRevisionCleanup == "" {
		r.Add(rules.Problem{Path: path + "SourceServiceRevisionCleanup", Got: "none", Want: "BLOCKING or DEFERRED"})
	}
	if e.HealthyPercent == nil {
		r.Add(rules.Problem{Path: path + "HealthyPercent", Got: "none", Want: "0 % to 100 %"})
		return
	}
	between(r, path+"HealthyPercent", e.HealthyPercent, 0, hundred, " %", "")
	if low := d.MinimumHealthyPercent; low != nil && *e.HealthyPercent < *low {
		r.Add(rules.Problem{
			Path: path + "HealthyPercent", Got: strconv.Itoa(int(*e.HealthyPercent)) + " %", Want: fmt.Sprintf("at least the minimum healthy percent, %d %%", *low),
		})
	}
}

// Stuck has what ECS accepts and then cannot carry out: a service event says so
// at the next deployment. Fakes do not ask; their scheduler behaves so.
var Stuck = rules.Of[awsecs.CreateServiceInput]{
	{Meta: rules.Meta{
		ID: "ecs-deployment-stuck", Code: "service event", Doc: docEvents,
		Text: "was unable to stop or start tasks during a deployment because of the service deployment configuration. " +
			"Update the minimumHealthyPercent or maximumPercent value and try again.",
	}, Check: stuck},
}

// Room returns how many tasks must stay healthy, and how many there may be at
// most, while a deployment of desired tasks runs.
func Room(desired, minimumHealthyPercent, maximumPercent int) (least, most int) {
	return (desired*minimumHealthyPercent + hundred - 1) / hundred, desired * maximumPercent / hundred
}

func stuck(r *rules.Report, in *service) {
	d := in.DeploymentConfiguration
	if d == nil || daemon(in) || value(in.DesiredCount) <= 0 || (d.Strategy != "" && d.Strategy != ecstypes.DeploymentStrategyRolling) {
		return
	}
	low, high := percents(d)
	desired := int(*in.DesiredCount)
	least, most := Room(desired, low, high)
	if least >= desired && most <= desired {
		r.Add(rules.Problem{
			Path: "DeploymentConfiguration",
			Got:  fmt.Sprintf("minimum %d %% and maximum %d %% of %s", low, high, count(desired, "task")),
			Want: fmt.Sprintf("room to stop or to start a task: between %d and %d there is none", least, most),
		})
	}
}

// percents are the bounds of a rolling deployment, with ECS's defaults.
func percents(d *ecstypes.DeploymentConfiguration) (low, high int) {
	low, high = hundred, 2*hundred
	if d.MinimumHealthyPercent != nil {
		low = int(*d.MinimumHealthyPercent)
	}
	if d.MaximumPercent != nil {
		high = int(*d.MaximumPercent)
	}
	return low, high
}
