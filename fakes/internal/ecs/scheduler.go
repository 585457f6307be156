// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// throttledAfter is how many starts in a row may fail before ECS says so and
// slows down.
const throttledAfter = 3

// slowest is how many pauses lie between two starts at the most: 15 minutes with
// realistic timing.
const slowest = 180

// wake has the scheduler look at the service soon; many calls make one look.
func (s *service) wake() {
	if s.scheduled || s.status == inactive {
		return
	}
	s.scheduled = true
	s.cl.r.f.sim.At(s.lastLook.Add(s.cl.r.f.timing.Schedule), s.reconcile)
}

// wakeAt has it look at t.
func (s *service) wakeAt(t time.Time) { s.cl.r.f.sim.At(t, s.wake) }

// pause is the least time between a task's end and its replacement.
func (s *service) pause() time.Duration { return max(s.cl.r.f.timing.Schedule, world.Repeat) }

// backoff is the pause after streak failed starts in a row.
func (s *service) backoff(streak int) time.Duration {
	p := s.pause()
	for range streak - throttledAfter {
		if p >= slowest*s.pause() {
			return slowest * s.pause()
		}
		p *= 2
	}
	return p
}

// reconcile is one look of the scheduler.
func (s *service) reconcile() {
	s.scheduled = false
	s.lastLook = s.cl.r.f.sim.Now()
	switch s.status {
	case draining:
		s.drainAll()
	case active:
		if s.provisioning() {
			s.keep()
			return
		}
		s.judge()
		s.move()
		s.settle()
	}
}

// move starts and stops tasks, and shifts traffic.
func (s *service) move() {
	switch {
	case s.daemon():
		s.rollDaemon()
	case s.shifting():
		s.advance()
	case s.halted():
		s.hold()
	default:
		s.roll()
	}
}

// drainAll stops everything; once nothing is left the service is INACTIVE.
func (s *service) drainAll() {
	left := int32(0)
	for _, d := range s.deployments {
		s.stopSome(d, len(d.tasks))
		left += d.running + d.pending + d.leaving
	}
	if left > 0 || s.ending > 0 || !s.deprovisioned() {
		return
	}
	s.status = inactive
	s.deployments = nil
}

// start starts n tasks of the deployment.
func (s *service) start(d *deployment, n int) {
	if n <= 0 {
		return
	}
	if now := s.cl.r.f.sim.Now(); now.Before(d.notBefore) {
		if !d.retry.Equal(d.notBefore) {
			d.retry = d.notBefore
			s.wakeAt(d.retry)
		}
		return
	}
	var begun []*task
	evens := s.evening(d)
	for range n {
		t := s.cl.newTask(d.spec, d)
		t.provider, t.evens = provider(d.strategy, d.providers), evens
		if err := t.assumeRoles(); err != nil {
			s.eventf("(service %s) failed to launch a task with (error %s).", s.name, message(err))
			d.taskFailed(true, false)
			s.wake()
			break
		}
		if no := t.seat(d.zones); no != nil {
			s.unplaced(d, no)
			break
		}
		d.unplaced = 0
		d.add(t)
		begun = append(begun, t)
	}
	for _, t := range begun {
		t.launch()
	}
	s.startedEvent(begun)
	for _, t := range begun {
		t.evens = false
	}
}

// stopSome stops n tasks: first those that are not healthy, then those in the
// fullest zones. Protected tasks are left alone; it returns how many it stopped.
func (s *service) stopSome(d *deployment, n int) int {
	if n <= 0 || len(d.tasks) == 0 {
		return 0
	}
	picked := d.pick(n)
	s.stopPicked(picked)
	return len(picked)
}

// settle finds out whether the rollout is complete and the service steady.
func (s *service) settle() {
	p := s.deployments[0]
	if s.shifting() || s.halted() {
		return
	}
	if s.early(p) && !s.baking() {
		s.complete(p)
	}
	if len(p.tasks) != int(s.desired) || p.healthy < s.desired || p.moving > 0 || s.replacing() || s.baking() {
		return
	}
	s.deployments = s.deployments[:1]
	s.complete(p)
	if !s.steady {
		s.steady, s.steadyAt, s.replaced = true, s.cl.r.f.sim.Now(), 0
		s.eventf("(service %s) has reached a steady state.", s.name)
		for _, tell := range s.cl.r.f.onSteady {
			tell(s.cl.r.name, s.cl.name, s.name)
		}
	}
	s.rebalance(p)
}

// replacing reports whether older deployments still have tasks that run.
func (s *service) replacing() bool {
	for _, d := range s.deployments[1:] {
		if len(d.tasks) > 0 || d.leaving > 0 {
			return true
		}
	}
	return false
}

// early reports whether the early success criteria of the service are met.
func (s *service) early(p *deployment) bool {
	c := s.input.DeploymentConfiguration.EarlySuccessCriteria
	if c == nil || !c.Enable || p.state != ecstypes.DeploymentRolloutStateInProgress {
		return false
	}
	const percent = 100
	enough := p.healthy >= (s.desired*or(c.HealthyPercent, percent)+percent-1)/percent
	return enough && (c.SourceServiceRevisionCleanup == ecstypes.ServiceRevisionCleanupDeferred || !s.replacing())
}
