// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// EC2DaemonService declares a service with one task on each EC2 instance of a cluster, or
// on each that its placement constraints allow.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
type EC2DaemonService struct{ core serviceCore }

// NewEC2DaemonService declares a service of that name, up to 255 letters, digits, hyphens
// and underscores and unique in the cluster. The network's subnets have the tasks' network
// interfaces with [AWSVPC]; else its VPC is that of the instances.
func NewEC2DaemonService(name string, cluster ClusterRef, task EC2TaskDefinition, network vpc.Network) EC2DaemonService {
	core := newServiceCore(name, cluster, task.core, network, ecstypes.LaunchTypeEc2)
	core.daemon = true
	return EC2DaemonService{core}.WithDeployment(DaemonRolling{})
}

// WithRoute has the load balancer send the route's requests to a container's port. The
// route brings its target group and its rule or listener. Its targets are the instances,
// or with [AWSVPC] the tasks' own addresses, whatever the route says. The security groups of
// the tasks or, without AWSVPC, of [EC2DaemonService.WithInstanceSecurityGroup] admit the
// balancer: on the port's host port or, without one, on all that instances give out, 32768
// to 65535.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb.html
func (s EC2DaemonService) WithRoute(r elb.ServiceRoute, c TaskContainer, p Port) EC2DaemonService {
	return EC2DaemonService{s.core.withRoute(r, c, p)}
}

// WithTargetGroup registers the tasks' port with a target group, which something else must
// make a load balancer forward to. With [AWSVPC] its targets must be addresses, else
// instances.
func (s EC2DaemonService) WithTargetGroup(g elb.TargetGroup, c TaskContainer, p Port) EC2DaemonService {
	return EC2DaemonService{s.core.withTargetGroup(g, c, p)}
}

// WithClassicLoadBalancer puts a container's port behind a Classic Load Balancer, which
// AWS advises against. The port needs a host port that is a target port of the balancer, so
// that an instance has one task at most. Not with [AWSVPC].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
func (s EC2DaemonService) WithClassicLoadBalancer(b elb.Classic, c TaskContainer, p Port) EC2DaemonService {
	return EC2DaemonService{s.core.withClassic(b, c, p)}
}

// WithSecurityGroup gives the tasks a security group instead of their own one; at most 5.
// Only with [AWSVPC]. See [FargateService.WithSecurityGroup].
func (s EC2DaemonService) WithSecurityGroup(g vpc.GroupRef) EC2DaemonService {
	return EC2DaemonService{s.core.withSecurityGroup(g)}
}

// WithInstanceSecurityGroup names a security group of the instances, which is opened for
// the load balancers and the file systems of tasks without [AWSVPC] if it is declared.
func (s EC2DaemonService) WithInstanceSecurityGroup(g vpc.GroupRef) EC2DaemonService {
	return EC2DaemonService{s.core.withInstances(g)}
}

// WithDeployment sets how new revisions are brought out; DaemonRolling{} if not called.
func (s EC2DaemonService) WithDeployment(d DaemonRolling) EC2DaemonService {
	return EC2DaemonService{s.core.withDeployment(daemonDeployment(d))}
}

// WithHealthCheckGrace ignores health checks for a while after a task has started, up to
// 68 years. Only for services behind a load balancer.
func (s EC2DaemonService) WithHealthCheckGrace(d time.Duration) EC2DaemonService {
	return EC2DaemonService{s.core.withHealthCheckGrace(d)}
}

// WithExec lets commands be run in the containers by ECS Exec, and gives the task role what
// that needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (s EC2DaemonService) WithExec() EC2DaemonService {
	return EC2DaemonService{s.core.withExec()}
}

// WithPlacementConstraint limits the instances on which tasks may be placed; at most 10.
func (s EC2DaemonService) WithPlacementConstraint(c PlacementConstraint) EC2DaemonService {
	return EC2DaemonService{s.core.withConstraint(c)}
}

// WithServiceConnect has the service take part in Service Connect.
func (s EC2DaemonService) WithServiceConnect(c Connect) EC2DaemonService {
	return EC2DaemonService{s.core.withServiceConnect(c)}
}

// WithPropagateTags gives new tasks the tags of the service or its task definition.
func (s EC2DaemonService) WithPropagateTags(from TagSource) EC2DaemonService {
	return EC2DaemonService{s.core.withPropagateTags(from)}
}

// WithManagedTags has ECS tag tasks with their cluster and service.
func (s EC2DaemonService) WithManagedTags() EC2DaemonService {
	return EC2DaemonService{s.core.withManagedTags()}
}

// WithTag sets a tag.
func (s EC2DaemonService) WithTag(key, value string) EC2DaemonService {
	return EC2DaemonService{s.core.withTag(key, value)}
}

// WithOverride has f change the input of CreateService after everything else, for what this
// builder does not offer. Updates follow it.
func (s EC2DaemonService) WithOverride(f func(*awsecs.CreateServiceInput)) EC2DaemonService {
	return EC2DaemonService{s.core.withOverride(f)}
}

// ID names the service by its cluster and its own name.
func (s EC2DaemonService) ID() slipway.ID { return s.core.ID() }

// ARN returns the service's ARN, as a placeholder.
func (s EC2DaemonService) ARN() string { return s.core.arn() }

// Name returns the service's name.
func (s EC2DaemonService) Name() string { return s.core.name }

// URL returns where the first route is reached; the balancer's name in it is a
// placeholder. Empty without a route.
func (s EC2DaemonService) URL() string { return s.core.url() }

// Resources returns the service itself, which brings its cluster, task definition,
// routes, security groups and scaling.
func (s EC2DaemonService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the wanted state.
func (s EC2DaemonService) Build() (slipway.Desired, error) { return s.core.Build() }

// Validate reports everything that AWS would reject in the service and all that it
// brings.
func (s EC2DaemonService) Validate() error { return slipway.NewStack("validate", s).Validate() }

// Outputs makes sense of what [slipway.Output] hands it.
func (s EC2DaemonService) Outputs(values map[string][]string) ServiceOutputs {
	return serviceOutputs(values)
}

func (s EC2DaemonService) located() (place, error) { return s.core.located("EC2DaemonService") }
