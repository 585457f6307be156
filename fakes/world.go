// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"fmt"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// FargateLimits are what Fargate does not have for new tasks.
type FargateLimits = world.FargateLimits

// Fargate says what Fargate does not have from now on; the zero value lifts all
// limits. Services go on trying, ever more seldom, RunTask answers with failures.
func (c *Cloud) Fargate(l FargateLimits) {
	c.sim.Do(func() { c.parts.ecs.SetFargate(l) })
}

// Quota changes how many of something the account may have in each region, as a
// granted request does, or as one that is smaller to begin with: service and code are
// those of Service Quotas, such as "elasticloadbalancing" and "L-53DA6B97". What is
// there already stays. The error says that the simulation keeps to no such quota; those
// of Fargate are [Cloud.Fargate]'s.
func (c *Cloud) Quota(service, code string, most int) error {
	known := false
	c.sim.Do(func() { known = c.quotas.Set(service, code, most) })
	if !known {
		return fmt.Errorf("quota %s of %s is not simulated", code, service)
	}
	return nil
}

// InterruptSpot has AWS take a task on Fargate Spot away: its containers get
// SIGTERM and have until their stop timeout, at most two minutes. A service starts
// another task. The error says why there is nothing to interrupt.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
func (c *Cloud) InterruptSpot(taskARN string) (err error) {
	c.sim.Do(func() { err = c.parts.ecs.InterruptSpot(taskARN) })
	return err
}
