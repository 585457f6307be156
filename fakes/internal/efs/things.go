// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// heldSystem is what a snapshot has of a file system: no times.
type heldSystem struct {
	FileSystem efstypes.FileSystemDescription
	Policy     string
	Backup     efstypes.Status
	Lifecycle  []efstypes.LifecyclePolicy
}

// heldTarget is what a snapshot has of a mount target.
type heldTarget struct {
	MountTarget    efstypes.MountTargetDescription
	SecurityGroups []string
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		add := func(kind, id string, state any) {
			all = append(all, sim.Thing{Region: r.name, Type: kind, ID: id, State: state})
		}
		for _, id := range slices.Sorted(maps.Keys(r.systems)) {
			add("file-system", id, r.systems[id].held())
		}
		for _, id := range slices.Sorted(maps.Keys(r.targets)) {
			add("mount-target", id, heldTarget{r.targets[id].described, r.targets[id].groups})
		}
		for _, id := range slices.Sorted(maps.Keys(r.points)) {
			add("access-point", id, r.points[id])
		}
	}
	return all
}

func (s *system) held() heldSystem {
	state := heldSystem{FileSystem: s.described, Policy: aws.ToString(s.policy), Backup: s.backup, Lifecycle: s.lifecycle}
	if len(state.Lifecycle) == 0 {
		state.Lifecycle = nil
	}
	state.FileSystem.CreationTime, state.FileSystem.SizeInBytes = nil, nil
	return state
}
