// SPDX-License-Identifier: Apache-2.0

// Package elb is the simulated Elastic Load Balancing v2.
package elb

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Targets = (*Fake)(nil)

// New returns the service without load balancers.
func New(s *sim.Sim, t world.Timing, network world.Network) *Fake { return &Fake{} }

// SetProber says who answers health checks.
func (f *Fake) SetProber(p world.Prober) {}

// Services returns the operations of Elastic Load Balancing v2.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) TargetGroup(region, arn string) (world.TargetGroup, bool) {
	return world.TargetGroup{}, false
}
func (f *Fake) Register(region, arn string, t world.Target)                        {}
func (f *Fake) Deregister(region, arn string, t world.Target)                      {}
func (f *Fake) Health(region, arn string, t world.Target) (string, string, string) { return "", "", "" }
func (f *Fake) OnHealth(fn func(region, arn string, t world.Target, state, reason, description string)) {
}
