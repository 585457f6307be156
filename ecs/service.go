// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// FargateService declares a service: so many tasks of a task definition, kept
// running on Fargate, behind a load balancer if it has a route.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
type FargateService struct {
	name       string
	cluster    ClusterRef
	task       FargateTaskDefinition
	network    vpc.Network
	count      int
	counted    bool
	routes     []routed
	targets    []target
	groups     []vpc.GroupRef
	publicIP   *bool
	scaling    *autoscaling.Scaling
	deployment Deployment
	grace      time.Duration
	exec       bool
	capacity   []Capacity
	platform   string
	zones      ZoneRebalancing
	connect    *Connect
	propagate  TagSource
	managed    bool
	tags       map[string]string
	overrides  []func(*awsecs.CreateServiceInput)
}

// routed is a route to a container's port.
type routed struct {
	route     elb.ServiceRoute
	container string
	port      int
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
	return FargateService{name: name, cluster: cluster, task: task, network: network, deployment: Rolling{}}
}

// WithCount sets how many tasks run, 0 or more. With scaling it is only where the
// service begins.
func (s FargateService) WithCount(n int) FargateService {
	s.count, s.counted = n, true
	return s
}

// WithRoute has the load balancer send the route's requests to a container's port.
// The route brings its target group and its rule or listener, and the tasks' own or
// declared security groups admit the balancer. At most 5, of Application and Network
// Load Balancers.
func (s FargateService) WithRoute(r elb.ServiceRoute, c Container, p Port) FargateService {
	s.routes = append(slices.Clip(s.routes), routed{r, c.name, p.from})
	return s
}

// WithTargetGroup registers the tasks' port with a target group, which something
// else must make a load balancer forward to. Its targets must be addresses.
func (s FargateService) WithTargetGroup(g elb.TargetGroup, c Container, p Port) FargateService {
	s.targets = append(slices.Clip(s.targets), target{g, c.name, p.from})
	return s
}

// WithSecurityGroup gives the tasks a security group instead of their own one; at
// most 5. A declared group is opened for the balancers of the routes. A group that
// is not, by [vpc.GroupID], is left alone: that it admits the balancer is up to the
// user, of which the plan warns.
func (s FargateService) WithSecurityGroup(g vpc.GroupRef) FargateService {
	s.groups = append(slices.Clip(s.groups), g)
	return s
}

// WithPublicIP says whether tasks get a public address. Without one, and in
// subnets without NAT or endpoints, they cannot even pull their image.
func (s FargateService) WithPublicIP(assign bool) FargateService {
	s.publicIP = &assign
	return s
}

// WithScaling lets Application Auto Scaling move the number of tasks.
func (s FargateService) WithScaling(a autoscaling.Scaling) FargateService {
	s.scaling = &a
	return s
}

// WithDeployment sets how new revisions are brought out; Rolling{} if not called.
func (s FargateService) WithDeployment(d Deployment) FargateService {
	s.deployment = d
	return s
}

// WithHealthCheckGrace ignores health checks for a while after a task has started,
// up to 68 years. Only for services behind a load balancer.
func (s FargateService) WithHealthCheckGrace(d time.Duration) FargateService {
	s.grace = d
	return s
}

// WithExec lets commands be run in the containers by ECS Exec, and gives the task
// role what that needs.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
func (s FargateService) WithExec() FargateService {
	s.exec = true
	s.task = s.task.WithExec()
	return s
}

// WithCapacity adds a share of the tasks for Fargate or Fargate Spot. All run on
// Fargate if not called.
func (s FargateService) WithCapacity(c Capacity) FargateService {
	s.capacity = append(slices.Clip(s.capacity), c)
	return s
}

// WithSpot runs all tasks on Fargate Spot.
func (s FargateService) WithSpot() FargateService {
	return s.WithCapacity(Capacity{Provider: FargateSpot, Weight: 1})
}

// WithPlatformVersion sets the version of Fargate, such as "1.4.0"; "LATEST" if not
// called.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html
func (s FargateService) WithPlatformVersion(v string) FargateService {
	s.platform = v
	return s
}

// WithZoneRebalancing sets whether ECS evens out zones; RebalanceZones if not
// called.
func (s FargateService) WithZoneRebalancing(z ZoneRebalancing) FargateService {
	s.zones = z
	return s
}

// WithServiceConnect has the service take part in Service Connect.
func (s FargateService) WithServiceConnect(c Connect) FargateService {
	s.connect = c.clone()
	return s
}

// WithPropagateTags gives new tasks the tags of the service or its task
// definition.
func (s FargateService) WithPropagateTags(from TagSource) FargateService {
	s.propagate = from
	return s
}

// WithManagedTags has ECS tag tasks with their cluster and service.
func (s FargateService) WithManagedTags() FargateService {
	s.managed = true
	return s
}

// WithTag sets a tag.
func (s FargateService) WithTag(key, value string) FargateService {
	s.tags = with(s.tags, key, value)
	return s
}

// WithOverride has f change the input of CreateService after everything else, for
// what this builder does not offer. Updates follow it.
func (s FargateService) WithOverride(f func(*awsecs.CreateServiceInput)) FargateService {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID names the service by its cluster and its own name.
func (s FargateService) ID() slipway.ID {
	return serviceID(place{s.clusterName(), s.name})
}

func (s FargateService) clusterName() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.ClusterName()
}

// ARN returns the service's ARN, as a placeholder.
func (s FargateService) ARN() string { return slipway.Ref(s.ID(), "arn") }

// Name returns the service's name.
func (s FargateService) Name() string { return s.name }

// URL returns where the first route is reached; the balancer's name in it is a
// placeholder. Empty without a route.
func (s FargateService) URL() string {
	if len(s.routes) == 0 || s.routes[0].route == nil {
		return ""
	}
	return s.routes[0].route.URL()
}

// Resources returns the service itself, which brings its cluster, task definition,
// routes, security group and scaling.
func (s FargateService) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Validate reports everything that AWS would reject in the service and all that it
// brings.
func (s FargateService) Validate() error {
	return slipway.NewStack("validate", s).Validate()
}
