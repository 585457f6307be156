// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// behindGroups are the target groups of the task's deployment, without Classic Load
// Balancers.
func (t *task) behindGroups() []ecstypes.LoadBalancer {
	classic := func(lb ecstypes.LoadBalancer) bool { return lb.LoadBalancerName != nil }
	if !slices.ContainsFunc(t.dep.balancers, classic) {
		return t.dep.balancers
	}
	return slices.DeleteFunc(slices.Clone(t.dep.balancers), classic)
}

// behindClassic are the names of the Classic Load Balancers in front of the task.
func (t *task) behindClassic() []string {
	if t.dep == nil || t.node == nil {
		return nil
	}
	var names []string
	for _, lb := range t.dep.input.LoadBalancers {
		if lb.LoadBalancerName != nil {
			names = append(names, *lb.LoadBalancerName)
		}
	}
	return names
}

// attachedClassic checks that there is such a balancer.
func (r *region) attachedClassic(name string) error {
	if r.f.needs.Classic == nil {
		return sim.NotModelled("Classic Load Balancers are not modelled here")
	}
	if _, ok := r.f.needs.Classic.ClassicBalancer(r.name, name); !ok {
		return invalid("The specified load balancer %s does not exist.", name)
	}
	return nil
}

// registerClassic has Classic Load Balancers send traffic to the task's instance.
func (t *task) registerClassic() {
	for _, name := range t.behindClassic() {
		t.fake().needs.Classic.RegisterInstance(t.region(), name, t.node.ec2)
		t.dep.service.eventf("(service %s) registered 1 instances in (elb %s)", t.dep.service.name, name)
	}
}

// deregisterClassic takes the instance out, unless another task of the service is
// there, and notes the balancers that drain it.
func (t *task) deregisterClassic() {
	for _, name := range t.behindClassic() {
		if t.sharesHost() {
			return
		}
		t.fake().needs.Classic.DeregisterInstance(t.region(), name, t.node.ec2)
		t.dep.service.eventf("(service %s) deregistered 1 instances in (elb %s)", t.dep.service.name, name)
		if state, _, _ := t.fake().needs.Classic.InstanceHealth(t.region(), name, t.node.ec2); state != "" {
			t.leaving = append(t.leaving, name)
			t.drains++
		}
	}
}

// leftClassic is called when a balancer sends the instance nothing more for the task.
func (t *task) leftClassic(name string) {
	i := slices.Index(t.leaving, name)
	if i < 0 {
		return
	}
	t.leaving = slices.Delete(t.leaving, i, i+1)
	t.undrain()
}

func (t *task) sharesHost() bool {
	for _, o := range t.node.tasks {
		if o != t && o.wanted() && o.dep != nil && o.dep.service == t.dep.service {
			return true
		}
	}
	return false
}

// classicHealth is what the Classic Load Balancers say of the task's instance, empty if
// it is well or there are none.
func (t *task) classicHealth() (ecstypes.HealthStatus, unhealthy) {
	for _, name := range t.behindClassic() {
		switch state, _, text := t.fake().needs.Classic.InstanceHealth(t.region(), name, t.node.ec2); state {
		case "InService":
		case "OutOfService":
			if t.grace() <= 0 && t.outOfService() {
				return ecstypes.HealthStatusUnhealthy, unhealthy{
					"(instance " + t.node.ec2 + ") is unhealthy in (elb " + name + ") due to (reason " + text + ").",
					"Task failed ELB health checks in (elb " + name + ")",
				}
			}
			return ecstypes.HealthStatusUnknown, unhealthy{}
		default:
			return ecstypes.HealthStatusUnknown, unhealthy{}
		}
	}
	return "", unhealthy{}
}

// outOfService reports whether the task was in service before: a new instance begins out
// of it.
func (t *task) outOfService() bool { return t.proven }

// onClassicHealth hears of changes from Classic Load Balancers.
func (f *Fake) onClassicHealth(region, name, instance, state, _, _ string) {
	n := f.in(region).nodeOf(instance)
	if n == nil {
		return
	}
	for _, t := range n.settled() {
		if !t.wanted() && state != "InService" { // which it is while it drains
			t.leftClassic(name)
		}
		if t.wanted() && t.status == running && len(t.behindClassic()) > 0 {
			t.assess()
		}
	}
}
