// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// defaultProtection is how long tasks are protected if nothing is said, in
// minutes; mostProtection is the longest.
const (
	defaultProtection = 120
	mostProtection    = 2880
)

func (f *Fake) handleProtection() {
	sim.Handle(f.api, "UpdateTaskProtection", f.updateTaskProtection, sim.Needs(onTasks("ecs:UpdateTaskProtection",
		func(in *awsecs.UpdateTaskProtectionInput) (*string, []string) { return in.Cluster, in.Tasks })))
	sim.Handle(f.api, "GetTaskProtection", f.getTaskProtection, sim.Needs(onTasks("ecs:GetTaskProtection",
		func(in *awsecs.GetTaskProtectionInput) (*string, []string) { return in.Cluster, in.Tasks })))
}

func (f *Fake) updateTaskProtection(c *sim.Call, in *awsecs.UpdateTaskProtectionInput) (*awsecs.UpdateTaskProtectionOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	minutes := or(in.ExpiresInMinutes, defaultProtection)
	if minutes < 1 || minutes > mostProtection {
		return nil, invalid("expiresInMinutes must be between 1 and %d.", mostProtection)
	}
	out := &awsecs.UpdateTaskProtectionOutput{ProtectedTasks: []ecstypes.ProtectedTask{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.Tasks {
		t := cl.tasks[lastPart(ref)]
		switch {
		case t == nil || t.status == stopped:
			out.Failures = append(out.Failures, gone(cl.r.arn("task/"+cl.name+"/"+lastPart(ref))))
			continue
		case t.dep == nil:
			out.Failures = append(out.Failures, ecstypes.Failure{Arn: &t.arn, Reason: new("TASK_NOT_VALID"), Detail: new("Task protection is only for tasks of services.")})
			continue
		case !in.ProtectionEnabled:
			t.protectedUntil = time.Time{}
			t.dep.service.wake()
		case t.dep.service.blocked():
			out.Failures = append(out.Failures, ecstypes.Failure{Arn: &t.arn, Reason: new("DEPLOYMENT_BLOCKED"), Detail: new("Protected tasks keep the deployment of the service from its end.")})
			continue
		default:
			t.protectedUntil = c.Now().Add(time.Duration(minutes) * time.Minute)
			t.dep.service.wakeAt(t.protectedUntil)
		}
		out.ProtectedTasks = append(out.ProtectedTasks, t.protection())
	}
	return out, nil
}

// blocked reports whether nothing but protected tasks of older deployments keeps a
// deployment from its end.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func (s *service) blocked() bool {
	if p := s.deployments[0]; s.current == nil || len(p.tasks) != int(s.desired) || p.healthy < s.desired {
		return false
	}
	return slices.ContainsFunc(s.deployments[1:], func(d *deployment) bool {
		return slices.ContainsFunc(d.tasks, (*task).protected)
	})
}

func (t *task) protection() ecstypes.ProtectedTask {
	v := ecstypes.ProtectedTask{TaskArn: &t.arn, ProtectionEnabled: t.protected()}
	if v.ProtectionEnabled {
		v.ExpirationDate = new(t.protectedUntil)
	}
	return v
}

func (f *Fake) getTaskProtection(c *sim.Call, in *awsecs.GetTaskProtectionInput) (*awsecs.GetTaskProtectionOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &awsecs.GetTaskProtectionOutput{ProtectedTasks: []ecstypes.ProtectedTask{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.Tasks {
		t := cl.tasks[lastPart(ref)]
		if t == nil || t.status == stopped {
			out.Failures = append(out.Failures, gone(cl.r.arn("task/"+cl.name+"/"+lastPart(ref))))
			continue
		}
		out.ProtectedTasks = append(out.ProtectedTasks, t.protection())
	}
	return out, nil
}
