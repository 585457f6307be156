// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// The ports of hosts from which those are taken that a task definition leaves open: the
// ephemeral ones of Linux.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
const (
	firstPort int32 = 32768
	lastPort  int32 = 60999
)

// bind gives the container its ports of the host. It returns why it cannot.
func (c *container) bind() string {
	t := c.t
	if t.node == nil || t.awsvpc() {
		return ""
	}
	mode := t.spec.td.definition.NetworkMode
	if mode == ecstypes.NetworkModeNone {
		return ""
	}
	for _, p := range c.def.PortMappings {
		if p.ContainerPort == nil {
			continue
		}
		port := staticPort(p, mode)
		if port == 0 {
			if port = t.node.freePort(); port == 0 {
				return "CannotStartContainerError: Error response from daemon: all ports are allocated"
			}
		}
		t.node.ports[port] = hostPort{c, *p.ContainerPort}
		c.bindings = append(c.bindings, ecstypes.NetworkBinding{
			BindIP: new("0.0.0.0"), ContainerPort: p.ContainerPort, HostPort: &port, Protocol: p.Protocol,
		})
	}
	return ""
}

// freePort is the next port that nobody has, 0 if there is none.
func (n *node) freePort() int32 {
	for range lastPort - firstPort + 1 {
		n.lastPort++
		if n.lastPort < firstPort || n.lastPort > lastPort {
			n.lastPort = firstPort
		}
		if _, taken := n.ports[n.lastPort]; !taken {
			return n.lastPort
		}
	}
	return 0
}

// bound is the port of the host behind a port of a container, 0 if there is none.
func (t *task) bound(name string, port int32) int32 {
	for _, c := range t.containers {
		if value(c.def.Name) != name {
			continue
		}
		for _, b := range c.bindings {
			if value(b.ContainerPort) == port {
				return *b.HostPort
			}
		}
	}
	return 0
}

// target is how a load balancer reaches the task: by its own address, or by its
// instance and a port of the host.
func (t *task) target(lb ecstypes.LoadBalancer) world.Target {
	if t.awsvpc() {
		return world.Target{ID: t.nic.PrivateIP, Port: value(lb.ContainerPort), Zone: t.zone}
	}
	return world.Target{ID: t.node.ec2, Port: t.bound(value(lb.ContainerName), value(lb.ContainerPort)), Zone: t.zone}
}

// reachedBy is how events say where a load balancer reaches the task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
func (t *task) reachedBy(lb ecstypes.LoadBalancer) string {
	at := t.target(lb)
	port := "(port " + strconv.Itoa(int(at.Port)) + ") "
	if t.node != nil {
		return "(instance " + t.node.ec2 + ") " + port
	}
	return port
}

// listener finds what has a port of an address: a task's own, or an instance's.
func (f *Fake) listener(region, vpc, ip string, port int32) (c *container, inside int32, found bool) {
	r := f.in(region)
	if n := r.hosts[address{vpc, ip}]; n != nil {
		if held, ok := n.ports[port]; ok {
			return held.c, held.port, true
		}
	}
	t := r.addresses[address{vpc, ip}]
	if t == nil {
		return nil, 0, false
	}
	i := slices.IndexFunc(t.containers, func(c *container) bool { return c.status == running && c.opens(port) })
	if i < 0 {
		return nil, 0, false
	}
	return t.containers[i], port, true
}
