// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ world.Starter = (*Fake)(nil)

// Starting tells load balancers how long the program that has the address takes
// until it listens on the port.
func (f *Fake) Starting(region, vpc, ip string, port int32) (left time.Duration, starting bool) {
	c, inside, found := f.listener(region, vpc, ip, port)
	if !found || c.status != running || !c.opens(inside) {
		return 0, false
	}
	left = c.program.Start - f.sim.Now().Sub(c.started)
	return max(left, 0), left > 0
}
