// SPDX-License-Identifier: Apache-2.0

// Package ecs is the simulated ECS.
package ecs

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Needs is what ECS needs of the other services.
type Needs struct {
	Access      world.Access
	Images      world.Images
	Network     world.Network
	Targets     world.Targets
	Secrets     world.Secrets
	Logs        world.Logs
	Alarms      world.Alarms
	FileSystems world.FileSystems
}

// Fake is the simulated service.
type Fake struct{}

var (
	_ world.Prober   = (*Fake)(nil)
	_ world.Services = (*Fake)(nil)
)

// New returns the service without clusters.
func New(s *sim.Sim, t world.Timing, n Needs) *Fake { return &Fake{} }

// Services returns the operations of ECS.
func (f *Fake) Services() []*sim.Service { return nil }

// SetProgram says what containers of the image do.
func (f *Fake) SetProgram(ref string, p world.Program) {}

func (f *Fake) Probe(region, vpc, ip string, port int32, path string) (int, bool) { return 0, false }
func (f *Fake) Service(region, cluster, name string) (desired, running int, found bool) {
	return 0, 0, false
}
func (f *Fake) Scale(region, cluster, name string, desired int) {}
