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
	_ = ecs.HostVolume{Name: "logs"}       // want "undefined: ecs.HostVolume"

	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	_ = task.WithNetworkMode("bridge")                    // want "WithNetworkMode undefined"
	_ = task.WithPlacementConstraint("x")                 // want "WithPlacementConstraint undefined"
	_ = ecs.NewFargateTaskDefinition("web", "256", "512") // want "cannot use \"256\" (untyped string constant) as ecs.CPU"

	old := elb.NewClassic("old", vpc.Default(), elb.ClassicListener{})
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	_ = web.WithPlacement("spread")                                // want "WithPlacement undefined"
	_ = web.WithClassicLoadBalancer("lb")                          // want "WithClassicLoadBalancer undefined"
	_ = web.WithRoute(old, app, ecs.TCP("http", 8080))             // want "does not implement elb.ServiceRoute"
	_ = ecs.NewFargateService("web", ecs.NewCluster("shop"), task) // want "not enough arguments"
	_ = ecs.NewFargateService("web", "shop", task, vpc.Default())  // want "does not implement ecs.ClusterRef"
}
