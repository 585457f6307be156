// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/elb"
	modelscaling "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// Build returns the wanted state.
func (s serviceCore) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(s.problems()); err != nil {
		return slipway.Desired{}, err
	}
	b := &serviceParts{service: s}
	b.input()
	b.placement()
	b.security()
	for _, rule := range mountRules(s.task.volumes(), b.groups) {
		b.first(rule)
	}
	b.volumes()
	b.balancing()
	b.discovery()
	b.hooks()
	scaled := b.scaling()
	overridden := override.Run("Create.", &b.in, s.overrides...)
	return slipway.Desired{
		Kind: serviceKind(), State: &model.Service{
			Create: b.in, Scaled: scaled, Foreign: b.foreign(), Unheeded: s.unheeded(), URL: s.url(), Zones: mountedIn(s.task.volumes(), s.network),
		},
		Uses: b.uses, After: b.after, Overridden: overridden,
	}, nil
}

// serviceParts puts a service together with what it brings.
type serviceParts struct {
	service serviceCore
	in      awsecs.CreateServiceInput
	uses    []slipway.Resource
	after   []slipway.ID
	groups  []vpc.GroupRef
	suffix  struct{ balancer, group string }
}

func (b *serviceParts) use(resources ...slipway.Resource) { b.uses = append(b.uses, resources...) }

// first has something be ready before the service.
func (b *serviceParts) first(r slipway.Resource) {
	b.use(r)
	b.after = append(b.after, r.ID())
}

func (b *serviceParts) input() {
	s := b.service
	b.use(s.cluster.Resources()...)
	b.use(s.task)
	b.use(s.network.Resources()...)
	count := 1
	if s.counted {
		count = s.count
	}
	b.in = awsecs.CreateServiceInput{
		ServiceName: aws.String(s.name), Cluster: aws.String(s.cluster.clusterRef()), TaskDefinition: aws.String(s.task.arn()),
		DesiredCount: aws.Int32(clamp(count)), SchedulingStrategy: ecstypes.SchedulingStrategyReplica,
		CapacityProviderStrategy: strategyOf(s.capacity), PlatformVersion: set(s.platform),
		EnableExecuteCommand: s.exec, EnableECSManagedTags: s.managed, HealthCheckGracePeriodSeconds: seconds(s.grace),
		AvailabilityZoneRebalancing: ecstypes.AvailabilityZoneRebalancing(s.zones), PropagateTags: ecstypes.PropagateTags(s.propagate),
		Tags: tagList(s.tags),
	}
	if len(s.capacity) == 0 {
		b.in.LaunchType = s.launchType
	}
	uses, after := capacityNeeds(s.cluster, s.capacity)
	b.use(uses...)
	b.after = append(b.after, after...)
	if s.deployment != nil {
		b.in.DeploymentConfiguration = s.deployment.configuration()
	}
	if s.connect != nil {
		b.in.ServiceConnectConfiguration = s.connect.input()
		b.use(s.connect.resources()...)
	}
}

// security gives the tasks their security groups.
func (b *serviceParts) security() {
	s := b.service
	if !s.ownInterfaces() {
		b.groups = instanceGroups(s.instances, s.capacity)
		for _, g := range b.groups {
			b.use(g.Resources()...)
		}
		return
	}
	b.groups = s.groups
	if len(b.groups) == 0 {
		name := s.clusterName() + "-" + s.name
		b.groups = []vpc.GroupRef{vpc.NewSecurityGroup("ecs-"+name, "Tasks of the ECS service "+s.ID().Name, s.network)}
	}
	config := &ecstypes.AwsVpcConfiguration{Subnets: s.network.Subnets(), AssignPublicIp: ecstypes.AssignPublicIpDisabled}
	for _, g := range b.groups {
		config.SecurityGroups = append(config.SecurityGroups, g.GroupID())
		b.use(g.Resources()...)
	}
	if s.launchType != ecstypes.LaunchTypeFargate {
		config.AssignPublicIp = "" // tasks on EC2 cannot have one
	} else if (s.publicIP == nil && s.network.AssignsPublicIP()) || (s.publicIP != nil && *s.publicIP) {
		config.AssignPublicIp = ecstypes.AssignPublicIpEnabled
	}
	b.in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: config}
}

// balancing puts the service behind its routes and target groups.
func (b *serviceParts) balancing() {
	s := b.service
	for i, r := range s.routes {
		name := s.clusterName() + "-" + s.name
		if i > 0 {
			name = fmt.Sprintf("%s-%d", name, i+1)
		}
		r.route = s.reaching(r.route)
		group := b.serve(name, r)
		b.admit(r)
		if app, ok := r.route.Application(); ok && b.suffix.group == "" {
			b.suffix.balancer, b.suffix.group = app.Suffix(), group.Suffix()
		}
	}
	for _, t := range s.targets {
		b.register(t.group, t.container, t.port)
	}
	b.classic()
}

func (b *serviceParts) register(group elb.TargetGroup, container string, port int) {
	b.use(group.Resources()...)
	b.in.LoadBalancers = append(b.in.LoadBalancers, ecstypes.LoadBalancer{
		TargetGroupArn: aws.String(group.ARN()), ContainerName: aws.String(container), ContainerPort: aws.Int32(clamp(port)),
	})
}

// admit opens the tasks' declared security groups for the route's balancer.
func (b *serviceParts) admit(r routed) {
	b.open(b.service.admissions(r))
}

// open lets somebody into the declared security groups.
func (b *serviceParts) open(to []elb.Admission) {
	for _, group := range b.groups {
		if _, declared := group.(vpc.SecurityGroup); !declared {
			continue
		}
		for _, a := range to {
			b.first(vpc.Ingress(group, a.From, a.Ports))
		}
	}
}

// foreign are the tasks' security groups where a balancer must get through and the
// stack declares none of them.
func (b *serviceParts) foreign() []string {
	if len(b.service.routes)+len(b.service.classics) == 0 {
		return nil
	}
	var all []string
	if len(b.groups) == 0 {
		return []string{"none known of the instances"}
	}
	for _, g := range b.groups {
		if _, declared := g.(vpc.SecurityGroup); declared {
			return nil
		}
		all = append(all, g.GroupID())
	}
	return all
}

// scaling declares the service's scaling and begins with the least it allows.
func (b *serviceParts) scaling() bool {
	s := b.service
	if s.scaling == nil {
		return false
	}
	scaling := s.scaling.For(autoscaling.ECSService{
		Cluster: s.clusterName(), Service: s.name, After: s.ID(),
		LoadBalancerSuffix: b.suffix.balancer, TargetGroupSuffix: b.suffix.group,
	})
	b.use(scaling)
	if desired, err := scaling.Build(); err == nil && !s.counted {
		if state, ok := desired.State.(*modelscaling.Scaling); ok && state.Target.MinCapacity != nil {
			b.in.DesiredCount = aws.Int32(*state.Target.MinCapacity)
		}
	}
	return true
}
