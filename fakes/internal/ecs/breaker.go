// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The bounds of the circuit breaker's default threshold, in tasks.
const (
	leastThreshold = 3
	mostThreshold  = 200
	// defaultThreshold is in percent of the desired count.
	defaultThreshold = 50
)

// threshold is how many failed tasks trip the breaker, for the latest desired
// count.
func threshold(b *ecstypes.DeploymentCircuitBreaker, desired int32) int32 {
	const percent = 100
	kind, v := ecstypes.ThresholdTypeBoundedPercent, int32(defaultThreshold)
	if c := b.ThresholdConfiguration; c != nil {
		kind, v = c.Type, c.Value
	}
	share := (desired*v + percent - 1) / percent
	switch kind {
	case ecstypes.ThresholdTypeCount:
		return v
	case ecstypes.ThresholdTypeUnboundedPercent:
		return max(share, 1)
	case ecstypes.ThresholdTypeBoundedPercent:
	}
	return min(max(share, leastThreshold), mostThreshold)
}

// breaker is the service's circuit breaker, nil when it is off.
func (s *service) breaker() *ecstypes.DeploymentCircuitBreaker {
	if b := s.input.DeploymentConfiguration.DeploymentCircuitBreaker; b.Enable {
		return b
	}
	return nil
}

// proved resets the count of failures when a task has become healthy.
func (d *deployment) proved() {
	d.streak = 0
	if b := d.service.breaker(); b == nil || or(b.ResetOnHealthyTask, true) {
		d.failed = 0
	}
}

// judge trips the breaker, or rolls back for an alarm.
func (s *service) judge() {
	p := s.deployments[0]
	if p.state != ecstypes.DeploymentRolloutStateInProgress {
		return
	}
	if ro := s.current; ro != nil && !ro.blind && !ro.rolling() {
		if ro.alarms = s.alarming(); len(ro.alarms) > 0 {
			s.failRollout(p, s.alarmFailure(ro.alarms))
			return
		}
	}
	if b := s.breaker(); b != nil && p.failed >= threshold(b, s.desired) {
		s.failRollout(p, s.breakerFailure())
	}
}

// failure is why a deployment failed, in the various places where ECS says so.
type failure struct {
	state  string // rolloutStateReason
	event  string // what the service event ends with
	status string // statusReason of the service deployment
	back   string // rolloutStateReason of the deployment that is rolled back to
	// rollback says whether to roll back.
	rollback bool
}

// breakerFailure is in the words of
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
// and, for the status, of
// https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service_test.go
func (s *service) breakerFailure() failure {
	const what = "tasks failed to start."
	return failure{
		state: "ECS deployment circuit breaker: " + what, event: "deployment failed: " + what,
		status: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
		back:   "ECS deployment circuit breaker: rolling back to deploymentId ", rollback: s.breaker().Rollback,
	}
}

// failRollout ends the deployment as FAILED, and rolls back where that is asked
// for and possible.
func (s *service) failRollout(p *deployment, why failure) {
	now := s.cl.r.f.sim.Now()
	p.state, p.stateReason, p.updated = ecstypes.DeploymentRolloutStateFailed, why.state, now
	s.eventf("(service %s) %s %s", s.name, p.name(), why.event)
	ro := s.current
	if ro != nil {
		ro.failures, ro.tripped = p.failed, true
	}
	if !why.rollback || s.completed == nil || ro == nil || ro.rolling() {
		s.halt(ro, why)
		return
	}
	s.rollback(ro, why)
}

// stalled reports whether the PRIMARY deployment failed and nothing is to be
// started any more.
func (s *service) stalled() bool {
	return s.deployments[0].state == ecstypes.DeploymentRolloutStateFailed
}
