// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	elbID = "Elastic Load Balancing v2"
	// mostExpress is how many services of a VPC share a load balancer.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
	mostExpress = 25
	https       = 443
	notFound    = "404"
)

// gateway is a load balancer that services of Express Mode share.
type gateway struct {
	vpc                     string
	subnets, zones          []string
	public                  bool
	id                      string
	group                   string
	open                    bool // the group lets in and out what it should
	balancer, dns, listener string
	certificate             string
	members                 []*express
}

// gatewayFor finds a load balancer with room for one more service.
func (r *region) gatewayFor(place expressPlace) *gateway {
	for _, g := range r.gateways {
		if g.vpc == place.vpc && g.public == place.public && len(g.members) < mostExpress {
			return g
		}
	}
	return nil
}

// join has the service share a load balancer.
func (e *express) join() *gateway {
	if e.gateway != nil {
		return e.gateway
	}
	r := e.s.cl.r
	g := r.gatewayFor(e.place)
	if g == nil {
		g = &gateway{
			vpc: e.place.vpc, subnets: oneEach(r, e.place.subnets), zones: e.place.zones, public: e.place.public,
			id: r.f.sim.ID(8, "express-gateway", r.name, e.place.vpc),
		}
		r.gateways = append(r.gateways, g)
	}
	g.members = append(g.members, e)
	e.gateway = g
	return g
}

// oneEach are subnets, one a zone.
func oneEach(r *region, ids []string) []string {
	var chosen []string
	seen := map[string]bool{}
	for _, id := range ids {
		if s, ok := r.f.needs.Network.Subnet(r.name, id); ok && !seen[s.Zone] {
			seen[s.Zone] = true
			chosen = append(chosen, id)
		}
	}
	return chosen
}

// leave ends the sharing.
func (e *express) leave() {
	g, r := e.gateway, e.s.cl.r
	if g == nil {
		return
	}
	g.members = slices.DeleteFunc(g.members, func(m *express) bool { return m == e })
	if len(g.members) == 0 {
		r.gateways = slices.DeleteFunc(r.gateways, func(other *gateway) bool { return other == g })
	}
	e.gateway = nil
}

func (g *gateway) last(e *express) bool { return g != nil && len(g.members) == 1 && g.members[0] == e }

// makeGroup lets everybody in by HTTPS, and out to nobody: the services see to that.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html
func (g *gateway) makeGroup(e *express) error {
	if g.group == "" {
		id, err := e.createGroup("ecs-express-gateway-alb-"+g.id, "Load balancer of Amazon ECS Express services", g.vpc)
		if err != nil {
			return err
		}
		g.group = id
	}
	if g.open {
		return nil
	}
	if err := e.shut(g.group, ec2types.IpPermission{IpProtocol: new("-1"), IpRanges: everybody()}); err != nil {
		return err
	}
	err := e.admit(g.group, ec2types.IpPermission{IpProtocol: new("tcp"), FromPort: new(int32(https)), ToPort: new(int32(https)), IpRanges: everybody()})
	g.open = err == nil
	return err
}

func (g *gateway) unmakeGroup(e *express) error {
	if !g.last(e) || g.group == "" {
		return nil
	}
	err := e.deleteGroup(g.group)
	if err == nil {
		g.group, g.open = "", false
	}
	return err
}

func (g *gateway) makeBalancer(e *express) error {
	if g.balancer != "" {
		return nil
	}
	scheme := elbtypes.LoadBalancerSchemeEnumInternal
	if g.public {
		scheme = elbtypes.LoadBalancerSchemeEnumInternetFacing
	}
	out, err := as[awselb.CreateLoadBalancerOutput](e, elbID, "CreateLoadBalancer", &awselb.CreateLoadBalancerInput{
		Name: new("ecs-express-gateway-alb-" + g.id), Scheme: scheme, Type: elbtypes.LoadBalancerTypeEnumApplication,
		Subnets: g.subnets, SecurityGroups: []string{g.group}, Tags: expressTags(),
	})
	if err != nil {
		return err
	}
	g.balancer, g.dns = *out.LoadBalancers[0].LoadBalancerArn, *out.LoadBalancers[0].DNSName
	return nil
}

// active reports whether the load balancer takes requests.
func (g *gateway) active(e *express) (bool, error) {
	out, err := as[awselb.DescribeLoadBalancersOutput](e, elbID, "DescribeLoadBalancers", &awselb.DescribeLoadBalancersInput{LoadBalancerArns: []string{g.balancer}})
	if err != nil {
		return false, err
	}
	return out.LoadBalancers[0].State.Code == elbtypes.LoadBalancerStateEnumActive, nil
}

func (g *gateway) unmakeBalancer(e *express) error {
	if !g.last(e) || g.balancer == "" {
		return nil
	}
	_, err := as[awselb.DeleteLoadBalancerOutput](e, elbID, "DeleteLoadBalancer", &awselb.DeleteLoadBalancerInput{LoadBalancerArn: &g.balancer})
	if err == nil {
		g.balancer, g.dns = "", ""
	}
	return err
}

// makeListener waits for the load balancer, and has the listener know the certificate.
func (g *gateway) makeListener(e *express) error {
	ready, err := g.active(e)
	if err != nil {
		return err
	}
	if !ready {
		return errWaiting
	}
	certificates := []elbtypes.Certificate{{CertificateArn: &e.made.certificate}}
	if g.listener != "" {
		_, err := as[awselb.AddListenerCertificatesOutput](e, elbID, "AddListenerCertificates", &awselb.AddListenerCertificatesInput{
			ListenerArn: &g.listener, Certificates: certificates,
		})
		return err
	}
	out, err := as[awselb.CreateListenerOutput](e, elbID, "CreateListener", &awselb.CreateListenerInput{
		LoadBalancerArn: &g.balancer, Protocol: elbtypes.ProtocolEnumHttps, Port: new(int32(https)), Certificates: certificates, Tags: expressTags(),
		DefaultActions: []elbtypes.Action{{
			Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new(notFound)},
		}},
	})
	if err != nil {
		return err
	}
	g.listener, g.certificate = *out.Listeners[0].ListenerArn, e.made.certificate
	return nil
}

// unmakeListener deletes the listener, or has it forget the certificate.
func (g *gateway) unmakeListener(e *express) error {
	switch {
	case g == nil || g.listener == "" || e.made.certificate == "":
		return nil
	case g.last(e):
		_, err := as[awselb.DeleteListenerOutput](e, elbID, "DeleteListener", &awselb.DeleteListenerInput{ListenerArn: &g.listener})
		if err == nil {
			g.listener = ""
		}
		return err
	case g.certificate == e.made.certificate:
		if err := g.succeed(e); err != nil {
			return err
		}
	}
	_, err := as[awselb.RemoveListenerCertificatesOutput](e, elbID, "RemoveListenerCertificates", &awselb.RemoveListenerCertificatesInput{
		ListenerArn: &g.listener, Certificates: []elbtypes.Certificate{{CertificateArn: &e.made.certificate}},
	})
	return err
}

// succeed makes another service's certificate the default one.
func (g *gateway) succeed(e *express) error {
	i := slices.IndexFunc(g.members, func(m *express) bool { return m != e && m.made.certificate != "" })
	if i < 0 {
		return errWaiting
	}
	next := g.members[i].made.certificate
	_, err := as[awselb.ModifyListenerOutput](e, elbID, "ModifyListener", &awselb.ModifyListenerInput{
		ListenerArn: &g.listener, Certificates: []elbtypes.Certificate{{CertificateArn: &next}},
	})
	if err == nil {
		g.certificate = next
	}
	return err
}
