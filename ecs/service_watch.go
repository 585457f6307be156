// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// Watch waits for the service deployment that Put has started, if it has, and for
// the wanted number of tasks. A steady service alone says nothing: one that was
// rolled back is steady, too. If ctx ends before, what seems to keep the deployment is
// looked up within 10 seconds; see [UnfinishedError].
func (services) Watch(ctx context.Context, c slipway.Call, want *model.Service) error {
	w := &watch{call: c, want: want, said: map[string]bool{}}
	w.report = w.emit
	return w.unfinished(ctx, w.wait(ctx))
}

func (w *watch) wait(ctx context.Context) error {
	if err := slipway.Poll(ctx, w.found); err != nil {
		return err
	}
	if w.want.Overtaken {
		return slipway.Poll(ctx, w.overtaken)
	}
	if err := slipway.Poll(ctx, w.step); err != nil {
		return err
	}
	return w.counted(ctx)
}

// overtaken is step, but it is enough that no older task runs.
func (w *watch) overtaken(ctx context.Context) (bool, error) {
	done, err := w.step(ctx)
	return done || err == nil && overtaken(w.service), err
}

// watch follows one service deployment.
type watch struct {
	call slipway.Call
	want *model.Service
	// arn of the deployment, since when it runs, and until when it did; zero if it does.
	arn          string
	since, until time.Time
	// said are the events that the observer has been told, by their IDs.
	said   map[string]bool
	events []ServiceEvent
	// shown is the last count that was told.
	shown   TasksRunning
	service *ecstypes.Service
	// emitted is the last progress that the stack's observer was told.
	emitted slipway.Progress
	// report is told of events, and detail finds out more of them; nil is not wanted.
	report func(DeploymentEvent)
	detail func(context.Context, *ecstypes.ServiceDeployment) error
	// missed reports whether what is wanted is not there; nil asks for the task definition.
	missed func(context.Context) (bool, error)
}

// look describes the service.
func (w *watch) look(ctx context.Context) error {
	found, err := describeServices(ctx, w.call, aws.ToString(w.want.Create.Cluster), []string{aws.ToString(w.want.Create.ServiceName)})
	if err != nil {
		return err
	}
	s, ok := found[aws.ToString(w.want.Create.ServiceName)]
	if !ok {
		return fmt.Errorf("%w: service %s", slipway.ErrNotFound, w.call.ID.Name)
	}
	w.service = s
	return nil
}

// found looks for the deployment that is under way, or else the last one.
func (w *watch) found(ctx context.Context) (bool, error) {
	if err := w.look(ctx); err != nil {
		return false, err
	}
	latest, err := newestDeployment(ctx, w.call, w.service)
	if err != nil {
		return false, err
	}
	current := aws.ToString(w.service.CurrentServiceDeployment)
	switch {
	case latest != nil && (current == "" || current == aws.ToString(latest.ServiceDeploymentArn)):
		w.arn, w.since = aws.ToString(latest.ServiceDeploymentArn), aws.ToTime(latest.CreatedAt)
	case current != "":
		w.arn = current
	}
	// A service that was just made has one before long.
	return w.arn != "", nil
}

// newestDeployment returns the last service deployment; nil if there is none yet.
func newestDeployment(ctx context.Context, c slipway.Call, s *ecstypes.Service) (*ecstypes.ServiceDeploymentBrief, error) {
	all, err := deploymentsOf(ctx, c, s)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

// deploymentsOf returns the last service deployments, the newest first.
func deploymentsOf(ctx context.Context, c slipway.Call, s *ecstypes.Service) ([]ecstypes.ServiceDeploymentBrief, error) {
	out, err := client(c).ListServiceDeployments(ctx, &awsecs.ListServiceDeploymentsInput{Cluster: s.ClusterArn, Service: s.ServiceArn})
	if awserr.Is(err, "ServiceNotFoundException", "ClusterNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "list service deployments of "+aws.ToString(s.ServiceName))
	}
	newestFirst(out.ServiceDeployments)
	return out.ServiceDeployments, nil
}

func newestFirst(all []ecstypes.ServiceDeploymentBrief) {
	slices.SortStableFunc(all, func(a, b ecstypes.ServiceDeploymentBrief) int {
		return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt))
	})
}

