// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The limits of a deployment that shifts traffic: of each stage, bake times and pauses
// apart, and of the whole.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
const (
	stageLimit = 24 * time.Hour
	shiftLimit = 30 * 24 * time.Hour
)

// preProduction is a stage that the SDK knows for hooks alone.
const preProduction = ecstypes.ServiceDeploymentLifecycleStage(ecstypes.DeploymentLifecycleHookStagePreProductionTrafficShift)

// stage is one of those that a deployment goes through which shifts traffic.
type stage struct {
	name ecstypes.ServiceDeploymentLifecycleStage
	// share of production traffic in percent that the new revision has after it.
	share float64
	// rest is how long it lasts at least, once traffic is shifted: a bake time.
	rest time.Duration
}

// shift is the way of a deployment that shifts traffic. An empty one is that of a
// rolling deployment.
type shift struct {
	stages []stage
	at     int
	// entered is when the present stage began, zero before that.
	entered time.Time
	hooks   []*hookRun
	// source is the revision that traffic is shifted from; nil for the first one.
	source *deployment
	// production and test are the shares of the new revision, in percent.
	production, test float64
}

// shifts reports whether a configuration is not one of rolling deployments.
func shifts(c *ecstypes.DeploymentConfiguration) bool {
	return c != nil && c.Strategy != "" && c.Strategy != ecstypes.DeploymentStrategyRolling
}

// shifting reports whether a deployment that shifts traffic is under way, forwards.
func (s *service) shifting() bool {
	return s.current != nil && len(s.current.stages) > 0 && !s.current.rolling()
}

// stagesOf are the stages of a deployment from source on.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
func stagesOf(c *ecstypes.DeploymentConfiguration, source *deployment, others int) []stage {
	var list []stage
	if others > 1 {
		list = append(list, stage{name: ecstypes.ServiceDeploymentLifecycleStageReconcileService})
	}
	for _, name := range []ecstypes.ServiceDeploymentLifecycleStage{
		ecstypes.ServiceDeploymentLifecycleStagePreScaleUp, ecstypes.ServiceDeploymentLifecycleStageScaleUp,
		ecstypes.ServiceDeploymentLifecycleStagePostScaleUp, ecstypes.ServiceDeploymentLifecycleStageTestTrafficShift,
		ecstypes.ServiceDeploymentLifecycleStagePostTestTrafficShift,
	} {
		list = append(list, stage{name: name})
	}
	bake := minutes(c.BakeTimeInMinutes, 0)
	if source == nil { // nothing to shift from
		list, bake = append(list, shiftTo(whole, 0)...), 0
	} else {
		list = append(list, steps(c)...)
	}
	return append(list, stage{name: ecstypes.ServiceDeploymentLifecycleStagePostProductionTrafficShift},
		stage{name: ecstypes.ServiceDeploymentLifecycleStageBakeTime, rest: bake},
		stage{name: ecstypes.ServiceDeploymentLifecycleStageCleanUp})
}

// whole is all the traffic, in percent.
const whole = 100.0

// steps are the stages in which production traffic is shifted: all at once, or bit by
// bit with a bake time after each step but the last.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
func steps(c *ecstypes.DeploymentConfiguration) []stage {
	var list []stage
	switch {
	case c.Strategy == ecstypes.DeploymentStrategyCanary && *c.CanaryConfiguration.CanaryPercent < whole:
		list = shiftTo(*c.CanaryConfiguration.CanaryPercent, minutes(c.CanaryConfiguration.CanaryBakeTimeInMinutes, 0))
	case c.Strategy == ecstypes.DeploymentStrategyLinear:
		step := *c.LinearConfiguration.StepPercent
		for n := 1.0; n*step < whole; n++ {
			list = append(list, shiftTo(n*step, minutes(c.LinearConfiguration.StepBakeTimeInMinutes, 0))...)
		}
	}
	return append(list, shiftTo(whole, 0)...)
}

func shiftTo(share float64, bake time.Duration) []stage {
	return []stage{
		{name: preProduction},
		{name: ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift, share: share, rest: bake},
	}
}

func minutes(m *int32, def int32) time.Duration { return time.Duration(or(m, def)) * time.Minute }

// source is the revision that has the traffic; nil if the service has no tasks yet.
func (s *service) source(target *deployment) *deployment {
	var found *deployment
	for _, d := range s.deployments {
		switch {
		case d == target:
		case d == s.completed:
			return d
		case found == nil:
			found = d
		}
	}
	return found
}

// stage is what the deployment is at.
func (sh *shift) stage() *stage { return &sh.stages[min(sh.at, len(sh.stages)-1)] }

// before reports whether a stage is still to come.
func (sh *shift) before(name ecstypes.ServiceDeploymentLifecycleStage) bool {
	for _, st := range sh.stages[min(sh.at+1, len(sh.stages)):] {
		if st.name == name {
			return true
		}
	}
	return false
}

// advance goes through the stages as far as they are done.
func (s *service) advance() {
	ro := s.current
	for s.shifting() && s.current == ro {
		if ro.at == len(ro.stages) {
			s.complete(ro.target)
			return
		}
		if ro.entered.IsZero() && !s.enter(ro) {
			return
		}
		s.supply(ro)
		if !s.passed(ro) {
			return
		}
		ro.at, ro.entered = ro.at+1, time.Time{}
	}
}

