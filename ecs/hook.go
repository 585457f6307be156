// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
)

// Stage is one at which a deployment that shifts traffic has hooks.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHook.html
type Stage string

// The stages, in their order. Canary and linear deployments come to
// PreProductionTrafficShift and ProductionTrafficShift at each of their steps.
const (
	// ReconcileService comes only when the deployment supersedes another one.
	ReconcileService Stage = "RECONCILE_SERVICE"
	PreScaleUp       Stage = "PRE_SCALE_UP"
	PostScaleUp      Stage = "POST_SCALE_UP"
	// TestTrafficShift has no pauses.
	TestTrafficShift          Stage = "TEST_TRAFFIC_SHIFT"
	PostTestTrafficShift      Stage = "POST_TEST_TRAFFIC_SHIFT"
	PreProductionTrafficShift Stage = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	// ProductionTrafficShift has no pauses.
	ProductionTrafficShift     Stage = "PRODUCTION_TRAFFIC_SHIFT"
	PostProductionTrafficShift Stage = "POST_PRODUCTION_TRAFFIC_SHIFT"
)

// TimeoutAction is what a deployment does when a hook has timed out.
type TimeoutAction string

// The zero value is RollBackOnTimeout.
const (
	RollBackOnTimeout TimeoutAction = "ROLLBACK"
	ContinueOnTimeout TimeoutAction = "CONTINUE"
)

// Hook is something that a deployment waits for at a stage: [LambdaHook] or
// [PauseHook]. The set is sealed.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html
type Hook interface {
	// input returns the hook, and the role by which the service of that name calls it.
	input(service string) (ecstypes.DeploymentLifecycleHook, iam.RoleRef)
	timeout() time.Duration
}

// LambdaHook has ECS call a Lambda function, which answers that the deployment may go
// on, must go back, or that it is to be called again.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
type LambdaHook struct {
	// Function is the ARN of the function, or a placeholder of one.
	Function string
	// Stages at which it is called, at least one.
	Stages []Stage
	// Role by which ECS calls it; if nil, one that may do just that.
	Role iam.RoleRef
	// Timeout in whole minutes, at most the 24 hours of a stage; 0 means 24 hours.
	Timeout time.Duration
	// OnTimeout is what happens then.
	OnTimeout TimeoutAction
}

// PauseHook has the deployment wait for [Continue] or [TurnBack].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html
type PauseHook struct {
	// Stages at which it waits, at least one; not [TestTrafficShift] and not
	// [ProductionTrafficShift].
	Stages []Stage
	// Timeout in whole minutes, at most 14 days; 0 means 24 hours.
	Timeout time.Duration
	// OnTimeout is what happens then.
	OnTimeout TimeoutAction
}

func (h LambdaHook) timeout() time.Duration { return h.Timeout }
func (h PauseHook) timeout() time.Duration  { return h.Timeout }

func (h LambdaHook) input(service string) (ecstypes.DeploymentLifecycleHook, iam.RoleRef) {
	role := h.Role
	if role == nil {
		name := shortened(service+"-hook-"+lastColon(h.Function), maxDerivedRole)
		role = iam.NewDerivedRole(name).
			WithTrust(iam.ServicePrincipal{Service: "ecs.amazonaws.com"}).WithAllow(h.Function, "lambda:InvokeFunction")
	}
	return ecstypes.DeploymentLifecycleHook{
		TargetType: ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda, HookTargetArn: set(h.Function), RoleArn: aws.String(role.ARN()),
		LifecycleStages: stages(h.Stages), TimeoutConfiguration: hookTimeout(h.Timeout, h.OnTimeout),
	}, role
}

func (h PauseHook) input(string) (ecstypes.DeploymentLifecycleHook, iam.RoleRef) {
	return ecstypes.DeploymentLifecycleHook{
		TargetType: ecstypes.DeploymentLifecycleHookTargetTypePause, LifecycleStages: stages(h.Stages),
		TimeoutConfiguration: hookTimeout(h.Timeout, h.OnTimeout),
	}, nil
}

func stages(all []Stage) []ecstypes.DeploymentLifecycleHookStage {
	list := make([]ecstypes.DeploymentLifecycleHookStage, len(all))
	for i, s := range all {
		list[i] = ecstypes.DeploymentLifecycleHookStage(s)
	}
	return list
}

func hookTimeout(after time.Duration, action TimeoutAction) *ecstypes.DeploymentLifecycleHookTimeoutConfiguration {
	c := &ecstypes.DeploymentLifecycleHookTimeoutConfiguration{Action: ecstypes.DeploymentLifecycleHookAction(action)}
	if after != 0 {
		c.TimeoutInMinutes = minutes(after)
	}
	if *c == (ecstypes.DeploymentLifecycleHookTimeoutConfiguration{}) {
		return nil
	}
	return c
}

// shiftProblems are what the inputs of a deployment do not show any more.
func shiftProblems(id slipway.ID, d Deployment) []slipway.FieldError {
	s, ok := d.(shifter)
	if !ok {
		return nil
	}
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: id.String() + " DeploymentConfiguration." + path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	bakes := s.bakes()
	for _, path := range sortedKeys(bakes) {
		if d := bakes[path]; d != NoBake && d%time.Minute != 0 {
			add(path, d.String(), "whole minutes")
		}
	}
	for i, h := range s.hooks() {
		path := fmt.Sprintf("LifecycleHooks[%d]", i)
		switch {
		case h == nil:
			add(path, "nil", "a hook")
		case h.timeout()%time.Minute != 0:
			add(path+".TimeoutConfiguration.TimeoutInMinutes", h.timeout().String(), "whole minutes")
		}
	}
	return all
}
