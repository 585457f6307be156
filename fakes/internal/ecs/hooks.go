// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

const (
	// hookTimeout is how long a hook may take unless it says otherwise, in minutes.
	hookTimeout = 1440
	// hookDelay is after how long a function is called again that is not done.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
	hookDelay = 30 * time.Second
)

// hookRun is a hook at one stage of one deployment.
type hookRun struct {
	hook   *ecstypes.DeploymentLifecycleHook
	stage  ecstypes.ServiceDeploymentLifecycleStage
	entry  int // of the stage, for some stages come more than once
	id     string
	status ecstypes.DeploymentLifecycleHookStatus
	// expires is when the time-out acts; next when the function is called again.
	expires, next time.Time
	// back: somebody asked to roll back.
	back bool
}

// SetFunction says what a Lambda function answers.
func (f *Fake) SetFunction(arn string, answer func(world.HookEvent) world.HookAnswer) {
	f.functions[arn] = answer
}

func (h *hookRun) paused() bool {
	return h.hook.TargetType == ecstypes.DeploymentLifecycleHookTargetTypePause
}

func (h *hookRun) open() bool {
	return h.status == ecstypes.DeploymentLifecycleHookStatusAwaitingAction || h.status == ecstypes.DeploymentLifecycleHookStatusInProgress
}

// abandon ends a hook that nobody waits for any more.
func (h *hookRun) abandon() {
	if h.open() {
		h.status = ecstypes.DeploymentLifecycleHookStatusFailed
	}
}

func (h *hookRun) action() ecstypes.DeploymentLifecycleHookAction {
	if c := h.hook.TimeoutConfiguration; c != nil && c.Action != "" {
		return c.Action
	}
	return ecstypes.DeploymentLifecycleHookActionRollback
}

// beginHooks begins the hooks of the stage.
func (s *service) beginHooks(ro *rollout) {
	st, now := ro.stage(), s.cl.r.f.sim.Now()
	for i := range ro.config.LifecycleHooks {
		hook := &ro.config.LifecycleHooks[i]
		if !slices.Contains(hook.LifecycleStages, ecstypes.DeploymentLifecycleHookStage(st.name)) {
			continue
		}
		wait := minutes(nil, hookTimeout)
		if c := hook.TimeoutConfiguration; c != nil {
			wait = minutes(c.TimeoutInMinutes, hookTimeout)
		}
		h := &hookRun{
			hook: hook, stage: st.name, entry: ro.at, expires: now.Add(wait), next: now,
			status: ecstypes.DeploymentLifecycleHookStatusInProgress,
		}
		kind := "lambda"
		if h.paused() {
			kind, h.status = "pause", ecstypes.DeploymentLifecycleHookStatusAwaitingAction
		}
		h.id = "ecs-" + kind + "-" + s.cl.r.f.sim.ID(43, "ecs-hook", ro.arn)
		ro.hooks = append(ro.hooks, h)
		s.wakeAt(h.expires)
	}
}

// hooksState is what the hooks of a stage say together.
type hooksState int

const (
	hooksDone hooksState = iota
	// hooksPaused: somebody is to say how to go on.
	hooksPaused
	hooksOpen
	hooksFailed
)

// runHooks looks at the hooks of the stage and calls functions that are due. All must
// be done; one that failed is enough to fail.
func (s *service) runHooks(ro *rollout) hooksState {
	sum := hooksDone
	for _, h := range ro.hooks {
		if h.entry != ro.at {
			continue
		}
		s.runHook(ro, h)
		switch {
		case h.status == ecstypes.DeploymentLifecycleHookStatusFailed,
			h.status == ecstypes.DeploymentLifecycleHookStatusTimedOut && h.action() == ecstypes.DeploymentLifecycleHookActionRollback:
			return hooksFailed
		case h.open() && h.paused():
			sum = max(sum, hooksPaused)
		case h.open():
			sum = max(sum, hooksOpen)
		}
	}
	return sum
}

func (s *service) runHook(ro *rollout, h *hookRun) {
	now := s.cl.r.f.sim.Now()
	switch {
	case !h.open():
	case h.back:
		h.status = ecstypes.DeploymentLifecycleHookStatusFailed
	case !now.Before(h.expires):
		h.status = ecstypes.DeploymentLifecycleHookStatusTimedOut
	case !h.paused() && !now.Before(h.next):
		answer := s.call(ro, h)
		h.status = answer.Status
		if h.open() {
			h.next = now.Add(max(answer.Delay, world.Repeat))
			s.wakeAt(h.next)
		}
	}
}

// call calls the function of a hook. One that cannot be called has failed, and so has
// one that says nothing that ECS understands.
func (s *service) call(ro *rollout, h *hookRun) world.HookAnswer {
	failed := world.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusFailed}
	arn := value(h.hook.HookTargetArn)
	f := s.cl.r.f.functions[arn]
	if f == nil || s.cl.r.mayCall(h.hook) != nil {
		return failed
	}
	event := world.HookEvent{
		Stage: string(h.stage), Service: s.arn, Revision: ro.target.revision,
		Production: map[string]float64{}, Test: map[string]float64{},
	}
	for _, d := range []*deployment{ro.target, ro.source} {
		if d == nil {
			continue
		}
		p, t := ro.share(d)
		event.Production[d.revision], event.Test[d.revision] = value(p), value(t)
	}
	answer := f(event)
	switch answer.Status {
	case ecstypes.DeploymentLifecycleHookStatusInProgress:
		if answer.Delay <= 0 {
			answer.Delay = hookDelay
		}
		return answer
	case ecstypes.DeploymentLifecycleHookStatusSucceeded:
		return answer
	default:
		return failed
	}
}

