// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/diagnose"
	"github.com/slipway-go/slipway/internal/probe"
)

// service reads the service, its newest deployment, its tasks and targets.
func (e *examination) service(ctx context.Context, at place, deployment string) error {
	found, err := describeServices(ctx, e.call, at.cluster, []string{at.service})
	if err != nil {
		return err
	}
	s, ok := found[at.service]
	if !ok || aws.ToString(s.Status) != "ACTIVE" {
		return fmt.Errorf("%w: service %s", slipway.ErrNotFound, at)
	}
	e.facts.Service = s
	if err := e.deployment(ctx, deployment); err != nil {
		return err
	}
	since := e.since()
	e.facts.Events = eventsSince(s, since)
	stopped, running, err := e.tasks(ctx)
	if err != nil {
		return err
	}
	e.facts.Running = running
	for _, t := range stopped {
		if e.counts(t, since) {
			e.facts.Stopped = append(e.facts.Stopped, t)
		}
	}
	if err := e.define(ctx, e.definition()); err != nil {
		return err
	}
	e.lastLines(ctx)
	return e.targets(ctx)
}

// deployment reads a service deployment, the newest unless one is named.
func (e *examination) deployment(ctx context.Context, arn string) error {
	if arn == "" {
		newest, err := newestDeployment(ctx, e.call, e.facts.Service)
		if err != nil || newest == nil {
			return err
		}
		arn = aws.ToString(newest.ServiceDeploymentArn)
	}
	out, err := client(e.call).DescribeServiceDeployments(ctx, &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	if err != nil {
		return awserr.Wrap(err, "describe service deployment")
	}
	if len(out.ServiceDeployments) > 0 {
		e.facts.Deployment = &out.ServiceDeployments[0]
	}
	return nil
}

// since is when the trouble may have begun: with the newest deployment, or, if that
// succeeded, when the service was last steady.
func (e *examination) since() time.Time {
	d := e.facts.Deployment
	if d == nil {
		return time.Time{}
	}
	if d.Status != ecstypes.ServiceDeploymentStatusSuccessful {
		return aws.ToTime(d.CreatedAt)
	}
	steady := aws.ToTime(d.FinishedAt)
	for _, event := range e.facts.Service.Events {
		if strings.Contains(aws.ToString(event.Message), saysSteady) && aws.ToTime(event.CreatedAt).After(steady) {
			steady = aws.ToTime(event.CreatedAt)
		}
	}
	return steady
}

func eventsSince(s *ecstypes.Service, since time.Time) []string {
	var all []string
	for _, e := range s.Events {
		if !aws.ToTime(e.CreatedAt).Before(since) {
			all = append(all, aws.ToString(e.Message))
		}
	}
	return all
}

// counts reports whether a stopped task is part of the trouble. One that was killed
// while the newest deployment replaced it is, too, even if all has gone well since.
func (e *examination) counts(t ecstypes.Task, since time.Time) bool {
	d := e.facts.Deployment
	ended := cmp.Or(aws.ToTime(t.StoppingAt).UnixNano(), aws.ToTime(t.StoppedAt).UnixNano())
	switch {
	case d == nil:
		return true
	case d.Status != ecstypes.ServiceDeploymentStatusSuccessful:
		return ended >= since.UnixNano()
	case ended > since.UnixNano():
		return true
	}
	killed := slices.ContainsFunc(t.Containers, func(c ecstypes.Container) bool { return aws.ToInt32(c.ExitCode) == exitKilled })
	return killed && t.StopCode == ecstypes.TaskStopCodeServiceSchedulerInitiated && ended >= aws.ToTime(d.CreatedAt).UnixNano()
}

// exitKilled is the exit code of a process that got SIGKILL.
const exitKilled = 137

// tasks reads the tasks of the service, the newest first.
func (e *examination) tasks(ctx context.Context) (stopped, running []ecstypes.Task, err error) {
	if stopped, err = tasksOf(ctx, e.call, e.facts.Service, ecstypes.DesiredStatusStopped); err != nil {
		return nil, nil, err
	}
	running, err = tasksOf(ctx, e.call, e.facts.Service, ecstypes.DesiredStatusRunning)
	return stopped, running, err
}

// definition is the ARN of the task definition that is in question.
func (e *examination) definition() string {
	if len(e.facts.Stopped) > 0 {
		return aws.ToString(e.facts.Stopped[0].TaskDefinitionArn)
	}
	return aws.ToString(e.facts.Service.TaskDefinition)
}

func (e *examination) define(ctx context.Context, arn string) error {
	out, err := client(e.call).DescribeTaskDefinition(ctx, &awsecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(arn)})
	if err != nil {
		return awserr.Wrap(err, "describe task definition")
	}
	e.facts.Definition = out.TaskDefinition
	return nil
}

