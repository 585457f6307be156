// SPDX-License-Identifier: Apache-2.0

// Package capacity knows how ECS scales the Auto Scaling group of a capacity provider:
// the metric CapacityProviderReservation and what follows of it. It is pure.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-scaling-behavior.html
// https://aws.amazon.com/blogs/containers/deep-dive-on-amazon-ecs-cluster-auto-scaling/
package capacity

import (
	"slices"

	"github.com/slipway-go/slipway/internal/placement"
)

// Settings are those of managed scaling.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
type Settings struct {
	// Target is the reservation, in percent, that is aimed at: 1 to 100.
	Target int
	// MinStep and MaxStep are how many instances are added at a time, 1 to 10000. They
	// do not bound how many are taken away.
	MinStep, MaxStep int
}

// Demand are tasks that wait for capacity and need the same.
type Demand struct {
	Needs placement.Resources
	Tasks int
}

// State is what managed scaling looks at.
type State struct {
	// Instances are those that the group has in service.
	Instances int
	// Busy are those of them that run a task which is no daemon's.
	Busy int
	// Warming are new ones that have not registered yet, on which tasks may count.
	Warming int
	Demands []Demand
	// Types are what instances of each of the group's types offer.
	Types []placement.Resources
}

// Needed is M: how many instances the tasks need. Without tasks that wait it is the
// busy ones. With, it is as many more as [Additional] says, within the steps, as far as
// those that warm up do not cover them.
func (s State) Needed(set Settings) int {
	more := Additional(s.Demands, s.Types)
	if more == 0 {
		return s.Busy
	}
	if more <= s.Warming {
		return s.Instances
	}
	return s.Instances + min(max(more-s.Warming, set.MinStep), set.MaxStep)
}

// Incompatible reports whether tasks wait and the smallest instance could run none of
// them. Managed scaling stops then: the metric stays at its target.
func (s State) Incompatible() bool {
	waiting := slices.ContainsFunc(s.Demands, func(d Demand) bool { return d.Tasks > 0 })
	return waiting && Additional(s.Demands, s.Types) == 0
}

// Additional is how many instances tasks need that found no place: the most that any
// group of equal tasks needs if it is packed on the largest instance. Tasks that the
// smallest instance could not run do not count.
func Additional(demands []Demand, types []placement.Resources) int {
	if len(types) == 0 {
		return 0
	}
	smallest, largest := types[0], types[0]
	for _, t := range types[1:] {
		smallest, largest = each(smallest, t, least), each(largest, t, most)
	}
	more := 0
	for _, d := range demands {
		if d.Tasks == 0 || fit(smallest, d.Needs) == 0 {
			continue
		}
		n := fit(largest, d.Needs)
		more = max(more, (d.Tasks+n-1)/n)
	}
	return more
}

func least(a, b int) int { return min(a, b) }
func most(a, b int) int  { return max(a, b) }

// each combines resources one by one.
func each(a, b placement.Resources, by func(a, b int) int) placement.Resources {
	return placement.Resources{
		CPU: by(a.CPU, b.CPU), Memory: by(a.Memory, b.Memory), GPUs: by(a.GPUs, b.GPUs), Interfaces: by(a.Interfaces, b.Interfaces),
	}
}

// fit is how many tasks find room on an empty instance; a port of the host can be had
// once.
func fit(has, needs placement.Resources) int {
	const plenty = 1 << 20
	n := plenty
	for _, r := range [][2]int{
		{has.CPU, needs.CPU}, {has.Memory, needs.Memory}, {has.GPUs, needs.GPUs}, {has.Interfaces, needs.Interfaces},
	} {
		if r[1] > 0 {
			n = min(n, r[0]/r[1])
		}
	}
	if len(needs.TCP)+len(needs.UDP) > 0 {
		n = min(n, 1)
	}
	return n
}

// What the metric is where its formula has no value.
const (
	percent  = 100
	fromZero = 200
)

// Reservation is the metric CapacityProviderReservation, in percent, for needed (M) and
// running (N) instances.
func Reservation(needed, running int) float64 {
	switch {
	case running > 0:
		return float64(needed) / float64(running) * percent
	case needed > 0:
		return fromZero
	default:
		return percent
	}
}

// first is how many instances an empty group is given, whatever is needed and whatever
// the steps are: the metric, 200, says no more. The rest follows once these have warmed
// up.
const first = 2

// Desired is the number of instances that target tracking asks for in the end.
func Desired(needed, running int, set Settings) int {
	switch {
	case needed == 0:
		return 0
	case running == 0:
		return first
	default:
		return (needed*percent + set.Target - 1) / set.Target
	}
}

// ScaledIn is how many of desired instances the group keeps in the next minute on its
// way down to want: it gives up one at least and half of them at most.
func ScaledIn(desired, want int) int {
	return max(want, desired-max(desired/2, 1))
}
