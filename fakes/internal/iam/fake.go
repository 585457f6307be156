// SPDX-License-Identifier: Apache-2.0

// Package iam is the simulated IAM and STS.
package iam

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Access = (*Fake)(nil)

// New returns the service without roles.
func New(s *sim.Sim, t world.Timing) *Fake { return &Fake{} }

// Services returns the operations of IAM and STS.
func (f *Fake) Services() []*sim.Service { return nil }

// Caller returns who signs with an access key. The owner key is the account root.
func (f *Fake) Caller(key string) (sim.Principal, error) { return sim.Principal{}, nil }

// Session makes an access key that acts as the role (name or ARN).
func (f *Fake) Session(role string) string { return "" }

func (f *Fake) Authorize(p sim.Principal, a sim.Access) error { return nil }
func (f *Fake) Assume(roleARN, service, session string, context map[string][]string) (sim.Principal, error) {
	return sim.Principal{}, nil
}
func (f *Fake) ServiceLinkedRole(service string) string { return "" }
