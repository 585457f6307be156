// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// bounds are how few healthy and how many live tasks there may be while a
// deployment is under way: the minimum is rounded up, the maximum down.
func (s *service) bounds() (least, most int) {
	c := s.input.DeploymentConfiguration // filled: it has both
	return rules.Room(int(s.desired), int(*c.MinimumHealthyPercent), int(*c.MaximumPercent))
}

// roll starts and stops tasks within the bounds, on the way from the older
// deployments to the PRIMARY one.
func (s *service) roll() {
	p := s.deployments[0]
	desired := int(s.desired)
	if over := len(p.tasks) - desired; over > 0 {
		s.stopSome(p, over)
	}
	live, healthy := 0, 0
	for _, d := range s.deployments {
		live += len(d.tasks)
		healthy += int(d.healthy)
	}
	want := desired - len(p.tasks)
	if s.stalled() {
		want = 0
	}
	if live == len(p.tasks) {
		s.start(p, want)
		return
	}
	least, most := s.bounds()
	room := max(most-live, 0)
	retired := s.retire(want-room, healthy, least)
	room = max(most-live+retired, 0)
	s.start(p, min(want, room))
	if want > 0 && room == 0 && retired == 0 && live == healthy && s.ending == 0 {
		s.stuck()
	}
}

// retire stops tasks of older deployments: those that are not healthy at once,
// healthy ones as newer ones take their place, or to make as much room as is
// needed, as long as enough stay healthy. It returns how many.
func (s *service) retire(needed, healthy, least int) int {
	retired := 0
	for _, d := range s.deployments[1:] {
		retired += s.stopSome(d, len(d.tasks)-int(d.healthy))
	}
	spare := max(healthy-max(int(s.desired), least), min(healthy-least, needed-retired), 0)
	for _, d := range slices.Backward(s.deployments[1:]) {
		n := s.stopSome(d, spare)
		spare -= n
		retired += n
	}
	return retired
}

// pick chooses up to n tasks to stop; protected ones are left alone.
func (d *deployment) pick(n int) []*task {
	list := slices.DeleteFunc(slices.Clone(d.tasks), (*task).protected)
	slices.SortFunc(list, func(a, b *task) int {
		if x := rank(a) - rank(b); x != 0 {
			return x
		}
		return b.seq - a.seq
	})
	if n >= len(list) {
		return list
	}
	return pickByZone(list, maps.Clone(d.zones), n)
}

// rank orders tasks by how readily they are stopped.
func rank(t *task) int {
	if t.healthy {
		return 1
	}
	return 0
}

// pickByZone takes n from list in order of rank, always from the fullest zone.
func pickByZone(list []*task, zones map[string]int, n int) []*task {
	picked := make([]*task, 0, n)
	for start := 0; start < len(list) && len(picked) < n; {
		end := start
		byZone := map[string][]*task{}
		for end < len(list) && rank(list[end]) == rank(list[start]) {
			byZone[list[end].zone] = append(byZone[list[end].zone], list[end])
			end++
		}
		for len(picked) < n {
			zone := fullest(byZone, zones)
			if zone == nil {
				break
			}
			picked = append(picked, byZone[*zone][0])
			byZone[*zone] = byZone[*zone][1:]
			zones[*zone]--
		}
		start = end
	}
	return picked
}

// fullest is the zone with most tasks among those that have candidates.
func fullest(candidates map[string][]*task, zones map[string]int) *string {
	var best *string
	for zone, list := range candidates {
		if len(list) == 0 {
			continue
		}
		if best == nil || zones[zone] > zones[*best] || zones[zone] == zones[*best] && zone < *best {
			best = &zone
		}
	}
	return best
}

// stuck says that the percentages leave no room to do anything.
func (s *service) stuck() {
	if s.saidStuck {
		return
	}
	s.saidStuck = true
	s.event("(service %s) was unable to stop or start tasks during a deployment because of the service deployment configuration. "+
		"Update the minimumHealthyPercent or maximumPercent value and try again.", s.name)
}
