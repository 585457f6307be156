// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/slipway-go/slipway/internal/placement"
)

// pickHosted chooses up to n tasks to stop: those that are not healthy first, the newest
// before others, then as placement would take them back. Protected ones are left alone,
// and those that are to move, which go by themselves, are taken last.
func (d *deployment) pickHosted(n int) []*task {
	var picked, healthy, moving []*task
	for _, t := range d.tasks {
		switch {
		case t.protected():
		case t.moving:
			moving = append(moving, t)
		case t.healthy:
			healthy = append(healthy, t)
		default:
			picked = append(picked, t)
		}
	}
	slices.SortFunc(picked, func(a, b *task) int { return b.seq - a.seq })
	if len(picked) >= n {
		return picked[:n]
	}
	if n -= len(picked); len(healthy) <= n {
		picked = append(picked, healthy...)
		return append(picked, moving[:min(n-len(healthy), len(moving))]...)
	}
	return append(picked, d.victims(n, healthy)...)
}

// victims asks placement for one after the other, each as if those before had ended.
func (d *deployment) victims(n int, of []*task) []*task {
	places := d.service.cl.places
	may := make(map[string]*task, len(of))
	for _, t := range of {
		may[t.id] = t
	}
	var list []*task
	for range n {
		q, err := d.spec.host.query("")
		if err != nil {
			break
		}
		id, found := places.Victim(q, seedOf(d.id), func(id string) bool { return may[id] != nil })
		if !found {
			break
		}
		list = append(list, may[id])
		delete(may, id)
		places.Stop(id)
	}
	for _, t := range list { // they have their places until they are STOPPED
		_ = places.Start(placement.Task{ID: t.id, Group: t.spec.group, Needs: t.spec.host.request.Needs}, t.node.id)
		places.Running(t.id)
	}
	return list
}
