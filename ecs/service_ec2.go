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

// EC2Service declares a service: so many tasks of a task definition, kept running on the
// EC2 instances of a cluster, behind a load balancer if it has a route.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
type EC2Service struct{ core serviceCore }

// NewEC2Service declares a service of that name, up to 255 letters, digits, hyphens and
// underscores and unique in the cluster. It has one task, or the least that its scaling
// allows. The network's subnets have the tasks' network interfaces with [AWSVPC]; else its
// VPC is that of the instances.
func NewEC2Service(name string, cluster ClusterRef, task EC2TaskDefinition, network vpc.Network) EC2Service {
	return EC2Service{newServiceCore(name, cluster, task.core, network, ecstypes.LaunchTypeEc2)}
}

// WithCount sets how many tasks run, 0 or more. With scaling it is only where the service
// begins.
func (s EC2Service) WithCount(n int) EC2Service {
	return EC2Service{s.core.withCount(n)}
}

// WithRoute has the load balancer send the route's requests to a container's port. The
// route brings its target group and its rule or listener. Its targets are the instances,
// or with [AWSVPC] the tasks' own addresses, whatever the route says. The security groups of
// the tasks or, without AWSVPC, of [EC2Service.WithInstanceSecurityGroup] admit the
// balancer: on the port's host port or, without one, on all that instances give out, 32768
// to 65535.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html
func (s EC2Service) WithRoute(r elb.ServiceRoute, c TaskContainer, p Port) EC2Service {
	return EC2Service{s.core.withRoute(r, c, p)}
}

// WithTargetGroup registers the tasks' port with a target group, which something else must
// make a load balancer forward to. With [AWSVPC] its targets must be addresses, else
// instances.
func (s EC2Service) WithTargetGroup(g elb.TargetGroup, c TaskContainer, p Port) EC2Service {
	return EC2Service{s.core.withTargetGroup(g, c, p)}
}

// WithClassicLoadBalancer puts a container's port behind a Classic Load Balancer, which
// AWS advises against. The port needs a host port that is a target port of the balancer, so
// that an instance has one task at most. Not with [AWSVPC].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
func (s EC2Service) WithClassicLoadBalancer(b elb.Classic, c TaskContainer, p Port) EC2Service {
	return EC2Service{s.core.withClassic(b, c, p)}
}

// WithSecurityGroup gives the tasks a security group instead of their own one; at most 5.
// Only with [AWSVPC]. See [FargateService.WithSecurityGroup].
func (s EC2Service) WithSecurityGroup(g vpc.GroupRef) EC2Service {
	return EC2Service{s.core.withSecurityGroup(g)}
}

// WithInstanceSecurityGroup names a security group of the instances, besides those of the
// groups behind declared capacity providers. Those that are declared are opened for the
// load balancers and the file systems of tasks without [AWSVPC].
func (s EC2Service) WithInstanceSecurityGroup(g vpc.GroupRef) EC2Service {
	return EC2Service{s.core.withInstances(g)}
}

// WithScaling lets Application Auto Scaling move the number of tasks.
func (s EC2Service) WithScaling(a autoscaling.Scaling) EC2Service {
	return EC2Service{s.core.withScaling(a)}
}

// WithDeployment sets how new revisions are brought out; Rolling{} if not called.
func (s EC2Service) WithDeployment(d Deployment) EC2Service {
	return EC2Service{s.core.withDeployment(d)}
}

// WithHealthCheckGrace ignores health checks for a while after a task has started, up to
// 68 years. Only for services behind a load balancer.
func (s EC2Service) WithHealthCheckGrace(d time.Duration) EC2Service {
	return EC2Service{s.core.withHealthCheckGrace(d)}
}

// WithExec lets commands be run in the containers by ECS Exec, and gives the task role what
// that needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (s EC2Service) WithExec() EC2Service {
	return EC2Service{s.core.withExec()}
}

// WithCapacity adds a share of the tasks for a capacity provider of the cluster. Without,
// tasks run on whatever instances the cluster has, and none is launched for them: the
// cluster's default strategy does not count.
func (s EC2Service) WithCapacity(c InstanceCapacity) EC2Service {
	return EC2Service{s.core.withCapacity(c)}
}

// WithPlacementConstraint limits the instances on which tasks may be placed; at most 10.
func (s EC2Service) WithPlacementConstraint(c PlacementConstraint) EC2Service {
	return EC2Service{s.core.withConstraint(c)}
}

// WithPlacementStrategy adds a strategy by which instances are chosen, after those before
// it; at most 5.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
func (s EC2Service) WithPlacementStrategy(p PlacementStrategy) EC2Service {
	return EC2Service{s.core.withStrategy(p)}
}

// WithZoneRebalancing sets whether ECS evens out zones. If not called it does, unless the
// first placement strategy is another than [SpreadByZone] or there is a Classic Load
// Balancer, with which it cannot.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (s EC2Service) WithZoneRebalancing(z ZoneRebalancing) EC2Service {
	return EC2Service{s.core.withZoneRebalancing(z)}
}

// WithServiceConnect has the service take part in Service Connect.
func (s EC2Service) WithServiceConnect(c Connect) EC2Service {
	return EC2Service{s.core.withServiceConnect(c)}
}

// WithPropagateTags gives new tasks the tags of the service or its task definition.
func (s EC2Service) WithPropagateTags(from TagSource) EC2Service {
	return EC2Service{s.core.withPropagateTags(from)}
}

// WithManagedTags has ECS tag tasks with their cluster and service.
func (s EC2Service) WithManagedTags() EC2Service {
	return EC2Service{s.core.withManagedTags()}
}

// WithTag sets a tag.
func (s EC2Service) WithTag(key, value string) EC2Service {
	return EC2Service{s.core.withTag(key, value)}
}

// WithOverride has f change the input of CreateService after everything else, for what this
// builder does not offer. Updates follow it.
func (s EC2Service) WithOverride(f func(*awsecs.CreateServiceInput)) EC2Service {
	return EC2Service{s.core.withOverride(f)}
}

// ID names the service by its cluster and its own name.
func (s EC2Service) ID() slipway.ID { return s.core.ID() }

// ARN returns the service's ARN, as a placeholder.
func (s EC2Service) ARN() string { return s.core.arn() }

// Name returns the service's name.
func (s EC2Service) Name() string { return s.core.name }

// URL returns where the first route is reached; the balancer's name in it is a
// placeholder. Empty without a route.
func (s EC2Service) URL() string { return s.core.url() }

// Resources returns the service itself, which brings its cluster, task definition,
// routes, security groups and scaling.
func (s EC2Service) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the wanted state.
func (s EC2Service) Build() (slipway.Desired, error) { return s.core.Build() }

// Validate reports everything that AWS would reject in the service and all that it
// brings.
func (s EC2Service) Validate() error { return slipway.NewStack("validate", s).Validate() }

// Outputs makes sense of what [slipway.Output] hands it.
func (s EC2Service) Outputs(values map[string][]string) ServiceOutputs { return serviceOutputs(values) }

func (s EC2Service) located() (place, error) { return s.core.located("EC2Service") }
