// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"iter"
	"net"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// Watch follows a service deployment, wherever it was started, until it has ended or
// is paused. It can be left and taken up again, in another process, too: events of
// ECS since the deployment began are told again, and of tasks and targets how they are
// by then.
//
// The events are [ServiceEvent], [TasksRunning], [TaskStarted], [TaskHealthy],
// [TaskStopped], [TargetHealth], [BreakerCount], [Traffic], [StageReached], of services
// of Express Mode [ExpressPart], and, at last, [DeploymentEnded]. After a deployment that did not succeed comes the
// [DeploymentError] that Apply would return, with its causes. Other errors are those
// of AWS, and end the loop, as the end of ctx does; that AWS throttles or cannot be
// reached does so only after 5 minutes.
//
// deploymentARN is as [ServiceOutputs] and AWS's events have it:
// arn:aws:ecs:<region>:<account>:service-deployment/<cluster>/<service>/<id>. That of a
// service revision, which [ExpressOutputs] have, stands for the newest deployment to it.
func Watch(ctx context.Context, cfg aws.Config, deploymentARN string) iter.Seq2[DeploymentEvent, error] {
	return func(yield func(DeploymentEvent, error) bool) {
		f, err := newFollower(ctx, cfg, deploymentARN)
		if err != nil {
			yield(nil, err)
			return
		}
		left := false
		err = patiently(ctx, func(ctx context.Context) (bool, error) {
			done, err := f.look(ctx)
			for _, e := range f.take() {
				if !yield(e, nil) {
					left = true
					return true, nil
				}
			}
			return done, err
		})
		if err != nil && !left {
			yield(nil, err)
		}
	}
}

// follower watches one deployment in all detail.
type follower struct {
	*watch
	queue []DeploymentEvent
	// seen is how far tasks have come, by ARN.
	seen map[string]progress
	// states are those of targets as they were told.
	states  map[string]string
	breaker BreakerCount
	shift   shiftTeller
	parts   expressParts
}

// progress of a task, as far as it was told.
type progress int

const (
	taskUnknown progress = iota
	taskRuns
	taskHealthy
	taskOver
)

func newFollower(ctx context.Context, cfg aws.Config, deploymentARN string) (*follower, error) {
	a, err := arn.Parse(deploymentARN)
	revision := splitResource(a.Resource, "service-revision")
	parts := append(splitResource(a.Resource, "service-deployment"), revision...)
	const clusterServiceID = 3
	if err != nil || a.Service != "ecs" || len(parts) != clusterServiceID {
		return nil, slipway.FieldError{
			Path: "Watch", Got: fmt.Sprintf("%q", deploymentARN),
			Want: "arn:aws:ecs:<region>:<account>:service-deployment/<cluster>/<service>/<id>",
		}
	}
	c := newCall(cfg)
	c.ID = serviceID(place{cluster: parts[0], service: parts[1]})
	if revision != nil {
		if deploymentARN, err = deploymentTo(ctx, c, parts[0], parts[1], deploymentARN); err != nil {
			return nil, err
		}
	}
	f := &follower{seen: map[string]progress{}, states: map[string]string{}}
	f.watch = &watch{
		call: c, arn: deploymentARN, said: map[string]bool{}, report: f.add,
		want: &model.Service{Create: awsecs.CreateServiceInput{Cluster: aws.String(parts[0]), ServiceName: aws.String(parts[1])}},
	}
	f.detail = f.details
	f.shift.report = f.add
	f.parts = expressParts{call: c, report: f.add, impatient: false}
	return f, nil
}

// deploymentTo is the newest service deployment to a revision.
func deploymentTo(ctx context.Context, c slipway.Call, cluster, service, revision string) (string, error) {
	all, err := deploymentsOf(ctx, c, &ecstypes.Service{ClusterArn: &cluster, ServiceArn: &service, ServiceName: &service})
	if err != nil {
		return "", err
	}
	for _, d := range all {
		if aws.ToString(d.TargetServiceRevisionArn) == revision {
			return aws.ToString(d.ServiceDeploymentArn), nil
		}
	}
	return "", fmt.Errorf("%w: a service deployment to %s", slipway.ErrNotFound, revision)
}

func (f *follower) add(e DeploymentEvent) { f.queue = append(f.queue, e) }

// take returns what has been added.
func (f *follower) take() []DeploymentEvent {
	all := f.queue
	f.queue = nil
	return all
}

func (f *follower) look(ctx context.Context) (bool, error) {
	done, err := f.step(ctx)
	if err == nil && !done && f.since.IsZero() {
		return false, fmt.Errorf("%w: service deployment %s", slipway.ErrNotFound, f.arn)
	}
	return done, err
}

// details reports what only who watches wants to know.
func (f *follower) details(ctx context.Context, d *ecstypes.ServiceDeployment) error {
	if err := f.target(ctx, d); err != nil {
		return err
	}
	if f.service.ResourceManagementType == ecstypes.ResourceManagementTypeEcs {
		if err := f.parts.look(ctx, d); err != nil {
			return err
		}
	}
	f.shift.tellStage(d)
	if b := d.DeploymentCircuitBreaker; b != nil {
		if count := (BreakerCount{int(b.FailureCount), int(b.Threshold)}); count != f.breaker && count.Failed > 0 {
			f.breaker = count
			f.add(count)
		}
	}
	f.shift.tellShares(d)
	if err := f.tasks(ctx); err != nil {
		return err
	}
	return f.health(ctx)
}

