// SPDX-License-Identifier: Apache-2.0

// Package logs is the simulated CloudWatch Logs.
package logs

import (
	"time"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Logs = (*Fake)(nil)

// New returns the service without log groups.
func New(s *sim.Sim, access world.Access) *Fake { return &Fake{} }

// Services returns the operations of CloudWatch Logs.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Stream(region, group, stream string, p sim.Principal) error   { return nil }
func (f *Fake) Group(region, group string, p sim.Principal) error            { return nil }
func (f *Fake) Write(region, group, stream string, t time.Time, line string) {}
