// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"container/heap"
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
	if over := len(p.tasks) - p.moving - desired; over > 0 && s.stopSome(p, over) < over {
		s.saidProtected(p)
	}
	live, healthy := 0, 0
	for _, d := range s.deployments {
		live += len(d.tasks)
		healthy += int(d.healthy)
	}
	want := desired - len(p.tasks) + p.moving
	if s.stalled() {
		want = 0
	}
	if live == len(p.tasks) && p.moving == 0 {
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
	p := s.deployments[0]
	retired := s.evict(p, p.moving, false)
	for _, d := range s.deployments[1:] {
		retired += s.stopSome(d, len(d.tasks)-int(d.healthy))
	}
	spare := max(healthy-max(int(s.desired), least), min(healthy-least, needed-retired), 0)
	for _, d := range slices.Backward(s.deployments[1:]) {
		n := s.stopSome(d, spare)
		spare -= n
		retired += n
	}
	return retired + s.evict(p, spare, true)
}

// pick chooses up to n tasks to stop: those that are not healthy first, always
// from the fullest zone, and there the newest. Protected ones are left alone.
func (d *deployment) pick(n int) []*task {
	if d.spec.host != nil {
		return d.pickHosted(n)
	}
	picked := make([]*task, 0, min(n, len(d.tasks)))
	zones := maps.Clone(d.zones)
	for _, healthy := range []bool{false, true} {
		candidates := d.byZone(healthy)
		for len(picked) < n {
			from := fullest(candidates, zones)
			if from == nil {
				break
			}
			t, _ := heap.Pop(from).(*task)
			zones[t.zone]--
			picked = append(picked, t)
		}
	}
	return picked
}

// byZone are the tasks that may be stopped and are healthy, or are not.
func (d *deployment) byZone(healthy bool) map[string]*newest {
	zones := map[string]*newest{}
	if int(d.healthy) == len(d.tasks) && !healthy {
		return zones
	}
	for _, t := range d.tasks {
		if t.healthy != healthy || t.protected() {
			continue
		}
		if zones[t.zone] == nil {
			zones[t.zone] = &newest{}
		}
		*zones[t.zone] = append(*zones[t.zone], t)
	}
	for _, list := range zones {
		heap.Init(list)
	}
	return zones
}

// fullest are the candidates in the zone with most tasks, nil if there are none.
func fullest(candidates map[string]*newest, zones map[string]int) *newest {
	best, most := "", -1
	for zone, list := range candidates {
		if n := zones[zone]; len(*list) > 0 && (n > most || n == most && zone < best) {
			best, most = zone, n
		}
	}
	if most < 0 {
		return nil
	}
	return candidates[best]
}

// newest is a heap of tasks, the newest on top.
type newest []*task

func (h newest) Len() int           { return len(h) }
func (h newest) Less(i, j int) bool { return h[i].seq > h[j].seq }
func (h newest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds a task.
func (h *newest) Push(x any) {
	if t, ok := x.(*task); ok {
		*h = append(*h, t)
	}
}

// Pop takes out the last one.
func (h *newest) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h = (*h)[:last]
	return t
}

// stuck says that the percentages leave no room to do anything.
func (s *service) stuck() {
	if s.saidStuck {
		return
	}
	s.saidStuck = true
	s.eventf("(service %s) was unable to stop or start tasks during a deployment because of the service deployment configuration. "+
		"Update the minimumHealthyPercent or maximumPercent value and try again.", s.name)
}
