// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func instanceRows() []taskRow {
	on := func(mode ecstypes.NetworkMode, change func(*task)) func(*task) {
		return all(ec2, func(in *task) {
			in.NetworkMode = mode
			change(in)
		})
	}
	cpu := func(n string) func(*task) {
		return on("bridge", func(in *task) { in.Cpu, in.Memory = &n, aws.String("512") })
	}
	links := func(mode ecstypes.NetworkMode, names ...string) func(*task) {
		return on(mode, all(app(func(c *container) { c.Links = names }), beside(named("db"))))
	}
	port := func(mode ecstypes.NetworkMode, p ecstypes.PortMapping) func(*task) {
		return on(mode, app(func(c *container) { c.PortMappings = []ecstypes.PortMapping{p} }))
	}
	mapped := func(n, host int32) ecstypes.PortMapping {
		return ecstypes.PortMapping{ContainerPort: &n, HostPort: &host}
	}
	swap := func(n int32) func(*task) {
		return on("bridge", app(func(c *container) {
			c.LinuxParameters = &ecstypes.LinuxParameters{MaxSwap: aws.Int32(64), Swappiness: &n}
		}))
	}
	volume := func(scope ecstypes.Scope) func(*task) {
		return on("bridge", func(in *task) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), DockerVolumeConfiguration: &ecstypes.DockerVolumeConfiguration{Scope: scope, Autoprovision: aws.Bool(true)}}}
		})
	}
	some := ecstypes.PortMapping{ContainerPortRange: aws.String("9000-9010")}
	return []taskRow{
		{"ecs-task-cpu", "127 units", cpu("127"), cpu("128"), "Cpu", client, ""},
		{"ecs-task-cpu", "193 vCPUs", cpu("197632"), cpu("196608"), "Cpu", client, ""},
		{"ecs-links-bridge", "on the host's network", links("host", "db"), links("bridge", "db"), "ContainerDefinitions[app].Links", client, ""},
		{"ecs-links-bridge", "without network", links("none", "db"), links("", "db"), "ContainerDefinitions[app].Links", client, ""},
		{"ecs-link-container", "a stranger", links("bridge", "other:db"), links("bridge", "db:other"), "ContainerDefinitions[app].Links[0]", client, ""},
		{"ecs-link-container", "itself", links("bridge", "app"), links("bridge", "db"), "ContainerDefinitions[app].Links[0]", client, ""},
		{"ecs-host-port", "another one", port("host", mapped(80, 8080)), port("host", mapped(80, 80)), "ContainerDefinitions[app].PortMappings[0].HostPort", client, ""},
		{"ecs-port-none", "a port", port("none", mapped(80, 0)), on("none", app(func(c *container) { c.PortMappings = nil })), "ContainerDefinitions[app].PortMappings", client, ""},
		{"ecs-port-range-host", "a range", port("host", some), port("bridge", some), "ContainerDefinitions[app].PortMappings[0].ContainerPortRange", client, ""},
		{"ecs-port-reserved", "Docker's", port("bridge", mapped(80, 2375)), port("bridge", mapped(80, 2374)), "ContainerDefinitions[app].PortMappings[0].HostPort", client, ""},
		{"ecs-swappiness", "101", swap(101), swap(100), "ContainerDefinitions[app].LinuxParameters.Swappiness", client, ""},
		{"ecs-autoprovision-scope", "of a task", volume("task"), volume("shared"), "Volumes[v].DockerVolumeConfiguration.Autoprovision", client, ""},
	}
}
