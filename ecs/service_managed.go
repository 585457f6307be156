// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// ManagedService declares a service: so many tasks of a task definition, kept running on
// Managed Instances of a cluster, behind a load balancer if it has a route. ECS chooses
// the instances: there are no placement strategies.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-auto-scaling.html
type ManagedService struct{ core serviceCore }

// NewManagedService declares a service of that name, up to 255 letters, digits, hyphens
// and underscores and unique in the cluster, whose tasks run on the provider's instances.
// It has one task, or the least that its scaling allows. The tasks' network interfaces are
// in the network's subnets, and have a security group of their own that admits nobody but
// the load balancer.
func NewManagedService(name string, cluster ClusterRef, on ManagedProvider, task ManagedTaskDefinition, network vpc.Network) ManagedService {
	core := newServiceCore(name, cluster, task.core, network, ecstypes.LaunchTypeManagedInstances)
	core.capacity = solely(on)
	return ManagedService{core}
}

// WithCount sets how many tasks run, 0 or more. With scaling it is only where the service
// begins.
func (s ManagedService) WithCount(n int) ManagedService {
	return ManagedService{s.core.withCount(n)}
}

// WithRoute has the load balancer send the route's requests to a container's port. The
// route brings its target group and its rule or listener. Its targets are the tasks' own
// addresses or, with the instances' network, the instances. The security groups of the
// tasks, or of the instances, admit the balancer.
func (s ManagedService) WithRoute(r elb.ServiceRoute, c ManagedTaskContainer, p Port) ManagedService {
	return ManagedService{s.core.withRoute(r, c, p)}
}

// WithTargetGroup registers the tasks' port with a target group, which something else must
// make a load balancer forward to. Its targets must be addresses or, with the instances'
// network, instances.
func (s ManagedService) WithTargetGroup(g elb.TargetGroup, c ManagedTaskContainer, p Port) ManagedService {
	return ManagedService{s.core.withTargetGroup(g, c, p)}
}

// WithSecurityGroup gives the tasks a security group instead of their own one; at most 5.
// Not with the instances' network. See [FargateService.WithSecurityGroup].
func (s ManagedService) WithSecurityGroup(g vpc.GroupRef) ManagedService {
	return ManagedService{s.core.withSecurityGroup(g)}
}

// WithScaling lets Application Auto Scaling move the number of tasks.
func (s ManagedService) WithScaling(a autoscaling.Scaling) ManagedService {
	return ManagedService{s.core.withScaling(a)}
}

// WithDeployment sets how new revisions are brought out; Rolling{} if not called.
func (s ManagedService) WithDeployment(d Deployment) ManagedService {
	return ManagedService{s.core.withDeployment(d)}
}

// WithHealthCheckGrace ignores health checks for a while after a task has started, up to
// 68 years. Only for services behind a load balancer.
func (s ManagedService) WithHealthCheckGrace(d time.Duration) ManagedService {
	return ManagedService{s.core.withHealthCheckGrace(d)}
}

// WithExec lets commands be run in the containers by ECS Exec, and gives the task role what
// that needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (s ManagedService) WithExec() ManagedService {
	return ManagedService{s.core.withExec()}
}

// WithCapacity adds a share of the tasks for another provider of the cluster, or sets that
// of the service's first one, which has a weight of 1.
func (s ManagedService) WithCapacity(c ManagedCapacity) ManagedService {
	s.core.capacity = sharing(s.core.capacity, c)
	return s
}

// WithPlacementConstraint limits the instances on which tasks may be placed; at most 10.
func (s ManagedService) WithPlacementConstraint(c PlacementConstraint) ManagedService {
	return ManagedService{s.core.withConstraint(c)}
}

// WithZoneRebalancing sets whether ECS evens out zones; RebalanceZones if not called.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (s ManagedService) WithZoneRebalancing(z ZoneRebalancing) ManagedService {
	return ManagedService{s.core.withZoneRebalancing(z)}
}

// WithServiceConnect has the service take part in Service Connect.
func (s ManagedService) WithServiceConnect(c Connect) ManagedService {
	return ManagedService{s.core.withServiceConnect(c)}
}

// WithPropagateTags gives new tasks the tags of the service or its task definition.
func (s ManagedService) WithPropagateTags(from TagSource) ManagedService {
	return ManagedService{s.core.withPropagateTags(from)}
}

// WithManagedTags has ECS tag tasks with their cluster and service.
func (s ManagedService) WithManagedTags() ManagedService {
	return ManagedService{s.core.withManagedTags()}
}

// WithTag sets a tag.
func (s ManagedService) WithTag(key, value string) ManagedService {
	return ManagedService{s.core.withTag(key, value)}
}

// WithOverride has f change the input of CreateService after everything else, for what this
// builder does not offer. Updates follow it.
func (s ManagedService) WithOverride(f func(*awsecs.CreateServiceInput)) ManagedService {
	return ManagedService{s.core.withOverride(f)}
}

// ID names the service by its cluster and its own name.
func (s ManagedService) ID() slipway.ID { return s.core.ID() }

// ARN returns the service's ARN, as a placeholder.
func (s ManagedService) ARN() string { return s.core.arn() }

// Name returns the service's name.
func (s ManagedService) Name() string { return s.core.name }

// URL returns where the first route is reached; the balancer's name in it is a
// placeholder. Empty without a route.
func (s ManagedService) URL() string { return s.core.url() }

// Resources returns the service itself, which brings its cluster, task definition,
// routes, security groups and scaling.
func (s ManagedService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the wanted state.
func (s ManagedService) Build() (slipway.Desired, error) { return s.core.Build() }

// Validate reports everything that AWS would reject in the service and all that it
// brings.
func (s ManagedService) Validate() error { return slipway.NewStack("validate", s).Validate() }

// Outputs makes sense of what [slipway.Output] hands it.
func (s ManagedService) Outputs(values map[string][]string) ServiceOutputs {
	return serviceOutputs(values)
}

func (s ManagedService) located() (place, error) { return s.core.located("ManagedService") }
