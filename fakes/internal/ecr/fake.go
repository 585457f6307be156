// SPDX-License-Identifier: Apache-2.0

// Package ecr is the simulated ECR with its OCI registry.
package ecr

import (
	"net/http"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Images = (*Fake)(nil)

// New returns the service without repositories.
func New(s *sim.Sim, t world.Timing, access world.Access, caller func(key string) (sim.Principal, error)) *Fake {
	return &Fake{}
}

// Services returns the operations of ECR.
func (f *Fake) Services() []*sim.Service { return nil }

// Registry serves the OCI distribution protocol for the registry of a region.
func (f *Fake) Registry(region string) http.Handler { return http.NotFoundHandler() }

func (f *Fake) Pull(region, reference string, as sim.Principal) (world.Image, error) {
	return world.Image{}, nil
}
