// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// rollout is a service deployment: the way from some revisions to another one.
type rollout struct {
	service  *service
	arn      string
	target   *deployment
	sources  []*deployment
	config   *ecstypes.DeploymentConfiguration
	status   ecstypes.ServiceDeploymentStatus
	reason   string
	created  time.Time
	started  time.Time
	updated  time.Time
	finished time.Time
	stopped  time.Time
	back     *ecstypes.Rollback
	failures int32
	tripped  bool
	alarms   []string
	// blind: an alarm was on before it began, so none of them counts.
	blind bool
	shift
	// baked is when the alarms need not be watched any more, once that is known.
	baked time.Time
}

// rolling reports whether it is on its way back.
func (ro *rollout) rolling() bool { return ro.back != nil }

// beginRollout starts a service deployment to the PRIMARY deployment, and ends the one
// that was under way.
func (s *service) beginRollout(target *deployment) {
	r, now := s.cl.r, s.cl.r.f.sim.Now()
	if s.current != nil {
		s.current.end(ecstypes.ServiceDeploymentStatusStopped, "Service deployment stopped because a new service deployment was started.", now)
	}
	id := r.f.sim.ID(21, "ecs-rollout", r.name, s.cl.name, s.name)
	ro := &rollout{
		service: s, arn: r.arn("service-deployment/" + s.cl.name + "/" + s.name + "/" + id), target: target,
		config: s.input.DeploymentConfiguration, status: ecstypes.ServiceDeploymentStatusInProgress,
		created: now, started: now, updated: now, sources: slices.Clone(s.deployments[1:]),
	}
	ro.blind = len(s.alarming()) > 0
	if shifts(ro.config) {
		ro.source = s.source(target)
		ro.stages = stagesOf(ro.config, ro.source, len(ro.sources))
	}
	s.current = ro
	s.rollouts = append(s.rollouts, ro)
	r.rollouts[ro.arn] = ro
	if s.express != nil {
		s.express.began(target)
	}
}

func (ro *rollout) end(status ecstypes.ServiceDeploymentStatus, reason string, now time.Time) {
	ro.status, ro.reason, ro.updated, ro.finished = status, reason, now, now
	if status == ecstypes.ServiceDeploymentStatusStopped {
		ro.stopped = now
	}
	for _, h := range ro.hooks {
		h.abandon()
	}
	if ro.service.current == ro {
		ro.service.current = nil
	}
}

// complete ends the rollout, if one is under way, for all is as it should be.
func (s *service) complete(p *deployment) {
	if p.state != ecstypes.DeploymentRolloutStateInProgress {
		return
	}
	now := s.cl.r.f.sim.Now()
	p.state, p.stateReason, p.updated = ecstypes.DeploymentRolloutStateCompleted, "ECS deployment "+p.id+" completed.", now
	s.completed = p
	s.eventf("(service %s) %s deployment completed.", s.name, p.name())
	ro := s.current
	switch {
	case ro == nil:
	case ro.rolling():
		ro.end(ecstypes.ServiceDeploymentStatusRollbackSuccessful, ro.reason, now)
	default:
		ro.failures = p.failed
		ro.end(ecstypes.ServiceDeploymentStatusSuccessful, "", now)
	}
}

// rollback turns the rollout round, to the last deployment that was completed.
func (s *service) rollback(ro *rollout, why failure) {
	now := s.cl.r.f.sim.Now()
	to := s.completed
	failed := s.deployments[0]
	s.eventf("(service %s) rolling back to deployment %s.", s.name, to.id)
	s.revert(to)
	s.promote(to)
	if s.express != nil {
		s.express.revert(to)
	}
	to.stateReason = why.back + to.id + "."
	failed.state, failed.stateReason = ecstypes.DeploymentRolloutStateFailed, why.state
	ro.status, ro.reason, ro.updated = ecstypes.ServiceDeploymentStatusRollbackInProgress, why.status, now
	ro.back = &ecstypes.Rollback{Reason: new(why.status), StartedAt: new(now), ServiceRevisionArn: new(to.revision)}
	s.restore(ro)
	s.wake()
}

