// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/placement"
)

const (
	// managedAge is when an instance is drained, managedEnd when it goes whatever runs on
	// it.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-patching.html
	managedAge = 14 * 24 * time.Hour
	managedEnd = 21 * 24 * time.Hour
	// joinTime is how long an instance is given to register; AWS publishes no number.
	joinTime = 15 * time.Minute
	// usualIdle is how long an instance may be idle if nothing is said; AWS publishes no
	// number.
	usualIdle = 5 * time.Minute
)

// managedDrivers are the log drivers of Managed Instances.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html
var managedDrivers = []string{"awslogs", "splunk", "awsfirelens", "json-file"}

// managedImage is what instances of the type are launched from: Bottlerocket.
func (r *region) managedImage(kind world.InstanceType) (world.MachineImage, bool) {
	variant := "/bottlerocket/aws-ecs-2/" + kind.Architecture + "/"
	if kind.GPUs > 0 {
		variant = "/bottlerocket/aws-ecs-2-nvidia/" + kind.Architecture + "/"
	}
	for _, m := range r.f.needs.AMIs.MachineImages(r.name) {
		if strings.Contains(m.Parameter, variant) {
			return m, true
		}
	}
	return world.MachineImage{}, false
}

// managedOffers are the resources of an instance. Its network interface is a trunk,
// whatever the account's setting.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-networking.html
func (r *region) managedOffers(kind world.InstanceType, image world.MachineImage) placement.Resources {
	offer := r.offers(kind, image, agentConfig{})
	offer.Interfaces = max(offer.Interfaces, kind.Trunk)
	return offer
}

func (r *region) managedAttributes(i world.Instance, image world.MachineImage) map[string]string {
	return r.attributesOf(i, image, agentConfig{drivers: managedDrivers})
}

// managedBy is the provider that launched an instance, if one did.
func (r *region) managedBy(id string) *managedInstances {
	for _, name := range slices.Sorted(maps.Keys(r.providers)) {
		if m := r.providers[name].managed; m != nil && m.alive[id] {
			return m
		}
	}
	return nil
}

// adopt makes a container instance what its provider makes of it.
func (m *managedInstances) adopt(n *node, i world.Instance, image world.MachineImage) {
	n.resources, n.attributes, n.drainsSpot = m.p.r.managedOffers(i.Type, image), m.p.r.managedAttributes(i, image), true
	n.managed = true
	delete(m.coming, i.ID)
}

// changed hears of the instances of the provider.
func (m *managedInstances) changed(i world.Instance) {
	if i.State != "terminated" && i.State != "shutting-down" {
		return
	}
	delete(m.coming, i.ID)
	delete(m.idle, i.ID)
	if i.State == "terminated" {
		delete(m.alive, i.ID)
		m.gone()
	}
	m.wake()
}

// terminate ends an instance.
func (m *managedInstances) terminate(id string) {
	if n := m.p.r.nodeOf(id); n != nil && n.status != deregistering {
		n.become(deregistering)
	}
	m.p.r.f.needs.Instances.Terminate(m.p.r.name, id)
}

// expire does without instances that have not registered in time, and looks again when
// the next should have.
func (m *managedInstances) expire() {
	for _, id := range sortedKeys(m.coming) {
		if left := joinTime - m.p.r.f.sim.Now().Sub(m.coming[id].launched); left > 0 {
			m.wakeIn(left)
		} else {
			m.terminate(id)
		}
	}
}

// optimize does without instances that have had no tasks for long enough, and looks again
// when the next has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-infrastructure-optimization.html
func (m *managedInstances) optimize() {
	longest := usualIdle
	if o := m.settings.InfrastructureOptimization; o != nil && o.ScaleInAfter != nil {
		longest = seconds(*o.ScaleInAfter)
	}
	now := m.p.r.f.sim.Now()
	for _, id := range sortedKeys(m.alive) {
		n := m.p.r.nodeOf(id)
		if n == nil || n.busy() || n.status == deregistering {
			delete(m.idle, id)
			continue
		}
		if m.idle[id].IsZero() {
			m.idle[id] = now
		}
		switch left := longest - now.Sub(m.idle[id]); {
		case longest < 0:
		case left <= 0:
			m.terminate(id)
		default:
			m.wakeIn(left)
		}
	}
}

// age has an instance drained in time, so that a newer one takes its place.
func (m *managedInstances) age(id string) {
	sim := m.p.r.f.sim
	sim.After(managedAge, func() {
		n := m.p.r.nodeOf(id)
		switch {
		case n == nil && m.alive[id]:
			m.terminate(id)
		case n != nil:
			n.held = true
			n.drain()
			n.emptied()
		}
	})
	sim.After(managedEnd, func() {
		if m.alive[id] {
			m.terminate(id)
		}
	})
}

// expecting reports whether an instance for the task is on its way.
func (t *task) expecting() bool {
	p := t.cl.r.providers[t.provider]
	if p == nil || p.managed == nil {
		return false
	}
	_, coming := p.managed.coming[t.expects]
	return coming
}

func (p *capacityProvider) managedView(tags bool) *ecstypes.CapacityProvider {
	v := &ecstypes.CapacityProvider{
		Name: &p.name, CapacityProviderArn: &p.arn, Status: p.status, UpdateStatus: p.update, Type: ecstypes.CapacityProviderTypeManagedInstances,
		Cluster: &p.managed.cl.name, ManagedInstancesProvider: new(p.managed.settings),
	}
	if tags {
		v.Tags = orEmpty(p.tags)
	}
	return v
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
