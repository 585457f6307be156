// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// balancerTarget checks that an Application Load Balancer can be a target: one of the
// same VPC with a listener on the port.
// https://github.com/hashicorp/terraform-provider-aws/issues/38987
func (r *region) balancerTarget(g *group, t world.Target) error {
	b := r.balancer(t.ID)
	if b == nil {
		return noBalancer(t.ID)
	}
	if b.network() {
		return &elbtypes.InvalidTargetException{Message: aws.String(fmt.Sprintf(
			"The target '%s' is not an Application Load Balancer", t.ID))}
	}
	if aws.ToString(b.view.VpcId) != aws.ToString(g.view.VpcId) {
		return &elbtypes.InvalidTargetException{Message: aws.String(fmt.Sprintf(
			"The following targets are not in the target group VPC '%s': '%s'", aws.ToString(g.view.VpcId), t.ID))}
	}
	if r.listenerOn(b, t.Port) == nil {
		return validation("If the target type is ALB, the target must have at least one listener that matches the target group port " +
			"or any specified port overrides")
	}
	return nil
}

// listenerUsed reports that a listener is what an Application Load Balancer that is a
// target is reached by.
// https://github.com/hashicorp/terraform-provider-aws/issues/34860
func (r *region) listenerUsed(l *listener) error {
	for _, g := range r.groups {
		if g.view.TargetType != elbtypes.TargetTypeEnumAlb {
			continue
		}
		for _, t := range g.targets {
			if t.is.ID == aws.ToString(l.view.LoadBalancerArn) && t.is.Port == aws.ToInt32(l.view.Port) {
				return &elbtypes.ResourceInUseException{Message: aws.String(fmt.Sprintf(
					"Listener port ‘%d’ is in use by registered target ‘%s’ and cannot be removed.", t.is.Port, t.is.ID))}
			}
		}
	}
	return nil
}

// askBalancer is a health check that goes through an Application Load Balancer.
func (f *Fake) askBalancer(r *region, g *group, t *target) health {
	b := r.balancer(t.is.ID)
	if b == nil || !b.active() {
		return timedOut
	}
	port := probePort(g, t)
	l := r.listenerOn(b, port)
	if l == nil {
		return refused
	}
	out, err := f.follow(r, b, l, request{scheme: "http", host: aws.ToString(b.view.DNSName), port: port, method: "GET", path: aws.ToString(g.view.HealthCheckPath)})
	if err != nil {
		return refused
	}
	if !matches(g.view.Matcher, out.status) {
		return mismatch(out.status)
	}
	return healthy
}
