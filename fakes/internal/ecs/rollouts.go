// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) handleDeployments() {
	sim.Handle(f.api, "ListServiceDeployments", f.listServiceDeployments, sim.Needs(onService("ecs:ListServiceDeployments",
		func(in *awsecs.ListServiceDeploymentsInput) (*string, *string) { return in.Cluster, in.Service })))
	sim.Handle(f.api, "DescribeServiceDeployments", f.describeServiceDeployments, sim.Needs(onARNs("ecs:DescribeServiceDeployments",
		func(in *awsecs.DescribeServiceDeploymentsInput) []string { return in.ServiceDeploymentArns })))
	sim.Handle(f.api, "StopServiceDeployment", f.stopServiceDeployment, sim.Needs(onARNs("ecs:StopServiceDeployment",
		func(in *awsecs.StopServiceDeploymentInput) []string { return []string{value(in.ServiceDeploymentArn)} })))
	sim.Handle(f.api, "ContinueServiceDeployment", f.continueServiceDeployment, sim.Needs(onARNs("ecs:ContinueServiceDeployment",
		func(in *awsecs.ContinueServiceDeploymentInput) []string {
			return []string{value(in.ServiceDeploymentArn)}
		})))
	sim.Handle(f.api, "DescribeServiceRevisions", f.describeServiceRevisions, sim.Needs(onARNs("ecs:DescribeServiceRevisions",
		func(in *awsecs.DescribeServiceRevisionsInput) []string { return in.ServiceRevisionArns })))
}