// step looks once and reports what is new.
func (w *watch) step(ctx context.Context) (bool, error) {
	out, err := client(w.call).DescribeServiceDeployments(ctx, &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{w.arn}})
	if err != nil {
		return false, awserr.Wrap(err, "describe service deployment")
	}
	if len(out.ServiceDeployments) == 0 {
		return false, nil // not visible yet
	}
	if err := w.look(ctx); err != nil {
		return false, err
	}
	d := &out.ServiceDeployments[0]
	w.since, w.until = aws.ToTime(d.CreatedAt), aws.ToTime(cmp.Or(d.FinishedAt, d.StoppedAt))
	if err := w.tell(ctx, d); err != nil {
		return false, err
	}
	outcome, err := w.outcome(ctx, d)
	if err != nil {
		return false, err
	}
	hook := awaited(d)
	switch {
	case outcome == InProgress && hook == "":
		return false, nil
	case outcome == Succeeded, outcome == ScaledToZero:
		w.report(DeploymentEnded{Outcome: outcome})
		return true, nil
	case outcome == InProgress:
		outcome = Paused
	}
	return w.failed(ctx, d, outcome)
}

// outcome is how the deployment ended: what the service wants by now says nothing of
// one that was followed by others.
func (w *watch) outcome(ctx context.Context, d *ecstypes.ServiceDeployment) (Outcome, error) {
	outcome := outcomeOf(d.Status, w.service.DesiredCount)
	if outcome != ScaledToZero {
		return outcome, nil
	}
	next, err := w.next(ctx)
	if next != nil {
		outcome = Succeeded
	}
	return outcome, err
}

// awaited is the hook that has to be continued; empty if there is none.
func awaited(d *ecstypes.ServiceDeployment) string {
	for _, h := range d.LifecycleHookDetails {
		if h.Status == ecstypes.DeploymentLifecycleHookStatusAwaitingAction {
			return aws.ToString(h.HookId)
		}
	}
	return ""
}

// tell reports the events of the deployment, and how many tasks run.
func (w *watch) tell(ctx context.Context, d *ecstypes.ServiceDeployment) error {
	w.hear(w.since, w.until)
	if r := d.TargetServiceRevision; r != nil {
		w.progress(r.RunningTaskCount, r.PendingTaskCount)
	}
	if w.detail == nil {
		return nil
	}
	return w.detail(ctx, d)
}

// emit tells the stack's observer.
func (w *watch) emit(e DeploymentEvent) {
	switch e := e.(type) {
	case ServiceEvent:
		w.call.Emit(slipway.Message{ID: w.call.ID, Time: e.Time, Text: e.Text})
	case TasksRunning:
		p := slipway.Progress{ID: w.call.ID, Done: int64(e.Running), Total: int64(e.Desired), Unit: "tasks", Text: e.String()}
		if p != w.emitted {
			w.emitted = p
			w.call.Emit(p)
		}
	case StageReached, Traffic, ExpressPart:
		w.call.Emit(slipway.Message{ID: w.call.ID, Time: time.Now(), Text: e.String()})
	}
}

// hear reports the service's events between two times that are new; the zero time is
// no end.
func (w *watch) hear(since, until time.Time) {
	for _, e := range slices.Backward(w.service.Events) {
		at := aws.ToTime(e.CreatedAt)
		if w.said[aws.ToString(e.Id)] || at.Before(since) || !until.IsZero() && at.After(until) {
			continue
		}
		w.said[aws.ToString(e.Id)] = true
		event := ServiceEvent{Time: at, Text: aws.ToString(e.Message)}
		w.events = append(w.events, event)
		w.report(event)
	}
}

// progress reports how many tasks run, if that is news.
func (w *watch) progress(running, pending int32) {
	p := TasksRunning{int(running), int(pending), int(w.service.DesiredCount)}
	if p != w.shown {
		w.shown = p
		w.report(p)
	}
}

