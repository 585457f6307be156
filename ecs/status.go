// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// ServiceStatus is how a service is at one time. It prints as a page.
type ServiceStatus struct {
	// Cluster and Service are names; ARN is that of the service.
	Cluster, Service, ARN string
	// State is "ACTIVE", or "DRAINING" while the service is being deleted.
	State string
	// Desired, Running and Pending are numbers of tasks.
	Desired, Running, Pending int
	// Updated are those of Running that are of TaskDefinition, by the deployment that
	// the service is to have now. The others are to go. Failed is how many tasks of that
	// deployment could not be started, or failed, since the last one that went well.
	Updated, Failed int
	// Min and Max bound the number of tasks if the service scales by itself; both are 0
	// if it does not.
	Min, Max int
	// TaskDefinition is "<family>:<revision>".
	TaskDefinition string
	// Containers of the task definition.
	Containers []ContainerStatus
	// Deployment is the ARN of the last service deployment, which began at Since and
	// had, or has, Outcome; Reason is ECS's, if it did not go well.
	Deployment string
	Since      time.Time
	Outcome    Outcome
	Reason     string
	// Stage that a deployment which shifts traffic is at, or ended at, such as "BAKE_TIME";
	// Hook is the ID of the hook at which it is paused, if it is, and Traffic the shares of
	// the revisions.
	Stage, Hook string
	Traffic     []Traffic
	// Tasks that should run, the newest first.
	Tasks []TaskStatus
	// Targets are how many targets of load balancers are in a state, such as "healthy".
	Targets map[string]int
	// Events are ECS's last, the newest first, at most five, and none that is an hour
	// older than the newest.
	Events []ServiceEvent
}

// ContainerStatus is a container with the image that it is to run.
type ContainerStatus struct{ Name, Image string }

// TaskStatus is a task.
type TaskStatus struct {
	// ARN of the task.
	ARN string
	// State is ECS's, such as "RUNNING"; Health is "HEALTHY", "UNHEALTHY" or "UNKNOWN".
	State, Health string
	// TaskDefinition is "<family>:<revision>".
	TaskDefinition string
	// Zone is the Availability Zone; Started the time it was running, zero before.
	Zone    string
	Started time.Time
}

// Steady reports whether as many tasks run as should, all of them of the deployment that
// the service is to have, and nothing is under way.
func (s ServiceStatus) Steady() bool {
	return s.State == active && s.Running == s.Desired && s.Updated == s.Desired && s.Pending == 0 && s.Outcome != InProgress && s.Outcome != Paused
}

// mostEvents is how many events a status has, of the last while.
const (
	mostEvents = 5
	lately     = time.Hour
)

// Status tells how a service is: its tasks, its last deployment, its targets and what
// ECS said of it. What of load balancing and scaling the caller may not read is left
// out. Why something is wrong is for [Diagnose]. A service that is being deleted still has
// a status; the error for one that is not there matches [slipway.ErrNotFound].
func Status(ctx context.Context, cfg aws.Config, service ServiceRef) (ServiceStatus, error) {
	o, err := operate(ctx, cfg, service)
	if err != nil {
		return ServiceStatus{}, err
	}
	d := o.service
	s := ServiceStatus{
		Cluster: o.at.cluster, Service: o.at.service, ARN: aws.ToString(d.ServiceArn), State: aws.ToString(d.Status), Targets: map[string]int{},
		Desired: int(d.DesiredCount), Running: int(d.RunningCount), Pending: int(d.PendingCount), TaskDefinition: lastPart(aws.ToString(d.TaskDefinition)),
	}
	if p := primaryOf(d); p != nil {
		s.Updated, s.Failed = int(p.RunningCount), int(p.FailedTasks)
	}
	for _, fill := range []func(context.Context, *ServiceStatus) error{o.lastDeployment, o.containers, o.runningTasks, o.targets, o.limits} {
		if err := fill(ctx, &s); err != nil {
			return ServiceStatus{}, err
		}
	}
	for _, e := range d.Events {
		at := aws.ToTime(e.CreatedAt)
		if len(s.Events) < mostEvents && at.After(aws.ToTime(d.Events[0].CreatedAt).Add(-lately)) {
			text := strings.TrimPrefix(aws.ToString(e.Message), "(service "+s.Service+") ")
			s.Events = append(s.Events, ServiceEvent{Time: at, Text: text})
		}
	}
	return s, nil
}

func (o *operation) lastDeployment(ctx context.Context, s *ServiceStatus) error {
	newest, err := newestDeployment(ctx, o.call, o.service)
	if err != nil || newest == nil {
		return err
	}
	s.Deployment, s.Since = aws.ToString(newest.ServiceDeploymentArn), aws.ToTime(newest.CreatedAt)
	s.Outcome, s.Reason = outcomeOf(newest.Status, o.service.DesiredCount), aws.ToString(newest.StatusReason)
	if s.Outcome != InProgress {
		return nil
	}
	return o.underWay(ctx, s)
}

// underWay tells how far the deployment has come.
func (o *operation) underWay(ctx context.Context, s *ServiceStatus) error {
	out, err := client(o.call).DescribeServiceDeployments(ctx, &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{s.Deployment}})
	if err != nil {
		return awserr.Wrap(err, "describe service deployment")
	}
	for i := range out.ServiceDeployments {
		d := &out.ServiceDeployments[i]
		s.Stage, s.Hook, s.Traffic = string(d.LifecycleStage), awaited(d), trafficOf(d)
		if s.Hook != "" {
			s.Outcome = Paused
		}
	}
	return nil
}

