// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
)

// daemon reports whether the service has a task on each instance.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html#service_scheduler_daemon
func (s *service) daemon() bool {
	return s.input.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon
}

// sortedServices are the cluster's services by name.
func (cl *cluster) sortedServices() []*service {
	list := slices.Collect(maps.Values(cl.services))
	slices.SortFunc(list, func(a, b *service) int { return strings.Compare(a.name, b.name) })
	return list
}

func (cl *cluster) wakeDaemons() {
	for _, s := range cl.sortedServices() {
		if s.daemon() {
			s.wake()
		}
	}
}

// rollDaemon has one task of the PRIMARY deployment on each instance that is eligible.
// An older one ends first, as the minimum healthy percent of a daemon allows; on an
// instance that drains the daemon ends after the services' other tasks.
func (s *service) rollDaemon() {
	p := s.deployments[0]
	on := s.daemonTasks()
	eligible := s.eligible(p)
	s.desired = int32(len(eligible))
	healthy := 0
	for _, d := range s.deployments {
		healthy += int(d.healthy)
	}
	least, _ := s.bounds()
	var leaving []*task
	for id, tasks := range on {
		for _, t := range tasks {
			n := s.cl.nodes[id]
			switch {
			case n == nil, n.status == draining && !n.replicas(), n.status != draining && !eligible[id]:
				leaving = append(leaving, t)
			case t.dep != p && (!t.healthy || healthy > least):
				if t.healthy {
					healthy--
				}
				leaving = append(leaving, t)
			}
		}
	}
	slices.SortFunc(leaving, func(a, b *task) int { return a.seq - b.seq })
	s.stopPicked(leaving)
	if !s.stalled() {
		s.startDaemons(p, eligible)
	}
}

// daemonTasks are the wanted tasks of the service by instance.
func (s *service) daemonTasks() map[string][]*task {
	on := map[string][]*task{}
	for _, d := range s.deployments {
		for _, t := range d.tasks {
			on[t.node.id] = append(on[t.node.id], t)
		}
	}
	return on
}

// eligible are the ACTIVE instances that meet the constraints, whatever room they have.
func (s *service) eligible(p *deployment) map[string]bool {
	set := map[string]bool{}
	members := members(p.spec.host)
	for _, n := range s.cl.sortedNodes() {
		if n.status == active && n.suits(p.spec.host, members, s.strategy) {
			set[n.id] = true
		}
	}
	return set
}

func members(h *hosted) []*placement.Expression {
	var list []*placement.Expression
	for _, c := range h.request.Constraints {
		if c.Type != ecstypes.PlacementConstraintTypeMemberOf {
			continue
		}
		if e, err := placement.Parse(value(c.Expression)); err == nil {
			list = append(list, e)
		}
	}
	return list
}

// suits reports whether the instance has the attributes, and is a member of what the
// expressions describe.
func (n *node) suits(h *hosted, members []*placement.Expression, strategy []ecstypes.CapacityProviderStrategyItem) bool {
	if len(strategy) > 0 && !slices.ContainsFunc(strategy, func(i ecstypes.CapacityProviderStrategyItem) bool { return value(i.CapacityProvider) == n.provider }) {
		return false
	}
	for _, a := range h.request.Attributes {
		v, has := n.attributes[a.Name]
		if !has || len(a.Values) > 0 && !slices.Contains(a.Values, v) {
			return false
		}
	}
	i, _, _ := n.cl.places.Instance(n.id)
	return !slices.ContainsFunc(members, func(e *placement.Expression) bool {
		yes, err := e.Matches(&i)
		return err != nil || !yes
	})
}

// startDaemons starts a task on each eligible instance that has none.
func (s *service) startDaemons(p *deployment, eligible map[string]bool) {
	if s.cl.r.f.sim.Now().Before(p.notBefore) {
		s.wakeAt(p.notBefore)
		return
	}
	var begun []*task
	for _, id := range slices.Sorted(maps.Keys(eligible)) {
		n := s.cl.nodes[id]
		if !n.connected || n.has(s) {
			continue
		}
		t := s.cl.newTask(p.spec, p)
		t.provider = providerOf(n, s.strategy)
		if err := t.assumeRoles(); err != nil {
			s.eventf("(service %s) failed to launch a task with (error %s).", s.name, message(err))
			p.taskFailed(true, false)
			s.wake()
			break
		}
		if no := t.sitOn(n); no != nil {
			s.eventOnce(no.event)
			continue
		}
		p.add(t)
		begun = append(begun, t)
	}
	for _, t := range begun {
		t.launch()
	}
	s.startedEvent(begun)
}

func providerOf(n *node, strategy []ecstypes.CapacityProviderStrategyItem) string {
	if len(strategy) == 0 {
		return ""
	}
	return n.provider
}

// has reports whether a task of the service is on the instance, even one that ends.
func (n *node) has(s *service) bool {
	for _, t := range n.tasks {
		if t.dep != nil && t.dep.service == s {
			return true
		}
	}
	return false
}

// sitOn places the task on an instance if there is room, whatever its status.
func (t *task) sitOn(n *node) *unseated {
	if reason := n.short(t.spec.host.request.Needs); reason != "" {
		return t.explain(&placement.UnplacedError{Failures: []placement.Failure{{Instance: n.id, Reason: reason}}})
	}
	t.sit(n)
	return nil
}

// short is what the instance lacks for the needs, empty if nothing.
func (n *node) short(needs placement.Resources) placement.Reason {
	_, left, _ := n.cl.places.Instance(n.id)
	taken := func(ports, wanted []int) bool {
		return slices.ContainsFunc(wanted, func(p int) bool { return slices.Contains(ports, p) })
	}
	switch {
	case !n.connected:
		return placement.AgentGone
	case needs.CPU > left.CPU:
		return placement.CPUShort
	case needs.Memory > left.Memory:
		return placement.MemoryShort
	case needs.GPUs > left.GPUs:
		return placement.GPUShort
	case taken(left.TCP, needs.TCP), taken(left.UDP, needs.UDP):
		return placement.PortsTaken
	case needs.Interfaces > left.Interfaces:
		return placement.InterfacesShort
	}
	return ""
}

// daemonDefaults are those of a daemon's deployment configuration.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
func daemonDefaults(in *awsecs.CreateServiceInput) *ecstypes.DeploymentConfiguration {
	v := ecstypes.DeploymentConfiguration{}
	if in.DeploymentConfiguration != nil {
		v = *in.DeploymentConfiguration
	}
	v.MinimumHealthyPercent, v.MaximumPercent = new(or(v.MinimumHealthyPercent, 0)), new(or(v.MaximumPercent, 100))
	return &v
}
