// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// things are what snapshots of the cloud show: what a user has made and not
// deleted, and the tasks that run.
func (f *Fake) things() []sim.Thing {
	var list []sim.Thing
	for _, r := range f.regions.All() {
		list = append(list, r.providerThings()...)
		for _, cl := range r.clusters {
			list = append(list, cl.things()...)
		}
		for _, fam := range r.families {
			for _, d := range fam.revisions {
				if d != nil && d.active() {
					list = append(list, sim.Thing{Region: r.name, Type: "task-definition", ID: lastPart(d.arn()), State: d.definition})
				}
			}
		}
	}
	return list
}

// providerThings are the capacity providers of one's own.
func (r *region) providerThings() []sim.Thing {
	var list []sim.Thing
	for _, p := range r.providers {
		if p.status == ecstypes.CapacityProviderStatusActive {
			list = append(list, sim.Thing{Region: r.name, Type: "capacity-provider", ID: p.name, State: p.view(true)})
		}
	}
	return list
}

func (cl *cluster) things() []sim.Thing {
	if cl.status == inactive {
		return nil
	}
	region := cl.r.name
	list := []sim.Thing{{Region: region, Type: "cluster", ID: cl.name, State: cl.view(includeAll)}}
	for _, s := range cl.services {
		if s.status != inactive {
			list = append(list, sim.Thing{Region: region, Type: "service", ID: cl.name + "/" + s.name, State: s.view(true)})
		}
	}
	for _, n := range cl.nodes {
		if n.status != inactive {
			list = append(list, sim.Thing{Region: region, Type: "container-instance", ID: cl.name + "/" + n.id, State: n.view(nil)})
		}
	}
	for _, t := range cl.tasks {
		if t.status != stopped {
			list = append(list, sim.Thing{Region: region, Type: "task", ID: cl.name + "/" + t.id, State: t.view(true)})
		}
	}
	return list
}
