// SPDX-License-Identifier: Apache-2.0

package elb

import (
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// refs answers the rules' questions from a region's state.
type refs struct {
	fake   *Fake
	region *region
}

// check runs the rules of an operation on its input.
func check[T any](f *Fake, c *sim.Call, of rules.Of[T], in *T) error {
	return sim.Check(of, refs{f, f.in(c)}, in, typed)
}

// Get answers for all that rules ask for; what is not there does not exist.
func (r refs) Get(kind, ref string) (state any, found, known bool) {
	switch kind {
	case model.KindLoadBalancer:
		b := r.region.balancer(ref)
		return b.state(), b != nil, true
	case model.KindListener:
		l := r.region.listener(ref)
		return l.state(), l != nil, true
	case model.KindListenerRule:
		rule := r.region.rule(ref)
		return rule.state(), rule != nil, true
	case model.KindTargetGroup:
		g := r.region.group(ref)
		return g.state(), g != nil, true
	case elbrules.KindSubnet:
		s, ok := r.fake.network.Subnet(r.region.name, ref)
		return &elbrules.Subnet{VPC: s.VPC, Zone: s.Zone, CIDR: s.CIDR}, ok, true
	case elbrules.KindGroup:
		vpc, ok := r.fake.network.GroupVPC(r.region.name, ref)
		return &vpc, ok, true
	case elbrules.KindVPC:
		return nil, r.fake.network.DefaultGroup(r.region.name, ref) != "", true
	default:
		return nil, false, false
	}
}

func (b *balancer) state() any {
	if b == nil {
		return nil
	}
	return &model.LoadBalancer{
		Create: awselb.CreateLoadBalancerInput{
			Name: b.view.LoadBalancerName, Type: b.view.Type, Scheme: b.view.Scheme, IpAddressType: b.view.IpAddressType,
			SecurityGroups: b.view.SecurityGroups,
		},
		Attributes: b.attributes,
	}
}

func (l *listener) state() any {
	if l == nil {
		return nil
	}
	return &model.Listener{
		Create: awselb.CreateListenerInput{
			LoadBalancerArn: l.view.LoadBalancerArn, Port: l.view.Port, Protocol: l.view.Protocol,
			Certificates: l.view.Certificates, DefaultActions: l.view.DefaultActions,
		},
		Certificates: l.more, Attributes: l.attributes,
	}
}

func (r *rule) state() any {
	if r == nil {
		return nil
	}
	return &model.ListenerRule{Create: awselb.CreateRuleInput{ListenerArn: &r.listener}}
}

func (g *group) state() any {
	if g == nil {
		return nil
	}
	v := &g.view
	return &model.TargetGroup{
		Create: awselb.CreateTargetGroupInput{
			Name: v.TargetGroupName, Protocol: v.Protocol, ProtocolVersion: v.ProtocolVersion, Port: v.Port, VpcId: v.VpcId,
			TargetType: v.TargetType, HealthCheckIntervalSeconds: v.HealthCheckIntervalSeconds,
			HealthCheckTimeoutSeconds: v.HealthCheckTimeoutSeconds,
		},
		Attributes: g.attributes,
	}
}
