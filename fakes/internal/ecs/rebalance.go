// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
)

// balance is a service's evening out of zones.
type balance struct {
	// shares are how many tasks each zone is to have; nil when nothing is evened out.
	shares map[string]int
	// apart is by how many tasks the zones differed when the last moves began.
	apart int
	// vain: moving tasks did not help, so it is not tried again before there is another
	// place for them.
	vain bool
}

// rebalance moves tasks of a steady service from the zones with most of them to those
// with fewest, if they differ by more than one: others are started first.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (s *service) rebalance(p *deployment) {
	if !s.rebalances() || s.vain {
		return
	}
	const even = 1
	zones := s.zoneCounts(p)
	order := fullestFirst(zones)
	if len(order) == 0 {
		return
	}
	apart := zones[order[0]] - zones[order[len(order)-1]]
	switch {
	case apart <= even && s.shares != nil:
		s.shares = nil
		s.eventf("(service %s) is AZ balanced with %s.", s.name, zoneText(zones))
	case apart <= even:
	case s.shares != nil && apart >= s.apart:
		s.unevenable(order[len(order)-1])
	default:
		s.even(p, zones, apart)
	}
}

// even has others started in place of the tasks that are too many in their zones.
func (s *service) even(p *deployment, zones map[string]int, apart int) {
	shares := sharesOf(zones)
	tooMany, held := p.tooMany(zones, shares)
	if held > 0 {
		s.eventOnce(fmt.Sprintf("(service %s) was unable to AZ Rebalance because (taskSet %s) was unable to scale in due to (reason %d tasks under protection)",
			s.name, p.id, held))
	}
	if len(tooMany) == 0 {
		s.stopBalancing()
		return
	}
	if s.shares == nil {
		s.eventf("(service %s) is not AZ balanced with %s. AZ Rebalancing in progress.", s.name, zoneText(zones))
	}
	s.shares, s.apart = shares, apart
	for _, t := range tooMany {
		t.evens = true
		t.move(true)
	}
}

// rebalances reports whether the service evens out its zones: not if it is a daemon, has
// a Classic Load Balancer, may not have more tasks than desired or asks for zones by a
// constraint, and only if it spreads over zones first.
func (s *service) rebalances() bool {
	in := &s.input
	const all = 100
	switch {
	case s.daemon(), in.AvailabilityZoneRebalancing == ecstypes.AvailabilityZoneRebalancingDisabled,
		*in.DeploymentConfiguration.MaximumPercent <= all, s.constrainsZones():
		return false
	case slices.ContainsFunc(in.LoadBalancers, func(lb ecstypes.LoadBalancer) bool { return lb.LoadBalancerName != nil }):
		return false
	case len(in.PlacementStrategy) == 0:
		return true
	}
	first := in.PlacementStrategy[0]
	return first.Type == ecstypes.PlacementStrategyTypeSpread && value(first.Field) == zoneAttribute
}

// zoneAttribute is how strategies and constraints call the zone.
const zoneAttribute = "attribute:" + placement.AvailabilityZone

func (s *service) constrainsZones() bool {
	return s.host != nil && slices.ContainsFunc(s.host.request.Constraints, func(c ecstypes.PlacementConstraint) bool {
		return strings.Contains(value(c.Expression), zoneAttribute)
	})
}

// zoneCounts are the tasks by zone, of the zones that can have some: those of instances
// that will do, or those of the subnets where there is Fargate.
func (s *service) zoneCounts(p *deployment) map[string]int {
	zones := map[string]int{}
	if !s.hosted() {
		f := s.cl.r.f
		for _, id := range s.network.Subnets {
			n, ok := f.needs.Network.Subnet(s.cl.r.name, id)
			if ok && !f.lostZone(n.Zone) && !slices.Contains(f.limits.Without, n.Zone) {
				zones[n.Zone] = p.zones[n.Zone]
			}
		}
		return zones
	}
	members := members(p.spec.host)
	for _, n := range s.cl.nodes {
		if n.status == active && n.connected && n.suits(p.spec.host, members, s.strategy) {
			zones[n.zone] = p.zones[n.zone]
		}
	}
	return zones
}

