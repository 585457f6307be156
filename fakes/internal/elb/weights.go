// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	model "github.com/slipway-go/slipway/internal/model/elb"
)

// forwarder returns the rule of an ARN, or of a listener the default one; nil if there
// is none.
func (r *region) forwarder(arn string) *rule {
	if l := r.listener(arn); l != nil {
		return r.defaultRuleOf(l)
	}
	return r.rule(arn)
}

// Weights returns the weights of the target groups to which a rule forwards, or a
// listener by its default action.
func (f *Fake) Weights(region, listenerOrRuleARN string) (weights map[string]int, found bool) {
	o := f.of(region).forwarder(listenerOrRuleARN)
	if o == nil {
		return nil, false
	}
	weights = map[string]int{}
	for _, a := range model.Actions(o.view.Actions) {
		if a.ForwardConfig == nil {
			continue
		}
		for _, t := range a.ForwardConfig.TargetGroups {
			weights[aws.ToString(t.TargetGroupArn)] = int(aws.ToInt32(t.Weight))
		}
	}
	return weights, len(weights) > 0
}

// SetWeights sets the weights of those target groups that are forwarded to.
func (f *Fake) SetWeights(region, listenerOrRuleARN string, weights map[string]int) {
	r := f.of(region)
	o := r.forwarder(listenerOrRuleARN)
	if o == nil {
		return
	}
	o.view.Actions, o.credit = reweighed(o.view.Actions, weights), nil
	if l := r.listener(o.listener); l != nil && aws.ToBool(o.view.IsDefault) {
		l.view.DefaultActions = o.view.Actions
	}
}

// reweighed returns actions with other weights. What is stored stays as it is.
func reweighed(actions []elbtypes.Action, weights map[string]int) []elbtypes.Action {
	actions = model.Actions(actions)
	for _, a := range actions {
		if a.ForwardConfig == nil {
			continue
		}
		for i := range a.ForwardConfig.TargetGroups {
			t := &a.ForwardConfig.TargetGroups[i]
			if w, ok := weights[aws.ToString(t.TargetGroupArn)]; ok {
				t.Weight = aws.Int32(int32(min(max(w, 0), maxWeight)))
			}
		}
	}
	return described(actions)
}

// maxWeight is the most that a target group can weigh.
const maxWeight = 999
