// SPDX-License-Identifier: Apache-2.0

// Package ecr is the simulated ECR with its OCI registry.
package ecr

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim        *sim.Sim
	access     world.Access
	registries sim.Regional[registry]
	// count tells images apart by the order in which they came.
	count int
}

var _ world.Images = (*Fake)(nil)

// New returns the service without repositories.
func New(s *sim.Sim, _ world.Timing, access world.Access, _ func(key string) (sim.Principal, error)) *Fake {
	return &Fake{sim: s, access: access, registries: sim.Regional[registry]{New: newRegistry}}
}

// Services returns the operations of ECR.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("ECR", "ecr")
	f.handleRepositories(s)
	f.handleTags(s)
	f.handlePolicies(s)
	f.handleLifecycle(s)
	f.handleImages(s)
	f.handleLayers(s)
	f.handleScans(s)
	f.handleRegistry(s)
	f.handleSettings(s)
	s.Things = f.things
	return []*sim.Service{s}
}
