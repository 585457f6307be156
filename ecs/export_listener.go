// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/gosource"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
)

// listener is a listener by its ARN: as it is declared, if the stack owns it.
func (x *exporter) listener(arn string) expressed[elb.ListenerRef] {
	id, _, ok := x.ownedBy(modelelb.KindListener, "arn", arn)
	name, port, cut := cutLast(id.Name)
	app, declared := x.balancer(name)
	if !ok || !cut || !declared {
		l := gosource.Call(x.p, elb.ListenerARN(arn), "elb.ListenerARN", arn)
		return gosource.As[elb.ListenerRef](l, l.V)
	}
	if main := app.V.Listener(); main.ARN() == slipway.Ref(id, "arn") {
		return gosource.Method(app, main, "Listener")
	}
	l := x.extraListener(app, id, port)
	return gosource.As[elb.ListenerRef](l, l.V)
}

// extraListener declares a listener beside those that the balancer brings.
func (x *exporter) extraListener(app expressed[elb.Application], id slipway.ID, port int) expressed[elb.Listener] {
	if known, ok := x.listeners[id]; ok {
		return known
	}
	s := ownedState[modelelb.Listener](x, id.Kind, id.Name)
	action, ok := x.action(s.Create.DefaultActions)
	if !ok {
		x.leavef("the default action of listener %s cannot be declared", id.Name)
	}
	l := gosource.Call(x.p, elb.NewListener(app.V, clamp(port), action.V), "elb.NewListener", app, port, action)
	if len(s.Create.Certificates) > 0 {
		certificates := append([]string{text(s.Create.Certificates[0].CertificateArn)}, s.Certificates...)
		l = l.Then(l.V.WithCertificate(certificates[0], certificates[1:]...), "WithCertificate", list(certificates)...)
		if p := text(s.Create.SslPolicy); p != "" {
			l = l.Then(l.V.WithSSLPolicy(p), "WithSSLPolicy", p)
		}
	}
	attributes := unusual(s.Attributes, modelelb.ListenerAttributes(&s.Create))
	for _, k := range sortedKeys(attributes) {
		l = l.Then(l.V.WithAttribute(k, attributes[k]), "WithAttribute", k, attributes[k])
	}
	for _, t := range s.Create.Tags {
		l = l.Then(l.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	x.listeners[id] = gosource.Define(x.body, l, "listener"+strconv.Itoa(port))
	return x.listeners[id]
}

// action is what a listener or rule does; ok is false where it cannot be declared.
func (x *exporter) action(actions []elbtypes.Action) (action expressed[elb.Action], ok bool) {
	const notFound = 404
	if len(actions) != 1 {
		v := elb.FixedResponse{Status: notFound}
		return gosource.Of[elb.Action](x.p, v, x.p.Literal(v)), false
	}
	switch a := actions[0]; {
	case a.FixedResponseConfig != nil:
		status, _ := strconv.Atoi(text(a.FixedResponseConfig.StatusCode))
		v := elb.FixedResponse{Status: status, ContentType: text(a.FixedResponseConfig.ContentType), Body: text(a.FixedResponseConfig.MessageBody)}
		return gosource.Of[elb.Action](x.p, v, x.p.Literal(v)), true
	case a.RedirectConfig != nil:
		c := a.RedirectConfig
		v := elb.Redirect{
			Protocol: text(c.Protocol), Host: text(c.Host), Port: text(c.Port), Path: text(c.Path), Query: text(c.Query),
			Temporary: c.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp302,
		}
		return gosource.Of[elb.Action](x.p, v, x.p.Literal(v)), true
	case a.ForwardConfig != nil || a.TargetGroupArn != nil:
		return x.forward(a)
	default:
		return x.action(nil)
	}
}

// forward sends requests to target groups, each declared or by its ARN.
func (x *exporter) forward(a elbtypes.Action) (action expressed[elb.Action], ok bool) {
	config := modelelb.Actions([]elbtypes.Action{a})[0].ForwardConfig
	var value elb.Forward
	var targets []any
	for _, t := range config.TargetGroups {
		arn := text(t.TargetGroupArn)
		ref := gosource.As[elb.TargetGroupRef](gosource.Call(x.p, elb.TargetGroupARN(arn), "elb.TargetGroupARN", arn), elb.TargetGroupARN(arn))
		if g, declared := x.targetGroup(arn); declared {
			ref = gosource.As[elb.TargetGroupRef](g, g.V)
		}
		weighted := elb.Weighted{Group: ref.V, Weight: aws.ToInt32(t.Weight)}
		value.Targets = append(value.Targets, weighted)
		targets = append(targets, gosource.Of(x.p, weighted,
			x.p.Struct("", gosource.Field{Name: "Group", Value: ref}, gosource.Field{Name: "Weight", Value: weighted.Weight})))
	}
	fields := []gosource.Field{{Name: "Targets", Value: gosource.Of(x.p, 0, x.p.List("[]elb.Weighted", targets...))}}
	if s := config.TargetGroupStickinessConfig; s != nil && aws.ToBool(s.Enabled) {
		value.Stickiness = seconds64(s.DurationSeconds)
		fields = append(fields, gosource.Field{Name: "Stickiness", Value: value.Stickiness})
	}
	return gosource.Of[elb.Action](x.p, value, x.p.Struct("elb.Forward", fields...)), true
}

// extraListeners declares the listeners of declared balancers that no service uses.
func (x *exporter) extraListeners(declared map[slipway.ID]bool) {
	for _, id := range x.sortedOwned(modelelb.KindListener) {
		name, port, ok := cutLast(id.Name)
		app, known := x.balancers[slipway.ID{Kind: modelelb.KindLoadBalancer, Name: name}]
		if _, done := x.listeners[id]; !ok || !known || done || declared[id] {
			continue
		}
		l := x.extraListener(app, id, port)
		x.add(l.V, l)
	}
}

// extraListenerRules declares the rules that the stack owns and no route brings.
func (x *exporter) extraListenerRules(declared map[slipway.ID]bool) {
	for _, id := range x.sortedOwned(modelelb.KindListenerRule) {
		s := ownedState[modelelb.ListenerRule](x, id.Kind, id.Name)
		if s == nil || declared[id] {
			continue
		}
		action, ok := x.action(s.Create.Actions)
		if !ok {
			continue // the plan says that it would be deleted
		}
		listener := x.listener(text(s.Create.ListenerArn))
		r := gosource.Call(x.p, elb.NewListenerRule(id.Name, listener.V, action.V), "elb.NewListenerRule", id.Name, listener, action)
		paths, rest := pathsOf(s.Create.Conditions)
		if len(paths) > 0 {
			r = r.Then(r.V.WithPath(paths...), "WithPath", list(paths)...)
		}
		r = ruleConditions(r, rest)
		if p := aws.ToInt32(s.Create.Priority); p != 0 {
			r = r.Then(r.V.WithPriority(p), "WithPriority", p)
		}
		for _, t := range s.Create.Tags {
			r = r.Then(r.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
		}
		x.add(r.V, r)
	}
}

func ruleConditions(r expressed[elb.ListenerRule], conditions []elbtypes.RuleCondition) expressed[elb.ListenerRule] {
	for _, c := range conditions {
		switch {
		case c.HostHeaderConfig != nil:
			v := c.HostHeaderConfig.Values
			r = r.Then(r.V.WithHost(v...), "WithHost", list(v)...)
		case c.HttpHeaderConfig != nil:
			name, v := text(c.HttpHeaderConfig.HttpHeaderName), c.HttpHeaderConfig.Values
			r = r.Then(r.V.WithHeader(name, v...), "WithHeader", append([]any{name}, list(v)...)...)
		case c.HttpRequestMethodConfig != nil:
			v := c.HttpRequestMethodConfig.Values
			r = r.Then(r.V.WithMethod(v...), "WithMethod", list(v)...)
		case c.SourceIpConfig != nil:
			v := c.SourceIpConfig.Values
			r = r.Then(r.V.WithSourceIP(v...), "WithSourceIP", list(v)...)
		case c.QueryStringConfig != nil:
			for _, pair := range c.QueryStringConfig.Values {
				r = r.Then(r.V.WithQuery(text(pair.Key), text(pair.Value)), "WithQuery", text(pair.Key), text(pair.Value))
			}
		}
	}
	return r
}
