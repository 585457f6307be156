// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"math"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// listenerRule picks the rule, or listener, of one kind of traffic.
type listenerRule func(*ecstypes.AdvancedConfiguration) string

func production(a *ecstypes.AdvancedConfiguration) string { return value(a.ProductionListenerRule) }
func testing(a *ecstypes.AdvancedConfiguration) string    { return value(a.TestListenerRule) }

// placed are the service's load balancers with the target groups that the tasks of a
// new revision register with: of two, deployments that shift traffic take the one that
// the revision with the traffic does not use, and rolling ones the same.
func (s *service) placed() []ecstypes.LoadBalancer {
	list, source := slices.Clone(s.input.LoadBalancers), s.source(nil)
	for i := range list {
		lb := &list[i]
		if lb.AdvancedConfiguration == nil || source == nil {
			continue
		}
		used := value(lb.TargetGroupArn)
		if !shifts(s.input.DeploymentConfiguration) {
			used = value(lb.AdvancedConfiguration.AlternateTargetGroupArn)
		}
		if source.registersWith(used) {
			lb.TargetGroupArn = lb.AdvancedConfiguration.AlternateTargetGroupArn
		}
	}
	return list
}

func (d *deployment) registersWith(group string) bool {
	return slices.ContainsFunc(d.balancers, func(lb ecstypes.LoadBalancer) bool { return value(lb.TargetGroupArn) == group })
}

// tested reports whether the revision has a test listener.
func (d *deployment) tested() bool {
	return slices.ContainsFunc(d.balancers, func(lb ecstypes.LoadBalancer) bool {
		return lb.AdvancedConfiguration != nil && testing(lb.AdvancedConfiguration) != ""
	})
}

// onNetwork reports whether traffic is shifted by a Network Load Balancer.
func (d *deployment) onNetwork() bool {
	return slices.ContainsFunc(d.balancers, func(lb ecstypes.LoadBalancer) bool {
		return lb.AdvancedConfiguration != nil && strings.Contains(production(lb.AdvancedConfiguration), ":listener/net/")
	})
}

// steer has the listeners send so many percent of the traffic to the new revision, and
// the rest to the other target group. Revisions without listener have no traffic to
// steer.
func (s *service) steer(ro *rollout, kind listenerRule, share float64) error {
	for i, lb := range ro.target.balancers {
		a := lb.AdvancedConfiguration
		if a == nil || kind(a) == "" {
			continue
		}
		if err := s.cl.r.mayShift(a, kind(a)); err != nil {
			return err
		}
		given := ro.target.input.LoadBalancers[i]
		other := value(given.TargetGroupArn)
		if other == value(lb.TargetGroupArn) {
			other = value(a.AlternateTargetGroupArn)
		}
		mine, rest := weights(share)
		s.cl.r.f.needs.Traffic.SetWeights(s.cl.r.name, kind(a), map[string]int{value(lb.TargetGroupArn): mine, other: rest})
	}
	return nil
}

// steerAll steers production and test traffic.
func (s *service) steerAll(ro *rollout, share float64) error {
	ro.production, ro.test = share, share
	if err := s.steer(ro, production, share); err != nil {
		return err
	}
	return s.steer(ro, testing, share)
}

// weights are those of the two target groups for a share in percent, which may have
// one decimal. No weight is greater than 999.
func weights(share float64) (mine, rest int) {
	const tenths = 10
	if share == math.Trunc(share) {
		return int(share), int(whole - share)
	}
	mine = int(math.Round(share * tenths))
	return mine, whole*tenths - mine
}

// mayShift asks whether the infrastructure role may shift traffic.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
func (r *region) mayShift(a *ecstypes.AdvancedConfiguration, arn string) error {
	p, err := r.infrastructure(value(a.RoleArn))
	if err != nil {
		return err
	}
	action := "elasticloadbalancing:ModifyRule"
	if strings.Contains(arn, ":listener/") {
		action = "elasticloadbalancing:ModifyListener"
	}
	return r.f.needs.Access.Authorize(p, sim.Access{Action: action, Resource: arn})
}

