// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// classic is a Classic Load Balancer for a container's port.
type classic struct {
	balancer  elb.Classic
	container string
	port      int
	protocol  ecstypes.TransportProtocol
}

// The ports that instances give to containers whose port is not fixed: those of older
// kernels and Docker's own included.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
const (
	firstDynamicPort = 32768
	lastDynamicPort  = 65535
)

// placement says on which instances tasks are, and how they are scheduled.
func (b *serviceParts) placement() {
	s := b.service
	for _, c := range s.constraints {
		b.in.PlacementConstraints = append(b.in.PlacementConstraints, c.constraint())
	}
	for _, p := range s.strategies {
		b.in.PlacementStrategy = append(b.in.PlacementStrategy, p.strategy())
	}
	if s.daemon {
		b.in.SchedulingStrategy, b.in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
	}
	if s.zones == "" && !s.rebalances() {
		b.in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
	}
}

// rebalances reports whether ECS can even out the zones of such a service.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (s serviceCore) rebalances() bool {
	if s.daemon || len(s.classics) > 0 {
		return false
	}
	return len(s.strategies) == 0 || s.strategies[0] == PlacementStrategy(SpreadByZone)
}

// instanceGroups are the security groups of the instances: those that were named, and
// those of the groups behind the capacity providers.
func instanceGroups(named []vpc.GroupRef, capacity []share) []vpc.GroupRef {
	all := slices.Clone(named)
	for _, c := range capacity {
		if on, ok := c.(ManagedCapacity); ok {
			if p, declared := on.Provider.(ManagedInstances); declared {
				all = append(all, p.SecurityGroups()...)
			}
		}
		on, _ := c.(InstanceCapacity)
		p, ok := on.Provider.(GroupProvider)
		if !ok {
			continue
		}
		if g, ok := p.group.(interface{ SecurityGroups() []vpc.GroupRef }); ok {
			all = append(all, g.SecurityGroups()...)
		}
	}
	return all
}

// reaching is the route to where the tasks listen: to the instances, if they have no
// network interfaces of their own.
func (s serviceCore) reaching(r elb.ServiceRoute) elb.ServiceRoute {
	if s.ownInterfaces() {
		return r
	}
	switch r := r.(type) {
	case elb.Route:
		return r.WithTargetType(elb.InstanceTargets)
	case elb.NetworkRoute:
		return r.WithTargetType(elb.InstanceTargets)
	}
	return r
}

// instancePort is the port of the instance that a container's port has; 0 if any.
func (s serviceCore) instancePort(container string, port int, protocol ecstypes.TransportProtocol) int {
	if s.task.mode != ecstypes.NetworkModeBridge {
		return port
	}
	c, _ := s.task.container(container)
	return c.host.portOf(port, protocol)
}

// admissions are whom the tasks' security groups, or those of their instances, must let
// in for the route.
func (s serviceCore) admissions(r routed) []elb.Admission {
	port := s.instancePort(r.container, r.port, r.protocol)
	if port != 0 {
		return r.route.Admissions(clamp(port))
	}
	all := slices.Clone(r.route.Admissions(clamp(r.port)))
	for i, a := range all {
		if a.Ports.From == clamp(r.port) && a.Ports.To == a.Ports.From {
			all[i].Ports = vpc.Ports{Protocol: a.Ports.Protocol, From: firstDynamicPort, To: lastDynamicPort}
		}
	}
	return all
}

// classic puts the service behind its Classic Load Balancers.
func (b *serviceParts) classic() {
	for _, c := range b.service.classics {
		b.use(c.balancer.Resources()...)
		b.in.LoadBalancers = append(b.in.LoadBalancers, ecstypes.LoadBalancer{
			LoadBalancerName: aws.String(c.balancer.Name()), ContainerName: aws.String(c.container), ContainerPort: aws.Int32(clamp(c.port)),
		})
		b.open(c.balancer.Admissions())
	}
}

const docClassic = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html"

// instanceProblems are what a service cannot do with its instances.
func (s serviceCore) instanceProblems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want, doc string) {
		all = append(all, slipway.FieldError{Path: s.ID().String() + " " + path, Got: got, Want: want, Rule: "ecs-builder", Doc: doc})
	}
	for i, g := range s.instances {
		if g == nil {
			add(fmt.Sprintf("InstanceSecurityGroups[%d]", i), "nil", "a security group", "")
		}
	}
	for i, c := range s.constraints {
		if c == nil {
			add(fmt.Sprintf("PlacementConstraints[%d]", i), "nil", "a placement constraint", "")
		}
	}
	for i, p := range s.strategies {
		if p == nil {
			add(fmt.Sprintf("PlacementStrategy[%d]", i), "nil", "a placement strategy", "")
		}
	}
	for _, c := range s.classics {
		s.classicProblems(c, add)
	}
	return all
}

// classicProblems: a Classic Load Balancer sends to one port of the instances.
func (s serviceCore) classicProblems(c classic, add func(path, got, want, doc string)) {
	path := "LoadBalancers[" + c.container + "]"
	port := s.instancePort(c.container, c.port, c.protocol)
	switch {
	case s.ownInterfaces():
		add(path, "a Classic Load Balancer with the network mode awsvpc", "a route of another load balancer, or another network mode", docClassic)
	case port == 0:
		add(path, "a Classic Load Balancer for a port without a host port", "WithHostPort: it sends to one port of the instances", docClassic)
	case !slices.Contains(c.balancer.TargetPorts(), clamp(port)):
		add(path, fmt.Sprintf("host port %d", port), fmt.Sprintf("a target port of the balancer's listeners, of %d", c.balancer.TargetPorts()), docClassic)
	}
}
