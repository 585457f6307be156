// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// listenerRules is the driver of elb:ListenerRule. AWS's rules have no names: one
// is found again by its ownership tag.
type listenerRules struct{ family }

type liveRule = slipway.Live[model.ListenerRule]

// Before names what needs the rules to be there.
func (listenerRules) Before() []string { return []string{"ecs:Service"} }

// Defaults puts actions and conditions into AWS's form.
func (listenerRules) Defaults(state *model.ListenerRule) {
	model.FillListenerRule(state)
	manageTags(&state.Create.Tags)
}

// Effects: all but the listener can be changed.
func (listenerRules) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Create.ListenerArn": slipway.Replace},
		Keys: map[string]string{
			"Create.Tags": "Key",
			"Create.Actions.ForwardConfig.TargetGroups": "TargetGroupArn",
		},
		Sets: []string{
			"Create.Conditions", "Create.Conditions.PathPatternConfig.Values", "Create.Conditions.HostHeaderConfig.Values",
			"Create.Conditions.HttpHeaderConfig.Values", "Create.Conditions.HttpRequestMethodConfig.Values",
			"Create.Conditions.QueryStringConfig.Values", "Create.Conditions.SourceIpConfig.Values",
		},
		Ignore: []string{"Shifts"},
	}
}

// Unmanaged: the weights that deployments shift.
func (listenerRules) Unmanaged(want *model.ListenerRule) []string {
	return shiftedWeights(want.Shifts, "Create.Actions")
}

// Read finds the rule among those of its listener.
func (d listenerRules) Read(ctx context.Context, c slipway.Call, want *model.ListenerRule) (*liveRule, error) {
	return readOne(ctx, c, want, d.ReadMany)
}

// ReadMany finds rules, with one call a listener.
func (d listenerRules) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.ListenerRule) ([]*liveRule, error) {
	var on []string
	for _, w := range want {
		if arn := w.Create.ListenerArn; known(arn) && !slices.Contains(on, *arn) {
			on = append(on, *arn)
		}
	}
	rules, err := d.rulesOf(ctx, client(calls[0]), on)
	if err != nil {
		return nil, err
	}
	live := make([]*liveRule, len(want))
	for i, w := range want {
		live[i] = pick(rules[aws.ToString(w.Create.ListenerArn)], calls[i], w)
	}
	return live, nil
}

// pick finds the call's own rule, or else a stranger's in the place that is asked
// for, which then is in the way.
func pick(rules []*liveRule, c slipway.Call, want *model.ListenerRule) *liveRule {
	for _, r := range rules {
		if r.Owner == c.Owner() {
			return r
		}
	}
	for _, r := range rules {
		if want.Create.Priority != nil && aws.ToInt32(r.State.Create.Priority) == *want.Create.Priority &&
			r.Owner.Stack != c.Stack {
			return r
		}
	}
	return nil
}

// List returns the stack's own rules, on whichever listener.
func (d listenerRules) List(ctx context.Context, c slipway.Call) ([]*liveRule, error) {
	api := client(c)
	all, err := everyListener(ctx, api)
	if err != nil {
		return nil, err
	}
	arns := make([]string, len(all))
	for i := range all {
		arns[i] = aws.ToString(all[i].ListenerArn)
	}
	rules, err := d.rulesOf(ctx, api, arns)
	if err != nil {
		return nil, err
	}
	var own []*liveRule
	for _, arn := range arns {
		for _, r := range rules[arn] {
			if r.Owner.Stack == c.Stack {
				own = append(own, r)
			}
		}
	}
	return own, nil
}

