// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) stopTask(c *sim.Call, in *awsecs.StopTaskInput) (*awsecs.StopTaskOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	t := cl.tasks[lastPart(value(in.Task))]
	if t == nil {
		return nil, invalid("The referenced task was not found.")
	}
	t.stop(ecstypes.TaskStopCodeUserInitiated, or(in.Reason, "Task stopped by user"))
	return &awsecs.StopTaskOutput{Task: t.view(true)}, nil
}

func (f *Fake) describeTasks(c *sim.Call, in *awsecs.DescribeTasksInput) (*awsecs.DescribeTasksOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Tasks) == 0 {
		return nil, invalid("Tasks cannot be empty.")
	}
	if len(in.Tasks) > maxDescribed {
		return nil, invalid("Tasks cannot be longer than %d.", maxDescribed)
	}
	tags := slices.Contains(in.Include, ecstypes.TaskFieldTags)
	out := &awsecs.DescribeTasksOutput{Tasks: []ecstypes.Task{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.Tasks {
		t := cl.tasks[lastPart(ref)]
		if t == nil {
			out.Failures = append(out.Failures, gone(cl.r.arn("task/"+cl.name+"/"+lastPart(ref))))
			continue
		}
		out.Tasks = append(out.Tasks, *t.view(tags))
	}
	return out, nil
}

func (f *Fake) listTasks(c *sim.Call, in *awsecs.ListTasksInput) (*awsecs.ListTasksOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.ServiceName != nil && cl.service(*in.ServiceName) == nil {
		return nil, serviceNotFound()
	}
	size, err := pageSize(in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	tasks, next, err := cl.page(func(t *task) bool { return t.matches(in) }, in.NextToken, size)
	if err != nil {
		return nil, err
	}
	arns := make([]string, len(tasks))
	for i, t := range tasks {
		arns[i] = t.arn
	}
	return &awsecs.ListTasksOutput{TaskArns: arns, NextToken: next}, nil
}

// matches reports whether the task is asked for. Without a status those that
// should run are.
func (t *task) matches(in *awsecs.ListTasksInput) bool {
	desired := string(in.DesiredStatus)
	if desired == "" {
		desired = running
	}
	service := lastPart(value(in.ServiceName))
	node := lastPart(value(in.ContainerInstance))
	return t.desired == desired && (node == "" || t.node != nil && t.node.id == node) &&
		(service == "" || t.dep != nil && t.dep.service.name == service) &&
		(in.Family == nil || t.spec.td.family() == *in.Family) &&
		(in.StartedBy == nil || t.spec.startedBy == *in.StartedBy) &&
		(in.LaunchType == "" || (in.LaunchType == ecstypes.LaunchTypeFargate) == (t.spec.host == nil))
}
