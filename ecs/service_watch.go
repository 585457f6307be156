// SPDX-License-Identifier: Apache-2.0

package ecs

import (
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
// rolled back is steady, too.
func (services) Watch(ctx context.Context, c slipway.Call, want *model.Service) error {
	w := &watch{call: c, want: want, said: map[string]bool{}}
	if err := slipway.Poll(ctx, w.found); err != nil {
		return err
	}
	if err := slipway.Poll(ctx, w.step); err != nil {
		return err
	}
	return w.counted(ctx)
}

// watch follows one service deployment.
type watch struct {
	call slipway.Call
	want *model.Service
	// arn of the deployment, since when it runs.
	arn   string
	since time.Time
	// said are the events that the observer has been told, by their IDs.
	said   map[string]bool
	events []ServiceEvent
	// shown is the last progress that the observer has been told.
	shown   slipway.Progress
	service *ecstypes.Service
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
	out, err := client(c).ListServiceDeployments(ctx, &awsecs.ListServiceDeploymentsInput{Cluster: s.ClusterArn, Service: s.ServiceArn})
	if awserr.Is(err, "ServiceNotFoundException", "ClusterNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "list service deployments of "+aws.ToString(s.ServiceName))
	}
	var newest *ecstypes.ServiceDeploymentBrief
	for i := range out.ServiceDeployments {
		d := &out.ServiceDeployments[i]
		if newest == nil || aws.ToTime(d.CreatedAt).After(aws.ToTime(newest.CreatedAt)) {
			newest = d
		}
	}
	return newest, nil
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
	w.since = aws.ToTime(d.CreatedAt)
	outcome := outcomeOf(d.Status, w.service.DesiredCount)
	// A deployment that had ended before this run is no news.
	w.tell(d)
	switch outcome {
	case InProgress:
		return false, nil
	case Succeeded, ScaledToZero:
		return true, nil
	}
	return w.failed(ctx, d, outcome)
}

// tell reports the events since the deployment began, and how many tasks run.
func (w *watch) tell(d *ecstypes.ServiceDeployment) {
	w.hear(w.since)
	if d.TargetServiceRevision != nil {
		w.progress(d.TargetServiceRevision.RunningTaskCount)
	}
}

// hear reports the service's events since then that are new.
func (w *watch) hear(since time.Time) {
	for _, e := range slices.Backward(w.service.Events) {
		at := aws.ToTime(e.CreatedAt)
		if w.said[aws.ToString(e.Id)] || at.Before(since) {
			continue
		}
		w.said[aws.ToString(e.Id)] = true
		event := ServiceEvent{Time: at, Text: aws.ToString(e.Message)}
		w.events = append(w.events, event)
		w.call.Emit(slipway.Message{ID: w.call.ID, Time: event.Time, Text: event.Text})
	}
}

// progress reports how many tasks run, if that is news.
func (w *watch) progress(running int32) {
	p := slipway.Progress{
		ID: w.call.ID, Done: int64(running), Total: int64(w.service.DesiredCount), Unit: "tasks",
		Text: fmt.Sprintf("%d of %d tasks running", running, w.service.DesiredCount),
	}
	if p != w.shown {
		w.shown = p
		w.call.Emit(p)
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
		if e.Outcome, err = w.stopped(ctx, tripped); err != nil {
			return false, err
		}
	}
	if e.Tasks, err = w.stoppedTasks(ctx); err != nil {
		return false, err
	}
	w.diagnose(ctx, e)
	return false, e
}

// diagnose adds the causes. That they cannot be found out is told, and no reason to
// lose the error.
func (w *watch) diagnose(ctx context.Context, e *DeploymentError) {
	at := place{cluster: lastPart(aws.ToString(w.service.ClusterArn)), service: aws.ToString(w.service.ServiceName)}
	successor := ""
	if newest, err := newestDeployment(ctx, w.call, w.service); err == nil && newest != nil && e.Outcome == Superseded {
		successor = aws.ToString(newest.ServiceDeploymentArn)
	}
	causes, err := causesOfService(ctx, w.call, at, w.arn, successor)
	if err != nil {
		w.call.Emit(slipway.Message{ID: w.call.ID, Time: time.Now(), Text: "the causes could not be found out: " + err.Error()})
	}
	e.Causes = causes
}

// ours reports whether the deployment was one to the wanted task definition.
func (w *watch) ours(ctx context.Context, d *ecstypes.ServiceDeployment) (bool, error) {
	if d.TargetServiceRevision == nil || !known(w.want.Create.TaskDefinition) {
		return true, nil
	}
	out, err := client(w.call).DescribeServiceRevisions(ctx, &awsecs.DescribeServiceRevisionsInput{
		ServiceRevisionArns: []string{aws.ToString(d.TargetServiceRevision.Arn)},
	})
	if err != nil {
		return false, awserr.Wrap(err, "describe service revision")
	}
	if len(out.ServiceRevisions) == 0 {
		return true, nil
	}
	return aws.ToString(out.ServiceRevisions[0].TaskDefinition) == *w.want.Create.TaskDefinition, nil
}

// stopped tells apart why a deployment was stopped.
func (w *watch) stopped(ctx context.Context, tripped bool) (Outcome, error) {
	if tripped {
		return Failed, nil
	}
	newest, err := newestDeployment(ctx, w.call, w.service)
	if err != nil {
		return "", err
	}
	if newest != nil && aws.ToString(newest.ServiceDeploymentArn) != w.arn {
		return Superseded, nil
	}
	return Stopped, nil
}

// mostTasks is how many stopped tasks an error tells of.
const mostTasks = 10

// stoppedTasks returns tasks of the deployment that stopped, the newest first.
func (w *watch) stoppedTasks(ctx context.Context) ([]StoppedTask, error) {
	listed, err := client(w.call).ListTasks(ctx, &awsecs.ListTasksInput{
		Cluster: w.service.ClusterArn, ServiceName: w.service.ServiceName, DesiredStatus: ecstypes.DesiredStatusStopped,
	})
	if err != nil {
		return nil, awserr.Wrap(err, "list stopped tasks")
	}
	if len(listed.TaskArns) == 0 {
		return nil, nil
	}
	out, err := client(w.call).DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: w.service.ClusterArn, Tasks: listed.TaskArns})
	if err != nil {
		return nil, awserr.Wrap(err, "describe stopped tasks")
	}
	var tasks []ecstypes.Task
	for _, t := range out.Tasks {
		if !aws.ToTime(t.CreatedAt).Before(w.since) && w.isWanted(t) {
			tasks = append(tasks, t)
		}
	}
	slices.SortStableFunc(tasks, func(a, b ecstypes.Task) int { return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt)) })
	stopped := make([]StoppedTask, 0, mostTasks)
	for i := range tasks[:min(len(tasks), mostTasks)] {
		stopped = append(stopped, stoppedTask(&tasks[i]))
	}
	return stopped, nil
}

// isWanted reports whether the task is of the wanted task definition.
func (w *watch) isWanted(t ecstypes.Task) bool {
	return !known(w.want.Create.TaskDefinition) || aws.ToString(t.TaskDefinitionArn) == *w.want.Create.TaskDefinition
}
