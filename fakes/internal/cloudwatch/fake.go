// SPDX-License-Identifier: Apache-2.0

// Package cloudwatch is the simulated CloudWatch.
package cloudwatch

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Alarms = (*Fake)(nil)

// New returns the service without alarms.
func New(s *sim.Sim) *Fake { return &Fake{} }

// Services returns the operations of CloudWatch.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Alarm(region, name string) (string, bool)    { return "", false }
func (f *Fake) OnAlarm(fn func(region, name, state string)) {}
