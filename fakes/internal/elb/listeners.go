// SPDX-License-Identifier: Apache-2.0

package elb

import (
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

// unmodelledActions are what a listener's actions cannot be here.
func unmodelledActions(list string) []string {
	var all []string
	for _, config := range []string{"AuthenticateCognitoConfig", "AuthenticateOidcConfig", "JwtValidationConfig"} {
		all = append(all, list+"."+config)
	}
	return all
}

func (f *Fake) listenerOperations(s *sim.Service) {
	refused := append(unmodelledActions("DefaultActions"), "MutualAuthentication.TrustStoreArn")
	sim.Handle(s, "CreateListener", f.createListener, sim.Refuses[awselb.CreateListenerInput](refused...),
		sim.Needs(func(_ *sim.Call, in *awselb.CreateListenerInput) []sim.Access {
			parent := aws.ToString(in.LoadBalancerArn)
			made := strings.Replace(parent, ":loadbalancer/", ":listener/", 1) + "/*"
			return creates("CreateListener", parent, made, in.Tags)
		}))
	sim.Handle(s, "ModifyListener", f.modifyListener, sim.Refuses[awselb.ModifyListenerInput](refused...),
		needs("ModifyListener", func(in *awselb.ModifyListenerInput) []string { return one(in.ListenerArn) }))
	sim.Handle(s, "DescribeListeners", f.describeListeners)
	sim.Handle(s, "DeleteListener", f.deleteListener,
		needs("DeleteListener", func(in *awselb.DeleteListenerInput) []string { return one(in.ListenerArn) }))
	sim.Handle(s, "DescribeListenerAttributes", f.describeListenerAttributes)
	sim.Handle(s, "ModifyListenerAttributes", f.modifyListenerAttributes,
		needs("ModifyListenerAttributes", func(in *awselb.ModifyListenerAttributesInput) []string { return one(in.ListenerArn) }))
	sim.Handle(s, "DescribeListenerCertificates", f.describeListenerCertificates)
	sim.Handle(s, "AddListenerCertificates", f.addListenerCertificates,
		needs("AddListenerCertificates", func(in *awselb.AddListenerCertificatesInput) []string { return one(in.ListenerArn) }))
	sim.Handle(s, "RemoveListenerCertificates", f.removeListenerCertificates,
		needs("RemoveListenerCertificates", func(in *awselb.RemoveListenerCertificatesInput) []string { return one(in.ListenerArn) }))
}

func (f *Fake) createListener(c *sim.Call, in *awselb.CreateListenerInput) (*awselb.CreateListenerOutput, error) {
	if err := check(f, c, elbrules.CreateListener, in); err != nil {
		return nil, err
	}
	r := f.in(c)
	b := r.balancer(aws.ToString(in.LoadBalancerArn))
	if err := f.admits(r, b, nil, in.DefaultActions); err != nil {
		return nil, err
	}
	if err := r.freePort(b, aws.ToInt32(in.Port), nil); err != nil {
		return nil, err
	}
	state := model.Listener{Create: *in}
	model.FillListener(&state)
	in = &state.Create
	arn := strings.Replace(b.arn(), ":loadbalancer/", ":listener/", 1) + "/" +
		f.sim.ID(16, "listener", b.arn(), strconv.Itoa(int(aws.ToInt32(in.Port))))
	l := &listener{
		view: elbtypes.Listener{
			ListenerArn: aws.String(arn), LoadBalancerArn: in.LoadBalancerArn, Port: in.Port, Protocol: in.Protocol,
			Certificates: in.Certificates, SslPolicy: in.SslPolicy, DefaultActions: described(in.DefaultActions),
			MutualAuthentication: in.MutualAuthentication, AlpnPolicy: in.AlpnPolicy,
		},
		attributes: model.ListenerAttributes(in), tags: tagMap(in.Tags),
	}
	r.listeners = append(r.listeners, l)
	r.rules = append(r.rules, f.defaultRule(l))
	f.rewire(r)
	return &awselb.CreateListenerOutput{Listeners: []elbtypes.Listener{l.view}}, nil
}

// freePort reports a port or a number of listeners that a balancer cannot have.
func (r *region) freePort(b *balancer, port int32, but *listener) error {
	n := 0
	for _, l := range r.listeners {
		if aws.ToString(l.view.LoadBalancerArn) != b.arn() || l == but {
			continue
		}
		n++
		if aws.ToInt32(l.view.Port) == port {
			return &elbtypes.DuplicateListenerException{Message: aws.String(fmt.Sprintf(
				"A listener already exists on this port for this load balancer '%s'", b.arn()))}
		}
	}
	if n >= r.quotas.Of(world.QuotaListeners) {
		return &elbtypes.TooManyListenersException{Message: aws.String(
			"You've reached the limit on the number of listeners per load balancer")}
	}
	return nil
}

// admits checks that the target groups of a rule's new actions may belong to the
// balancer: of the same VPC, of no other balancer, and not too many. changed is nil
// for a new rule.
func (f *Fake) admits(r *region, b *balancer, changed *rule, actions []elbtypes.Action) error {
	for _, arn := range groupsOf(actions) {
		g := r.group(arn)
		if g == nil {
			return noGroup()
		}
		if g.view.VpcId != nil && *g.view.VpcId != aws.ToString(b.view.VpcId) {
			return &elbtypes.InvalidConfigurationRequestException{Message: aws.String(fmt.Sprintf(
				"The following target groups are not in the same VPC as load balancer '%s': %s", b.arn(), arn))}
		}
		if g.view.TargetType == elbtypes.TargetTypeEnumAlb && !b.network() {
			return &elbtypes.InvalidConfigurationRequestException{Message: aws.String(fmt.Sprintf(
				"Target group '%s' of type 'alb' can only be used by a load balancer of type 'network'", arn))}
		}
		for _, other := range g.view.LoadBalancerArns {
			if other != b.arn() {
				return &elbtypes.TargetGroupAssociationLimitException{Message: aws.String(
					"The following target groups cannot be associated with more than one load balancer: " + arn)}
			}
		}
	}
	return r.roomForActions(b, changed, actions)
}

// groupsOf returns the target groups that actions forward to.
func groupsOf(actions []elbtypes.Action) []string {
	var arns []string
	for _, a := range model.Actions(actions) {
		if a.ForwardConfig == nil {
			continue
		}
		for _, t := range a.ForwardConfig.TargetGroups {
			arns = append(arns, aws.ToString(t.TargetGroupArn))
		}
	}
	return arns
}

// described returns actions as AWS shows them: a single target group twice, also
// in the short form.
func described(actions []elbtypes.Action) []elbtypes.Action {
	actions = model.Actions(actions)
	for i := range actions {
		if f := actions[i].ForwardConfig; f != nil && len(f.TargetGroups) == 1 {
			actions[i].TargetGroupArn = f.TargetGroups[0].TargetGroupArn
		}
	}
	return actions
}

// defaultRule is the rule that a listener's default actions make.
func (f *Fake) defaultRule(l *listener) *rule {
	arn := strings.Replace(l.arn(), ":listener/", ":listener-rule/", 1) + "/" + f.sim.ID(16, "rule", l.arn(), "default")
	return &rule{listener: l.arn(), view: elbtypes.Rule{
		RuleArn: aws.String(arn), Priority: aws.String("default"), IsDefault: aws.Bool(true), Actions: l.view.DefaultActions,
	}}
}

func (r *region) defaultRuleOf(l *listener) *rule {
	for _, o := range r.rules {
		if o.listener == l.arn() && aws.ToBool(o.view.IsDefault) {
			return o
		}
	}
	return nil
}

func (f *Fake) modifyListener(c *sim.Call, in *awselb.ModifyListenerInput) (*awselb.ModifyListenerOutput, error) {
	r := f.in(c)
	l := r.listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	if err := check(f, c, elbrules.ModifyListener, in); err != nil {
		return nil, err
	}
	b := r.balancer(aws.ToString(l.view.LoadBalancerArn))
	if err := f.admits(r, b, r.defaultRuleOf(l), in.DefaultActions); err != nil {
		return nil, err
	}
	if in.Port != nil {
		if err := r.freePort(b, *in.Port, l); err != nil {
			return nil, err
		}
	}
	l.view = modified(l.view, in)
	if p := in.Protocol; p != "" && p != elbtypes.ProtocolEnumHttps && p != elbtypes.ProtocolEnumTls {
		l.view.Certificates, l.view.SslPolicy, l.view.MutualAuthentication, l.view.AlpnPolicy, l.more = nil, nil, nil, nil, nil
	}
	if o := r.defaultRuleOf(l); o != nil {
		o.view.Actions, o.credit = l.view.DefaultActions, nil
	}
	f.rewire(r)
	return &awselb.ModifyListenerOutput{Listeners: []elbtypes.Listener{l.view}}, nil
}

// modified returns v with what in gives.
func modified(v elbtypes.Listener, in *awselb.ModifyListenerInput) elbtypes.Listener {
	if in.Port != nil {
		v.Port = in.Port
	}
	if in.Protocol != "" {
		v.Protocol = in.Protocol
	}
	if in.Certificates != nil {
		v.Certificates = in.Certificates
	}
	if in.SslPolicy != nil {
		v.SslPolicy = in.SslPolicy
	}
	if in.DefaultActions != nil {
		v.DefaultActions = described(in.DefaultActions)
	}
	if in.MutualAuthentication != nil {
		v.MutualAuthentication = in.MutualAuthentication
	}
	if in.AlpnPolicy != nil {
		v.AlpnPolicy = in.AlpnPolicy
	}
	state := model.Listener{Create: awselb.CreateListenerInput{
		Protocol: v.Protocol, SslPolicy: v.SslPolicy, MutualAuthentication: v.MutualAuthentication, AlpnPolicy: v.AlpnPolicy,
	}}
	model.FillListener(&state)
	v.SslPolicy, v.MutualAuthentication, v.AlpnPolicy = state.Create.SslPolicy, state.Create.MutualAuthentication, state.Create.AlpnPolicy
	return v
}

func (f *Fake) describeListeners(c *sim.Call, in *awselb.DescribeListenersInput) (*awselb.DescribeListenersOutput, error) {
	r := f.in(c)
	var chosen []*listener
	switch {
	case len(in.ListenerArns) > 0:
		found, missing := choose(in.ListenerArns, r.listener)
		if missing != "" {
			return nil, noListener()
		}
		chosen = found
	case in.LoadBalancerArn != nil:
		if r.balancer(*in.LoadBalancerArn) == nil {
			return nil, noBalancer(*in.LoadBalancerArn)
		}
		for _, l := range r.listeners {
			if aws.ToString(l.view.LoadBalancerArn) == *in.LoadBalancerArn {
				chosen = append(chosen, l)
			}
		}
	default:
		return nil, validation("You must specify either listener ARNs or a load balancer ARN")
	}
	page, next, err := pageOf(chosen, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awselb.DescribeListenersOutput{NextMarker: next}
	for _, l := range page {
		out.Listeners = append(out.Listeners, l.view)
	}
	return out, nil
}

func (f *Fake) deleteListener(c *sim.Call, in *awselb.DeleteListenerInput) (*awselb.DeleteListenerOutput, error) {
	r := f.in(c)
	l := r.listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	if err := r.listenerUsed(l); err != nil {
		return nil, err
	}
	r.removeListener(l)
	f.rewire(r)
	return &awselb.DeleteListenerOutput{}, nil
}

// removeListener removes a listener and its rules.
func (r *region) removeListener(l *listener) {
	r.rules = slices.DeleteFunc(r.rules, func(o *rule) bool { return o.listener == l.arn() })
	r.listeners = slices.DeleteFunc(r.listeners, func(o *listener) bool { return o == l })
}

func (f *Fake) describeListenerAttributes(
	c *sim.Call, in *awselb.DescribeListenerAttributesInput,
) (*awselb.DescribeListenerAttributesOutput, error) {
	l := f.in(c).listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	return &awselb.DescribeListenerAttributesOutput{Attributes: listenerAttributes(l.attributes)}, nil
}

func (f *Fake) modifyListenerAttributes(
	c *sim.Call, in *awselb.ModifyListenerAttributesInput,
) (*awselb.ModifyListenerAttributesOutput, error) {
	l := f.in(c).listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	if err := check(f, c, elbrules.ModifyListenerAttributes, in); err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for _, a := range in.Attributes {
		changed[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	l.attributes = merged(l.attributes, changed)
	return &awselb.ModifyListenerAttributesOutput{Attributes: listenerAttributes(l.attributes)}, nil
}

func listenerAttributes(m map[string]string) []elbtypes.ListenerAttribute {
	var all []elbtypes.ListenerAttribute
	for _, p := range pairs(m) {
		all = append(all, elbtypes.ListenerAttribute{Key: p.Key, Value: p.Value})
	}
	return all
}

func (f *Fake) describeListenerCertificates(
	c *sim.Call, in *awselb.DescribeListenerCertificatesInput,
) (*awselb.DescribeListenerCertificatesOutput, error) {
	l := f.in(c).listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	var all []elbtypes.Certificate
	for _, given := range l.view.Certificates {
		all = append(all, elbtypes.Certificate{CertificateArn: given.CertificateArn, IsDefault: aws.Bool(true)})
	}
	for _, arn := range l.more {
		all = append(all, elbtypes.Certificate{CertificateArn: aws.String(arn), IsDefault: aws.Bool(false)})
	}
	page, next, err := pageOf(all, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &awselb.DescribeListenerCertificatesOutput{Certificates: page, NextMarker: next}, nil
}

func (f *Fake) addListenerCertificates(
	c *sim.Call, in *awselb.AddListenerCertificatesInput,
) (*awselb.AddListenerCertificatesOutput, error) {
	l := f.in(c).listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	if err := check(f, c, elbrules.AddListenerCertificates, in); err != nil {
		return nil, err
	}
	more := slices.Clone(l.more)
	for _, given := range in.Certificates {
		if arn := aws.ToString(given.CertificateArn); !slices.Contains(more, arn) {
			more = append(more, arn)
		}
	}
	if len(more) > maxCertificates {
		return nil, &elbtypes.TooManyCertificatesException{Message: aws.String(
			"You've reached the limit on the number of certificates per load balancer")}
	}
	l.more = more
	return &awselb.AddListenerCertificatesOutput{Certificates: in.Certificates}, nil
}

func (f *Fake) removeListenerCertificates(
	c *sim.Call, in *awselb.RemoveListenerCertificatesInput,
) (*awselb.RemoveListenerCertificatesOutput, error) {
	l := f.in(c).listener(aws.ToString(in.ListenerArn))
	if l == nil {
		return nil, noListener()
	}
	var gone []string
	for _, given := range in.Certificates {
		arn := aws.ToString(given.CertificateArn)
		for _, standard := range l.view.Certificates {
			if aws.ToString(standard.CertificateArn) == arn && !slices.Contains(l.more, arn) {
				return nil, &elbtypes.OperationNotPermittedException{Message: aws.String("Default certificate cannot be removed")}
			}
		}
		gone = append(gone, arn)
	}
	l.more = slices.DeleteFunc(slices.Clone(l.more), func(arn string) bool { return slices.Contains(gone, arn) })
	return &awselb.RemoveListenerCertificatesOutput{}, nil
}
