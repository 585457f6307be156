// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// FinishedTask is a task that ran to its end.
type FinishedTask struct {
	// ARN of the task.
	ARN string
	// Started is when it was running, Stopped when it had ended; zero if it never did.
	Started, Stopped time.Time
	// Reason why it stopped, in ECS's words.
	Reason string
	// Containers with their exit codes.
	Containers []StoppedContainer
}

// RunTask runs one task to its end: it starts it, waits, and returns how its containers
// ended. in comes from a [Job], by [slipway.Output], or is made by hand; it is not
// changed.
//
// An essential container that ends with another exit code than 0, a task that was
// stopped by somebody else, could not be started, or has no place to run are errors of
// type [TaskError], which tells them apart and has the causes. When ctx ends first the
// task is stopped, and the error matches ctx's own.
//
// Containers that only accompany the work, such as agents, are best made non-essential:
// their exit codes then do not matter. Of essential ones another exit code than 0 is a
// failure, but for 143 of those that ECS ended by SIGTERM once another one was done.
//
// A started task is never forgotten: what is returned with an error has its ARN, as far
// as there is one. That AWS throttles or cannot be reached for up to 5 minutes does not
// matter. Log lines that cannot be read do not end the task; the error comes at the end.
func RunTask(ctx context.Context, cfg aws.Config, in *awsecs.RunTaskInput, opts ...RunOption) (FinishedTask, error) {
	switch {
	case in == nil:
		return FinishedTask{}, slipway.FieldError{Path: "RunTask.in", Got: "nil", Want: "a task to run: apply the job's stack first"}
	case aws.ToInt32(in.Count) > 1:
		return FinishedTask{}, slipway.FieldError{Path: "RunTask.in.Count", Got: strconv.Itoa(int(*in.Count)), Want: "1: call RunTask for each"}
	}
	r := &taskRun{call: newCall(cfg), in: copied(in)}
	for _, opt := range opts {
		opt(r)
	}
	if reflect.ValueOf(*r.in.Overrides).IsZero() {
		r.in.Overrides = nil
	}
	if err := r.start(ctx); err != nil {
		return FinishedTask{}, err
	}
	err := r.wait(ctx)
	switch {
	case err == nil:
		return r.finished(ctx)
	case ctx.Err() != nil:
		return r.result(), errors.Join(fmt.Errorf("task %s was stopped: %w", lastPart(r.arn), ctx.Err()), r.cancel(ctx))
	default:
		return r.result(), fmt.Errorf("task %s, which goes on: %w", lastPart(r.arn), err)
	}
}

// copied is a copy whose overrides can be changed.
func copied(in *awsecs.RunTaskInput) *awsecs.RunTaskInput {
	c := *in
	c.Overrides = &ecstypes.TaskOverride{}
	if in.Overrides != nil {
		*c.Overrides = *in.Overrides
		c.Overrides.ContainerOverrides = slices.Clone(in.Overrides.ContainerOverrides)
		for i := range c.Overrides.ContainerOverrides {
			o := &c.Overrides.ContainerOverrides[i]
			o.Environment = slices.Clone(o.Environment)
		}
	}
	return &c
}

// taskRun is one run of a task.
type taskRun struct {
	call    slipway.Call
	in      *awsecs.RunTaskInput
	onLog   func(LogLine)
	onState func(string)
	arn     string
	state   string
	task    *ecstypes.Task
	logs    *logReader
	// unread is why the newest lines could not be read; nil if they could.
	unread error
}

// How long a call may take that is made even if the caller gives up: one that starts a
// task, whose answer must not be lost, and one that stops it.
const lastCall = time.Minute

// outlasting is a context for such a call.
func outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lastCall)
}

// start starts the task.
func (r *taskRun) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := retried(ctx, r.call, roleNotReady, func(ctx context.Context) error {
		asked, cancel := outlasting(ctx)
		defer cancel()
		out, err := client(r.call).RunTask(asked, r.in)
		if err != nil {
			return noneThere(awserr.Wrap(err, "run task "+lastPart(aws.ToString(r.in.TaskDefinition))))
		}
		if len(out.Tasks) == 0 {
			return notPlaced(out.Failures)
		}
		r.arn, r.task = aws.ToString(out.Tasks[0].TaskArn), &out.Tasks[0]
		return nil
	})
	if err == nil && r.onLog != nil {
		r.logs = newLogReader(r.call)
	}
	return err
}

// wait waits until the task has stopped, and passes on what it writes meanwhile.
func (r *taskRun) wait(ctx context.Context) error {
	return patiently(ctx, func(ctx context.Context) (bool, error) {
		tasks, err := describeTasks(ctx, r.call, aws.ToString(r.in.Cluster), []string{r.arn})
		if err != nil {
			return false, err
		}
		if len(tasks) > 0 { // it is seen by now
			r.task = &tasks[0]
		}
		if state := aws.ToString(r.task.LastStatus); state != r.state {
			r.state = state
			if r.onState != nil {
				r.onState(state)
			}
		}
		r.unread = r.tell(ctx)
		return r.over(), nil
	})
}

