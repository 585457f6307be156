// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/internal/gosource"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/vpc"
)

// routeOf is a route of the service, as the stack owns it.
type routeOf struct {
	entry ecstypes.LoadBalancer
	name  string
	group *modelelb.TargetGroup
	rule  *modelelb.ListenerRule
	// listener is that of a Network Load Balancer, which has no rules.
	listener   *modelelb.Listener
	listenerID slipway.ID
	arn        string // of the group
}

// routes are those of the service in their order. Other target groups are left to
// targetGroups.
func (x *exporter) routes() []routeOf {
	var all []routeOf
	for i := 1; i <= len(x.service.Create.LoadBalancers); i++ {
		name := x.at.cluster + "-" + x.at.service
		if i > 1 {
			name += "-" + strconv.Itoa(i)
		}
		group := ownedState[modelelb.TargetGroup](x, modelelb.KindTargetGroup, name)
		rule := ownedState[modelelb.ListenerRule](x, modelelb.KindListenerRule, name)
		if group == nil {
			break
		}
		r := routeOf{name: name, group: group, rule: rule}
		for _, entry := range x.service.Create.LoadBalancers {
			if _, thing, ok := x.ownedBy(modelelb.KindTargetGroup, "arn", text(entry.TargetGroupArn)); ok && thing.Resource == modelelb.KindTargetGroup+"/"+name {
				r.entry, r.arn = entry, text(entry.TargetGroupArn)
			}
		}
		if r.listenerID, r.listener = x.networkListener(r.arn); rule != nil {
			r.listener = nil
		}
		if r.arn == "" || r.rule == nil && r.listener == nil {
			break
		}
		all = append(all, r)
	}
	return all
}

// networkOfService is the first look-up that will do.
func (x *exporter) networkOfService(candidates []expressed[vpc.Network]) expressed[vpc.Network] {
	if len(candidates) > 0 {
		return candidates[0]
	}
	subnets := serviceNetwork(&x.service).Subnets
	x.leavef("the look-up that finds the subnets %s is not known", strings.Join(subnets, ", "))
	return x.networks[len(x.networks)-1].make(x)
}

// derives reports whether a route of the service in that network has the target
// group that there is.
func (x *exporter) derives(r routeOf, n vpc.Network) bool {
	if r.rule == nil {
		return x.derivesNetwork(r, n)
	}
	listener, ok := x.listenerOf(text(r.rule.Create.ListenerArn), n)
	if !ok {
		return false
	}
	route := elb.ListenerARN(text(r.rule.Create.ListenerArn)).Route()
	if listener != nil {
		route = listener.Route()
	}
	in := &r.group.Create
	if v := elb.ProtocolVersion(text(in.ProtocolVersion)); v != "" && v != elb.HTTP1 {
		route = route.WithProtocolVersion(v)
	}
	route = route.WithProtocol(elb.Protocol(in.Protocol)).WithTargetType(elb.TargetType(in.TargetType))
	group, _ := route.Forward(r.name, aws.ToInt32(in.Port), n)
	return derivedName(group) == text(in.Name)
}

// listenerOf is a listener of a balancer that the stack owns, only for its names;
// nil for others.
func (x *exporter) listenerOf(arn string, n vpc.Network) (*elb.Listener, bool) {
	id, _, ok := x.ownedBy(modelelb.KindListener, "arn", arn)
	if !ok {
		return nil, true
	}
	name, port, ok := cutLast(id.Name)
	if !ok {
		return nil, false
	}
	l := elb.NewListener(elb.NewApplication(name, n), clamp(port), nil)
	return &l, true
}

// cutLast takes "shop/443" apart.
func cutLast(name string) (balancer string, port int, ok bool) {
	i := strings.LastIndex(name, "/")
	if i < 0 {
		return "", 0, false
	}
	port, err := strconv.Atoi(name[i+1:])
	return name[:i], port, err == nil
}

