// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"reflect"
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// service is one service. A deleted one stays, INACTIVE, until its name is taken
// again.
type service struct {
	cl        *cluster
	name, arn string
	status    string
	// given is the input it was created with, input what it is now; both are
	// replaced, never edited.
	given, input awsecs.CreateServiceInput
	strategy     []ecstypes.CapacityProviderStrategyItem
	network      ecstypes.AwsVpcConfiguration
	host         *hosted // nil on Fargate
	td           *taskDef
	desired      int32
	tags         []ecstypes.Tag
	created      time.Time
	createdBy    string
	// deployments have the PRIMARY one first.
	deployments []*deployment
	completed   *deployment
	current     *rollout
	rollouts    []*rollout
	events      []ecstypes.ServiceEvent
	lastLook    time.Time
	scheduled   bool
	steady      bool
	steadyAt    time.Time
	saidStuck   bool
	// replaced counts unhealthy tasks in whose place none was started yet.
	replaced int
	balance
	// ending is how many stopped tasks are still on their way.
	ending int
	// express is nil for services that are not of Express Mode.
	express *express
}

func (f *Fake) handleServices() {
	refused := []string{
		"GatewayConnectors", "Monitoring", "VpcLatticeConfigurations",
		"DeploymentConfiguration.LifecycleHooks.HookDetails",
	}
	sim.Handle(f.api, "CreateService", f.createService, sim.Needs(f.needsCreateService),
		sim.Refuses[awsecs.CreateServiceInput](append(refused, "Role")...))
	sim.Handle(f.api, "UpdateService", f.updateService, sim.Needs(f.needsUpdateService),
		sim.Refuses[awsecs.UpdateServiceInput](refused...))
	sim.Handle(f.api, "DeleteService", f.deleteService, sim.Needs(onService("ecs:DeleteService",
		func(in *awsecs.DeleteServiceInput) (*string, *string) { return in.Cluster, in.Service })))
	sim.Handle(f.api, "DescribeServices", f.describeServices, sim.Needs(onServices("ecs:DescribeServices",
		func(in *awsecs.DescribeServicesInput) (*string, []string) { return in.Cluster, in.Services })))
	sim.Handle(f.api, "ListServices", f.listServices)
}

func (f *Fake) createService(c *sim.Call, in *awsecs.CreateServiceInput) (*awsecs.CreateServiceOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.CreateService, refs{r}, in, typed); err != nil {
		return nil, err
	}
	cl, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if r.setting(ecstypes.SettingNameServiceLongArnFormat) == "disabled" && (len(in.Tags) > 0 || in.EnableECSManagedTags || in.PropagateTags != "") {
		return nil, invalid("The new ARN and resource ID format must be enabled to add tags to the service. Opt in to the new format and try again.")
	}
	if old := cl.services[*in.ServiceName]; old != nil && old.status != inactive {
		if old.status == active && sameRequest(old.given, *in) {
			return &awsecs.CreateServiceOutput{Service: old.view(true)}, nil
		}
		if old.status == draining {
			return nil, invalid("Unable to Start a service that is still Draining.")
		}
		return nil, invalid("Creation of service was not idempotent.")
	}
	if err := cl.roomForService(); err != nil {
		return nil, err
	}
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	s := &service{
		cl: cl, name: *in.ServiceName, arn: r.arn("service/" + cl.name + "/" + *in.ServiceName), status: active,
		given: *in, tags: in.Tags, created: c.Now(), createdBy: c.Caller.ARN, desired: value(in.DesiredCount),
	}
	if err := s.accept(*in, change{task: true, network: true, balancers: true, registries: true, strategy: true, volumes: true}); err != nil {
		return nil, err
	}
	cl.services[s.name] = s
	cl.activeServices++
	s.beginRollout(s.deploy())
	s.wake()
	return &awsecs.CreateServiceOutput{Service: s.view(true)}, nil
}

// sameRequest compares inputs but for their tokens.
func sameRequest(a, b awsecs.CreateServiceInput) bool {
	a.ClientToken, b.ClientToken = nil, nil
	return reflect.DeepEqual(a, b)
}

// change says which parts of a service's input are new, and so must be resolved.
type change struct{ task, network, balancers, registries, strategy, volumes, other bool }

// rolls reports whether the change starts a deployment.
func (ch change) rolls() bool {
	return ch.task || ch.network || ch.balancers || ch.registries || ch.volumes || ch.other
}

// accept resolves what is new in the input, and makes it the service's.
func (s *service) accept(in awsecs.CreateServiceInput, ch change) error {
	next := *s
	next.input = in
	steps := []struct {
		needed  bool
		resolve func() error
	}{
		{true, func() error { return modelled(&in) }},
		{ch.strategy, next.resolveStrategy},
		{ch.task, next.resolveTask},
		{ch.network, next.resolveNetwork},
		{true, next.resolveHost},
		{ch.balancers, next.resolveBalancers},
		{ch.registries, next.resolveRegistries},
		{ch.volumes, next.resolveVolumes},
	}
	for _, step := range steps {
		if !step.needed {
			continue
		}
		if err := step.resolve(); err != nil {
			return err
		}
	}
	if next.daemon() {
		next.input.DeploymentConfiguration = daemonDefaults(&in)
	}
	next.input.DeploymentConfiguration = filled(next.input.DeploymentConfiguration)
	s.input, s.td, s.strategy, s.network, s.host = next.input, next.td, next.strategy, next.network, next.host
	return nil
}

func (s *service) resolveTask() error {
	d, err := s.cl.r.runnable(s.input.TaskDefinition)
	if err != nil {
		return err
	}
	if s.hosted() {
		err = hostable(d)
	} else if !isFargate(&d.input) {
		err = invalid("Task definition does not support launch_type FARGATE.")
	}
	if err != nil {
		return err
	}
	s.td, s.input.TaskDefinition = d, new(d.arn())
	return nil
}

