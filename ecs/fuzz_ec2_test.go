// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// FuzzBuildOnEC2 is as [FuzzBuild] for what runs on instances.
func FuzzBuildOnEC2(f *testing.F) {
	f.Add("web", "nginx:1", "KEY", 256, 512, 80, uint32(0))
	f.Add("", "", "", 0, 0, 0, uint32(0xffffffff))
	f.Add("${slipway:x}", "\xff", "attribute:ecs.os-type == linux", -1, 1<<40, 65536, uint32(0x55555555))
	f.Fuzz(func(t *testing.T, name, image, key string, cpu, memory, port int, with uint32) {
		network, cluster := vpc.Default(), ecs.NewCluster(name)
		p := ecs.TCP(key, port)
		c := fuzzedContainer(name, image, key, memory, p, with)
		task := fuzzedTask(name, key, cpu, memory, with>>12).WithContainer(c)
		service := ecs.NewEC2Service(name, cluster, task, network).WithCount(port)
		group := autoscaling.NewGroup(name, ecs.NewInstanceTemplate(name, cluster, ecs.InstanceImage(image), network).LaunchTemplate(), network)
		share := ecs.InstanceCapacity{Provider: ecs.NewGroupProvider(name, group).WithManagedScaling(ecs.ManagedScaling{TargetCapacity: cpu}), Base: port, Weight: memory}
		for i, change := range []func(ecs.EC2Service) ecs.EC2Service{
			func(s ecs.EC2Service) ecs.EC2Service { return s.WithCapacity(share) },
			func(s ecs.EC2Service) ecs.EC2Service { return s.WithPlacementConstraint(ecs.MemberOf(key)) },
			func(s ecs.EC2Service) ecs.EC2Service {
				return s.WithPlacementConstraint(nil).WithPlacementStrategy(nil)
			},
			func(s ecs.EC2Service) ecs.EC2Service {
				return s.WithPlacementStrategy(ecs.SpreadBy(key)).WithPlacementStrategy(ecs.BinpackBy(image))
			},
			func(s ecs.EC2Service) ecs.EC2Service {
				return s.WithRoute(elb.NewNetwork(name, network).TCP(int32(port)), c, p)
			},
			func(s ecs.EC2Service) ecs.EC2Service {
				return s.WithDeployment(ecs.Canary{Percent: float64(cpu) / 3, Alarms: []string{key}, Hooks: []ecs.Hook{nil, ecs.PauseHook{}}})
			},
		} {
			if with>>(24+i)&1 == 1 {
				service = change(service)
			}
		}
		builtTwice(t, service)
		builtTwice(t, ecs.NewEC2DaemonService(name, cluster, task, network))
	})
}

func fuzzedContainer(name, image, key string, memory int, p ecs.Port, with uint32) ecs.EC2Container {
	c := ecs.OnEC2(ecs.NewContainer(name, ecs.ImageRef(image)).WithPort(p).WithMemoryLimit(ecs.Memory(memory)))
	for i, change := range []func(ecs.EC2Container) ecs.EC2Container{
		func(c ecs.EC2Container) ecs.EC2Container { return c.WithHostPort(p, memory) },
		func(c ecs.EC2Container) ecs.EC2Container { return c.WithLinkAs(c, key).WithLink(nil) },
		func(c ecs.EC2Container) ecs.EC2Container { return c.WithGPU(memory).WithPrivileged() },
		func(c ecs.EC2Container) ecs.EC2Container {
			return c.WithMount(ecs.HostVolume{Name: key, Path: name}, image)
		},
		func(c ecs.EC2Container) ecs.EC2Container {
			return c.WithReadOnlyMount(ecs.DockerVolume{Name: name, Autoprovision: true, Driver: key}, name).WithMount(nil, key)
		},
		func(c ecs.EC2Container) ecs.EC2Container {
			return c.WithDevice(ecs.Device{Path: key, Permissions: []string{name}}).WithCapability(key)
		},
		func(c ecs.EC2Container) ecs.EC2Container {
			return c.WithTmpfs(ecs.Tmpfs{Path: key}).WithSwap(ecs.Swap{})
		},
		func(c ecs.EC2Container) ecs.EC2Container {
			return c.WithHostname(key).WithDNSServer(name).WithExtraHost(name, key)
		},
	} {
		if with>>i&1 == 1 {
			c = change(c)
		}
	}
	return c
}

func fuzzedTask(name, key string, cpu, memory int, with uint32) ecs.EC2TaskDefinition {
	t := ecs.NewEC2TaskDefinition(name)
	for i, change := range []func(ecs.EC2TaskDefinition) ecs.EC2TaskDefinition{
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithNetworkMode(ecs.NetworkMode(key)) },
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithNetworkMode(ecs.AWSVPC) },
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition {
			return t.WithCPU(ecs.CPU(cpu)).WithMemory(ecs.Memory(memory))
		},
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithPlacement(ecs.MemberOf(key)) },
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithHostIPC().WithSharedProcesses() },
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithArchitecture(ecs.Architecture(key)) },
		func(t ecs.EC2TaskDefinition) ecs.EC2TaskDefinition { return t.WithContainer(nil).WithTag(key, name) },
	} {
		if with>>i&1 == 1 {
			t = change(t)
		}
	}
	return t
}
