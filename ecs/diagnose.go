// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

// Diagnose tells why a service does not run as it should: the surest cause first,
// each with what was seen and what to do about it. A service that is well has none.
//
// It joins the newest deployment, the tasks that stopped since it began or since the
// service was last steady (ECS forgets them after about an hour), their exit codes and
// last log lines, the service's events and the health of its targets, or why no load
// balancer uses them. If something is wrong it also looks up whether images, roles,
// secrets, parameters and log groups are there, whether the subnets have routes and
// addresses, whether security groups let the load balancer in, and what the quota is
// that ECS says is used up; of tasks on instances why there is none for them: whether
// the groups of capacity providers launch, and their instances join the cluster. What the caller may not look up is left out: reading is all
// it does. Values of secrets are never read.
func Diagnose(ctx context.Context, cfg aws.Config, service ServiceRef) ([]slipway.Cause, error) {
	at, err := located(service)
	if err != nil {
		return nil, err
	}
	return causesOfService(ctx, newCall(cfg), at, "", "")
}

// DiagnoseTask tells why a task stopped, or does not start, as [Diagnose] does of a
// service. taskARN is in the long form, with the name of the cluster.
func DiagnoseTask(ctx context.Context, cfg aws.Config, taskARN string) ([]slipway.Cause, error) {
	cluster, err := clusterOf(taskARN)
	if err != nil {
		return nil, err
	}
	c := newCall(cfg)
	task, err := describeTask(ctx, c, cluster, taskARN)
	if err != nil {
		return nil, err
	}
	return causesOfTask(ctx, c, task)
}

// clusterOf is the name of the cluster in a task's ARN.
func clusterOf(taskARN string) (string, error) {
	a, err := arn.Parse(taskARN)
	parts := splitResource(a.Resource, "task")
	if err != nil || len(parts) != 2 {
		return "", slipway.FieldError{Path: "Task", Got: fmt.Sprintf("%q", taskARN), Want: "arn:aws:ecs:<region>:<account>:task/<cluster>/<id>"}
	}
	return parts[0], nil
}

// newCall is what drivers' functions need to work outside of a stack.
func newCall(cfg aws.Config) slipway.Call {
	return slipway.Call{Config: cfg, Region: cfg.Region, Emit: func(slipway.Event) {}}
}

// located is where a service is; nil is nowhere.
func located(s ServiceRef) (place, error) {
	if s == nil {
		return place{}, slipway.FieldError{Path: "ServiceRef", Got: "nil", Want: "a service, or its name or ARN"}
	}
	return s.located()
}

// causesOfService gathers what there is to know of a service and judges it. Without
// the ARN of a deployment it is the newest that counts; successor is the one that took
// its place, if it was superseded.
func causesOfService(ctx context.Context, c slipway.Call, at place, deployment, successor string) ([]slipway.Cause, error) {
	e := &examination{call: c, facts: &diagnose.Facts{Successor: successor, Lines: map[string][]string{}}}
	if err := e.service(ctx, at, deployment); err != nil {
		return nil, err
	}
	causes := diagnose.Causes(e.facts)
	if len(causes) == 0 && !e.short() {
		return nil, nil
	}
	e.surroundings(ctx)
	return diagnose.Causes(e.facts), nil
}

// causesOfTask does the same for a task.
func causesOfTask(ctx context.Context, c slipway.Call, t *ecstypes.Task) ([]slipway.Cause, error) {
	e := &examination{call: c, facts: &diagnose.Facts{Lines: map[string][]string{}}}
	if err := e.define(ctx, aws.ToString(t.TaskDefinitionArn)); err != nil {
		return nil, err
	}
	e.facts.Stopped = []ecstypes.Task{*t}
	e.lastLines(ctx)
	_, ok := hostedTask(t)
	if waits := ok && t.ContainerInstanceArn == nil; waits || len(diagnose.Causes(e.facts)) > 0 {
		e.surroundings(ctx)
	}
	return diagnose.Causes(e.facts), nil
}

// examination gathers facts.
type examination struct {
	call  slipway.Call
	facts *diagnose.Facts
}

// short reports whether fewer tasks run than should, with nothing under way that
// would bring them.
func (e *examination) short() bool {
	s := e.facts.Service
	if s == nil || s.RunningCount >= s.DesiredCount {
		return false
	}
	if _, ok := hosted(s); ok { // a task that waits for an instance is pending, too
		return true
	}
	return len(s.Deployments) > 0 && s.Deployments[0].FailedTasks > 0 || s.PendingCount == 0
}

// identify takes account and partition from the ARN of the task definition.
func (e *examination) identify() {
	if a, err := arn.Parse(aws.ToString(e.facts.Definition.TaskDefinitionArn)); err == nil {
		e.call.Account, e.call.Partition = a.AccountID, a.Partition
	}
}
