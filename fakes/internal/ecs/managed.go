// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/capacity"
	"github.com/slipway-go/slipway/internal/placement"
)

// managedTag marks the groups that ECS scales.
const managedTag = "AmazonECSManaged"

// scales reports whether ECS scales the group.
func (p *capacityProvider) scales() bool {
	return p.status == ecstypes.CapacityProviderStatusActive && p.managed == nil && p.settings.ManagedScaling.Status == ecstypes.ManagedScalingStatusEnabled
}

// grows reports whether instances come when tasks wait for them.
func (p *capacityProvider) grows() bool {
	return p.scales() || p.managed != nil && p.status == ecstypes.CapacityProviderStatusActive
}

// drains reports whether instances are drained before the group terminates them.
func (p *capacityProvider) drains() bool {
	return p.settings.ManagedDraining == ecstypes.ManagedDrainingEnabled
}

// attach makes the provider one of the cluster's.
func (p *capacityProvider) attach(cl *cluster) {
	p.clusters[cl.name] = cl
	p.r.f.needs.Groups.Tag(p.r.name, p.group, managedTag, "")
	p.holdTerminating()
	for _, n := range cl.sortedNodes() {
		if n.provider == "" && n.status != inactive && p.owns(n) {
			n.provider = p.name
			n.publish()
		}
	}
	p.wake()
}

// detach takes the provider from the cluster.
func (p *capacityProvider) detach(cl *cluster) {
	delete(p.clusters, cl.name)
	p.holdTerminating()
	for _, n := range cl.sortedNodes() {
		if n.provider == p.name && n.status != inactive {
			n.provider = ""
			n.publish()
		}
	}
}

// holdTerminating has the group wait with terminations, or not any more.
func (p *capacityProvider) holdTerminating() {
	p.r.f.needs.Groups.HoldTerminating(p.r.name, p.group, drainHook, p.drains() && len(p.clusters) > 0)
}

// owns reports whether the instance is one of the group's.
func (p *capacityProvider) owns(n *node) bool {
	if p.managed != nil {
		return p.managed.alive[n.ec2]
	}
	g, _ := p.r.f.needs.Groups.Group(p.r.name, p.group)
	return slices.ContainsFunc(g.Instances, func(i world.GroupInstance) bool { return i.ID == n.ec2 })
}

// adopt finds the capacity provider of a new instance.
func (cl *cluster) adopt(n *node) {
	for _, name := range cl.providerNames() {
		if p := cl.r.provider(name); p != nil && p.owns(n) {
			n.provider = p.name
			return
		}
	}
}

// onGroup hears of changes of Auto Scaling groups.
func (f *Fake) onGroup(region, group, instance string) {
	r := f.in(region)
	for _, name := range slices.Sorted(maps.Keys(r.providers)) {
		p := r.providers[name]
		if p.managed != nil || p.group != group || p.status != ecstypes.CapacityProviderStatusActive {
			continue
		}
		if instance != "" {
			p.instanceChanged(instance)
		}
		p.wake()
	}
}

// instanceChanged drains an instance that the group holds for it.
func (p *capacityProvider) instanceChanged(instance string) {
	g, _ := p.r.f.needs.Groups.Group(p.r.name, p.group)
	i := slices.IndexFunc(g.Instances, func(i world.GroupInstance) bool { return i.ID == instance })
	if i < 0 || g.Instances[i].Lifecycle != "Terminating:Wait" || !p.drains() {
		return
	}
	if n := p.r.nodeOf(instance); n != nil && n.provider == p.name {
		n.hold()
		return
	}
	p.r.f.needs.Groups.Release(p.r.name, p.group, drainHook, instance)
}

// wakeProviders has managed scaling look at the cluster's groups.
func (cl *cluster) wakeProviders() {
	for _, name := range cl.providerNames() {
		if p := cl.r.provider(name); p != nil {
			p.wake()
		}
	}
}

// wake has managed scaling look at the group soon; many calls make one look.
func (p *capacityProvider) wake() {
	if p.managed != nil {
		p.managed.wake()
		return
	}
	if p.looking || !p.scales() || len(p.clusters) == 0 {
		return
	}
	p.looking = true
	p.r.f.sim.After(max(p.r.f.timing.CapacityLook, world.Repeat), p.look)
}

// lowLooks is after how many looks in a row with too little reserved instances go: the
// alarm has 15 datapoints of a minute each.
const lowLooks = 15

// look compares what is reserved with what is aimed at, and sets the size of the group.
func (p *capacityProvider) look() {
	p.looking = false
	g, ok := p.r.f.needs.Groups.Group(p.r.name, p.group)
	if !ok || g.Deleting || !p.scales() || len(p.clusters) == 0 {
		return
	}
	state := p.state(g)
	set := p.scaling()
	if state.Incompatible() {
		p.low = 0
		p.publish(float64(set.Target))
		return
	}
	needed := state.Needed(set)
	reserved := capacity.Reservation(needed, state.Instances)
	p.publish(reserved)
	want := min(max(capacity.Desired(needed, state.Instances, set), g.Min), g.Max)
	switch aim := float64(set.Target); {
	case reserved > aim:
		p.low = 0
		if want > g.Desired && !p.settling(g) {
			p.resize(want, reserved)
		}
	case reserved < aim && want < g.Desired && want < state.Instances:
		p.low++
		if p.low >= lowLooks { // the alarm stays on, each minute some go
			next := capacity.ScaledIn(g.Desired, want)
			p.release(g, g.Desired-next)
			p.resize(next, reserved)
		}
		p.wake()
	default:
		p.low = 0
	}
}

