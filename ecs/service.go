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

// FargateService declares a service: so many tasks of a task definition, kept
// running on Fargate, behind a load balancer if it has a route.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
type FargateService struct{ core serviceCore }

// routed is a route to a container's port.
type routed struct {
	route     elb.ServiceRoute
	container string
	port      int
	protocol  ecstypes.TransportProtocol
}

// target is a target group of somebody else's for a container's port.
type target struct {
	group     elb.TargetGroup
	container string
	port      int
}

// ZoneRebalancing is whether ECS moves tasks when zones have become uneven.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
type ZoneRebalancing string

// The zero value is RebalanceZones.
const (
	RebalanceZones     ZoneRebalancing = "ENABLED"
	DontRebalanceZones ZoneRebalancing = "DISABLED"
)

// TagSource is where tasks have their tags from.
type TagSource string

// The sources. With the zero value tasks have no tags.
const (
	TagsOfService        TagSource = "SERVICE"
	TagsOfTaskDefinition TagSource = "TASK_DEFINITION"
)

// NewFargateService declares a service of that name, up to 255 letters, digits,
// hyphens and underscores and unique in the cluster, whose tasks run in the
// network's subnets. It has one task, or the least that its scaling allows. Its
// tasks have a security group of their own that admits nobody but the load
// balancer, and a public address if the network was asked for public subnets.
func NewFargateService(name string, cluster ClusterRef, task FargateTaskDefinition, network vpc.Network) FargateService {
	return FargateService{newServiceCore(name, cluster, task.core, network, ecstypes.LaunchTypeFargate)}
}

// WithCount sets how many tasks run, 0 or more. With scaling it is only where the
// service begins.
func (s FargateService) WithCount(n int) FargateService {
	return FargateService{s.core.withCount(n)}
}

// WithRoute has the load balancer send the route's requests to a container's port.
// The route brings its target group and its rule or listener, and the tasks' own or
// declared security groups admit the balancer. At most 5, of Application and Network
// Load Balancers.
func (s FargateService) WithRoute(r elb.ServiceRoute, c Container, p Port) FargateService {
	return FargateService{s.core.withRoute(r, c, p)}
}

// WithTargetGroup registers the tasks' port with a target group, which something
// else must make a load balancer forward to. Its targets must be addresses.
func (s FargateService) WithTargetGroup(g elb.TargetGroup, c Container, p Port) FargateService {
	return FargateService{s.core.withTargetGroup(g, c, p)}
}

// WithSecurityGroup gives the tasks a security group instead of their own one; at
// most 5. A declared group is opened for the balancers of the routes. A group that
// is not, by [vpc.GroupID], is left alone: that it admits the balancer is up to the
// user, of which the plan warns.
func (s FargateService) WithSecurityGroup(g vpc.GroupRef) FargateService {
	return FargateService{s.core.withSecurityGroup(g)}
}

// WithPublicIP says whether tasks get a public address. Without one, and in
// subnets without NAT or endpoints, they cannot even pull their image.
func (s FargateService) WithPublicIP(assign bool) FargateService {
	return FargateService{s.core.withPublicIP(assign)}
}

// WithScaling lets Application Auto Scaling move the number of tasks.
func (s FargateService) WithScaling(a autoscaling.Scaling) FargateService {
	return FargateService{s.core.withScaling(a)}
}

// WithDeployment sets how new revisions are brought out; Rolling{} if not called.
func (s FargateService) WithDeployment(d Deployment) FargateService {
	return FargateService{s.core.withDeployment(d)}
}

// WithHealthCheckGrace ignores health checks for a while after a task has started,
// up to 68 years. Only for services behind a load balancer.
func (s FargateService) WithHealthCheckGrace(d time.Duration) FargateService {
	return FargateService{s.core.withHealthCheckGrace(d)}
}

// WithExec lets commands be run in the containers by ECS Exec, and gives the task
// role what that needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (s FargateService) WithExec() FargateService {
	return FargateService{s.core.withExec()}
}

// WithCapacity adds a share of the tasks for Fargate or Fargate Spot. All run on
// Fargate if not called.
func (s FargateService) WithCapacity(c Capacity) FargateService {
	return FargateService{s.core.withCapacity(c)}
}

// WithSpot runs all tasks on Fargate Spot.
func (s FargateService) WithSpot() FargateService {
	return s.WithCapacity(Capacity{Provider: FargateSpot, Weight: 1})
}

// WithPlatformVersion sets the version of Fargate, such as "1.4.0"; "LATEST" if not
// called.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html
func (s FargateService) WithPlatformVersion(v string) FargateService {
	return FargateService{s.core.withPlatformVersion(v)}
}

// WithZoneRebalancing sets whether ECS evens out zones; RebalanceZones if not
// called.
func (s FargateService) WithZoneRebalancing(z ZoneRebalancing) FargateService {
	return FargateService{s.core.withZoneRebalancing(z)}
}

// WithServiceConnect has the service take part in Service Connect.
func (s FargateService) WithServiceConnect(c Connect) FargateService {
	return FargateService{s.core.withServiceConnect(c)}
}

// WithPropagateTags gives new tasks the tags of the service or its task
// definition.
func (s FargateService) WithPropagateTags(from TagSource) FargateService {
	return FargateService{s.core.withPropagateTags(from)}
}

// WithManagedTags has ECS tag tasks with their cluster and service.
func (s FargateService) WithManagedTags() FargateService {
	return FargateService{s.core.withManagedTags()}
}

// WithTag sets a tag.
func (s FargateService) WithTag(key, value string) FargateService {
	return FargateService{s.core.withTag(key, value)}
}

// WithOverride has f change the input of CreateService after everything else, for
// what this builder does not offer. Updates follow it.
func (s FargateService) WithOverride(f func(*awsecs.CreateServiceInput)) FargateService {
	return FargateService{s.core.withOverride(f)}
}

// ID names the service by its cluster and its own name.
func (s FargateService) ID() slipway.ID { return s.core.ID() }

// ARN returns the service's ARN, as a placeholder.
func (s FargateService) ARN() string { return s.core.arn() }

// Name returns the service's name.
func (s FargateService) Name() string { return s.core.name }

// URL returns where the first route is reached; the balancer's name in it is a
// placeholder. Empty without a route.
func (s FargateService) URL() string { return s.core.url() }

// Resources returns the service itself, which brings its cluster, task definition,
// routes, security group and scaling.
func (s FargateService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the wanted state.
func (s FargateService) Build() (slipway.Desired, error) { return s.core.Build() }

// Validate reports everything that AWS would reject in the service and all that it
// brings.
func (s FargateService) Validate() error {
	return slipway.NewStack("validate", s).Validate()
}
