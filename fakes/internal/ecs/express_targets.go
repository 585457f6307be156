// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// expressTargets is one of the two target groups of a service, which its revisions use by
// turns.
type expressTargets struct {
	arn string
	// port and health are those of the revision that used it last.
	port   int32
	health string
}

// dimension is what CloudWatch calls the target group.
func (t expressTargets) dimension() string { return t.arn[strings.LastIndex(t.arn, ":")+1:] }

// slot is which of the target groups the newest revision uses.
func (e *express) slot() int { return e.slots[e.s.deployments[0].revision] }

// targets is the target group of the newest revision.
func (e *express) targets() expressTargets { return e.made.groups[e.slot()] }

// The health check of a target group.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
const (
	checkInterval, checkTimeout      = 30, 5
	healthyThreshold, unhealthyCount = 5, 2
)

// makeTargetGroups makes the two target groups, and has that of the newest revision fit
// it. The port of a target group cannot be changed: another one takes its place.
func (e *express) makeTargetGroups() error {
	for i := range e.made.groups {
		g := &e.made.groups[i]
		if g.arn != "" && (i != e.slot() || g.port == e.port()) {
			continue
		}
		made, err := e.makeTargetGroup()
		if err != nil {
			return err
		}
		if g.arn != "" {
			e.made.old = append(e.made.old, g.arn)
		}
		*g = made
	}
	g := &e.made.groups[e.slot()]
	if g.health == *e.config.health {
		return nil
	}
	_, err := as[awselb.ModifyTargetGroupOutput](e, elbID, "ModifyTargetGroup", &awselb.ModifyTargetGroupInput{
		TargetGroupArn: &g.arn, HealthCheckPath: e.config.health,
	})
	if err == nil {
		g.health = *e.config.health
	}
	return err
}

func (e *express) makeTargetGroup() (expressTargets, error) {
	r := e.s.cl.r
	made := expressTargets{port: e.port(), health: *e.config.health}
	out, err := as[awselb.CreateTargetGroupOutput](e, elbID, "CreateTargetGroup", &awselb.CreateTargetGroupInput{
		Name: new("ecs-gateway-tg-" + r.f.sim.ID(17, "express-targets", r.name, e.s.cl.name, e.s.name)), VpcId: &e.place.vpc,
		Protocol: elbtypes.ProtocolEnumHttp, Port: &made.port, TargetType: elbtypes.TargetTypeEnumIp, HealthCheckPath: &made.health,
		HealthCheckIntervalSeconds: new(int32(checkInterval)), HealthCheckTimeoutSeconds: new(int32(checkTimeout)),
		HealthyThresholdCount: new(int32(healthyThreshold)), UnhealthyThresholdCount: new(int32(unhealthyCount)), Tags: expressTags(),
	})
	if err == nil {
		made.arn = *out.TargetGroups[0].TargetGroupArn
	}
	return made, err
}

func (e *express) unmakeTargetGroups() error {
	if err := e.dropOld(); err != nil {
		return err
	}
	for i := range e.made.groups {
		g := &e.made.groups[i]
		if g.arn == "" {
			continue
		}
		if err := e.deleteTargetGroup(g.arn); err != nil {
			return err
		}
		*g = expressTargets{}
	}
	return nil
}

// dropOld deletes the target groups that others have taken the place of.
func (e *express) dropOld() error {
	for len(e.made.old) > 0 {
		if err := e.deleteTargetGroup(e.made.old[0]); err != nil {
			return err
		}
		e.made.old = e.made.old[1:]
	}
	return nil
}

func (e *express) deleteTargetGroup(arn string) error {
	_, err := as[awselb.DeleteTargetGroupOutput](e, elbID, "DeleteTargetGroup", &awselb.DeleteTargetGroupInput{TargetGroupArn: &arn})
	if vanished(err) {
		return nil
	}
	return err
}

// forward sends all requests to the target group of the revision that has the traffic; it
// is the deployment that shifts them.
func (e *express) forward() []elbtypes.Action {
	has := e.slot()
	if d := e.s.source(e.s.deployments[0]); d != nil {
		has = e.slots[d.revision]
	}
	var tuples []elbtypes.TargetGroupTuple
	for i, g := range e.made.groups {
		weight := int32(0)
		if i == has {
			weight = whole
		}
		tuples = append(tuples, elbtypes.TargetGroupTuple{TargetGroupArn: new(g.arn), Weight: &weight})
	}
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: tuples}}}
}

// makeRule has the service's host name lead to its target groups. Conditions that
// somebody has added stay.
func (e *express) makeRule() error {
	if e.made.rule == "" {
		return e.createRule()
	}
	if len(e.made.old) == 0 {
		return nil
	}
	_, err := as[awselb.ModifyRuleOutput](e, elbID, "ModifyRule", &awselb.ModifyRuleInput{RuleArn: &e.made.rule, Actions: e.forward()})
	if err != nil {
		return err
	}
	return e.dropOld()
}

func (e *express) createRule() error {
	priority, err := e.freePriority()
	if err != nil {
		return err
	}
	out, err := as[awselb.CreateRuleOutput](e, elbID, "CreateRule", &awselb.CreateRuleInput{
		ListenerArn: &e.gateway.listener, Priority: &priority, Actions: e.forward(), Tags: expressTags(),
		Conditions: []elbtypes.RuleCondition{{Field: new("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{e.host}}}},
	})
	if err != nil {
		return err
	}
	e.made.rule = *out.Rules[0].RuleArn
	return nil
}

// freePriority is the least that no rule of the listener has.
func (e *express) freePriority() (int32, error) {
	out, err := as[awselb.DescribeRulesOutput](e, elbID, "DescribeRules", &awselb.DescribeRulesInput{ListenerArn: &e.gateway.listener})
	if err != nil {
		return 0, err
	}
	taken := map[string]bool{}
	for _, r := range out.Rules {
		taken[value(r.Priority)] = true
	}
	priority := int32(1)
	for taken[strconv.Itoa(int(priority))] {
		priority++
	}
	return priority, nil
}

func (e *express) unmakeRule() error {
	if e.made.rule == "" {
		return nil
	}
	_, err := as[awselb.DeleteRuleOutput](e, elbID, "DeleteRule", &awselb.DeleteRuleInput{RuleArn: &e.made.rule})
	if err == nil {
		e.made.rule = ""
	}
	return err
}

// balancers has the load balancer send requests to the container Main, by one of the two
// target groups; none before they are made.
func (e *express) balancers() []ecstypes.LoadBalancer {
	if e.made.rule == "" {
		return nil
	}
	port := e.port()
	return []ecstypes.LoadBalancer{{
		TargetGroupArn: new(e.made.groups[0].arn), ContainerName: new(mainContainer), ContainerPort: &port,
		AdvancedConfiguration: &ecstypes.AdvancedConfiguration{
			AlternateTargetGroupArn: new(e.made.groups[1].arn), ProductionListenerRule: new(e.made.rule), RoleArn: &e.infrastructure,
		},
	}}
}

// managedValue is the value of the tag [managedTag] of what Express Mode makes.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-advanced-customization.html
const managedValue = "true"

func expressTags() []elbtypes.Tag {
	return []elbtypes.Tag{{Key: new(managedTag), Value: new(managedValue)}}
}