// publish has CloudWatch show the metric at each look.
func (p *capacityProvider) publish(reserved float64) {
	if p.r.f.needs.Metrics == nil {
		return
	}
	for _, cl := range p.attachedTo() {
		p.r.f.needs.Metrics.Publish(p.r.name, world.Metric{
			Namespace: "AWS/ECS/ManagedScaling", Name: "CapacityProviderReservation", Unit: "Percent",
			Dimensions: map[string]string{"CapacityProviderName": p.name, "ClusterName": cl.name},
		}, reserved)
	}
}

func (p *capacityProvider) scaling() capacity.Settings {
	s := p.settings.ManagedScaling
	return capacity.Settings{Target: int(*s.TargetCapacity), MinStep: int(*s.MinimumScalingStepSize), MaxStep: int(*s.MaximumScalingStepSize)}
}

func (p *capacityProvider) resize(want int, reserved float64) {
	p.r.f.needs.Groups.SetDesired(p.r.name, p.group, want, fmt.Sprintf(
		"a monitor alarm TargetTracking-%s in state ALARM triggered policy ECSManagedAutoScalingPolicy: CapacityProviderReservation is %.0f", p.group, reserved))
}

// comes reports whether an instance is in service or on its way there.
func comes(i world.GroupInstance) bool {
	switch i.Lifecycle {
	case "Pending", "Pending:Wait", "Pending:Proceed", "InService":
		return true
	default:
		return false
	}
}

// state is what there is of the group.
func (p *capacityProvider) state(g world.Group) capacity.State {
	s := capacity.State{Types: p.types(g), Demands: p.demands()}
	for _, i := range g.Instances {
		if !comes(i) {
			continue
		}
		s.Instances++
		n := p.r.nodeOf(i.ID)
		switch {
		case n == nil && p.warmsUp(i.ID):
			s.Warming++
		case n == nil:
		case n.busy():
			s.Busy++
		}
	}
	if missing := g.Desired - s.Instances; missing > 0 { // ordered, not launched yet
		s.Instances += missing
		s.Warming += missing
	}
	if len(s.Demands) == 0 {
		s.Busy += s.Warming // they are given the time to get tasks
	}
	return s
}

// warmsUp reports whether an instance is new enough for its warm-up; if so, there is
// another look once it is not.
func (p *capacityProvider) warmsUp(id string) bool {
	i, _ := p.r.f.needs.Instances.Instance(p.r.name, id)
	left := seconds(*p.settings.ManagedScaling.InstanceWarmupPeriod) - p.r.f.sim.Now().Sub(i.Launched)
	if left > 0 {
		p.r.f.sim.After(left, p.wake)
	}
	return left > 0
}

// settling reports whether the group has instances that warm up, or are ordered: until
// they are warm no more are added.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
func (p *capacityProvider) settling(g world.Group) bool {
	if p.r.f.timing.CapacityLook == 0 && *p.settings.ManagedScaling.InstanceWarmupPeriod == defaultWarmup {
		return false // AWS's own time, as the looks are
	}
	living := 0
	for _, i := range g.Instances {
		if !comes(i) {
			continue
		}
		living++
		if p.warmsUp(i.ID) {
			return true
		}
	}
	return living < g.Desired
}

// types are what the group's instances offer.
func (p *capacityProvider) types(g world.Group) []placement.Resources {
	var list []placement.Resources
	for _, name := range g.Types {
		if t, ok := p.r.f.needs.Instances.InstanceType(name); ok {
			offer := p.r.offers(t, world.MachineImage{}, agentConfig{})
			offer.GPUs = t.GPUs
			list = append(list, offer)
		}
	}
	return list
}

// demands are the tasks that wait for the provider, by what they need.
func (p *capacityProvider) demands() []capacity.Demand {
	var list []capacity.Demand
	at := map[*placement.Query]int{}
	for _, cl := range p.attachedTo() {
		for _, t := range cl.waiting {
			q, err := t.spec.host.query(t.provider)
			if err != nil || t.provider != p.name {
				continue
			}
			i, there := at[q]
			if !there {
				i = len(list)
				at[q] = i
				list = append(list, capacity.Demand{Needs: t.spec.host.request.Needs})
			}
			list[i].Tasks++
		}
	}
	return list
}

// release takes the protection of up to count idle instances, so that the group may
// terminate them.
func (p *capacityProvider) release(g world.Group, count int) {
	if p.settings.ManagedTerminationProtection != ecstypes.ManagedTerminationProtectionEnabled {
		return
	}
	for _, i := range g.Instances {
		n := p.r.nodeOf(i.ID)
		if count == 0 {
			return
		}
		if i.Lifecycle == "InService" && n != nil && !n.busy() {
			n.guarded = false
			p.r.f.needs.Groups.Protect(p.r.name, p.group, i.ID, false)
			count--
		}
	}
}

// occupied protects an instance that has a task.
func (n *node) occupied() {
	p := n.cl.r.providers[n.provider]
	if p == nil || p.settings.ManagedTerminationProtection != ecstypes.ManagedTerminationProtectionEnabled || n.guarded || !n.busy() {
		return
	}
	n.guarded = true
	n.cl.r.f.needs.Groups.Protect(n.cl.r.name, p.group, n.ec2, true)
}
