// SPDX-License-Identifier: Apache-2.0

// Package scaling is the simulated Application Auto Scaling.
package scaling

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

// New returns the service without scalable targets.
func New(s *sim.Sim, access world.Access, services world.Services) *Fake { return &Fake{} }

// Services returns the operations of Application Auto Scaling.
func (f *Fake) Services() []*sim.Service { return nil }
