// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

func (f *Fake) ruleOperations(s *sim.Service) {
	sim.Handle(s, "CreateRule", f.createRule, sim.Refuses[awselb.CreateRuleInput](unmodelledActions("Actions")...),
		sim.Needs(func(_ *sim.Call, in *awselb.CreateRuleInput) []sim.Access {
			parent := aws.ToString(in.ListenerArn)
			made := strings.Replace(parent, ":listener/", ":listener-rule/", 1) + "/*"
			return creates("CreateRule", parent, made, in.Tags)
		}))
	sim.Handle(s, "ModifyRule", f.modifyRule, sim.Refuses[awselb.ModifyRuleInput](unmodelledActions("Actions")...),
		needs("ModifyRule", func(in *awselb.ModifyRuleInput) []string { return one(in.RuleArn) }))
	sim.Handle(s, "SetRulePriorities", f.setRulePriorities,
		needs("SetRulePriorities", func(in *awselb.SetRulePrioritiesInput) []string {
			var arns []string
			for _, p := range in.RulePriorities {
				arns = append(arns, aws.ToString(p.RuleArn))
			}
			return arns
		}))
	sim.Handle(s, "DescribeRules", f.describeRules)
	sim.Handle(s, "DeleteRule", f.deleteRule,
		needs("DeleteRule", func(in *awselb.DeleteRuleInput) []string { return one(in.RuleArn) }))
}

func (f *Fake) createRule(c *sim.Call, in *awselb.CreateRuleInput) (*awselb.CreateRuleOutput, error) {
	if err := check(f, c, elbrules.CreateRule, in); err != nil {
		return nil, err
	}
	r := f.in(c)
	l := r.listener(aws.ToString(in.ListenerArn))
	if err := f.admits(r, r.balancer(aws.ToString(l.view.LoadBalancerArn)), nil, in.Actions); err != nil {
		return nil, err
	}
	priority := strconv.Itoa(int(aws.ToInt32(in.Priority)))
	if r.priorityTaken(l.arn(), priority, nil) {
		return nil, priorityInUse(priority)
	}
	if r.rulesOn(aws.ToString(l.view.LoadBalancerArn)) >= r.quotas.Of(world.QuotaRules) {
		return nil, &elbtypes.TooManyRulesException{Message: aws.String(
			"You've reached the limit on the number of rules per load balancer")}
	}
	arn := strings.Replace(l.arn(), ":listener/", ":listener-rule/", 1) + "/" + f.sim.ID(16, "rule", l.arn(), priority)
	made := &rule{listener: l.arn(), tags: tagMap(in.Tags), view: elbtypes.Rule{
		RuleArn: aws.String(arn), Priority: aws.String(priority), IsDefault: aws.Bool(false),
		Actions: described(in.Actions), Conditions: describedConditions(in.Conditions), Transforms: in.Transforms,
	}}
	r.rules = append(r.rules, made)
	f.rewire(r)
	return &awselb.CreateRuleOutput{Rules: []elbtypes.Rule{made.view}}, nil
}

// describedConditions returns conditions as AWS shows them: the values of paths
// and hosts twice.
func describedConditions(list []elbtypes.RuleCondition) []elbtypes.RuleCondition {
	list = model.Conditions(list)
	for i := range list {
		switch c := &list[i]; {
		case c.PathPatternConfig != nil:
			c.Values = c.PathPatternConfig.Values
		case c.HostHeaderConfig != nil:
			c.Values = c.HostHeaderConfig.Values
		}
	}
	return list
}

func priorityInUse(priority string) error {
	return &elbtypes.PriorityInUseException{Message: aws.String(fmt.Sprintf("Priority '%s' is currently in use", priority))}
}

func (r *region) priorityTaken(listener, priority string, but []*rule) bool {
	return slices.ContainsFunc(r.rules, func(o *rule) bool {
		return o.listener == listener && aws.ToString(o.view.Priority) == priority && !slices.Contains(but, o)
	})
}

// rulesOn counts a balancer's rules without the default ones.
func (r *region) rulesOn(balancer string) int {
	n := 0
	for _, o := range r.rules {
		l := r.listener(o.listener)
		if l != nil && aws.ToString(l.view.LoadBalancerArn) == balancer && !aws.ToBool(o.view.IsDefault) {
			n++
		}
	}
	return n
}

