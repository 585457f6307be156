// SPDX-License-Identifier: Apache-2.0

package fakes

import "github.com/slipway-go/slipway/fakes/internal/world"

// FargateLimits are what Fargate does not have for new tasks.
type FargateLimits = world.FargateLimits

// Fargate says what Fargate does not have from now on; the zero value lifts all
// limits. Services go on trying, ever more seldom, RunTask answers with failures.
func (c *Cloud) Fargate(l FargateLimits) {
	c.sim.Do(func() { c.parts.ecs.SetFargate(l) })
}

// InterruptSpot has AWS take a task on Fargate Spot away: its containers get
// SIGTERM and have until their stop timeout, at most two minutes. A service starts
// another task. The error says why there is nothing to interrupt.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
func (c *Cloud) InterruptSpot(taskARN string) (err error) {
	c.sim.Do(func() { err = c.parts.ecs.InterruptSpot(taskARN) })
	return err
}
