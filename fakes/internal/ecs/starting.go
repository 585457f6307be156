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
	t := f.in(region).addresses[address{vpc, ip}]
	if t == nil {
		return 0, false
	}
	for _, c := range t.containers {
		if c.status != running || !c.opens(port) {
			continue
		}
		if left := c.program.Start - t.now().Sub(c.started); left > 0 {
			return left, true
		}
	}
	return 0, false
}
