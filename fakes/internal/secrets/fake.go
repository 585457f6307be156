// SPDX-License-Identifier: Apache-2.0

// Package secrets is the simulated Secrets Manager.
package secrets

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

// New returns the service without secrets.
func New(s *sim.Sim, access world.Access) *Fake { return &Fake{} }

// Services returns the operations of Secrets Manager.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Secret(region, id string, p sim.Principal) (string, error) { return "", nil }