// rulesOf returns the rules, without the default ones, by listener.
func (d listenerRules) rulesOf(ctx context.Context, api *awselb.Client, on []string) (map[string][]*liveRule, error) {
	found := make([][]elbtypes.Rule, len(on))
	err := each(ctx, len(on), func(ctx context.Context, i int) error {
		var err error
		found[i], err = describeRules(ctx, api, on[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, rules := range found {
		for i := range rules {
			arns = append(arns, aws.ToString(rules[i].RuleArn))
		}
	}
	tags, err := tagsOf(ctx, api, arns)
	if err != nil {
		return nil, err
	}
	live := make(map[string][]*liveRule, len(on))
	for i, listener := range on {
		for j := range found[i] {
			r := &found[i][j]
			live[listener] = append(live[listener], d.rebuild(listener, r, tags[aws.ToString(r.RuleArn)]))
		}
	}
	return live, nil
}

// describeRules returns a listener's rules but the default one.
func describeRules(ctx context.Context, api *awselb.Client, listener string) ([]elbtypes.Rule, error) {
	var all []elbtypes.Rule
	in := &awselb.DescribeRulesInput{ListenerArn: aws.String(listener)}
	for pages := awselb.NewDescribeRulesPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, wrap("describe rules", err)
		}
		all = append(all, page.Rules...)
	}
	return slices.DeleteFunc(all, func(r elbtypes.Rule) bool { return aws.ToBool(r.IsDefault) }), nil
}

func (listenerRules) rebuild(listener string, r *elbtypes.Rule, tags []elbtypes.Tag) *liveRule {
	owner, rest := ownerOf(tags)
	in := awselb.CreateRuleInput{
		ListenerArn: aws.String(listener), Actions: model.Actions(r.Actions), Conditions: model.Conditions(r.Conditions),
		Transforms: r.Transforms, Tags: rest,
	}
	if p, err := strconv.ParseInt(aws.ToString(r.Priority), 10, 32); err == nil {
		in.Priority = aws.Int32(int32(p))
	}
	return &liveRule{
		State: model.ListenerRule{Create: in}, Owner: owner,
		Outputs: map[string][]string{"arn": {aws.ToString(r.RuleArn)}},
	}
}

// Put creates the rule or changes it.
func (d listenerRules) Put(ctx context.Context, c slipway.Call, have *liveRule, want *model.ListenerRule) error {
	state := *want
	d.Defaults(&state)
	if have == nil {
		return d.create(ctx, c, &state.Create)
	}
	if state.Shifts {
		state.Create.Actions = withWeightsOf(state.Create.Actions, have.State.Create.Actions)
	}
	arn := output(have, "arn")
	api := client(c)
	if change := ruleChange(&state.Create); !reflect.DeepEqual(change, ruleChange(&have.State.Create)) {
		change.RuleArn = aws.String(arn)
		if _, err := api.ModifyRule(ctx, &change); err != nil {
			return wrap("modify rule", err)
		}
	}
	if p := state.Create.Priority; p != nil && *p != aws.ToInt32(have.State.Create.Priority) {
		pair := elbtypes.RulePriorityPair{RuleArn: aws.String(arn), Priority: p}
		if _, err := api.SetRulePriorities(ctx, &awselb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{pair}}); err != nil {
			return wrap("set rule priority", err)
		}
	}
	return putTags(ctx, c, arn, have.Owner, have.State.Create.Tags, state.Create.Tags)
}

// create makes the rule. Where no priority was asked for, another rule may take
// the free one at the same time: then the next is tried. The one in the place may
// also be this very rule, made by a call whose reply was lost.
func (d listenerRules) create(ctx context.Context, c slipway.Call, want *awselb.CreateRuleInput) error {
	api := client(c)
	in := *want
	in.Tags = allTags(c, in.Tags)
	var err error
	for range priorityTries {
		if want.Priority == nil {
			rules, err := describeRules(ctx, api, aws.ToString(in.ListenerArn))
			if err != nil {
				return err
			}
			in.Priority = aws.Int32(freePriority(rules, preferred(&in)))
		}
		if _, err = api.CreateRule(ctx, &in); slipway.ErrorCode(err) != "PriorityInUse" {
			break
		}
		mine, readErr := d.made(ctx, c, aws.ToString(in.ListenerArn))
		if mine || readErr != nil {
			return readErr
		}
		if want.Priority != nil {
			break
		}
	}
	return wrap("create rule", err)
}

// made reports whether the call's own rule is there already.
func (d listenerRules) made(ctx context.Context, c slipway.Call, listener string) (bool, error) {
	rules, err := d.rulesOf(ctx, client(c), []string{listener})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(rules[listener], func(r *liveRule) bool { return r.Owner == c.Owner() }), nil
}

// Delete deletes the rule.
func (listenerRules) Delete(ctx context.Context, c slipway.Call, have *liveRule) error {
	if have == nil {
		return nil
	}
	arn := output(have, "arn")
	return untilFree(ctx, c, func(ctx context.Context) error {
		_, err := client(c).DeleteRule(ctx, &awselb.DeleteRuleInput{RuleArn: aws.String(arn)})
		return wrap("delete rule", err)
	})
}

// Tag marks the rule as the stack's.
func (listenerRules) Tag(ctx context.Context, c slipway.Call, have *liveRule) error {
	return tag(ctx, c, output(have, "arn"))
}

// Permissions are those of the calls above.
func (listenerRules) Permissions(have *liveRule, want *model.ListenerRule) []slipway.Permission {
	const resource = "listener-rule/app/*/*/*/*"
	all := reads("DescribeLoadBalancers", "DescribeListeners", "DescribeRules")
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, writes(resource, "DeleteRule"))
	case have == nil:
		return append(all, writes("listener/app/*/*/*", "CreateRule"), writes(resource, "AddTags"))
	default:
		return append(all, writes(resource, "ModifyRule", "SetRulePriorities", "AddTags", "RemoveTags"))
	}
}

// ruleChange picks what ModifyRule can change; no transforms means none.
func ruleChange(in *awselb.CreateRuleInput) awselb.ModifyRuleInput {
	change := awselb.ModifyRuleInput{Actions: in.Actions, Conditions: in.Conditions, Transforms: in.Transforms}
	if len(in.Transforms) == 0 {
		change.Transforms, change.ResetTransforms = nil, aws.Bool(true)
	}
	return change
}
