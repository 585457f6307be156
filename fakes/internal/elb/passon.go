// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"net/http"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	model "github.com/slipway-go/slipway/internal/model/elb"
)

// passOn has a target behind a Network Load Balancer answer an HTTP request: each
// request is a connection of its own. A listener of TLS must be spoken to in HTTPS; one
// of TCP passes on whatever it is. Nobody answers where only datagrams are heard.
func (f *Fake) passOn(r *region, b *balancer, l *listener, in *http.Request) (answer, error) {
	port := aws.ToInt32(l.view.Port)
	switch l.view.Protocol { //nolint:exhaustive // the rest take connections
	case elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumQuic:
		return answer{}, dialError(in, port, syscall.ETIMEDOUT)
	case elbtypes.ProtocolEnumTls:
		if in.URL.Scheme != "https" {
			return answer{}, dialError(in, port, syscall.ECONNRESET)
		}
	}
	q := newRequest(in, port)
	g, t := r.next(l, q)
	if t == nil {
		return answer{}, dialError(in, port, syscall.ECONNRESET)
	}
	if g.view.TargetType == elbtypes.TargetTypeEnumAlb {
		return f.throughBalancer(r, t, q, in)
	}
	a := f.where(r, g, t.is)
	if !a.present || f.prober == nil || !f.reaches(r, b, g, a.at, t.is.Port) {
		return answer{}, dialError(in, port, syscall.ETIMEDOUT)
	}
	status, answered := f.prober.Probe(r.name, aws.ToString(g.view.VpcId), a.ip, t.is.Port, q.path)
	if !answered || status < 100 || status > 599 {
		return answer{}, dialError(in, port, syscall.ECONNRESET)
	}
	return t.answers(status), nil
}

// next picks the target of a connection by the first rule whose conditions it meets,
// which only look at the kind of the client's address; nil if there is none.
func (r *region) next(l *listener, q request) (*group, *target) {
	for _, o := range r.rulesOf(l) {
		if !aws.ToBool(o.view.IsDefault) && !q.meets(o.view.Conditions) {
			continue
		}
		g := r.group(o.nextGroup(o.tuples()))
		if g == nil {
			return nil, nil
		}
		t := g.nextTarget()
		return g, t
	}
	return nil, nil
}

// throughBalancer has an Application Load Balancer that is a target answer.
func (f *Fake) throughBalancer(r *region, t *target, q request, in *http.Request) (answer, error) {
	b := r.balancer(t.is.ID)
	if b == nil {
		return answer{}, dialError(in, q.port, syscall.ECONNRESET)
	}
	l := r.listenerOn(b, t.is.Port)
	if l == nil {
		return answer{}, dialError(in, q.port, syscall.ECONNRESET)
	}
	q.port = t.is.Port
	return f.follow(r, b, l, q)
}

// tuples are the target groups to which a rule forwards.
func (r *rule) tuples() []elbtypes.TargetGroupTuple {
	var all []elbtypes.TargetGroupTuple
	for _, a := range model.Actions(r.view.Actions) {
		if a.ForwardConfig != nil {
			all = append(all, a.ForwardConfig.TargetGroups...)
		}
	}
	return all
}
