// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// instanceRules look at what only tasks on instances have. AWS's texts for them are not
// known.
var instanceRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-task-cpu", Code: clientException, Doc: docTaskDefinition}, Check: taskCPU},
	{Meta: rules.Meta{ID: "ecs-links-bridge", Code: clientException, Doc: docContainer}, Check: linksBridge},
	{Meta: rules.Meta{ID: "ecs-link-container", Code: clientException, Doc: docContainer, Warn: true}, Check: linkContainers},
	{Meta: rules.Meta{ID: "ecs-host-port", Code: clientException, Doc: docPortMapping}, Check: onNetwork(ecstypes.NetworkModeHost, ports(hostPorts))},
	{Meta: rules.Meta{ID: "ecs-port-none", Code: clientException, Doc: docTaskDefinition}, Check: onNetwork(ecstypes.NetworkModeNone, containers(noPorts))},
	{Meta: rules.Meta{ID: "ecs-port-range-host", Code: clientException, Doc: docPortMapping}, Check: onNetwork(ecstypes.NetworkModeHost, ports(noRange))},
	{Meta: rules.Meta{ID: "ecs-port-reserved", Code: clientException, Doc: docPortMapping, Warn: true}, Check: reservedHostPorts},
	{Meta: rules.Meta{ID: "ecs-swappiness", Code: clientException, Doc: api + "API_LinuxParameters.html"}, Check: containers(swappiness)},
	{Meta: rules.Meta{ID: "ecs-autoprovision-scope", Code: clientException, Doc: api + "API_DockerVolumeConfiguration.html", Warn: true}, Check: autoprovision},
}

func onNetwork(mode ecstypes.NetworkMode, check func(*rules.Report, *task)) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		if in.NetworkMode == mode {
			check(r, in)
		}
	}
}

// The bounds of a task's CPU on instances.
const (
	leastTaskCPU = 128
	mostTaskCPU  = 196608
)

func taskCPU(r *rules.Report, in *task) {
	n, ok := CPU(value(in.Cpu))
	if !ok || fargate(in) || n >= leastTaskCPU && n <= mostTaskCPU {
		return
	}
	r.Add(rules.Problem{Path: "Cpu", Got: strconv.Itoa(n), Want: "128 to 196608 CPU units"})
}

// linksBridge: awsvpc has a rule, and a text, of its own.
func linksBridge(r *rules.Report, in *task) {
	if in.NetworkMode != ecstypes.NetworkModeHost && in.NetworkMode != ecstypes.NetworkModeNone {
		return
	}
	containers(func(r *rules.Report, path string, c *container) {
		if len(c.Links) > 0 {
			r.Add(rules.Problem{Path: path + ".Links", Got: "network mode " + string(in.NetworkMode), Want: "network mode bridge"})
		}
	})(r, in)
}

func linkContainers(r *rules.Report, in *task) {
	containers(func(r *rules.Report, path string, c *container) {
		for i, link := range c.Links {
			name, _, _ := strings.Cut(link, ":")
			known := slices.ContainsFunc(in.ContainerDefinitions, func(other container) bool { return value(other.Name) == name })
			if !known || name == value(c.Name) {
				r.Add(rules.Problem{Path: path + ".Links[" + strconv.Itoa(i) + "]", Got: quote(name), Want: "another container of the task"})
			}
		}
	})(r, in)
}

func noPorts(r *rules.Report, path string, c *container) {
	if len(c.PortMappings) > 0 {
		r.Add(rules.Problem{Path: path + ".PortMappings", Got: count(len(c.PortMappings), "port mapping"), Want: "none with network mode none"})
	}
}

func noRange(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
	if p.ContainerPortRange != nil {
		r.Add(rules.Problem{Path: path + ".ContainerPortRange", Got: quote(*p.ContainerPortRange), Want: "single ports with network mode host"})
	}
}

// reservedPorts are those of SSH, Docker and the agent of ECS.
var reservedPorts = []int32{22, 2375, 2376, 51678, 51679, 51680}

// reservedHostPorts: with a network interface of its own a task has all ports.
func reservedHostPorts(r *rules.Report, in *task) {
	if in.NetworkMode != ecstypes.NetworkModeAwsvpc {
		ports(reservedPort)(r, in)
	}
}

func reservedPort(r *rules.Report, path string, _ *container, p *ecstypes.PortMapping) {
	if n := value(p.HostPort); slices.Contains(reservedPorts, n) {
		r.Add(rules.Problem{
			Path: path + ".HostPort", Got: strconv.Itoa(int(n)), Want: "one that instances have not reserved: 22, 2375, 2376 and 51678 to 51680 are",
		})
	}
}

func swappiness(r *rules.Report, path string, c *container) {
	const most = 100
	if c.LinuxParameters != nil && c.LinuxParameters.Swappiness != nil {
		between(r, path+".LinuxParameters.Swappiness", c.LinuxParameters.Swappiness, 0, most, "", "")
	}
}

func autoprovision(r *rules.Report, in *task) {
	for i := range in.Volumes {
		d := in.Volumes[i].DockerVolumeConfiguration
		if d != nil && value(d.Autoprovision) && d.Scope != ecstypes.ScopeShared {
			r.Add(rules.Problem{
				Path: rules.Elem("Volumes", in.Volumes[i].Name, i) + ".DockerVolumeConfiguration.Autoprovision", Got: "true with scope " + string(d.Scope),
				Want: "scope shared: it is only used then",
			})
		}
	}
}