// balancing puts the service behind its routes and target groups.
func (x *exporter) balancing(s expressed[serviceCore]) expressed[serviceCore] {
	routes := x.routes()
	var done []string
	for _, r := range routes {
		container, port, ok := x.served(r.entry)
		if !ok || !x.derives(r, x.network.V) {
			x.leavef("the route %s cannot be declared: its target group %s has a name that no look-up of the network derives", r.name, text(r.group.Create.Name))
			continue
		}
		route, ok := x.serviceRoute(r)
		if !ok {
			x.leavef("the route %s cannot be declared: the stack has no balancer of its listener", r.name)
			continue
		}
		s = s.Then(s.V.withRoute(route.V, container.V, port.V), "WithRoute", route, container, port)
		done = append(done, r.arn)
	}
	for _, entry := range x.service.Create.LoadBalancers {
		if entry.TargetGroupArn != nil && slices.Contains(done, *entry.TargetGroupArn) {
			continue
		}
		container, port, ok := x.served(entry)
		if b, classic := x.classicBalancer(text(entry.LoadBalancerName)); ok && classic {
			s = s.Then(s.V.withClassic(b.V, container.V, port.V), "WithClassicLoadBalancer", b, container, port)
			continue
		}
		group, declared := x.targetGroup(text(entry.TargetGroupArn))
		if ok && declared {
			s = s.Then(s.V.withTargetGroup(group.V, container.V, port.V), "WithTargetGroup", group, container, port)
		} // others are overridden
	}
	return s
}

// served is the port of a container that a target group has.
func (x *exporter) served(entry ecstypes.LoadBalancer) (container expressed[Container], port expressed[Port], ok bool) {
	name, number := text(entry.ContainerName), aws.ToInt32(entry.ContainerPort)
	container, known := x.containers[name]
	port, ok = x.ports[portOf{name, number}]
	if known && !ok {
		port, ok = gosource.Call(x.p, TCP("", int(number)), "ecs.TCP", "", int(number)), true
	}
	return container, port, known && ok
}

// serviceRoute declares a route of either sort of balancer.
func (x *exporter) serviceRoute(r routeOf) (route expressed[elb.ServiceRoute], ok bool) {
	if r.rule == nil {
		n, ok := x.networkRoute(r)
		return gosource.As[elb.ServiceRoute](n, n.V), ok
	}
	app := x.route(r)
	return gosource.As[elb.ServiceRoute](app, app.V), true
}