// failed puts together why the deployment did not succeed. One that brought out
// something else than what is wanted now is not ours: nothing was deployed.
func (w *watch) failed(ctx context.Context, d *ecstypes.ServiceDeployment, outcome Outcome) (bool, error) {
	ours, err := w.ours(ctx, d)
	if err != nil || !ours {
		return !ours, err
	}
	e := &DeploymentError{
		Service: w.call.ID, Deployment: w.arn, Outcome: outcome, Reason: aws.ToString(d.StatusReason), Events: w.events,
	}
	tripped := false
	if b := d.DeploymentCircuitBreaker; b != nil {
		e.FailedTasks, e.Threshold = int(b.FailureCount), int(b.Threshold)
		tripped = b.Status == ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered
	}
	if a := d.Alarms; a != nil {
		e.Alarms = a.TriggeredAlarmNames
		tripped = tripped || a.Status == ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered
	}
	if outcome == Stopped {
		if e.Outcome, e.By, err = w.stopped(ctx, tripped); err != nil {
			return false, err
		}
	}
	e.Hook = awaited(d)
	if e.Tasks, err = w.stoppedTasks(ctx); err != nil {
		return false, err
	}
	w.diagnose(ctx, e)
	w.report(DeploymentEnded{Outcome: e.Outcome, Reason: e.Reason, By: e.By, Hook: e.Hook})
	return false, e
}

// diagnose adds the causes. That they cannot be found out is told, and no reason to
// lose the error.
func (w *watch) diagnose(ctx context.Context, e *DeploymentError) {
	at := place{cluster: lastPart(aws.ToString(w.service.ClusterArn)), service: aws.ToString(w.service.ServiceName)}
	causes, err := causesOfService(ctx, w.call, at, w.arn, e.By)
	if err != nil {
		w.report(ServiceEvent{Time: time.Now(), Text: "the causes could not be found out: " + err.Error()})
	}
	e.Causes = causes
}

// ours reports whether the deployment was one to the wanted task definition.
func (w *watch) ours(ctx context.Context, d *ecstypes.ServiceDeployment) (bool, error) {
	if w.missed != nil {
		return w.missed(ctx)
	}
	if d.TargetServiceRevision == nil || !known(w.want.Create.TaskDefinition) {
		return true, nil
	}
	revision, err := describeRevision(ctx, w.call, aws.ToString(d.TargetServiceRevision.Arn))
	if err != nil || revision == nil {
		return err == nil, err
	}
	return aws.ToString(revision.TaskDefinition) == *w.want.Create.TaskDefinition, nil
}

// stopped tells apart why a deployment was stopped, and by which other one.
func (w *watch) stopped(ctx context.Context, tripped bool) (outcome Outcome, by string, err error) {
	if tripped {
		return Failed, "", nil
	}
	next, err := w.next(ctx)
	if err != nil {
		return "", "", err
	}
	if next != nil {
		return Superseded, aws.ToString(next.ServiceDeploymentArn), nil
	}
	return Stopped, "", nil
}

// next returns the service deployment that came after this one; nil if none did.
func (w *watch) next(ctx context.Context) (*ecstypes.ServiceDeploymentBrief, error) {
	all, err := deploymentsOf(ctx, w.call, w.service)
	i := slices.IndexFunc(all, func(d ecstypes.ServiceDeploymentBrief) bool { return aws.ToString(d.ServiceDeploymentArn) == w.arn })
	if err != nil || i < 1 {
		return nil, err
	}
	return &all[i-1], nil
}

// mostTasks is how many stopped tasks an error tells of.
const mostTasks = 10

// stoppedTasks returns tasks of the deployment that stopped, the newest first.
func (w *watch) stoppedTasks(ctx context.Context) ([]StoppedTask, error) {
	all, err := tasksOf(ctx, w.call, w.service, ecstypes.DesiredStatusStopped)
	if err != nil {
		return nil, err
	}
	tasks := slices.DeleteFunc(all, func(t ecstypes.Task) bool { return !w.isOf(&t) })
	stopped := make([]StoppedTask, 0, mostTasks)
	for i := range tasks[:min(len(tasks), mostTasks)] {
		stopped = append(stopped, stoppedTask(&tasks[i]))
	}
	return stopped, nil
}

// isOf reports whether the task is of the deployment: of its task definition, and made
// while it ran.
func (w *watch) isOf(t *ecstypes.Task) bool {
	at := aws.ToTime(t.CreatedAt)
	if at.Before(w.since) || !w.until.IsZero() && at.After(w.until) {
		return false
	}
	return !known(w.want.Create.TaskDefinition) || aws.ToString(t.TaskDefinitionArn) == *w.want.Create.TaskDefinition
}
