// SPDX-License-Identifier: Apache-2.0

// Package ssm is the simulated SSM Parameter Store.
package ssm

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

// New returns the service without parameters.
func New(s *sim.Sim, access world.Access) *Fake { return &Fake{} }

// Services returns the operations of SSM.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Parameter(region, id string, p sim.Principal) (string, error) { return "", nil }
