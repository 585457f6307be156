// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// serviceCore is what services of all launch types are made of.
type serviceCore struct {
	name       string
	cluster    ClusterRef
	task       taskCore
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
	capacity   []share
	platform   string
	zones      ZoneRebalancing
	connect    *Connect
	registry   *registry
	propagate  TagSource
	managed    bool
	tags       map[string]string
	launchType ecstypes.LaunchType
	// What only services on EC2 have.
	daemon      bool
	classics    []classic
	instances   []vpc.GroupRef
	constraints []PlacementConstraint
	strategies  []PlacementStrategy
	overrides   []func(*awsecs.CreateServiceInput)
}

func newServiceCore(name string, cluster ClusterRef, task taskCore, network vpc.Network, launch ecstypes.LaunchType) serviceCore {
	return serviceCore{name: name, cluster: cluster, task: task, network: network, launchType: launch, deployment: Rolling{}}
}

func (s serviceCore) withCount(n int) serviceCore {
	s.count, s.counted = n, true
	return s
}

func (s serviceCore) withRoute(r elb.ServiceRoute, c TaskContainer, p Port) serviceCore {
	s.routes = append(slices.Clip(s.routes), routed{r, containerOf(c).name, p.from, p.protocol})
	return s
}

func (s serviceCore) withTargetGroup(g elb.TargetGroup, c TaskContainer, p Port) serviceCore {
	s.targets = append(slices.Clip(s.targets), target{g, containerOf(c).name, p.from})
	return s
}

func (s serviceCore) withSecurityGroup(g vpc.GroupRef) serviceCore {
	s.groups = append(slices.Clip(s.groups), g)
	return s
}

func (s serviceCore) withPublicIP(assign bool) serviceCore {
	s.publicIP = &assign
	return s
}

func (s serviceCore) withScaling(a autoscaling.Scaling) serviceCore {
	s.scaling = &a
	return s
}

func (s serviceCore) withDeployment(d Deployment) serviceCore {
	s.deployment = d
	return s
}

func (s serviceCore) withHealthCheckGrace(d time.Duration) serviceCore {
	s.grace = d
	return s
}

func (s serviceCore) withExec() serviceCore {
	s.exec = true
	s.task = s.task.withExec()
	return s
}

func (s serviceCore) withCapacity(c share) serviceCore {
	s.capacity = append(slices.Clip(s.capacity), c)
	return s
}

func (s serviceCore) withPlatformVersion(v string) serviceCore {
	s.platform = v
	return s
}

func (s serviceCore) withZoneRebalancing(z ZoneRebalancing) serviceCore {
	s.zones = z
	return s
}

func (s serviceCore) withServiceConnect(c Connect) serviceCore {
	s.connect = c.clone()
	return s
}

func (s serviceCore) withPropagateTags(from TagSource) serviceCore {
	s.propagate = from
	return s
}

func (s serviceCore) withManagedTags() serviceCore {
	s.managed = true
	return s
}

func (s serviceCore) withTag(key, value string) serviceCore {
	s.tags = with(s.tags, key, value)
	return s
}

func (s serviceCore) withClassic(b elb.Classic, c TaskContainer, p Port) serviceCore {
	s.classics = append(slices.Clip(s.classics), classic{b, containerOf(c).name, p.from, p.protocol})
	return s
}

func (s serviceCore) withInstances(g vpc.GroupRef) serviceCore {
	s.instances = append(slices.Clip(s.instances), g)
	return s
}

func (s serviceCore) withConstraint(c PlacementConstraint) serviceCore {
	s.constraints = append(slices.Clip(s.constraints), c)
	return s
}

func (s serviceCore) withStrategy(p PlacementStrategy) serviceCore {
	s.strategies = append(slices.Clip(s.strategies), p)
	return s
}

// ownInterfaces: each task has a network interface of its own.
func (s serviceCore) ownInterfaces() bool { return s.task.mode == ecstypes.NetworkModeAwsvpc }

func (s serviceCore) withOverride(f func(*awsecs.CreateServiceInput)) serviceCore {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID names the service by its cluster and its own name.
func (s serviceCore) ID() slipway.ID {
	return serviceID(place{s.clusterName(), s.name})
}

func (s serviceCore) clusterName() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.ClusterName()
}

func (s serviceCore) arn() string { return slipway.Ref(s.ID(), "arn") }

// url is where the first route is reached.
func (s serviceCore) url() string {
	if len(s.routes) == 0 || s.routes[0].route == nil {
		return ""
	}
	return s.routes[0].route.URL()
}

func (s serviceCore) located(kind string) (place, error) {
	if s.name == "" {
		return place{}, slipway.FieldError{Path: kind, Got: "the zero value", Want: "a service of New" + kind}
	}
	return place{cluster: s.clusterName(), service: s.name}, nil
}
