// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// mostGroups is how many target groups a forward action has at most.
const (
	mostGroups = 5
	docForward = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ForwardActionConfig.html"
)

var (
	_ slipway.Bridger[model.ListenerRule] = listenerRules{}
	_ slipway.Bridger[model.Listener]     = listeners{}
)

// Bridge keeps the rule at the target groups that are replaced.
func (listenerRules) Bridge(have, want *model.ListenerRule, replaced []slipway.Replacement) (way []*model.ListenerRule, warnings []slipway.FieldError) {
	if want.Shifts {
		return nil, nil
	}
	steps, lost := bridge(have.Create.Actions, want.Create.Actions, replaced)
	for _, actions := range steps {
		between := *want
		between.Create.Actions = actions
		way = append(way, &between)
	}
	return way, lossesOf("Create.Actions", lost)
}

// Bridge keeps the listener at the target groups that are replaced.
func (listeners) Bridge(have, want *model.Listener, replaced []slipway.Replacement) (way []*model.Listener, warnings []slipway.FieldError) {
	if want.Shifts {
		return nil, nil
	}
	steps, lost := bridge(have.Create.DefaultActions, want.Create.DefaultActions, replaced)
	for _, actions := range steps {
		between := *want
		between.Create.DefaultActions = actions
		way = append(way, &between)
	}
	return way, lossesOf("Create.DefaultActions", lost)
}

// lossesOf warns of replacements during which requests fail.
func lossesOf(path string, lost []slipway.Replacement) (warnings []slipway.FieldError) {
	for _, r := range lost {
		warnings = append(warnings, slipway.FieldError{
			Path: path, Got: r.ID.String() + " replaced, and no action has a place for the old and the new one",
			Want: fmt.Sprintf("a forward action with at most %d target groups: requests fail until the targets of the new one are healthy", mostGroups-1),
			Doc:  docForward, Rule: "elb-target-group-replaced",
		})
	}
	return warnings
}

// bridge returns the actions on the way: first the old target group has the requests and
// the new one is there, for ECS takes only a group that something forwards to; then the
// other way round, for a target of a group that nothing forwards to is not healthy. Lost
// are the replacements for which there is no way.
func bridge(have, want []elbtypes.Action, replaced []slipway.Replacement) (way [][]elbtypes.Action, lost []slipway.Replacement) {
	begun, switched, bridged := want, want, false
	for _, r := range replaced {
		old := find(tuplesOf(have), r.Was)
		if old == nil {
			continue
		}
		weight := aws.Int32(0)
		if next := find(tuplesOf(have), r.Becomes); next != nil {
			weight = next.Weight
		}
		first, ok := forwarding(begun, r, *old, weight)
		if !ok {
			lost = append(lost, r)
			continue
		}
		bridged, begun = true, first
		switched, _ = forwarding(switched, r, elbtypes.TargetGroupTuple{TargetGroupArn: old.TargetGroupArn, Weight: aws.Int32(0)}, nil)
	}
	if !bridged {
		return nil, lost
	}
	return [][]elbtypes.Action{begun, switched}, lost
}

// find returns the target group whose ARN is such, or nil.
func find(tuples []elbtypes.TargetGroupTuple, such func(arn string) bool) *elbtypes.TargetGroupTuple {
	for i := range tuples {
		if such(aws.ToString(tuples[i].TargetGroupArn)) {
			return &tuples[i]
		}
	}
	return nil
}

// forwarding returns the actions with the old target group before the new one, whose
// weight is another if one is given; false where there is no place for it.
func forwarding(actions []elbtypes.Action, r slipway.Replacement, old elbtypes.TargetGroupTuple, weight *int32) ([]elbtypes.Action, bool) {
	for i, a := range actions {
		if a.ForwardConfig == nil || len(a.ForwardConfig.TargetGroups) == mostGroups {
			continue
		}
		groups := slices.Clone(a.ForwardConfig.TargetGroups)
		at := slices.IndexFunc(groups, func(t elbtypes.TargetGroupTuple) bool { return r.Becomes(aws.ToString(t.TargetGroupArn)) })
		if at < 0 {
			continue
		}
		if weight != nil {
			groups[at].Weight = weight
		}
		config := *a.ForwardConfig
		config.TargetGroups = slices.Insert(groups, at, old)
		actions = slices.Clone(actions)
		actions[i].ForwardConfig = &config
		return actions, true
	}
	return actions, false
}
