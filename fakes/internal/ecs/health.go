// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// watchHealth begins the checks of the container's health, if it declares any.
func (c *container) watchHealth() {
	h := c.def.HealthCheck
	if h == nil || len(h.Command) == 0 || h.Command[0] == "NONE" {
		return
	}
	c.then(c.probePause(), c.probe)
}

// probePause is the time to the next check. Without realistic probes the first
// verdict is found quickly; only then the declared interval counts.
func (c *container) probePause() time.Duration {
	if c.t.fake().timing.Probes || c.health != ecstypes.HealthStatusUnknown {
		return seconds(or(c.def.HealthCheck.Interval, 30))
	}
	if wait := c.program.Start - c.t.now().Sub(c.started); c.program.Health == nil && wait > 0 && c.starting() {
		return wait // nothing changes before it listens
	}
	return world.Repeat
}

// starting reports whether the container is in its start period, in which failed
// checks do not count.
func (c *container) starting() bool {
	return c.t.now().Sub(c.started) < seconds(value(c.def.HealthCheck.StartPeriod))
}

// probe runs the health check command once.
func (c *container) probe() {
	age := c.t.now().Sub(c.started)
	if c.passes(age) {
		c.failures = 0
		c.verdict(ecstypes.HealthStatusHealthy)
	} else if !c.starting() {
		if c.failures++; c.failures >= or(c.def.HealthCheck.Retries, 3) {
			c.verdict(ecstypes.HealthStatusUnhealthy)
		}
	}
	if c.status != running || (c.program.Health == nil && c.health == ecstypes.HealthStatusHealthy) {
		return // a program that listens goes on listening
	}
	c.then(c.probePause(), c.probe)
}

func (c *container) passes(age time.Duration) bool {
	if c.program.Health != nil {
		return c.program.Health(age) == 0
	}
	return age >= c.program.Start
}

// verdict is what the checks say from now on.
func (c *container) verdict(h ecstypes.HealthStatus) {
	if c.health == h {
		return
	}
	c.health = h
	c.t.version++
	c.t.report()
	if !c.t.wanted() {
		return
	}
	c.t.startReady()
	if c.t.wanted() {
		c.t.assess()
	}
}

// health is that of the task: of its essential containers with checks.
func (t *task) health() ecstypes.HealthStatus {
	sum := ecstypes.HealthStatus("")
	for _, c := range t.containers {
		if c.def.HealthCheck == nil || !c.essential() {
			continue
		}
		switch {
		case c.health == ecstypes.HealthStatusUnhealthy:
			return ecstypes.HealthStatusUnhealthy
		case c.health == ecstypes.HealthStatusHealthy && sum == "":
			sum = ecstypes.HealthStatusHealthy
		case c.health != ecstypes.HealthStatusHealthy:
			sum = ecstypes.HealthStatusUnknown
		}
	}
	if sum == "" {
		return ecstypes.HealthStatusUnknown
	}
	return sum
}

// checked reports whether an essential container declares a health check.
func (t *task) checked() bool {
	for _, c := range t.containers {
		if c.def.HealthCheck != nil && c.essential() {
			return true
		}
	}
	return false
}

// Probe answers a load balancer's health check for whatever task has the address.
func (f *Fake) Probe(region, vpc, ip string, port int32, path string) (int, bool) {
	c, inside, found := f.listener(region, vpc, ip, port)
	if !found || !c.listens(inside) {
		return 0, false
	}
	return c.answer(path), true
}

func (c *container) answer(path string) int {
	const ok = 200
	switch {
	case path == "":
		return 0
	case c.program.Status == nil:
		return ok
	default:
		return c.program.Status(path, c.t.now().Sub(c.started))
	}
}

// address is that of a network interface.
type address struct{ vpc, ip string }
