// SPDX-License-Identifier: Apache-2.0

// Package ec2 is the simulated EC2 network.
package ec2

import (
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct{}

var _ world.Network = (*Fake)(nil)

// New returns the service with a default VPC of three zones in each region.
func New(s *sim.Sim, t world.Timing) *Fake { return &Fake{} }

// Services returns the operations of EC2.
func (f *Fake) Services() []*sim.Service { return nil }

func (f *Fake) Subnet(region, id string) (world.Subnet, bool) { return world.Subnet{}, false }
func (f *Fake) GroupVPC(region, id string) (string, bool)     { return "", false }
func (f *Fake) DefaultGroup(region, vpc string) string        { return "" }
func (f *Fake) Attach(region, subnet string, groups []string, public bool, owner, description string) (world.Interface, error) {
	return world.Interface{}, nil
}
func (f *Fake) Detach(region, id string)                                         {}
func (f *Fake) Reaches(region string, from world.Interface, service string) bool { return true }
func (f *Fake) Permits(region string, from, to []string, port int32) bool        { return true }
func (f *Fake) InterfaceByIP(region, vpc, ip string) (world.Interface, bool) {
	return world.Interface{}, false
}
