// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// Check reports all that AWS would reject in an SDK input of yours, a pointer to one of
// elasticloadbalancingv2's inputs of CreateLoadBalancer, ModifyLoadBalancerAttributes,
// SetSubnets, SetSecurityGroups, SetIpAddressType, CreateListener, ModifyListener,
// ModifyListenerAttributes, AddListenerCertificates, CreateRule, ModifyRule,
// SetRulePriorities, CreateTargetGroup, ModifyTargetGroup, ModifyTargetGroupAttributes,
// RegisterTargets, DeregisterTargets and AddTags, or of elasticloadbalancing's of
// CreateLoadBalancer, CreateLoadBalancerListeners, ConfigureHealthCheck and
// ModifyLoadBalancerAttributes, for Classic Load Balancers. Any other type is an error that
// is [slipway.ErrInvalid].
func Check(in any) error {
	found, ok := elbrules.All(in)
	if !ok {
		return fmt.Errorf("%w: elb.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
	return rules.Errors(found)
}

// self answers for a state that is about to be made, under a name of its own.
type self struct {
	slipway.Refs
	kind  string
	state any
}

const selfRef = "self"

// Get answers for the state itself and asks on for the rest.
func (s self) Get(kind, ref string) (state any, found, known bool) {
	if kind == s.kind && ref == selfRef {
		return s.state, true, true
	}
	if s.Refs == nil {
		return nil, false, false
	}
	return s.Refs.Get(kind, ref)
}

// Check reports what AWS would reject.
func (loadBalancers) Check(refs slipway.Refs, state *model.LoadBalancer) []slipway.FieldError {
	attributes := &awselb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: aws.String(selfRef)}
	for _, k := range slices.Sorted(maps.Keys(state.Attributes)) {
		attributes.Attributes = append(attributes.Attributes,
			elbtypes.LoadBalancerAttribute{Key: aws.String(k), Value: aws.String(state.Attributes[k])})
	}
	return append(elbrules.CreateLoadBalancer.All(refs, &state.Create),
		elbrules.ModifyLoadBalancerAttributes.All(self{refs, model.KindLoadBalancer, state}, attributes)...)
}

// Check reports what AWS would reject.
func (targetGroups) Check(refs slipway.Refs, state *model.TargetGroup) []slipway.FieldError {
	attributes := &awselb.ModifyTargetGroupAttributesInput{TargetGroupArn: aws.String(selfRef)}
	for _, t := range tagList(state.Attributes) {
		attributes.Attributes = append(attributes.Attributes, elbtypes.TargetGroupAttribute{Key: t.Key, Value: t.Value})
	}
	return append(elbrules.CreateTargetGroup.All(refs, &state.Create),
		elbrules.ModifyTargetGroupAttributes.All(self{refs, model.KindTargetGroup, state}, attributes)...)
}

// Check reports what AWS would reject.
func (listeners) Check(refs slipway.Refs, state *model.Listener) []slipway.FieldError {
	attributes := &awselb.ModifyListenerAttributesInput{ListenerArn: aws.String(selfRef)}
	for _, t := range tagList(state.Attributes) {
		attributes.Attributes = append(attributes.Attributes, elbtypes.ListenerAttribute{Key: t.Key, Value: t.Value})
	}
	found := append(elbrules.CreateListener.All(refs, &state.Create),
		elbrules.ModifyListenerAttributes.All(self{refs, model.KindListener, state}, attributes)...)
	if len(state.Certificates) == 0 {
		return found
	}
	more := &awselb.AddListenerCertificatesInput{ListenerArn: aws.String(selfRef)}
	for _, arn := range state.Certificates {
		more.Certificates = append(more.Certificates, elbtypes.Certificate{CertificateArn: aws.String(arn)})
	}
	return append(found, elbrules.AddListenerCertificates.All(self{refs, model.KindListener, state}, more)...)
}

// Check reports what AWS would reject. A rule without a priority gets one later.
func (listenerRules) Check(refs slipway.Refs, state *model.ListenerRule) []slipway.FieldError {
	in := state.Create
	if in.Priority == nil {
		in.Priority = aws.Int32(1)
	}
	return elbrules.CreateRule.All(refs, &in)
}
