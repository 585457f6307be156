// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// zoneLost is why the tasks of a lost zone stopped; AWS does not publish its words.
const zoneLost = "The task was stopped because its Availability Zone is not available."

// onZone ends the tasks of a zone that is lost. Services start others elsewhere.
func (f *Fake) onZone(zone string, lost bool) {
	if !lost {
		f.tryEvening()
		return
	}
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.clusters)) {
			cl := r.clusters[name]
			for _, id := range slices.Sorted(maps.Keys(cl.tasks)) {
				if t := cl.tasks[id]; t.zone == zone {
					t.lose()
				}
			}
		}
	}
}

// lose ends a task with what it runs on: nothing is drained, and no container gets to
// hear of it.
func (t *task) lose() {
	t.cut(zoneLost)
}

// cut ends the containers of a task with what they run on.
func (t *task) cut(reason string) {
	for _, c := range t.containers {
		if c.status == running {
			c.ending = true
			c.end(exitKilled, "")
		}
	}
	t.stop(ecstypes.TaskStopCodeTerminationNotice, reason)
	t.stopContainers()
	t.finishIfEnded()
}

// lostZone reports whether nothing starts in a zone.
func (f *Fake) lostZone(zone string) bool { return f.needs.Zones != nil && f.needs.Zones.Lost(zone) }