// targets reads the target groups and the health of what is registered.
func (e *examination) targets(ctx context.Context) error {
	elb := slipway.Client(e.call, awselb.NewFromConfig)
	served, err := servedBy(ctx, e.call, e.facts.Service)
	if err != nil {
		return err
	}
	for _, lb := range served {
		groups, err := elb.DescribeTargetGroups(ctx, &awselb.DescribeTargetGroupsInput{TargetGroupArns: []string{*lb.TargetGroupArn}})
		if hidden(err) {
			continue
		}
		if err != nil {
			return awserr.Wrap(err, "describe target group")
		}
		health, err := elb.DescribeTargetHealth(ctx, &awselb.DescribeTargetHealthInput{TargetGroupArn: lb.TargetGroupArn})
		if hidden(err) {
			continue
		}
		if err != nil {
			return awserr.Wrap(err, "describe target health")
		}
		e.facts.Targets = append(e.facts.Targets, diagnose.TargetGroup{
			Group: groups.TargetGroups[0], Health: health.TargetHealthDescriptions,
			Container: aws.ToString(lb.ContainerName), Port: aws.ToInt32(lb.ContainerPort),
		})
	}
	return nil
}

// hidden reports whether something is not there, or may not be looked at.
func hidden(err error) bool {
	class := slipway.Classify(err)
	return errors.Is(class, slipway.ErrNotFound) || errors.Is(class, slipway.ErrDenied)
}

// admitted looks up the load balancers, and whether security groups let them reach the
// targets.
func (e *examination) admitted(ctx context.Context) {
	for i := range e.facts.Targets {
		g := &e.facts.Targets[i]
		if len(g.Group.LoadBalancerArns) == 0 {
			continue
		}
		out, err := slipway.Client(e.call, awselb.NewFromConfig).DescribeLoadBalancers(ctx,
			&awselb.DescribeLoadBalancersInput{LoadBalancerArns: g.Group.LoadBalancerArns})
		if err != nil {
			continue // it may not be looked up, so it is not known
		}
		g.Balancers = out.LoadBalancers
		to, port := e.reached(ctx, g)
		if len(to) == 0 {
			continue
		}
		var from probe.Placement
		for _, b := range out.LoadBalancers {
			from.Groups = append(from.Groups, b.SecurityGroups...)
			for _, z := range b.AvailabilityZones {
				from.Subnets = append(from.Subnets, aws.ToString(z.SubnetId))
			}
		}
		if admits, err := probe.Admits(ctx, e.call, from, to, port); err == nil {
			g.Admits = &admits
		}
	}
}

// reached are the security groups, and the port, that health checks have to get through
// to: those of the tasks' network interfaces, or those of an instance. None if they are
// not known.
func (e *examination) reached(ctx context.Context, g *diagnose.TargetGroup) (groups []string, port int32) {
	if g.Group.TargetType != elbtypes.TargetTypeEnumInstance {
		if n := e.network(); n != nil {
			groups = n.SecurityGroups
		}
		return groups, checkedPort(g)
	}
	id, port := e.target(g)
	if id == "" {
		return nil, 0
	}
	out, err := slipway.Client(e.call, awsec2.NewFromConfig).DescribeInstances(ctx, &awsec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return nil, 0
	}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			for _, g := range i.SecurityGroups {
				groups = append(groups, aws.ToString(g.GroupId))
			}
		}
	}
	return groups, port
}

// target is an instance that is a target, the first that is not healthy, and its port;
// or else one that a task may be on, with the first port that it gives out.
func (e *examination) target(g *diagnose.TargetGroup) (instance string, port int32) {
	for _, h := range g.Health {
		sick := h.TargetHealth != nil && h.TargetHealth.State != elbtypes.TargetHealthStateEnumHealthy
		if instance == "" || sick {
			instance, port = aws.ToString(h.Target.Id), aws.ToInt32(h.Target.Port)
		}
		if sick {
			break
		}
	}
	if h := e.facts.Hosts; instance == "" && h != nil && len(h.Instances) > 0 {
		instance, port = aws.ToString(h.Instances[0].Ec2InstanceId), firstDynamicPort
	}
	if fixed, err := strconv.ParseInt(aws.ToString(g.Group.HealthCheckPort), 10, 32); err == nil {
		port = int32(fixed)
	}
	return instance, port
}

// checkedPort is the port to which the health checks of a group go.
func checkedPort(g *diagnose.TargetGroup) int32 {
	if port, err := strconv.ParseInt(aws.ToString(g.Group.HealthCheckPort), 10, 32); err == nil {
		return int32(port)
	}
	return g.Port
}

// network is that of the service's newest deployment.
func (e *examination) network() *ecstypes.AwsVpcConfiguration {
	s := e.facts.Service
	if s == nil {
		return nil
	}
	n := s.NetworkConfiguration
	if len(s.Deployments) > 0 && s.Deployments[0].NetworkConfiguration != nil {
		n = s.Deployments[0].NetworkConfiguration
	}
	if n == nil {
		return nil
	}
	return n.AwsvpcConfiguration
}