func (f *Fake) listServiceDeployments(c *sim.Call, in *awsecs.ListServiceDeploymentsInput) (*awsecs.ListServiceDeploymentsOutput, error) {
	s, err := f.of(c).live(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	list := []ecstypes.ServiceDeploymentBrief{}
	for _, ro := range slices.Backward(s.rollouts) {
		if len(in.Status) > 0 && !slices.Contains(in.Status, ro.status) || !created(in.CreatedAt, ro) {
			continue
		}
		list = append(list, ecstypes.ServiceDeploymentBrief{
			ServiceDeploymentArn: &ro.arn, ServiceArn: &s.arn, ClusterArn: &s.cl.arn, Status: ro.status, StatusReason: optional(ro.reason),
			CreatedAt: at(ro.created), StartedAt: at(ro.started), FinishedAt: at(ro.finished), TargetServiceRevisionArn: &ro.target.revision,
		})
	}
	page, next, err := paged(list, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListServiceDeploymentsOutput{ServiceDeployments: page, NextToken: next}, nil
}

func created(in *ecstypes.CreatedAt, ro *rollout) bool {
	if in == nil {
		return true
	}
	return (in.After == nil || !ro.created.Before(*in.After)) && (in.Before == nil || !ro.created.After(*in.Before))
}

func (f *Fake) describeServiceDeployments(c *sim.Call, in *awsecs.DescribeServiceDeploymentsInput) (*awsecs.DescribeServiceDeploymentsOutput, error) {
	if len(in.ServiceDeploymentArns) > 20 {
		return nil, invalid("ServiceDeploymentArns cannot be longer than 20.")
	}
	out := &awsecs.DescribeServiceDeploymentsOutput{ServiceDeployments: []ecstypes.ServiceDeployment{}, Failures: []ecstypes.Failure{}}
	for _, arn := range in.ServiceDeploymentArns {
		ro := f.of(c).rollouts[arn]
		if ro == nil {
			out.Failures = append(out.Failures, gone(arn))
			continue
		}
		out.ServiceDeployments = append(out.ServiceDeployments, ro.view())
	}
	return out, nil
}

func (ro *rollout) view() ecstypes.ServiceDeployment {
	s := ro.service
	v := ecstypes.ServiceDeployment{
		ServiceDeploymentArn: &ro.arn, ServiceArn: &s.arn, ClusterArn: &s.cl.arn, Status: ro.status, StatusReason: optional(ro.reason),
		CreatedAt: at(ro.created), StartedAt: at(ro.started), UpdatedAt: at(ro.updated), FinishedAt: at(ro.finished), StoppedAt: at(ro.stopped),
		DeploymentConfiguration: ro.config, Rollback: ro.back, TargetServiceRevision: new(ro.summary(ro.target)), LifecycleHookDetails: ro.hooksView(),
		DeploymentCircuitBreaker: ro.breakerView(), Alarms: ro.alarmsView(), SourceServiceRevisions: []ecstypes.ServiceRevisionSummary{},
	}
	for _, d := range ro.sources {
		v.SourceServiceRevisions = append(v.SourceServiceRevisions, ro.summary(d))
	}
	if len(ro.stages) > 0 {
		v.LifecycleStage = ro.stage().name
	}
	return v
}

func (ro *rollout) summary(d *deployment) ecstypes.ServiceRevisionSummary {
	v := ecstypes.ServiceRevisionSummary{Arn: &d.revision, PendingTaskCount: d.pending, RunningTaskCount: d.running}
	if d.status == primary {
		v.RequestedTaskCount = d.service.desired
	}
	v.RequestedProductionTrafficWeight, v.RequestedTestTrafficWeight = ro.share(d)
	return v
}

func (ro *rollout) watching() bool {
	return ro.status == ecstypes.ServiceDeploymentStatusInProgress || ro.status == ecstypes.ServiceDeploymentStatusPending
}

func (ro *rollout) breakerView() *ecstypes.ServiceDeploymentCircuitBreaker {
	b := ro.config.DeploymentCircuitBreaker
	if b == nil || !b.Enable {
		return &ecstypes.ServiceDeploymentCircuitBreaker{Status: ecstypes.ServiceDeploymentRollbackMonitorsStatusDisabled}
	}
	v := &ecstypes.ServiceDeploymentCircuitBreaker{
		Threshold: threshold(b, ro.service.desired), FailureCount: ro.failures,
		Status: ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete,
	}
	switch {
	case ro.tripped && len(ro.alarms) == 0:
		v.Status = ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered
	case ro.watching():
		v.FailureCount = ro.target.failed
		v.Status = ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoring
	}
	return v
}

func (ro *rollout) alarmsView() *ecstypes.ServiceDeploymentAlarms {
	a := ro.config.Alarms
	if a == nil || !a.Enable || ro.blind {
		return &ecstypes.ServiceDeploymentAlarms{Status: ecstypes.ServiceDeploymentRollbackMonitorsStatusDisabled}
	}
	v := &ecstypes.ServiceDeploymentAlarms{
		AlarmNames: a.AlarmNames, TriggeredAlarmNames: ro.alarms, Status: ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete,
	}
	switch {
	case len(ro.alarms) > 0:
		v.Status = ecstypes.ServiceDeploymentRollbackMonitorsStatusTriggered
	case ro.watching():
		v.Status = ecstypes.ServiceDeploymentRollbackMonitorsStatusMonitoring
	}
	return v
}

// stopServiceDeployment rolls back a deployment that is under way. One that is rolled
// back already goes on.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
func (f *Fake) stopServiceDeployment(c *sim.Call, in *awsecs.StopServiceDeploymentInput) (*awsecs.StopServiceDeploymentOutput, error) {
	ro := f.of(c).rollouts[value(in.ServiceDeploymentArn)]
	if ro == nil {
		return nil, &ecstypes.ServiceDeploymentNotFoundException{Message: new("Service deployment not found.")}
	}
	if in.StopType == ecstypes.StopServiceDeploymentStopTypeAbort {
		return nil, invalid("The stop type ABORT is not supported.")
	}
	if ro.rolling() && ro.finished.IsZero() { // it goes on with that
		return &awsecs.StopServiceDeploymentOutput{ServiceDeploymentArn: &ro.arn}, nil
	}
	if !ro.watching() {
		return nil, &ecstypes.ConflictException{
			Message: new("The service deployment cannot be stopped because it is in status " + string(ro.status) + "."), ResourceIds: []string{ro.arn},
		}
	}
	ro.service.stopRollout(ro)
	return &awsecs.StopServiceDeploymentOutput{ServiceDeploymentArn: &ro.arn}, nil
}

// stopRollout rolls back at the user's wish.
func (s *service) stopRollout(ro *rollout) {
	why := failure{
		state: "ECS deployment stopped by user.", event: "deployment failed: deployment stopped by user.",
		status: "Service deployment rolled back because it was stopped by the user.",
		back:   "ECS deployment stopped: rolling back to deploymentId ", rollback: true,
	}
	p := s.deployments[0]
	p.state, p.stateReason, p.updated = ecstypes.DeploymentRolloutStateFailed, why.state, s.cl.r.f.sim.Now()
	if s.completed == nil {
		s.halt(ro, why)
		return
	}
	s.rollback(ro, why)
}

func (f *Fake) describeServiceRevisions(c *sim.Call, in *awsecs.DescribeServiceRevisionsInput) (*awsecs.DescribeServiceRevisionsOutput, error) {
	if len(in.ServiceRevisionArns) > 20 {
		return nil, invalid("ServiceRevisionArns cannot be longer than 20.")
	}
	out := &awsecs.DescribeServiceRevisionsOutput{ServiceRevisions: []ecstypes.ServiceRevision{}, Failures: []ecstypes.Failure{}}
	for _, arn := range in.ServiceRevisionArns {
		d := f.of(c).revisions[arn]
		if d == nil {
			out.Failures = append(out.Failures, gone(arn))
			continue
		}
		out.ServiceRevisions = append(out.ServiceRevisions, d.revisionView())
	}
	return out, nil
}

func (d *deployment) revisionView() ecstypes.ServiceRevision {
	s := d.service
	v := ecstypes.ServiceRevision{
		ServiceRevisionArn: &d.revision, ServiceArn: &s.arn, ClusterArn: &s.cl.arn, TaskDefinition: new(d.spec.td.arn()),
		CreatedAt: at(d.created), CapacityProviderStrategy: d.strategy, PlatformVersion: optional(d.spec.platformVersion),
		PlatformFamily: d.spec.family(), LoadBalancers: s.shownBalancers(d.input.LoadBalancers), NetworkConfiguration: networkView(d.spec.network),
		ServiceRegistries: orEmpty(d.input.ServiceRegistries), ServiceConnectConfiguration: d.input.ServiceConnectConfiguration,
		ResolvedConfiguration: d.resolved(),
	}
	v.LaunchType = d.spec.launchType(d.strategy)
	v.EcsManagedResources = s.managedResources(d)
	for i := range d.spec.td.definition.ContainerDefinitions {
		c := &d.spec.td.definition.ContainerDefinitions[i]
		v.ContainerImages = append(v.ContainerImages, ecstypes.ContainerImage{
			ContainerName: c.Name, Image: c.Image, ImageDigest: optional(d.digests[value(c.Name)]),
		})
	}
	return v
}
