// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"strings"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// held is what a snapshot has of a thing: what is described of it, without times.
type held struct {
	View         any
	Attributes   map[string]string `json:",omitempty"`
	Tags         map[string]string `json:",omitempty"`
	Certificates []string          `json:",omitempty"`
	Targets      []world.Target    `json:",omitempty"`
	Settings     any               `json:",omitempty"`
}

// things returns all that the service holds, balancers and target groups by name,
// listeners and rules by the end of their ARN.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, b := range r.balancers {
			view := b.view
			view.CreatedTime = nil
			all = append(all, r.thing("load-balancer", *view.LoadBalancerName, held{View: view, Attributes: b.attributes, Tags: b.tags}))
		}
		for _, l := range r.listeners {
			all = append(all, r.thing("listener", end(l.arn()), held{View: l.view, Attributes: l.attributes, Tags: l.tags, Certificates: l.more}))
		}
		for _, x := range r.rules {
			all = append(all, r.thing("rule", end(x.arn()), held{View: x.view, Tags: x.tags}))
		}
		for _, b := range r.classics {
			view := b.described()
			view.CreatedTime = nil
			all = append(all, r.thing("classic-load-balancer", b.name(), held{View: view, Settings: b.attributes, Tags: b.tags}))
		}
		for _, g := range r.groups {
			state := held{View: g.view, Attributes: g.attributes, Tags: g.tags}
			for _, t := range g.targets {
				state.Targets = append(state.Targets, t.is)
			}
			all = append(all, r.thing("target-group", *g.view.TargetGroupName, state))
		}
	}
	return all
}

func (r *region) thing(kind, id string, state held) sim.Thing {
	return sim.Thing{Region: r.name, Type: kind, ID: id, State: state}
}

// end returns what tells a listener or rule from others: "app/shop/<id>/<id>".
func end(arn string) string {
	_, rest, _ := strings.Cut(arn, "/")
	return rest
}