func (o *operation) containers(ctx context.Context, s *ServiceStatus) error {
	out, err := client(o.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: o.service.TaskDefinition})
	if err != nil {
		return awserr.Wrap(err, "describe task definition")
	}
	for _, c := range out.TaskDefinition.ContainerDefinitions {
		s.Containers = append(s.Containers, ContainerStatus{aws.ToString(c.Name), aws.ToString(c.Image)})
	}
	return nil
}

func (o *operation) runningTasks(ctx context.Context, s *ServiceStatus) error {
	tasks, err := tasksOf(ctx, o.call, o.service, ecstypes.DesiredStatusRunning)
	for _, t := range tasks {
		s.Tasks = append(s.Tasks, TaskStatus{
			ARN: aws.ToString(t.TaskArn), State: aws.ToString(t.LastStatus), Health: string(t.HealthStatus),
			TaskDefinition: lastPart(aws.ToString(t.TaskDefinitionArn)), Zone: aws.ToString(t.AvailabilityZone), Started: aws.ToTime(t.StartedAt),
		})
	}
	return err
}

func (o *operation) targets(ctx context.Context, s *ServiceStatus) error {
	served, err := servedBy(ctx, o.call, o.service)
	if err != nil {
		return err
	}
	for _, lb := range served {
		out, err := slipway.Client(o.call, awselb.NewFromConfig).DescribeTargetHealth(ctx, &awselb.DescribeTargetHealthInput{TargetGroupArn: lb.TargetGroupArn})
		if hidden(err) {
			continue
		}
		if err != nil {
			return awserr.Wrap(err, "describe target health")
		}
		for _, h := range out.TargetHealthDescriptions {
			if h.TargetHealth != nil {
				s.Targets[string(h.TargetHealth.State)]++
			}
		}
	}
	return nil
}

func (o *operation) limits(ctx context.Context, s *ServiceStatus) error {
	t, err := o.target(ctx)
	if t != nil {
		s.Min, s.Max = int(aws.ToInt32(t.MinCapacity)), int(aws.ToInt32(t.MaxCapacity))
	}
	return err
}

// String returns a page of lines that end in newlines.
func (s ServiceStatus) String() string {
	var b strings.Builder
	s.printCounts(&b)
	b.WriteString(s.TaskDefinition)
	for _, c := range s.Containers {
		fmt.Fprintf(&b, " %s=%s", c.Name, c.Image)
	}
	b.WriteString("\n")
	if s.Deployment != "" {
		fmt.Fprintf(&b, "deployment %s since %s: %s", lastPart(s.Deployment), clock(s.Since), s.Outcome)
		if s.Reason != "" {
			b.WriteString(", " + strings.TrimSuffix(s.Reason, "."))
		}
		b.WriteString("\n")
	}
	s.printStage(&b)
	s.printTasks(&b)
	if len(s.Targets) > 0 {
		b.WriteString("targets:")
		for _, state := range slices.Sorted(maps.Keys(s.Targets)) {
			fmt.Fprintf(&b, " %d %s", s.Targets[state], state)
		}
		b.WriteString("\n")
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, "%s %s\n", clock(e.Time), e.Text)
	}
	return b.String()
}

// printCounts writes the first line.
func (s ServiceStatus) printCounts(b *strings.Builder) {
	fmt.Fprintf(b, "%s/%s: %d of %d tasks running", s.Cluster, s.Service, s.Running, s.Desired)
	for _, part := range []struct {
		said bool
		text string
	}{
		{s.Updated != s.Running, fmt.Sprintf("%d of them of %s", s.Updated, s.TaskDefinition)},
		{s.Pending > 0, fmt.Sprintf("%d pending", s.Pending)},
		{s.Failed > 0, fmt.Sprintf("%d failed", s.Failed)},
		{s.Max > 0, fmt.Sprintf("scales between %d and %d", s.Min, s.Max)},
		{s.State != "" && s.State != active, strings.ToLower(s.State)},
	} {
		if part.said {
			b.WriteString(", " + part.text)
		}
	}
	b.WriteString("\n")
}

// printStage writes how far a deployment has come that shifts traffic.
func (s ServiceStatus) printStage(b *strings.Builder) {
	if s.Stage != "" {
		b.WriteString(StageReached{s.Stage}.String())
		if s.Hook != "" {
			b.WriteString(", paused at hook " + s.Hook)
		}
		b.WriteString("\n")
	}
	for _, t := range s.Traffic {
		b.WriteString(t.String() + "\n")
	}
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) }

func (s ServiceStatus) printTasks(b *strings.Builder) {
	const gap = 2
	w := tabwriter.NewWriter(b, 0, 0, gap, ' ', 0)
	for _, t := range s.Tasks {
		fmt.Fprintf(w, "task %s\t%s\t%s\t%s\t%s\n", lastPart(t.ARN), t.State, cmp.Or(t.Health, "UNKNOWN"), t.TaskDefinition, t.Zone)
	}
	w.Flush() //nolint:errcheck,gosec // a strings.Builder takes all
}
