// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"maps"
	"slices"

	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// heldNamespace is what a snapshot has of a namespace: no times.
type heldNamespace struct {
	Name, HTTPName, VPC string
	Type                sdtypes.NamespaceType
	Description         *string
	NegativeTTL         *int64
	Tags                []sdtypes.Tag
}

// heldService is what a snapshot has of a service.
type heldService struct {
	Namespace string
	Service   sdtypes.ServiceSummary
	Tags      []sdtypes.Tag
}

// heldInstance is what a snapshot has of an instance.
type heldInstance struct {
	Attributes map[string]string
	Health     sdtypes.HealthStatus
}

func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		add := func(kind, id string, state any) {
			all = append(all, sim.Thing{Region: r.name, Type: kind, ID: id, State: state})
		}
		for _, id := range slices.Sorted(maps.Keys(r.namespaces)) {
			n := r.namespaces[id]
			add("namespace", id, heldNamespace{n.name, n.httpName, n.vpc, n.kind, n.description, n.negative, n.tags})
		}
		for _, id := range slices.Sorted(maps.Keys(r.services)) {
			s := r.services[id]
			held := s.summary()
			held.CreateDate = nil
			add("service", id, heldService{s.namespace.id, held, s.tags})
			for _, i := range s.sorted() {
				add("instance", id+"/"+i.id, heldInstance{i.attributes, i.status()})
			}
		}
	}
	return all
}
