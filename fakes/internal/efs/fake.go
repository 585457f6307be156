// SPDX-License-Identifier: Apache-2.0

// Package efs is the simulated EFS.
package efs

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.FileSystems = (*Fake)(nil)

// New returns the service without file systems.
func New(s *sim.Sim, access world.Access, network world.Network) *Fake { return &Fake{} }

// Services returns the operations of EFS.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Mount(region, fileSystem, accessPoint string, iam bool, from world.Interface, p sim.Principal) error {
	return nil
}