// route declares a route with the settings of its target group.
func (x *exporter) route(r routeOf) expressed[elb.Route] {
	paths, rest := pathsOf(r.rule.Create.Conditions)
	route := x.routeOn(text(r.rule.Create.ListenerArn), paths)
	route = routeConditions(route, rest)
	if p := aws.ToInt32(r.rule.Create.Priority); p != 0 {
		route = route.On(route.V.WithPriority(p), "WithPriority", p)
	}
	in := &r.group.Create
	if p := elb.Protocol(in.Protocol); p != elb.HTTP {
		route = route.On(route.V.WithProtocol(p), "WithProtocol", p)
	}
	if v := elb.ProtocolVersion(text(in.ProtocolVersion)); v != "" && v != elb.HTTP1 {
		route = route.On(route.V.WithProtocolVersion(v), "WithProtocolVersion", v)
	}
	if k := elb.TargetType(in.TargetType); k != elb.IPTargets && awsvpc(&x.task) {
		route = route.On(route.V.WithTargetType(k), "WithTargetType", k)
	}
	if check := healthCheckOf(in); check != (elb.HealthCheck{}) {
		route = route.On(route.V.WithHealthCheck(check), "WithHealthCheck", check)
	}
	attributes := unusual(r.group.Attributes, modelelb.TargetGroupAttributes(in))
	for _, k := range sortedKeys(attributes) {
		v := attributes[k]
		seconds, err := strconv.Atoi(v)
		switch wait := time.Duration(seconds) * time.Second; {
		case k == modelelb.AttrDeregistrationDelay && err == nil:
			route = route.On(route.V.WithDeregistrationDelay(wait), "WithDeregistrationDelay", wait)
		case k == modelelb.AttrSlowStart && err == nil:
			route = route.On(route.V.WithSlowStart(wait), "WithSlowStart", wait)
		case k == modelelb.AttrAlgorithm:
			route = route.On(route.V.WithAlgorithm(elb.Algorithm(v)), "WithAlgorithm", elb.Algorithm(v))
		default:
			route = route.On(route.V.WithAttribute(k, v), "WithAttribute", k, v)
		}
	}
	for _, t := range in.Tags {
		route = route.On(route.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return x.testRoute(route, r.name)
}

// routeOn begins a route on the listener of an ARN.
func (x *exporter) routeOn(arn string, paths []string) expressed[elb.Route] {
	id, _, _ := x.ownedBy(modelelb.KindListener, "arn", arn)
	l := x.listener(arn)
	switch known := l.V.(type) {
	case elb.ExistingListener:
		return gosource.Method(l, known.Route(paths...), "Route", list(paths)...)
	case elb.Listener:
		name, _, _ := cutLast(id.Name)
		if app, ok := x.balancer(name); ok && app.V.Listener().ARN() == known.ARN() {
			return gosource.Method(app, app.V.Route(paths...), "Route", list(paths)...)
		}
		return gosource.Method(l, known.Route(paths...), "Route", list(paths)...)
	default:
		return expressed[elb.Route]{}
	}
}

// unusual are the attributes that are not as they are of a new thing.
func unusual(have, usual map[string]string) map[string]string {
	all := map[string]string{}
	for k, v := range have {
		if usual[k] != v {
			all[k] = v
		}
	}
	return all
}

func healthCheckOf(in *awselb.CreateTargetGroupInput) elb.HealthCheck {
	usual := awselb.CreateTargetGroupInput{Protocol: in.Protocol, ProtocolVersion: in.ProtocolVersion, TargetType: in.TargetType}
	modelelb.FillTargetGroupInput(&usual)
	var h elb.HealthCheck
	if p := text(in.HealthCheckPath); p != text(usual.HealthCheckPath) {
		h.Path = p
	}
	if n, err := strconv.Atoi(text(in.HealthCheckPort)); err == nil {
		h.Port = clamp(n)
	}
	if in.HealthCheckProtocol != usual.HealthCheckProtocol {
		h.Protocol = elb.Protocol(in.HealthCheckProtocol)
	}
	h.Interval = unless(in.HealthCheckIntervalSeconds, aws.ToInt32(usual.HealthCheckIntervalSeconds))
	h.Timeout = unless(in.HealthCheckTimeoutSeconds, aws.ToInt32(usual.HealthCheckTimeoutSeconds))
	if n := aws.ToInt32(in.HealthyThresholdCount); n != aws.ToInt32(usual.HealthyThresholdCount) {
		h.Healthy = n
	}
	if n := aws.ToInt32(in.UnhealthyThresholdCount); n != aws.ToInt32(usual.UnhealthyThresholdCount) {
		h.Unhealthy = n
	}
	if m := in.Matcher; m != nil && usual.Matcher != nil {
		if codes := text(m.HttpCode) + text(m.GrpcCode); codes != text(usual.Matcher.HttpCode)+text(usual.Matcher.GrpcCode) {
			h.Codes = codes
		}
	}
	return h
}

// pathsOf takes the path patterns out of the conditions.
func pathsOf(conditions []elbtypes.RuleCondition) (paths []string, rest []elbtypes.RuleCondition) {
	for _, c := range conditions {
		if c.PathPatternConfig != nil && len(paths) == 0 {
			paths = c.PathPatternConfig.Values
			continue
		}
		rest = append(rest, c)
	}
	return paths, rest
}

func routeConditions(r expressed[elb.Route], conditions []elbtypes.RuleCondition) expressed[elb.Route] {
	for _, c := range conditions {
		switch {
		case c.HostHeaderConfig != nil:
			v := c.HostHeaderConfig.Values
			r = r.On(r.V.WithHost(v...), "WithHost", list(v)...)
		case c.HttpHeaderConfig != nil:
			name, v := text(c.HttpHeaderConfig.HttpHeaderName), c.HttpHeaderConfig.Values
			r = r.On(r.V.WithHeader(name, v...), "WithHeader", append([]any{name}, list(v)...)...)
		case c.HttpRequestMethodConfig != nil:
			v := c.HttpRequestMethodConfig.Values
			r = r.On(r.V.WithMethod(v...), "WithMethod", list(v)...)
		case c.SourceIpConfig != nil:
			v := c.SourceIpConfig.Values
			r = r.On(r.V.WithSourceIP(v...), "WithSourceIP", list(v)...)
		case c.QueryStringConfig != nil:
			for _, pair := range c.QueryStringConfig.Values {
				r = r.On(r.V.WithQuery(text(pair.Key), text(pair.Value)), "WithQuery", text(pair.Key), text(pair.Value))
			}
		}
	}
	return r
}
