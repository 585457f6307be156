// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
)

// rebalance moves tasks of a steady service on instances from the zone with most of them
// to the one with fewest, if they differ by more than one: another one is started first.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (s *service) rebalance(p *deployment) {
	if !s.rebalances() || s.vain {
		return
	}
	zones := s.zoneCounts(p)
	most, fewest := extremes(zones)
	apart := zones[most] - zones[fewest]
	const even = 1
	if apart <= even {
		if s.lopsided > 0 {
			s.lopsided = 0
			s.eventf("(service %s) is AZ balanced with %s.", s.name, zoneText(zones))
		}
		return
	}
	if s.lopsided > 0 && apart >= s.lopsided {
		s.vain, s.lopsided = true, 0
		return
	}
	if s.lopsided == 0 {
		s.eventf("(service %s) is not AZ balanced with %s. AZ Rebalancing in progress.", s.name, zoneText(zones))
	}
	s.lopsided = apart
	s.moveFrom(p, most, apart/2)
}

// rebalances reports whether the service evens out its zones: not if it is a daemon, has
// a Classic Load Balancer or may not have more tasks than desired, and only if it spreads
// over zones first.
func (s *service) rebalances() bool {
	in := &s.input
	const all = 100
	switch {
	case !s.hosted(), s.daemon(), in.AvailabilityZoneRebalancing == ecstypes.AvailabilityZoneRebalancingDisabled,
		*in.DeploymentConfiguration.MaximumPercent <= all:
		return false
	case slices.ContainsFunc(in.LoadBalancers, func(lb ecstypes.LoadBalancer) bool { return lb.LoadBalancerName != nil }):
		return false
	case len(in.PlacementStrategy) == 0:
		return true
	}
	first := in.PlacementStrategy[0]
	return first.Type == ecstypes.PlacementStrategyTypeSpread && value(first.Field) == "attribute:"+placement.AvailabilityZone
}

// zoneCounts are the tasks by zone, of the zones that have instances for them.
func (s *service) zoneCounts(p *deployment) map[string]int {
	zones := map[string]int{}
	members := members(p.spec.host)
	for _, n := range s.cl.nodes {
		if n.status == active && n.connected && n.suits(p.spec.host, members, s.strategy) {
			zones[n.zone] = p.zones[n.zone]
		}
	}
	return zones
}

// extremes are the zones with most and with fewest tasks; of equals the first by name.
func extremes(zones map[string]int) (most, fewest string) {
	for i, zone := range slices.Sorted(maps.Keys(zones)) {
		if i == 0 || zones[zone] > zones[most] {
			most = zone
		}
		if i == 0 || zones[zone] < zones[fewest] {
			fewest = zone
		}
	}
	return most, fewest
}

// moveFrom has others started in place of the newest tasks of a zone.
func (s *service) moveFrom(p *deployment, zone string, n int) {
	var there []*task
	for _, t := range p.tasks {
		if t.zone == zone && !t.protected() {
			there = append(there, t)
		}
	}
	slices.SortFunc(there, func(a, b *task) int { return b.seq - a.seq })
	for _, t := range there[:min(n, len(there))] {
		t.move(true)
	}
}

func zoneText(zones map[string]int) string {
	var list []string
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		list = append(list, fmt.Sprintf("%d tasks in %s", zones[zone], zone))
	}
	return strings.Join(list, ", ")
}
