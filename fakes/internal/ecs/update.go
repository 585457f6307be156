// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"reflect"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

func (f *Fake) updateService(c *sim.Call, in *awsecs.UpdateServiceInput) (*awsecs.UpdateServiceOutput, error) {
	r := f.of(c)
	s, err := r.live(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if s.status != active {
		return nil, serviceNotActive()
	}
	if err := sim.Check(rules.UpdateService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	next, ch := s.merge(in)
	if ch.strategy && !in.ForceNewDeployment {
		return nil, unforced()
	}
	if err := s.accept(next, ch); err != nil {
		return nil, err
	}
	s.saidStuck = false
	if in.DesiredCount != nil {
		s.scale(*in.DesiredCount)
	}
	if ch.rolls() {
		s.beginRollout(s.deploy())
	}
	s.deployments[0].refresh()
	s.wake()
	return &awsecs.UpdateServiceOutput{Service: s.view(true)}, nil
}

// unforced: the reference says that a strategy alone begins no deployment, but ECS wants one.
// https://github.com/kayac/ecspresso/issues/977
func unforced() error {
	return invalid("When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider " +
		"strategy on a service that is already using one, you must force a new deployment.")
}

// refresh has tasks from now on started with the tags and the access for commands
// that the service has now; those that run keep theirs.
func (d *deployment) refresh() {
	next, now := *d.spec, d.service.spec()
	next.tags, next.exec, next.host = now.tags, now.exec, now.host
	d.spec, d.updated = &next, d.service.cl.r.f.sim.Now()
}

// scale sets the desired count.
func (s *service) scale(desired int32) {
	if s.desired == desired {
		return
	}
	s.desired = desired
	s.steady = false
	s.deployments[0].updated = s.cl.r.f.sim.Now()
}

// merge returns the service's input with what the update changes. What is given
// again as it is changes nothing.
func (s *service) merge(in *awsecs.UpdateServiceInput) (next awsecs.CreateServiceInput, ch change) {
	next = s.input
	ch.other = in.ForceNewDeployment
	if in.TaskDefinition != nil && s.cl.r.taskDefinition(*in.TaskDefinition) != s.td {
		next.TaskDefinition, ch.task = in.TaskDefinition, true
	}
	if in.NetworkConfiguration != nil && s.otherNetwork(in.NetworkConfiguration) {
		next.NetworkConfiguration, ch.network = in.NetworkConfiguration, true
	}
	if in.LoadBalancers != nil && !sameList(in.LoadBalancers, next.LoadBalancers) {
		next.LoadBalancers, ch.balancers = in.LoadBalancers, true
	}
	if in.PlatformVersion != nil && *in.PlatformVersion != or(next.PlatformVersion, latest) {
		next.PlatformVersion, ch.other = in.PlatformVersion, true
	}
	if c := in.ServiceConnectConfiguration; c != nil && !reflect.DeepEqual(c, next.ServiceConnectConfiguration) {
		next.ServiceConnectConfiguration, ch.other = c, true
	}
	ch.volumes = mergeVolumes(&next, in)
	switch {
	case sameList(in.CapacityProviderStrategy, s.strategy):
	case len(in.CapacityProviderStrategy) > 0:
		next.CapacityProviderStrategy, next.LaunchType, ch.strategy = in.CapacityProviderStrategy, "", true
	case in.CapacityProviderStrategy != nil: // an empty list is back to the launch type
		next.CapacityProviderStrategy, next.LaunchType, ch.strategy = nil, s.launchBack(), true
	}
	mergeQuiet(&next, in)
	return next, ch
}

// launchBack is the launch type that a service has without a strategy.
func (s *service) launchBack() ecstypes.LaunchType {
	if s.hosted() {
		return ecstypes.LaunchTypeEc2
	}
	return ecstypes.LaunchTypeFargate
}

// latest is the platform version that stands for the newest.
const latest = "LATEST"

// sameList compares lists; nil is empty.
func sameList[E any](a, b []E) bool { return len(a)+len(b) == 0 || reflect.DeepEqual(a, b) }

// otherNetwork reports whether the configuration is not the one the service has.
func (s *service) otherNetwork(n *ecstypes.NetworkConfiguration) bool {
	if n.AwsvpcConfiguration == nil {
		return true
	}
	resolved, err := s.cl.r.network(*n.AwsvpcConfiguration)
	return err != nil || !reflect.DeepEqual(resolved, s.network)
}

// mergeQuiet merges what starts no deployment.
func mergeQuiet(next *awsecs.CreateServiceInput, in *awsecs.UpdateServiceInput) {
	if in.DesiredCount != nil {
		next.DesiredCount = in.DesiredCount
	}
	if in.DeploymentConfiguration != nil {
		next.DeploymentConfiguration = in.DeploymentConfiguration
	}
	if in.DeploymentController != nil {
		next.DeploymentController = in.DeploymentController
	}
	if in.PlacementConstraints != nil {
		next.PlacementConstraints = in.PlacementConstraints
	}
	if in.PlacementStrategy != nil {
		next.PlacementStrategy = in.PlacementStrategy
	}
	if in.AvailabilityZoneRebalancing != "" {
		next.AvailabilityZoneRebalancing = in.AvailabilityZoneRebalancing
	}
	if in.EnableExecuteCommand != nil {
		next.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if in.EnableECSManagedTags != nil {
		next.EnableECSManagedTags = *in.EnableECSManagedTags
	}
	if in.PropagateTags != "" {
		next.PropagateTags = in.PropagateTags
	}
	if in.HealthCheckGracePeriodSeconds != nil {
		next.HealthCheckGracePeriodSeconds = in.HealthCheckGracePeriodSeconds
	}
}

func (f *Fake) needsCreateService(c *sim.Call, in *awsecs.CreateServiceInput) []sim.Access {
	list := withTags("ecs:CreateService", c.ARN("ecs", "service/"+lastPart(or(in.Cluster, defaultCluster))+"/"+value(in.ServiceName)), in.Tags)
	list = append(list, f.passTaskRoles(c, in.TaskDefinition)...)
	list = append(list, passShifting(in.LoadBalancers, in.DeploymentConfiguration)...)
	return append(list, passInfrastructure(serviceVolumes(in.VolumeConfigurations))...)
}

func (f *Fake) needsUpdateService(c *sim.Call, in *awsecs.UpdateServiceInput) []sim.Access {
	list := onService("ecs:UpdateService", func(in *awsecs.UpdateServiceInput) (*string, *string) { return in.Cluster, in.Service })(c, in)
	list = append(list, f.passTaskRoles(c, in.TaskDefinition)...)
	list = append(list, passShifting(in.LoadBalancers, in.DeploymentConfiguration)...)
	return append(list, passInfrastructure(serviceVolumes(in.VolumeConfigurations))...)
}

func (f *Fake) passTaskRoles(c *sim.Call, ref *string) []sim.Access {
	if ref == nil {
		return nil
	}
	d := f.of(c).taskDefinition(*ref)
	if d == nil {
		return nil
	}
	return passRoles(d.definition.TaskRoleArn, d.definition.ExecutionRoleArn)
}

// Service returns the counts of an active service.
func (f *Fake) Service(region, cluster, name string) (desired, running int, found bool) {
	cl := f.in(region).clusters[lastPart(cluster)]
	if cl == nil {
		return 0, 0, false
	}
	s := cl.services[name]
	if s == nil || s.status != active {
		return 0, 0, false
	}
	for _, d := range s.deployments {
		running += int(d.running)
	}
	return int(s.desired), running, true
}

// Scale sets the desired count of an active service.
func (f *Fake) Scale(region, cluster, name string, desired int) {
	cl := f.in(region).clusters[lastPart(cluster)]
	if cl == nil {
		return
	}
	if s := cl.services[name]; s != nil && s.status == active {
		s.scale(int32(desired))
		s.wake()
	}
}
