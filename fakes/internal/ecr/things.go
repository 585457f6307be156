// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"maps"
	"slices"

	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a repository: no times.
type held struct {
	Repository        ecrtypes.Repository
	Tags              map[string]string `json:",omitempty"`
	Policy, Lifecycle string            `json:",omitempty"`
	Images            []string          `json:",omitempty"` // digests
	Tagged            map[string]string `json:",omitempty"` // digests by tag
}

// things returns all that the service holds.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.registries.All() {
		for _, name := range slices.Sorted(maps.Keys(r.repos)) {
			repo := r.repos[name]
			state := held{
				Repository: repo.Repository, Tags: repo.tags, Policy: repo.policy, Lifecycle: repo.lifecycle,
				Images: slices.Sorted(maps.Keys(repo.images)), Tagged: repo.tagged,
			}
			state.Repository.CreatedAt = nil
			all = append(all, sim.Thing{Region: r.region, Type: "repository", ID: name, State: state})
		}
	}
	return all
}
