// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// view is the service as DescribeServices shows it.
func (s *service) view(tags bool) *ecstypes.Service {
	in := &s.input
	v := &ecstypes.Service{
		ServiceArn: &s.arn, ServiceName: &s.name, ClusterArn: &s.cl.arn, Status: new(s.status), DesiredCount: s.desired,
		TaskDefinition: new(s.td.arn()), CapacityProviderStrategy: s.strategy, LaunchType: s.launchType(),
		LoadBalancers: s.shownBalancers(in.LoadBalancers), ServiceRegistries: orEmpty(in.ServiceRegistries),
		NetworkConfiguration:    networkView(s.network),
		DeploymentConfiguration: in.DeploymentConfiguration, DeploymentController: in.DeploymentController,
		SchedulingStrategy: s.scheduling(), AvailabilityZoneRebalancing: in.AvailabilityZoneRebalancing,
		HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds, EnableECSManagedTags: in.EnableECSManagedTags,
		EnableExecuteCommand: in.EnableExecuteCommand, PropagateTags: in.PropagateTags,
		CreatedAt: &s.created, CreatedBy: optional(s.createdBy), Events: s.newest(),
		PlacementConstraints: orEmpty(in.PlacementConstraints), PlacementStrategy: orEmpty(in.PlacementStrategy),
		ResourceManagementType: s.managedBy(),
		Deployments:            make([]ecstypes.Deployment, len(s.deployments)),
	}
	if !s.hosted() {
		v.PlatformVersion, v.PlatformFamily = new(or(in.PlatformVersion, latest)), new(platformFamily(s.td.definition.RuntimePlatform))
	}
	for i, d := range s.deployments {
		v.Deployments[i] = d.view()
		v.RunningCount += d.running
		v.PendingCount += d.pending
		v.CurrentServiceRevisions = append(v.CurrentServiceRevisions, ecstypes.ServiceCurrentRevisionSummary{
			Arn: &d.revision, PendingTaskCount: d.pending, RunningTaskCount: d.running, RequestedTaskCount: d.desired(),
		})
	}
	if v.PropagateTags == "" {
		v.PropagateTags = ecstypes.PropagateTagsNone
	}
	if v.AvailabilityZoneRebalancing == "" && s.daemon() {
		v.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
	} else if v.AvailabilityZoneRebalancing == "" {
		v.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingEnabled
	}
	if s.current != nil {
		v.CurrentServiceDeployment = &s.current.arn
	}
	if len(in.LoadBalancers)+len(in.ServiceRegistries) > 0 {
		v.RoleArn = new(linkedRole(s.cl.r.partition, s.cl.r.account))
	}
	if tags {
		v.Tags = s.tags
	}
	return v
}

func (s *service) launchType() ecstypes.LaunchType {
	switch {
	case len(s.strategy) > 0:
		return ""
	case s.hosted():
		return ecstypes.LaunchTypeEc2
	}
	return ecstypes.LaunchTypeFargate
}

// hosted reports whether the tasks run on container instances.
func (s *service) hosted() bool { return onInstances(s.input.LaunchType, s.strategy) }

func (s *service) scheduling() ecstypes.SchedulingStrategy {
	if s.daemon() {
		return ecstypes.SchedulingStrategyDaemon
	}
	return ecstypes.SchedulingStrategyReplica
}

// networkView is nil for tasks without network interfaces of their own.
func networkView(n ecstypes.AwsVpcConfiguration) *ecstypes.NetworkConfiguration {
	if len(n.Subnets) == 0 {
		return nil
	}
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &n}
}

// family is the platform of Fargate, nil on instances.
func (sp *spec) family() *string {
	if sp.host != nil {
		return nil
	}
	return new(platformFamily(sp.td.definition.RuntimePlatform))
}

// launchType is empty where capacity providers are in its place.
func (sp *spec) launchType(strategy []ecstypes.CapacityProviderStrategyItem) ecstypes.LaunchType {
	switch {
	case len(strategy) > 0:
		return ""
	case sp.host != nil:
		return ecstypes.LaunchTypeEc2
	}
	return ecstypes.LaunchTypeFargate
}

// maxServices is how many services one call describes.
const maxServices = 10

func (f *Fake) describeServices(c *sim.Call, in *awsecs.DescribeServicesInput) (*awsecs.DescribeServicesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Services) == 0 {
		return nil, invalid("Services cannot be empty.")
	}
	if len(in.Services) > maxServices {
		return nil, invalid("Services cannot be longer than %d.", maxServices)
	}
	tags := slices.Contains(in.Include, ecstypes.ServiceFieldTags)
	out := &awsecs.DescribeServicesOutput{Services: []ecstypes.Service{}, Failures: []ecstypes.Failure{}}
	for _, ref := range in.Services {
		s := cl.service(ref)
		if s == nil {
			out.Failures = append(out.Failures, gone(cl.r.arn("service/"+cl.name+"/"+lastPart(ref))))
			continue
		}
		out.Services = append(out.Services, *s.view(tags))
	}
	return out, nil
}

// pagedUpTo is paged for lists whose default and greatest page differ.
func pagedUpTo[E any](all []E, token *string, limit *int32, size, most int) (page []E, next *string, err error) {
	if limit == nil {
		return paged(all, token, new(int32(size)), most)
	}
	return paged(all, token, limit, most)
}
