// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/override"
)

// ListenerRule declares a rule of a listener: what happens to the requests that
// meet all of its conditions. It needs at least one.
type ListenerRule struct {
	name       string
	listener   ListenerRef
	action     Action
	conditions conditions
	tags       map[string]string
	overrides  []func(*awselb.CreateRuleInput)
	// shifts: the weights are only where the rule begins.
	shifts bool
}

// NewListenerRule declares a rule. AWS's rules have no names; this one is for
// plans and for the tag by which the rule is found again.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
func NewListenerRule(name string, listener ListenerRef, action Action) ListenerRule {
	return ListenerRule{name: name, listener: listener, action: action}
}

// WithPath adds path patterns, one of which must match: case-sensitive, at most
// 128 characters, with * and ?.
func (r ListenerRule) WithPath(patterns ...string) ListenerRule {
	r.conditions = r.conditions.path(patterns)
	return r
}

// WithHost adds host names, one of which must match: at most 128 characters, with
// * and ?.
func (r ListenerRule) WithHost(names ...string) ListenerRule {
	r.conditions = r.conditions.host(names)
	return r
}

// WithHeader adds a condition on a header (not Host), one of whose values must
// match: at most 128 characters, with * and ?.
func (r ListenerRule) WithHeader(name string, values ...string) ListenerRule {
	r.conditions = r.conditions.header(name, values)
	return r
}

// WithMethod adds methods, such as "GET", one of which must match.
func (r ListenerRule) WithMethod(names ...string) ListenerRule {
	r.conditions = r.conditions.method(names)
	return r
}

// WithQuery adds a condition on the query string: a key (if not empty) with the
// value; with * and ?.
func (r ListenerRule) WithQuery(key, value string) ListenerRule {
	r.conditions = r.conditions.query(key, value)
	return r
}

// WithSourceIP adds address ranges (CIDR) of clients, one of which must match.
func (r ListenerRule) WithSourceIP(cidrs ...string) ListenerRule {
	r.conditions = r.conditions.source(cidrs)
	return r
}

// WithPriority sets the place of the rule, 1 to 50000; the lowest that applies
// wins. If not called, the rule gets the next free one and keeps it.
func (r ListenerRule) WithPriority(p int32) ListenerRule {
	r.conditions.priority = p
	return r
}

// WithTag adds a tag.
func (r ListenerRule) WithTag(key, value string) ListenerRule {
	r.tags = with(r.tags, key, value)
	return r
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (r ListenerRule) WithOverride(f func(*awselb.CreateRuleInput)) ListenerRule {
	r.overrides = append(slices.Clip(r.overrides), f)
	return r
}

// ID returns "elb:ListenerRule/<name>".
func (r ListenerRule) ID() slipway.ID { return slipway.ID{Kind: model.KindListenerRule, Name: r.name} }

// ARN returns the placeholder for the rule's ARN.
func (r ListenerRule) ARN() string { return slipway.Ref(r.ID(), "arn") }

// Resources returns the rule itself.
func (r ListenerRule) Resources() []slipway.Resource { return []slipway.Resource{r} }

func (ListenerRule) forwarder() {}

// Build returns the wanted state.
func (r ListenerRule) Build() (slipway.Desired, error) {
	in := awselb.CreateRuleInput{Conditions: r.conditions.list(), Tags: tagList(r.tags)}
	var uses []slipway.Resource
	if r.listener != nil {
		in.ListenerArn = aws.String(r.listener.ARN())
		uses = append(uses, r.listener.Resources()...)
	}
	if r.action != nil {
		in.Actions = []elbtypes.Action{r.action.action()}
		uses = append(uses, r.action.resources()...)
	}
	if r.conditions.priority != 0 {
		in.Priority = aws.Int32(r.conditions.priority)
	}
	overridden := override.Run("Create.", &in, r.overrides...)
	return slipway.Desired{
		Kind: listenerRuleKind(), State: &model.ListenerRule{Create: in, Shifts: r.shifts}, Uses: slices.Clip(uses), Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject.
func (r ListenerRule) Validate() error { return validate(r, listenerRules{}) }