func (f *Fake) modifyRule(c *sim.Call, in *awselb.ModifyRuleInput) (*awselb.ModifyRuleOutput, error) {
	r := f.in(c)
	o := r.rule(aws.ToString(in.RuleArn))
	if o == nil {
		return nil, noRule()
	}
	if aws.ToBool(o.view.IsDefault) {
		return nil, &elbtypes.OperationNotPermittedException{Message: aws.String(
			fmt.Sprintf("Default rule '%s' cannot be modified", o.arn()))}
	}
	if err := check(f, c, elbrules.ModifyRule, in); err != nil {
		return nil, err
	}
	if l := r.listener(o.listener); l != nil {
		if err := f.admits(r, r.balancer(aws.ToString(l.view.LoadBalancerArn)), o, in.Actions); err != nil {
			return nil, err
		}
	}
	if in.Actions != nil {
		o.view.Actions, o.credit = described(in.Actions), nil
	}
	if in.Conditions != nil {
		o.view.Conditions = describedConditions(in.Conditions)
	}
	switch {
	case aws.ToBool(in.ResetTransforms):
		o.view.Transforms = nil
	case in.Transforms != nil:
		o.view.Transforms = in.Transforms
	}
	f.rewire(r)
	return &awselb.ModifyRuleOutput{Rules: []elbtypes.Rule{o.view}}, nil
}

func (f *Fake) setRulePriorities(c *sim.Call, in *awselb.SetRulePrioritiesInput) (*awselb.SetRulePrioritiesOutput, error) {
	r := f.in(c)
	var moved []*rule
	for _, p := range in.RulePriorities {
		o := r.rule(aws.ToString(p.RuleArn))
		if o == nil {
			return nil, noRule()
		}
		if aws.ToBool(o.view.IsDefault) {
			return nil, &elbtypes.OperationNotPermittedException{Message: aws.String("The priority of a default rule cannot be set")}
		}
		moved = append(moved, o)
	}
	if err := check(f, c, elbrules.SetRulePriorities, in); err != nil {
		return nil, err
	}
	for i, o := range moved {
		priority := strconv.Itoa(int(aws.ToInt32(in.RulePriorities[i].Priority)))
		if r.priorityTaken(o.listener, priority, moved) {
			return nil, priorityInUse(priority)
		}
	}
	out := &awselb.SetRulePrioritiesOutput{}
	for i, o := range moved {
		o.view.Priority = aws.String(strconv.Itoa(int(aws.ToInt32(in.RulePriorities[i].Priority))))
		out.Rules = append(out.Rules, o.view)
	}
	return out, nil
}

func (f *Fake) describeRules(c *sim.Call, in *awselb.DescribeRulesInput) (*awselb.DescribeRulesOutput, error) {
	r := f.in(c)
	var chosen []*rule
	switch {
	case len(in.RuleArns) > 0:
		found, missing := choose(in.RuleArns, r.rule)
		if missing != "" {
			return nil, noRule()
		}
		chosen = found
	case in.ListenerArn != nil:
		if r.listener(*in.ListenerArn) == nil {
			return nil, noListener()
		}
		for _, o := range r.rules {
			if o.listener == *in.ListenerArn {
				chosen = append(chosen, o)
			}
		}
		slices.SortStableFunc(chosen, func(a, b *rule) int { return cmp.Compare(a.place(), b.place()) })
	default:
		return nil, validation("You must specify either rule ARNs or a listener ARN")
	}
	page, next, err := pageOf(chosen, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awselb.DescribeRulesOutput{NextMarker: next}
	for _, o := range page {
		out.Rules = append(out.Rules, o.view)
	}
	return out, nil
}

// place is the order in which rules are tried; the default one is last.
func (r *rule) place() int {
	if n, err := strconv.Atoi(aws.ToString(r.view.Priority)); err == nil {
		return n
	}
	return 1 << 30
}

func (f *Fake) deleteRule(c *sim.Call, in *awselb.DeleteRuleInput) (*awselb.DeleteRuleOutput, error) {
	r := f.in(c)
	o := r.rule(aws.ToString(in.RuleArn))
	if o == nil {
		return nil, noRule()
	}
	if aws.ToBool(o.view.IsDefault) {
		return nil, &elbtypes.OperationNotPermittedException{Message: aws.String(
			fmt.Sprintf("Default rule '%s' cannot be deleted", o.arn()))}
	}
	r.rules = slices.DeleteFunc(r.rules, func(x *rule) bool { return x == o })
	f.rewire(r)
	return &awselb.DeleteRuleOutput{}, nil
}