// mayCall asks whether the hook's role may call its function.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-permissions.html
func (r *region) mayCall(h *ecstypes.DeploymentLifecycleHook) error {
	p, err := r.infrastructure(value(h.RoleArn))
	if err != nil {
		return err
	}
	return r.f.needs.Access.Authorize(p, sim.Access{Action: "lambda:InvokeFunction", Resource: value(h.HookTargetArn)})
}

// hooksOnTheWayBack calls the functions that ECS calls in rollbacks, too. What they
// answer changes nothing.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html
func (s *service) hooksOnTheWayBack(ro *rollout) {
	for _, stage := range []ecstypes.ServiceDeploymentLifecycleStage{
		ecstypes.ServiceDeploymentLifecycleStageProductionTrafficShift, ecstypes.ServiceDeploymentLifecycleStageTestTrafficShift,
	} {
		for i := range ro.config.LifecycleHooks {
			hook := &ro.config.LifecycleHooks[i]
			h := &hookRun{hook: hook, stage: stage}
			if !h.paused() && slices.Contains(hook.LifecycleStages, ecstypes.DeploymentLifecycleHookStage(stage)) {
				s.call(ro, h)
			}
		}
	}
}

// hookFailure has the event as in https://github.com/aws/containers-roadmap/issues/2664;
// AWS's words for the status are not known.
func hookFailure() failure {
	const what = "hook execution failure(s) detected."
	return failure{
		state: "ECS deployment failed: " + what, event: "deployment failed: " + what,
		status: "Service deployment rolled back because of hook execution failure(s).",
		back:   "ECS deployment failed: rolling back to deploymentId ", rollback: true,
	}
}

// hooksView are the hooks as DescribeServiceDeployments shows them.
func (ro *rollout) hooksView() []ecstypes.DeploymentLifecycleHookDetail {
	var list []ecstypes.DeploymentLifecycleHookDetail
	for _, h := range ro.hooks {
		kind := h.hook.TargetType
		if kind == "" {
			kind = ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda
		}
		list = append(list, ecstypes.DeploymentLifecycleHookDetail{
			HookId: &h.id, Status: h.status, TargetType: kind, TargetArn: h.hook.HookTargetArn, ExpiresAt: new(h.expires), TimeoutAction: h.action(),
		})
	}
	return list
}

// continueServiceDeployment goes on from a pause, or back.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/continue-service-deployment.html
func (f *Fake) continueServiceDeployment(c *sim.Call, in *awsecs.ContinueServiceDeploymentInput) (*awsecs.ContinueServiceDeploymentOutput, error) {
	ro := f.of(c).rollouts[value(in.ServiceDeploymentArn)]
	if ro == nil {
		return nil, &ecstypes.ServiceDeploymentNotFoundException{Message: new("Service deployment not found.")}
	}
	i := slices.IndexFunc(ro.hooks, func(h *hookRun) bool { return h.id == value(in.HookId) })
	if i < 0 {
		return nil, invalid("The hook %s does not exist in the service deployment.", value(in.HookId))
	}
	h := ro.hooks[i]
	if ro.status != ecstypes.ServiceDeploymentStatusInProgress || h.status != ecstypes.DeploymentLifecycleHookStatusAwaitingAction {
		return nil, &ecstypes.ConflictException{
			Message: new("The hook " + h.id + " cannot be continued because it is in status " + string(h.status) + "."), ResourceIds: []string{ro.arn},
		}
	}
	switch in.Action {
	case ecstypes.DeploymentLifecycleHookActionRollback:
		h.back = true
	case ecstypes.DeploymentLifecycleHookActionContinue, "":
		h.status = ecstypes.DeploymentLifecycleHookStatusSucceeded
	default:
		return nil, invalid("The action %s is not valid. Valid actions are CONTINUE and ROLLBACK.", in.Action)
	}
	ro.service.wake()
	return &awsecs.ContinueServiceDeploymentOutput{ServiceDeploymentArn: &ro.arn}, nil
}

// passShifting is the access to hand ECS the roles by which it shifts traffic and calls
// functions.
func passShifting(balancers []ecstypes.LoadBalancer, c *ecstypes.DeploymentConfiguration) []sim.Access {
	var roles []string
	for _, lb := range balancers {
		if lb.AdvancedConfiguration != nil {
			roles = append(roles, value(lb.AdvancedConfiguration.RoleArn))
		}
	}
	if c != nil {
		for _, h := range c.LifecycleHooks {
			roles = append(roles, value(h.RoleArn))
		}
	}
	var list []sim.Access
	for _, role := range roles {
		if strings.HasPrefix(role, "arn:") {
			list = append(list, sim.Access{
				Action: "iam:PassRole", Resource: role, Context: map[string][]string{"iam:PassedToService": {infrastructureService}},
			})
		}
	}
	return list
}
