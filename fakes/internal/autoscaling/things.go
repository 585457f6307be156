// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"maps"
	"slices"

	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a group: no times.
type held struct {
	Group    asgtypes.AutoScalingGroup
	Hooks    []asgtypes.LifecycleHook
	Pool     []asgtypes.Instance
	Actions  []asgtypes.ScheduledUpdateGroupAction
	Policies []asgtypes.ScalingPolicy
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, g := range r.sorted(nil) {
			state := held{Group: g.described(), Hooks: g.hooks, Pool: g.pool()}
			state.Group.CreatedTime = nil
			for i := range state.Group.SuspendedProcesses {
				state.Group.SuspendedProcesses[i].SuspensionReason = nil
			}
			for _, name := range slices.Sorted(maps.Keys(g.actions)) {
				a := g.actions[name].described
				a.Time, a.StartTime, a.EndTime = nil, nil, nil
				state.Actions = append(state.Actions, a)
			}
			for _, name := range slices.Sorted(maps.Keys(g.policies)) {
				state.Policies = append(state.Policies, g.policies[name])
			}
			all = append(all, sim.Thing{Region: r.name, Type: "auto-scaling-group", ID: g.name(), State: state})
		}
	}
	return all
}
