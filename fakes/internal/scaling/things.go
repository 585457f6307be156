// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"maps"
	"slices"

	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a scalable target: no times of creation.
type held struct {
	ScalableTarget   aastypes.ScalableTarget
	Tags             map[string]string
	ScalingPolicies  []aastypes.ScalingPolicy
	ScheduledActions []aastypes.ScheduledAction
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, ref := range slices.Sorted(maps.Keys(r.targets)) {
			all = append(all, sim.Thing{Region: r.name, Type: "scalable-target", ID: ref, State: r.targets[ref].held()})
		}
	}
	return all
}

func (t *target) held() held {
	state := held{ScalableTarget: t.described, Tags: t.tags}
	state.ScalableTarget.CreationTime = nil
	for _, name := range slices.Sorted(maps.Keys(t.policies)) {
		p := t.policies[name]
		p.CreationTime = nil
		state.ScalingPolicies = append(state.ScalingPolicies, p)
	}
	for _, name := range slices.Sorted(maps.Keys(t.schedules)) {
		a := t.schedules[name]
		a.CreationTime = nil
		state.ScheduledActions = append(state.ScheduledActions, a)
	}
	return state
}
