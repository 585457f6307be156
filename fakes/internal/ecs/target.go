// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// targetKey is one registered target.
type targetKey struct {
	group  string
	target world.Target
}

// steadyAfter is how long after RUNNING a task counts as healthy that nothing
// checks.
const steadyAfter = 40 * time.Second

// balanced are the target groups of the task's deployment.
func (t *task) balanced() []ecstypes.LoadBalancer {
	if t.dep == nil {
		return nil
	}
	return t.behindGroups()
}

// register adds the task to the target groups of its service.
func (t *task) register() {
	t.registerClassic()
	t.enlist()
	for _, lb := range t.balanced() {
		group, target := value(lb.TargetGroupArn), t.target(lb)
		t.fake().targets[targetKey{group, target}] = t
		t.fake().needs.Targets.Register(t.region(), group, target)
		t.dep.service.eventf("(service %s) registered 1 targets in (target-group %s)", t.dep.service.name, group)
	}
}

// drain takes the task out of its target groups; politely, its containers run
// until the targets are drained.
func (t *task) drain(politely bool) {
	t.deregisterClassic()
	t.delist()
	for _, lb := range t.balanced() {
		if t.fake().targets[targetKey{value(lb.TargetGroupArn), t.target(lb)}] == t {
			t.drains++
		}
	}
	if t.drains > 0 && politely {
		t.dep.service.eventf("(service %s) has begun draining connections on 1 tasks.", t.dep.service.name)
	}
	for _, lb := range t.balanced() {
		group, target := value(lb.TargetGroupArn), t.target(lb)
		if t.fake().targets[targetKey{group, target}] != t {
			continue
		}
		t.fake().needs.Targets.Deregister(t.region(), group, target)
		t.dep.service.eventf("(service %s) deregistered 1 targets in (target-group %s)", t.dep.service.name, group)
		if state, _, _ := t.fake().needs.Targets.Health(t.region(), group, target); state == "" {
			t.drained(targetKey{group, target})
		}
	}
	if t.drains == 0 || !politely {
		t.stopContainers()
	}
}

// drained is called when a target is gone.
func (t *task) drained(key targetKey) {
	if t.fake().targets[key] != t {
		return
	}
	delete(t.fake().targets, key)
	t.undrain()
}

// undrain is called when one of those that the task waits for has drained.
func (t *task) undrain() {
	if t.drains--; t.drains == 0 && t.status == deactivating {
		t.stopContainers()
	}
}

// onTargetHealth hears of changes from the load balancers.
func (f *Fake) onTargetHealth(_, arn string, target world.Target, state, reason, _ string) {
	key := targetKey{arn, target}
	t := f.targets[key]
	switch {
	case t == nil:
	case !t.wanted():
		if state == "" {
			t.drained(key)
		}
	case t.status == running:
		t.assess()
	}
}

// assess finds out whether the service may count on the task, and replaces it if
// its checks failed.
func (t *task) assess() {
	if t.dep == nil || t.status != running || !t.wanted() {
		return
	}
	s := t.dep.service
	if !t.dep.reached {
		t.dep.reached = true
	}
	verdict, why := t.checks()
	switch verdict {
	case ecstypes.HealthStatusHealthy:
		if !t.healthy {
			t.setHealthy(true)
			t.proven = true
			t.dep.proved()
			s.wake()
		}
	case ecstypes.HealthStatusUnhealthy:
		t.setHealthy(false)
		if left := t.grace(); left > 0 {
			t.then(left, t.assess)
			return
		}
		s.eventf("(service %s) (task %s) %s", s.name, t.id, why.event)
		t.unfit = true
		t.stop(ecstypes.TaskStopCodeServiceSchedulerInitiated, why.reason)
	case ecstypes.HealthStatusUnknown:
		t.setHealthy(false)
		s.wake()
	}
}

// grace is what is left of the health check grace period.
func (t *task) grace() time.Duration {
	return seconds(value(t.dep.service.input.HealthCheckGracePeriodSeconds)) - t.now().Sub(t.started)
}

// unhealthy is how a failed check is worded.
type unhealthy struct{ event, reason string }

// checks sums up the container's checks and those of the target groups. A task
// that nothing checks is healthy some time after it is RUNNING.
func (t *task) checks() (ecstypes.HealthStatus, unhealthy) {
	sum := ecstypes.HealthStatusHealthy
	if t.checked() {
		sum = t.health()
		if sum == ecstypes.HealthStatusUnhealthy {
			return sum, unhealthy{"failed container health checks.", "Task failed container health checks"}
		}
	}
	for _, lb := range t.balanced() {
		group := value(lb.TargetGroupArn)
		state, code, text := t.fake().needs.Targets.Health(t.region(), group, t.target(lb))
		switch state {
		case "healthy":
		case "unhealthy":
			if text == "" {
				text = code
			}
			return ecstypes.HealthStatusUnhealthy, unhealthy{
				t.reachedBy(lb) + "is unhealthy in (target-group " + group + ") due to (reason " + text + ").",
				"Task failed ELB health checks in (target-group " + group + ")",
			}
		default:
			sum = ecstypes.HealthStatusUnknown
		}
	}
	if verdict, why := t.classicHealth(); verdict != "" && sum == ecstypes.HealthStatusHealthy {
		return verdict, why
	}
	if !t.checked() && len(t.dep.input.LoadBalancers) == 0 && !t.lasting() {
		return ecstypes.HealthStatusUnknown, unhealthy{}
	}
	return sum, unhealthy{}
}

// lasting reports whether a task that nothing checks has run long enough. With
// instant timing that is at once, unless it is about to end by itself.
func (t *task) lasting() bool {
	wait := steadyAfter - t.now().Sub(t.started)
	if wait <= 0 {
		return true
	}
	if !t.fake().timing.Probes && !t.endsWithin(wait) {
		return true
	}
	t.then(wait, t.assess)
	return false
}

// endsWithin reports whether an essential container ends by itself in d.
func (t *task) endsWithin(d time.Duration) bool {
	for _, c := range t.containers {
		if e := c.program.Exit; e != nil && c.essential() && c.started.Add(e.After).Before(t.now().Add(d)) {
			return true
		}
	}
	return false
}
