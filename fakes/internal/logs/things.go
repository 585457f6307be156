// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"maps"
	"slices"

	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// held is what a snapshot has of a log group: no times, and no events.
type held struct {
	LogGroup logstypes.LogGroup
	Tags     map[string]string
	Streams  []string
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.groups)) {
			g := r.groups[name]
			state := held{LogGroup: g.described, Tags: g.tags, Streams: slices.Sorted(maps.Keys(g.streams))}
			state.LogGroup.CreationTime, state.LogGroup.StoredBytes = nil, nil
			all = append(all, sim.Thing{Region: r.name, Type: "log-group", ID: name, State: state})
		}
	}
	return all
}