func (s *service) resolveStrategy() (err error) {
	s.strategy, err = s.cl.strategy(s.input.CapacityProviderStrategy, s.input.LaunchType)
	return err
}

func (s *service) resolveNetwork() (err error) {
	s.network = ecstypes.AwsVpcConfiguration{}
	if n := s.input.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		s.network, err = s.cl.r.network(*n.AwsvpcConfiguration)
	}
	return err
}

// resolveHost works out what the tasks ask of container instances.
func (s *service) resolveHost() (err error) {
	s.host = nil
	if s.hosted() {
		s.host, err = s.cl.r.host(s.td, "service:"+s.name, s.network, value(s.td.definition.TaskRoleArn), nil,
			s.input.PlacementConstraints, s.input.PlacementStrategy)
	}
	return err
}

func (s *service) resolveBalancers() error {
	for _, lb := range s.input.LoadBalancers {
		if err := s.cl.r.attached(lb); err != nil {
			return err
		}
		if err := s.cl.r.shiftable(lb); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) resolveRegistries() error {
	for _, registry := range s.input.ServiceRegistries {
		if err := s.cl.r.registrable(registry); err != nil {
			return err
		}
	}
	return nil
}

// modelled refuses what is left for later: all that is not rolled out by ECS itself.
func modelled(in *awsecs.CreateServiceInput) error {
	if c := in.DeploymentController; c != nil && c.Type != ecstypes.DeploymentControllerTypeEcs {
		return sim.NotModelled("deployment controller %s of ECS is not modelled", c.Type)
	}
	return nil
}

// attached checks that targets of the group can be reached.
func (r *region) attached(lb ecstypes.LoadBalancer) error {
	if lb.LoadBalancerName != nil {
		return r.attachedClassic(*lb.LoadBalancerName)
	}
	arn := value(lb.TargetGroupArn)
	g, ok := r.f.needs.Targets.TargetGroup(r.name, arn)
	if !ok {
		return invalid("The specified target group does not exist.")
	}
	if len(g.LoadBalancers) == 0 {
		return invalid("The target group with targetGroupArn %s does not have an associated load balancer.", arn)
	}
	return nil
}

// filled has the defaults of a deployment configuration.
func filled(c *ecstypes.DeploymentConfiguration) *ecstypes.DeploymentConfiguration {
	v := ecstypes.DeploymentConfiguration{}
	if c != nil {
		v = *c
	}
	v.MaximumPercent, v.MinimumHealthyPercent = new(or(v.MaximumPercent, 200)), new(or(v.MinimumHealthyPercent, 100))
	if v.Strategy == "" {
		v.Strategy = ecstypes.DeploymentStrategyRolling
	}
	if v.DeploymentCircuitBreaker == nil {
		v.DeploymentCircuitBreaker = &ecstypes.DeploymentCircuitBreaker{}
	}
	filledShift(&v)
	return &v
}

// spec is what tasks of the service are started from now.
func (s *service) spec() *spec {
	in := &s.input
	version := platformVersion(in.PlatformVersion, s.td)
	if s.host != nil {
		version = ""
	}
	return &spec{
		td: s.td, containers: s.td.definition.ContainerDefinitions, network: s.network, platformVersion: version, group: "service:" + s.name, host: s.host,
		exec: in.EnableExecuteCommand, fargate: s.strategy == nil && s.host == nil, volumes: serviceVolumes(in.VolumeConfigurations),
		tags:     s.cl.taskTags(nil, in.EnableECSManagedTags, in.PropagateTags, s.td, s),
		taskRole: value(s.td.definition.TaskRoleArn), executionRole: value(s.td.definition.ExecutionRoleArn),
	}
}

// service finds a service by name or ARN, whatever its status.
func (cl *cluster) service(ref string) *service { return cl.services[lastPart(ref)] }

// live finds a service that is not INACTIVE.
func (r *region) live(clusterRef, ref *string) (*service, error) {
	cl, err := r.cluster(clusterRef)
	if err != nil {
		return nil, err
	}
	s := cl.service(value(ref))
	if s == nil {
		return nil, serviceNotFound()
	}
	return s, nil
}

func (f *Fake) deleteService(c *sim.Call, in *awsecs.DeleteServiceInput) (*awsecs.DeleteServiceOutput, error) {
	s, err := f.of(c).live(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if s.status == inactive {
		return nil, serviceNotFound()
	}
	if err := s.deletable(); err != nil {
		return nil, err
	}
	if s.desired > 0 && !value(in.Force) {
		return nil, invalid("The service cannot be stopped while it is scaled above 0.")
	}
	if s.status == active {
		s.cl.activeServices--
	}
	s.status, s.desired = draining, 0
	if s.current != nil {
		s.current.end(ecstypes.ServiceDeploymentStatusStopped, "Service deployment stopped because the service was deleted.", c.Now())
	}
	s.wake()
	return &awsecs.DeleteServiceOutput{Service: s.view(true)}, nil
}

func (f *Fake) listServices(c *sim.Call, in *awsecs.ListServicesInput) (*awsecs.ListServicesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(cl.services)) {
		s := cl.services[name]
		if s.status == inactive || in.LaunchType != "" && in.LaunchType != s.launchType() ||
			in.SchedulingStrategy != "" && in.SchedulingStrategy != s.scheduling() ||
			in.ResourceManagementType != "" && in.ResourceManagementType != s.managedBy() {
			continue
		}
		arns = append(arns, s.arn)
	}
	size := 10
	page, next, err := pagedUpTo(arns, in.NextToken, in.MaxResults, size, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListServicesOutput{ServiceArns: page, NextToken: next}, nil
}
