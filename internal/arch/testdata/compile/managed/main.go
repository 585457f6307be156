// SPDX-License-Identifier: Apache-2.0

// What services, jobs and task definitions on Managed Instances have not does not compile.
package main

import (
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	network, cluster := vpc.Default(), ecs.NewCluster("shop")
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMemoryLimit(512 * ecs.MiB)
	nodes := ecs.NewManagedInstances("nodes", cluster, network)
	task := ecs.NewManagedTaskDefinition("web").WithContainer(ecs.OnManagedInstances(app).WithPrivileged())
	web := ecs.NewManagedService("web", cluster, nodes, task, network)
	_ = web.WithPlacementStrategy(ecs.SpreadByZone)                             // want "WithPlacementStrategy undefined"
	_ = web.WithPublicIP(true)                                                  // want "WithPublicIP undefined"
	_ = web.WithPlatformVersion("1.4.0")                                        // want "WithPlatformVersion undefined"
	_ = web.WithCapacity(ecs.Capacity{Provider: ecs.Fargate})                   // want "cannot use"
	_ = web.WithCapacity(ecs.ManagedCapacity{Provider: ecs.ProviderNamed("a")}) // want "does not implement ecs.ManagedProvider"
	_ = web.WithPlacementConstraint(ecs.DistinctInstance{}).WithCapacity(ecs.ManagedCapacity{Weight: 1, Provider: nodes})
	_ = ecs.NewManagedService("web", cluster, ecs.ProviderNamed("a"), task, network)                                                    // want "does not implement ecs.ManagedProvider"
	_ = ecs.NewManagedService("web", cluster, nodes, ecs.NewEC2TaskDefinition("web"), network)                                          // want "cannot use"
	_ = ecs.NewManagedJob("web", cluster, nodes, task, network).WithPlacementStrategy(ecs.SpreadByZone)                                 // want "WithPlacementStrategy undefined"
	_ = ecs.NewEC2Service("web", cluster, ecs.NewEC2TaskDefinition("web"), network).WithCapacity(ecs.InstanceCapacity{Provider: nodes}) // want "does not implement ecs.InstanceProvider"

	_ = task.WithNetworkMode(ecs.Bridge)        // want "WithNetworkMode undefined"
	_ = task.WithHostIPC()                      // want "WithHostIPC undefined"
	_ = task.WithEphemeralStorage(21 * ecs.GiB) // want "WithEphemeralStorage undefined"
	_ = task.WithContainer(ecs.OnEC2(app))      // want "does not implement ecs.ManagedTaskContainer"
	c := ecs.OnManagedInstances(app)
	_ = c.WithLink(app)                                    // want "WithLink undefined"
	_ = c.WithHostname("web")                              // want "WithHostname undefined"
	_ = c.WithTmpfs(ecs.Tmpfs{Path: "/run"})               // want "WithTmpfs undefined"
	_ = c.WithSharedMemory(64 * ecs.MiB)                   // want "WithSharedMemory undefined"
	_ = ecs.NewCluster("shop").WithCapacityProvider(nodes) // want "does not implement ecs.InstanceProvider"
}
