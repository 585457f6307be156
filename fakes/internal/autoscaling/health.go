// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// The sentences of causes, see
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-healthchecks.html.
const (
	endedOutside = "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped"
	elbFailed    = "an instance was taken out of service in response to an ELB system health check failure"
	userFailed   = "an instance was taken out of service in response to a user health-check"
	spotGoes     = "an instance was taken out of service in response to an EC2 Spot interruption notice"
	tooOld       = "an instance was taken out of service in response to the maximum instance lifetime"
)

// instanceChanged follows the states of instances in EC2.
func (f *Fake) instanceChanged(region string, i world.Instance) {
	m, ok := f.of(region).members[i.ID]
	if !ok {
		return
	}
	switch i.State {
	case "running":
		m.booted()
	case "stopped":
		if m.warm() {
			m.parked()
			return
		}
		m.failed(endedOutside, i.Reason)
	case "stopping":
		if !m.warm() {
			m.failed(endedOutside, i.Reason)
		}
	case "shutting-down":
		m.failed(endedOutside, i.Reason)
	case "terminated":
		if m.leaving() {
			m.ended()
			return
		}
		m.failed(endedOutside, i.Reason)
	}
}

// booted: the instance runs.
func (m *member) booted() {
	switch m.state {
	case asgtypes.LifecycleStatePending:
		m.arrived()
	case asgtypes.LifecycleStateWarmedPending:
		if !m.hold(launching, asgtypes.LifecycleStateWarmedPendingWait) {
			m.warmed("CONTINUE")
		}
	}
}

// failed has an unhealthy instance replaced.
func (m *member) failed(what, reason string) {
	if m.leaving() || m.g.suspends("HealthCheck") {
		return
	}
	m.unhealthy = true
	m.g.told(m.id)
	if m.g.suspends("ReplaceUnhealthy") || m.state == asgtypes.LifecycleStateStandby && m.lives() {
		return
	}
	if m.activity != nil {
		m.cancel("Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: " + reason)
	}
	if m.counts() {
		m.g.replacing++
	}
	m.leave(what)
	m.g.plan()
}

// spotNoticed replaces a Spot instance that is about to be taken, ahead of its end where
// the group rebalances capacity.
func (f *Fake) spotNoticed(region string, i world.Instance) {
	m, ok := f.of(region).members[i.ID]
	if !ok || m.noticed || !aws.ToBool(m.g.settings.CapacityRebalance) {
		return
	}
	m.noticed = true
	m.failed(spotGoes, "")
}

// zoneChanged has groups look at themselves: instances of a lost zone have gone, and one
// that is back is to be filled.
func (f *Fake) zoneChanged(string, bool) {
	for _, r := range f.regions.All() {
		for _, g := range r.sorted(nil) {
			g.failures, g.retry = 0, time.Time{}
			g.plan()
		}
	}
}

// grace is the end of the time in which health checks of an instance do not count.
func (m *member) grace() time.Time {
	return m.served.Add(time.Duration(aws.ToInt32(m.g.settings.HealthCheckGracePeriod)) * time.Second)
}

// watchHealth looks at the health that balancers report once the grace period is over.
func (m *member) watchHealth() {
	served := m.served
	m.g.r.f.sim.At(m.grace(), func() {
		if m.serves() && m.served.Equal(served) {
			m.balancersSay()
		}
	})
}

// balancersSay replaces the instance if a balancer finds it unhealthy.
func (m *member) balancersSay() {
	if !m.g.checks("ELB") || m.g.now().Before(m.grace()) {
		return
	}
	for _, arn := range m.g.targets() {
		if state, _, _ := m.g.r.f.needs.Targets.Health(m.g.r.name, arn, m.target(arn)); state == "unhealthy" {
			m.failed(elbFailed, "")
			return
		}
	}
}

// watchAge replaces the instance when it is too old.
func (m *member) watchAge() {
	served := m.served
	most := time.Duration(aws.ToInt32(m.g.settings.MaxInstanceLifetime)) * time.Second
	if most == 0 {
		return
	}
	m.g.r.f.sim.At(m.launched.Add(most), func() {
		if !m.serves() || !m.served.Equal(served) {
			return
		}
		if now := time.Duration(aws.ToInt32(m.g.settings.MaxInstanceLifetime)) * time.Second; now == 0 || m.g.now().Sub(m.launched) < now {
			m.watchAge()
			return
		}
		m.leave(tooOld)
		m.g.plan()
	})
}