// revert makes the service what it was with a deployment. What is not part of a
// service revision stays as it was last set.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevision.html
func (s *service) revert(to *deployment) {
	in, now := to.input, &s.input
	in.DesiredCount, in.Tags, in.DeploymentConfiguration = now.DesiredCount, now.Tags, now.DeploymentConfiguration
	in.DeploymentController, in.AvailabilityZoneRebalancing = now.DeploymentController, now.AvailabilityZoneRebalancing
	in.EnableExecuteCommand, in.EnableECSManagedTags, in.PropagateTags = now.EnableExecuteCommand, now.EnableECSManagedTags, now.PropagateTags
	in.HealthCheckGracePeriodSeconds = now.HealthCheckGracePeriodSeconds
	s.input, s.td, s.network, s.strategy, s.host = in, to.spec.td, to.spec.network, to.strategy, to.spec.host
}

// halt ends the rollout where nothing is to be rolled back to: nothing more is
// started.
func (s *service) halt(ro *rollout, why failure) {
	if ro == nil {
		return
	}
	now := s.cl.r.f.sim.Now()
	if ro.rolling() {
		ro.end(ecstypes.ServiceDeploymentStatusRollbackFailed, why.status, now)
		return
	}
	reason := strings.Replace(why.status, "rolled back", "stopped", 1)
	if why.rollback {
		reason = "Service deployment failed to roll back because there is no service revision to roll back to."
		ro.end(ecstypes.ServiceDeploymentStatusRollbackFailed, reason, now)
		return
	}
	ro.end(ecstypes.ServiceDeploymentStatusStopped, reason, now)
}

// alarms are the names of the alarms that guard deployments.
func (s *service) alarms() []string {
	a := s.input.DeploymentConfiguration.Alarms
	if a == nil || !a.Enable {
		return nil
	}
	return a.AlarmNames
}

// alarming returns the deployment's alarms that are in ALARM.
func (s *service) alarming() []string {
	var names []string
	for _, name := range s.alarms() {
		if state, ok := s.cl.r.f.needs.Alarms.Alarm(s.cl.r.name, name); ok && state == "ALARM" {
			names = append(names, name)
		}
	}
	return names
}

// baking reports whether a rollout that has come to its end is held open, for its
// alarms are still watched.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
func (s *service) baking() bool {
	ro := s.current
	if ro == nil || ro.blind || ro.rolling() || len(s.alarms()) == 0 {
		return false
	}
	now := s.cl.r.f.sim.Now()
	if ro.baked.IsZero() {
		ro.baked = now.Add(s.bake())
		s.wakeAt(ro.baked)
	}
	return now.Before(ro.baked)
}

// bake is how long alarms are watched at the end.
func (s *service) bake() time.Duration {
	if m := s.input.DeploymentConfiguration.BakeTimeInMinutes; m != nil {
		return time.Duration(*m) * time.Minute
	}
	return s.cl.r.f.timing.Bake
}

// alarmFailure is worded like that of the breaker: of AWS's texts only the event is
// reported.
func (s *service) alarmFailure(names []string) failure {
	return failure{
		state:  "ECS deployment failed: alarm detected.",
		event:  "deployment failed: alarm detected.",
		status: fmt.Sprintf("Service deployment rolled back because of CloudWatch alarm(s) [%s].", strings.Join(names, ", ")),
		back:   "ECS deployment alarm: rolling back to deploymentId ", rollback: s.input.DeploymentConfiguration.Alarms.Rollback,
	}
}

// onAlarm looks at the services that the alarm guards.
func (f *Fake) onAlarm(region, name, state string) {
	if state != "ALARM" {
		return
	}
	r := f.in(region)
	for _, cluster := range slices.Sorted(maps.Keys(r.clusters)) {
		services := r.clusters[cluster].services
		for _, service := range slices.Sorted(maps.Keys(services)) {
			if s := services[service]; s.current != nil && slices.Contains(s.alarms(), name) {
				s.wake()
			}
		}
	}
}