// fullestFirst are the zones by number of tasks, equal ones by name.
func fullestFirst(zones map[string]int) []string {
	return slices.SortedFunc(maps.Keys(zones), func(a, b string) int {
		return cmp.Or(zones[b]-zones[a], strings.Compare(a, b))
	})
}

// sharesOf are how many tasks each zone is to have: as many as the others, and one more
// in the fullest ones where that does not work out.
func sharesOf(zones map[string]int) map[string]int {
	order, all := fullestFirst(zones), 0
	for _, n := range zones {
		all += n
	}
	shares := make(map[string]int, len(order))
	for i, zone := range order {
		shares[zone] = all / len(order)
		if i < all%len(order) {
			shares[zone]++
		}
	}
	return shares
}

// tooMany are the newest tasks of the zones that have more than their share; held is how
// many more it would be if they were not protected.
func (d *deployment) tooMany(zones, shares map[string]int) (tasks []*task, held int) {
	for _, zone := range fullestFirst(zones) {
		n := zones[zone] - shares[zone]
		if n <= 0 {
			continue
		}
		var there []*task
		for _, t := range d.tasks {
			if t.zone == zone && !t.protected() {
				there = append(there, t)
			}
		}
		slices.SortFunc(there, func(a, b *task) int { return b.seq - a.seq })
		held += max(n-len(there), 0)
		tasks = append(tasks, there[:min(n, len(there))]...)
	}
	return tasks, held
}

// evening reports whether a task of the deployment that starts now evens out zones.
func (s *service) evening(d *deployment) bool {
	return s.shares != nil && d == s.deployments[0] && slices.ContainsFunc(d.tasks, func(t *task) bool { return t.evens })
}

// evened are the subnets for a task: if it evens out zones those of the zones that have
// less than their share.
func (t *task) evened(zones map[string]int) []string {
	all := t.spec.network.Subnets
	if !t.evens {
		return all
	}
	short := slices.DeleteFunc(slices.Clone(all), func(id string) bool {
		n, ok := t.fake().needs.Network.Subnet(t.region(), id)
		return !ok || zones[n.Zone] >= t.dep.service.shares[n.Zone]
	})
	if len(short) == 0 { // it takes the place of one that ended
		return all
	}
	return short
}

// unevenable gives up, for a zone has no place for a task.
func (s *service) unevenable(zone string) {
	why := "."
	if s.hosted() {
		why = " because no container instance met all of its requirements."
	}
	s.eventOnce(fmt.Sprintf("(service %s) is unable to place a task in %s%s", s.name, zone, why))
	s.vain = true
	s.stopBalancing()
}

// neediest is the zone with fewest tasks.
func (s *service) neediest() string {
	order := fullestFirst(s.zoneCounts(s.deployments[0]))
	if len(order) == 0 {
		return ""
	}
	return order[len(order)-1]
}

// stopBalancing leaves the zones as they are.
func (s *service) stopBalancing() {
	if s.shares == nil {
		return
	}
	s.shares = nil
	for _, d := range s.deployments {
		for _, t := range slices.Clone(d.tasks) {
			if t.evens {
				t.evens = false
				t.move(false)
			}
		}
	}
	s.eventf("(service %s) stopped AZ Rebalancing.", s.name)
}

// tryEvening has the services on Fargate try again to even out zones.
func (f *Fake) tryEvening() {
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.clusters)) {
			for _, s := range r.clusters[name].sortedServices() {
				if s.status == active && !s.hosted() {
					s.vain = false
					s.wake()
				}
			}
		}
	}
}

// evenedEvents tells of tasks that were started, or stopped, to even out zones.
func (s *service) evenedEvents(tasks []*task, format string) {
	byZone := map[string][]*task{}
	for _, t := range tasks {
		byZone[t.zone] = append(byZone[t.zone], t)
	}
	for _, zone := range slices.Sorted(maps.Keys(byZone)) {
		for chunk := range slices.Chunk(byZone[zone], eventTasks) {
			s.eventf("(service %s) "+format, s.name, len(chunk), zone, names(chunk))
		}
	}
}

func zoneText(zones map[string]int) string {
	var list []string
	for _, zone := range fullestFirst(zones) {
		list = append(list, fmt.Sprintf("%d tasks in %s", zones[zone], zone))
	}
	return strings.Join(list, ", ")
}