// enter begins the stage; false if that failed.
func (s *service) enter(ro *rollout) bool {
	now, st := s.cl.r.f.sim.Now(), ro.stage()
	ro.entered, ro.updated = now, now
	var err error
	switch st.name {
	case ecstypes.ServiceDeploymentLifecycleStageReconcileService:
		err = s.steerAll(ro, 0)
	case ecstypes.ServiceDeploymentLifecycleStageTestTrafficShift:
		if ro.target.tested() {
			ro.test, err = whole, s.steer(ro, testing, whole)
		}
	case ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift:
		ro.production, err = st.share, s.steer(ro, production, st.share)
	}
	if err != nil {
		s.failRollout(ro.target, trafficFailure(err))
		return false
	}
	s.beginHooks(ro)
	if rest := s.resting(ro); rest > 0 {
		s.wakeAt(now.Add(rest))
	}
	s.wakeAt(now.Add(stageLimit + s.resting(ro)))
	s.wakeAt(ro.started.Add(shiftLimit))
	return true
}

// resting is how long the stage lasts at least.
func (s *service) resting(ro *rollout) time.Duration {
	st := ro.stage()
	switch st.name {
	case ecstypes.ServiceDeploymentLifecycleStageTestTrafficShift, ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift:
		if ro.target.onNetwork() {
			return st.rest + s.cl.r.f.timing.NetworkShift
		}
	}
	return st.rest
}

// passed reports whether the stage is done, and fails the deployment when it takes too
// long or a hook wants that.
func (s *service) passed(ro *rollout) bool {
	now, p, st := s.cl.r.f.sim.Now(), ro.target, ro.stage()
	hooks := s.runHooks(ro)
	overdue := !now.Before(ro.entered.Add(stageLimit + s.resting(ro)))
	switch {
	case hooks == hooksFailed:
		s.failRollout(p, hookFailure())
		return false
	case !now.Before(ro.started.Add(shiftLimit)):
		s.failRollout(p, overdueFailure("it took longer than 30 days."))
		return false
	case hooks == hooksPaused, hooks == hooksOpen && !overdue:
		return false
	}
	done := hooks == hooksDone && s.stageDone(ro)
	if !done && overdue {
		s.failRollout(p, overdueFailure(fmt.Sprintf("the lifecycle stage %s took longer than 24 hours.", st.name)))
	}
	return done
}

// stageDone reports whether what the stage waits for has come, its hooks apart.
func (s *service) stageDone(ro *rollout) bool {
	switch ro.stage().name {
	case ecstypes.ServiceDeploymentLifecycleStageReconcileService:
		return s.reconciled(ro)
	case ecstypes.ServiceDeploymentLifecycleStageScaleUp:
		return len(ro.target.tasks) == int(s.desired) && ro.target.healthy >= s.desired
	case ecstypes.ServiceDeploymentLifecycleStageCleanUp:
		return !s.replacing()
	}
	return !s.cl.r.f.sim.Now().Before(ro.entered.Add(s.resting(ro)))
}

// overdueFailure is that of a limit; AWS's words are not known.
func overdueFailure(why string) failure {
	const what = "lifecycle stage timed out."
	return failure{
		state: "ECS deployment failed: " + what, event: "deployment failed: " + what, status: "Service deployment rolled back because " + why,
		back: "ECS deployment failed: rolling back to deploymentId ", rollback: true,
	}
}

// reconciled reports whether only the source and the new revision are left.
func (s *service) reconciled(ro *rollout) bool {
	for _, d := range s.deployments {
		if d != ro.target && d != ro.source && (len(d.tasks) > 0 || d.leaving > 0) {
			return false
		}
	}
	return true
}

// supply keeps as many tasks of each revision as the stage wants.
func (s *service) supply(ro *rollout) {
	for _, d := range s.deployments {
		want := int(s.desired)
		switch {
		case d == ro.target && ro.before(ecstypes.ServiceDeploymentLifecycleStageScaleUp),
			d == ro.source && ro.stage().name == ecstypes.ServiceDeploymentLifecycleStageCleanUp,
			d != ro.target && d != ro.source:
			want = 0
		}
		s.stopSome(d, len(d.tasks)-want)
		s.start(d, want-len(d.tasks))
	}
}

// halted reports whether a deployment that shifts traffic has failed and did not, or
// could not, go back. Then the revisions stay as they are.
func (s *service) halted() bool {
	if s.current != nil || len(s.rollouts) == 0 {
		return false
	}
	last := s.rollouts[len(s.rollouts)-1]
	return len(last.stages) > 0 && (s.stalled() || last.status == ecstypes.ServiceDeploymentStatusRollbackFailed)
}

// hold replaces tasks, but for those of the revision that failed.
func (s *service) hold() {
	for _, d := range s.deployments {
		s.stopSome(d, len(d.tasks)-int(s.desired))
		if d.state != ecstypes.DeploymentRolloutStateFailed && len(d.tasks) > 0 {
			s.start(d, int(s.desired)-len(d.tasks))
		}
	}
}
