// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// follow does what the first rule says whose conditions a request meets.
func (f *Fake) follow(r *region, b *balancer, l *listener, q request) (answer, error) {
	for _, o := range r.rulesOf(l) {
		if !aws.ToBool(o.view.IsDefault) && !q.meets(o.view.Conditions) {
			continue
		}
		action := o.view.Actions[len(o.view.Actions)-1]
		switch action.Type { //nolint:exhaustive // listeners and rules refuse the rest
		case elbtypes.ActionTypeEnumForward:
			return f.forward(r, b, o, action, q.rewritten(o.view.Transforms)), nil
		case elbtypes.ActionTypeEnumRedirect:
			return q.redirected(action.RedirectConfig), nil
		case elbtypes.ActionTypeEnumFixedResponse:
			return fixed(action.FixedResponseConfig), nil
		default:
			return answer{}, sim.NotModelled("requests to rules with %s are not modelled", action.Type)
		}
	}
	return answer{}, sim.NotModelled("listener %s has no default rule", l.arn()) // cannot be
}

// rulesOf returns a listener's rules in the order in which they are tried.
func (r *region) rulesOf(l *listener) []*rule {
	var list []*rule
	for _, o := range r.rules {
		if o.listener == l.arn() {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, b *rule) int { return cmp.Compare(a.place(), b.place()) })
	return list
}

func fixed(c *elbtypes.FixedResponseActionConfig) answer {
	status, err := strconv.Atoi(aws.ToString(c.StatusCode))
	if err != nil {
		status = http.StatusInternalServerError // cannot be: the rules let only codes in
	}
	return answer{
		status: status, body: aws.ToString(c.MessageBody),
		header: http.Header{
			"Server": {"awselb/2.0"}, "Content-Type": {cmp.Or(aws.ToString(c.ContentType), "text/plain") + "; charset=utf-8"},
		},
	}
}

// redirected sends the client elsewhere, with the request's own parts where the
// action has keywords.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions
func (q request) redirected(c *elbtypes.RedirectActionConfig) answer {
	fill := strings.NewReplacer(
		"#{protocol}", q.scheme, "#{host}", q.host, "#{port}", strconv.Itoa(int(q.port)),
		"#{path}", strings.TrimPrefix(q.path, "/"), "#{query}", q.query)
	part := func(v *string) string { return fill.Replace(aws.ToString(v)) }
	to := fmt.Sprintf("%s://%s:%s%s", strings.ToLower(part(c.Protocol)), part(c.Host), part(c.Port), part(c.Path))
	if query := part(c.Query); query != "" {
		to += "?" + query
	}
	status := http.StatusFound
	if c.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	a := ownAnswer(status, "")
	a.header.Set("Location", to)
	return a
}

// forward has a target answer. The status codes are those of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
func (f *Fake) forward(r *region, b *balancer, o *rule, action elbtypes.Action, q request) answer {
	var tuples []elbtypes.TargetGroupTuple
	for _, a := range model.Actions([]elbtypes.Action{action}) {
		tuples = a.ForwardConfig.TargetGroups
	}
	g := r.group(o.nextGroup(tuples))
	if g == nil {
		return ownAnswer(http.StatusServiceUnavailable, "")
	}
	t := g.nextTarget()
	if t == nil {
		return ownAnswer(http.StatusServiceUnavailable, "")
	}
	status, answered := f.relay(r, b, g, t, q)
	f.count(r, b, g, status, answered)
	if !answered {
		return ownAnswer(status, "")
	}
	return t.answers(status)
}

// relay has a target answer a request; otherwise the status is that of the balancer's own
// answer.
func (f *Fake) relay(r *region, b *balancer, g *group, t *target, q request) (status int, answered bool) {
	a := f.where(r, g, t.is)
	if !a.present || !f.network.Permits(r.name, b.view.SecurityGroups, a.at.Groups, t.is.Port) || f.prober == nil {
		return http.StatusGatewayTimeout, false
	}
	status, answered = f.prober.Probe(r.name, aws.ToString(g.view.VpcId), a.ip, t.is.Port, q.path)
	if !answered || status < 100 || status > 599 {
		return http.StatusBadGateway, false
	}
	return status, true
}

// answers is what a target says.
func (t *target) answers(status int) answer {
	return answer{
		status: status, body: fmt.Sprintf("%d %s from %s:%d\n", status, http.StatusText(status), t.is.ID, t.is.Port),
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
	}
}

// nextGroup spreads requests over target groups by their weights, evenly from the
// first request on: of ten at 90 to 10, one goes to the lighter group. A group
// without healthy targets keeps its share. Without any weight it is "".
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions
func (r *rule) nextGroup(tuples []elbtypes.TargetGroupTuple) string {
	credit, best, total := map[string]int32{}, "", int32(0)
	for _, t := range tuples {
		arn, weight := aws.ToString(t.TargetGroupArn), aws.ToInt32(t.Weight)
		if weight == 0 {
			continue
		}
		credit[arn] = r.credit[arn] + weight
		total += weight
		if best == "" || credit[arn] > credit[best] {
			best = arn
		}
	}
	credit[best] -= total
	r.credit = credit
	return best
}

// nextTarget takes turns over the targets that requests go to; nil if there are
// none. Nothing here is ever under load, so AWS's other algorithms would do alike.
func (g *group) nextTarget() *target {
	open := g.routed()
	if len(open) == 0 {
		return nil
	}
	t := open[g.turn%len(open)]
	g.turn++
	return t
}

// routed returns the targets that requests go to: the healthy ones, or, when they
// are fewer than the group's threshold, the unhealthy ones too.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html
func (g *group) routed() []*target {
	var well, all []*target
	for _, t := range g.targets {
		switch t.state { //nolint:exhaustive // the rest get nothing
		case elbtypes.TargetHealthStateEnumHealthy:
			well, all = append(well, t), append(all, t)
		case elbtypes.TargetHealthStateEnumUnhealthy:
			all = append(all, t)
		}
	}
	if g.enough(len(well), len(all)) {
		return well
	}
	return all
}

// enough reports whether so many healthy targets will do. A threshold that is off
// asks for nothing.
func (g *group) enough(healthy, all int) bool {
	const threshold = "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
	least := func(kind string) int {
		n, err := strconv.Atoi(g.attributes[threshold+kind])
		if err != nil {
			return 0
		}
		return n
	}
	return healthy >= least("count") && healthy*100 >= least("percentage")*all
}