// infrastructure becomes the role that manages things for the user.
func (r *region) infrastructure(role string) (sim.Principal, error) {
	return r.manage(launchVolume{config: ecstypes.ServiceManagedEBSVolumeConfiguration{RoleArn: &role}})
}

// shiftable checks that traffic can be shifted between the two groups.
func (r *region) shiftable(lb ecstypes.LoadBalancer) error {
	a := lb.AdvancedConfiguration
	if a == nil {
		return nil
	}
	if _, err := r.infrastructure(value(a.RoleArn)); err != nil {
		return err
	}
	if _, ok := r.f.needs.Targets.TargetGroup(r.name, value(a.AlternateTargetGroupArn)); !ok {
		return invalid("The specified target group does not exist.")
	}
	for _, rule := range []string{production(a), testing(a)} {
		if rule == "" {
			continue
		}
		shares, found := r.f.needs.Traffic.Weights(r.name, rule)
		if !found {
			return invalid("The specified listener rule %s does not exist or does not forward to a target group.", rule)
		}
		_, one := shares[value(lb.TargetGroupArn)]
		_, two := shares[value(a.AlternateTargetGroupArn)]
		if !one || !two {
			return sim.NotModelled("a listener rule of an ECS service that does not forward to both its target groups is not modelled")
		}
	}
	return nil
}

// restore gives the traffic back to the revision that is rolled back to.
func (s *service) restore(ro *rollout) {
	if len(ro.stages) == 0 {
		return
	}
	for _, h := range ro.hooks {
		h.abandon()
	}
	if err := s.steerAll(ro, 0); err != nil {
		s.halt(ro, trafficFailure(err))
		return
	}
	s.hooksOnTheWayBack(ro)
}

// trafficFailure is that of ECS not being able to shift traffic. AWS's words for it are
// not known.
func trafficFailure(err error) failure {
	return failure{
		state: "ECS deployment failed: unable to shift traffic.", event: "deployment failed: unable to shift traffic: " + message(err),
		status: "Service deployment rolled back because traffic could not be shifted: " + message(err),
		back:   "ECS deployment failed: rolling back to deploymentId ", rollback: true,
	}
}

// share tells which part of the traffic a revision has, in percent; nil where none is
// shifted.
func (ro *rollout) share(d *deployment) (production, test *float64) {
	if len(ro.stages) == 0 || len(d.balancers) == 0 {
		return nil, nil
	}
	p, t := ro.production, ro.test
	switch d {
	case ro.target:
	case ro.source:
		p, t = whole-p, whole-t
	default:
		p, t = 0, 0
	}
	if !ro.target.tested() {
		return &p, nil
	}
	return &p, &t
}

// resolved says which target groups serve the revision.
func (d *deployment) resolved() *ecstypes.ResolvedConfiguration {
	if len(d.balancers) == 0 {
		return nil
	}
	c := &ecstypes.ResolvedConfiguration{}
	for _, lb := range d.balancers {
		v := ecstypes.ServiceRevisionLoadBalancer{TargetGroupArn: lb.TargetGroupArn}
		if lb.AdvancedConfiguration != nil {
			v.ProductionListenerRule = lb.AdvancedConfiguration.ProductionListenerRule
		}
		c.LoadBalancers = append(c.LoadBalancers, v)
	}
	return c
}

// filledShift has the defaults of what only some strategies have.
func filledShift(v *ecstypes.DeploymentConfiguration) {
	const canaryPercent, canaryBake, stepPercent, stepBake = 5.0, 10, 10.0, 6
	switch v.Strategy {
	case ecstypes.DeploymentStrategyCanary:
		c := value(v.CanaryConfiguration)
		c.CanaryPercent = new(or(c.CanaryPercent, canaryPercent))
		c.CanaryBakeTimeInMinutes = new(or(c.CanaryBakeTimeInMinutes, canaryBake))
		v.CanaryConfiguration = &c
	case ecstypes.DeploymentStrategyLinear:
		c := value(v.LinearConfiguration)
		c.StepPercent = new(or(c.StepPercent, stepPercent))
		c.StepBakeTimeInMinutes = new(or(c.StepBakeTimeInMinutes, stepBake))
		v.LinearConfiguration = &c
	}
}