// target finds out which task definition is deployed, once.
func (f *follower) target(ctx context.Context, d *ecstypes.ServiceDeployment) error {
	if f.want.Create.TaskDefinition != nil || d.TargetServiceRevision == nil {
		return nil
	}
	revision, err := describeRevision(ctx, f.call, aws.ToString(d.TargetServiceRevision.Arn))
	if err == nil && revision != nil {
		f.want.Create.TaskDefinition = revision.TaskDefinition
	}
	return err
}

// shiftTeller tells what is new of how a deployment shifts traffic.
type shiftTeller struct {
	report  func(DeploymentEvent)
	stage   string
	traffic map[string]Traffic
}

func (t *shiftTeller) tellStage(d *ecstypes.ServiceDeployment) {
	if s := string(d.LifecycleStage); s != "" && s != t.stage {
		t.stage = s
		t.report(StageReached{s})
	}
}

// tellShares tells the traffic of the revisions, where it is steered.
func (t *shiftTeller) tellShares(d *ecstypes.ServiceDeployment) {
	for _, share := range trafficOf(d) {
		if t.traffic == nil {
			t.traffic = map[string]Traffic{}
		}
		if t.traffic[share.Revision] != share {
			t.traffic[share.Revision] = share
			t.report(share)
		}
	}
}

// trafficOf are the shares of the revisions, the new one last.
func trafficOf(d *ecstypes.ServiceDeployment) []Traffic {
	all := d.SourceServiceRevisions
	if d.TargetServiceRevision != nil {
		all = append(slices.Clip(all), *d.TargetServiceRevision)
	}
	var shares []Traffic
	for _, r := range all {
		if r.RequestedProductionTrafficWeight == nil && r.RequestedTestTrafficWeight == nil {
			continue
		}
		shares = append(shares, Traffic{
			aws.ToString(r.Arn), aws.ToFloat64(r.RequestedProductionTrafficWeight), aws.ToFloat64(r.RequestedTestTrafficWeight),
		})
	}
	return shares
}

// tasks reports how tasks of the deployment have come on.
func (f *follower) tasks(ctx context.Context) error {
	var look []string
	for status, settled := range map[ecstypes.DesiredStatus]progress{
		ecstypes.DesiredStatusRunning: taskHealthy, ecstypes.DesiredStatusStopped: taskOver,
	} {
		arns, err := listTasks(ctx, f.call, f.service, status)
		if err != nil {
			return err
		}
		for _, a := range arns {
			if f.seen[a] < settled {
				look = append(look, a)
			}
		}
	}
	tasks, err := describeTasks(ctx, f.call, aws.ToString(f.service.ClusterArn), look)
	if err != nil {
		return err
	}
	for i := range tasks {
		f.task(&tasks[i])
	}
	return nil
}

func (f *follower) task(t *ecstypes.Task) {
	a := aws.ToString(t.TaskArn)
	if !f.isOf(t) {
		f.seen[a] = taskOver // of another deployment
		return
	}
	if f.seen[a] < taskRuns && t.StartedAt != nil {
		f.seen[a] = taskRuns
		f.add(TaskStarted{*t.StartedAt, a})
	}
	if f.seen[a] < taskHealthy && t.HealthStatus == ecstypes.HealthStatusHealthy {
		f.seen[a] = taskHealthy
		f.add(TaskHealthy{a})
	}
	switch aws.ToString(t.LastStatus) {
	case "DEPROVISIONING", "STOPPED":
		f.seen[a] = taskOver
		f.add(TaskStopped{aws.ToTime(t.StoppedAt), stoppedTask(t)})
	}
}

// health reports what load balancers think of their targets.
func (f *follower) health(ctx context.Context) error {
	served, err := servedBy(ctx, f.call, f.service)
	if err != nil {
		return err
	}
	for _, lb := range served {
		out, err := slipway.Client(f.call, awselb.NewFromConfig).DescribeTargetHealth(ctx, &awselb.DescribeTargetHealthInput{TargetGroupArn: lb.TargetGroupArn})
		if hidden(err) {
			continue
		}
		if err != nil {
			return awserr.Wrap(err, "describe target health")
		}
		for _, h := range out.TargetHealthDescriptions {
			if h.Target == nil || h.TargetHealth == nil {
				continue
			}
			target := net.JoinHostPort(aws.ToString(h.Target.Id), strconv.Itoa(int(aws.ToInt32(h.Target.Port))))
			e := TargetHealth{*lb.TargetGroupArn, target, string(h.TargetHealth.State), aws.ToString(h.TargetHealth.Description)}
			if key := e.TargetGroup + " " + target; f.states[key] != e.State {
				f.states[key] = e.State
				f.add(e)
			}
		}
	}
	return nil
}
