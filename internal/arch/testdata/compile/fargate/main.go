// SPDX-License-Identifier: Apache-2.0

// What Fargate has not does not compile.
package main

import (
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1"))
	_ = app.WithPrivileged()               // want "WithPrivileged undefined"
	_ = app.WithGPU(1)                     // want "WithGPU undefined"
	_ = app.WithLink(app)                  // want "WithLink undefined"
	_ = app.WithDevice("/dev/fuse")        // want "WithDevice undefined"
	_ = app.WithMount("data", "/data")     // want "does not implement ecs.Volume"
	_ = ecs.NewContainer("app", "nginx:1") // want "does not implement ecs.Image"
	logs, shared := ecs.HostVolume{Name: "logs"}, ecs.DockerVolume{Name: "shared"}
	_ = app.WithMount(logs, "/logs")             // want "does not implement ecs.Volume"
	_ = app.WithReadOnlyMount(shared, "/shared") // want "does not implement ecs.Volume"
	_ = ecs.OnEC2(app).WithMount(logs, "/logs")
	_ = ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.OnEC2(app).WithPrivileged()) // want "cannot use"

	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	_ = task.WithNetworkMode("bridge")                    // want "WithNetworkMode undefined"
	_ = task.WithPlacementConstraint("x")                 // want "WithPlacementConstraint undefined"
	_ = ecs.NewFargateTaskDefinition("web", "256", "512") // want "cannot use \"256\" (untyped string constant) as ecs.CPU"

	old := elb.NewClassic("old", vpc.Default(), elb.ClassicListener{})
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	_ = web.WithPlacementStrategy(ecs.SpreadByZone)         // want "WithPlacementStrategy undefined"
	_ = web.WithPlacementConstraint(ecs.DistinctInstance{}) // want "WithPlacementConstraint undefined"
	_ = web.WithCapacity(ecs.InstanceCapacity{})            // want "cannot use"
	machine := ecs.NewEC2TaskDefinition("machine").WithNetworkMode(ecs.Bridge).WithContainer(app)
	_ = ecs.NewFargateService("web", ecs.NewCluster("shop"), machine, vpc.Default()) // want "cannot use machine"
	_ = ecs.NewJob("web", ecs.NewCluster("shop"), machine, vpc.Default())            // want "cannot use machine"
	_ = web.WithPlacement("spread")                                                  // want "WithPlacement undefined"
	_ = web.WithClassicLoadBalancer(old, app, ecs.TCP("http", 8080))                 // want "WithClassicLoadBalancer undefined"
	_ = web.WithRoute(old, app, ecs.TCP("http", 8080))                               // want "does not implement elb.ServiceRoute"
	_ = ecs.NewFargateService("web", ecs.NewCluster("shop"), task)                   // want "not enough arguments"
	_ = ecs.NewFargateService("web", "shop", task, vpc.Default())                    // want "does not implement ecs.ClusterRef"
}