func (r *taskRun) over() bool { return r.task != nil && aws.ToString(r.task.LastStatus) == "STOPPED" }

// tell passes on the lines that are new.
func (r *taskRun) tell(ctx context.Context) error {
	if r.logs == nil {
		return nil
	}
	if !r.logs.known[r.arn] {
		if err := r.logs.add(ctx, r.task); err != nil {
			return err
		}
	}
	_, err := r.logs.read(ctx, func(l LogLine) bool {
		r.onLog(l)
		return true
	})
	return err
}

// looks is how often what CloudWatch has yet to take in is looked for after the end,
// with pauses that double from firstPause: 1.3 s in all.
const (
	looks      = 8
	firstPause = 5 * time.Millisecond
)

// drain passes on what was written last.
func (r *taskRun) drain(ctx context.Context) error {
	if r.logs == nil {
		return nil
	}
	pause := firstPause
	for range looks {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
		r.unread = r.tell(ctx)
	}
	return r.unread
}

// cancel stops the task.
func (r *taskRun) cancel(ctx context.Context) error {
	ctx, stop := outlasting(ctx)
	defer stop()
	_, err := client(r.call).StopTask(ctx, &awsecs.StopTaskInput{
		Cluster: r.task.ClusterArn, Task: &r.arn, Reason: aws.String("the caller of RunTask gave up"),
	})
	return awserr.Wrap(err, "stop task "+lastPart(r.arn))
}

// result is what is known of the task.
func (r *taskRun) result() FinishedTask {
	return FinishedTask{
		ARN: r.arn, Started: aws.ToTime(r.task.StartedAt), Stopped: aws.ToTime(r.task.StoppedAt),
		Reason: aws.ToString(r.task.StoppedReason), Containers: stoppedTask(r.task).Containers,
	}
}

// finished tells how the task ended, even if the caller gives up meanwhile.
func (r *taskRun) finished(ctx context.Context) (FinishedTask, error) {
	unread := r.drain(ctx)
	ctx, cancel := outlasting(ctx)
	defer cancel()
	out, err := client(r.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: r.task.TaskDefinitionArn})
	if err != nil {
		return r.result(), errors.Join(awserr.Wrap(err, "describe task definition"), unread)
	}
	failed := r.failure(out.TaskDefinition)
	if failed == "" {
		return r.result(), unread
	}
	e := &TaskError{Failure: failed, Task: r.arn, Stopped: stoppedTask(r.task)}
	e.Causes, err = causesOfTask(ctx, r.call, r.task)
	if err = errors.Join(err, unread); err != nil {
		return r.result(), errors.Join(e, err)
	}
	return r.result(), e
}

// failure is how the task failed; "" if it did not.
func (r *taskRun) failure(d *ecstypes.TaskDefinition) TaskFailure {
	switch r.task.StopCode {
	case ecstypes.TaskStopCodeTaskFailedToStart:
		return TaskNotStarted
	case ecstypes.TaskStopCodeEssentialContainerExited:
	default:
		return TaskInterrupted
	}
	if slices.ContainsFunc(essentials(r.task, d), unsuccessful) {
		return TaskExited
	}
	return ""
}

// essentials are the containers with which the task ends. Those that ECS ended because
// another of them had ended are left out.
func essentials(t *ecstypes.Task, d *ecstypes.TaskDefinition) []ecstypes.Container {
	all := slices.DeleteFunc(slices.Clone(t.Containers), func(c ecstypes.Container) bool { return !essential(d, aws.ToString(c.Name)) })
	if slices.ContainsFunc(all, func(c ecstypes.Container) bool { return !terminated(c) }) {
		all = slices.DeleteFunc(all, terminated)
	}
	return all
}

// essential reports whether the task ends with that container, as with any that is not
// said to be otherwise.
func essential(d *ecstypes.TaskDefinition, name string) bool {
	return !slices.ContainsFunc(d.ContainerDefinitions, func(c ecstypes.ContainerDefinition) bool {
		return aws.ToString(c.Name) == name && c.Essential != nil && !*c.Essential
	})
}

// unsuccessful reports whether a container failed, or never ran.
func unsuccessful(c ecstypes.Container) bool { return c.ExitCode == nil || *c.ExitCode != 0 }

// terminated reports whether a container's process ended on SIGTERM.
func terminated(c ecstypes.Container) bool {
	const byTerm = 143
	return c.ExitCode != nil && *c.ExitCode == byTerm
}
