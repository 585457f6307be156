// SPDX-License-Identifier: Apache-2.0

// What daemons and other services on EC2 have not does not compile.
package main

import (
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMemoryLimit(512 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(app).WithPrivileged())
	daemon := ecs.NewEC2DaemonService("agent", ecs.NewCluster("shop"), task, vpc.Default())
	_ = daemon.WithCount(2)                                      // want "WithCount undefined"
	_ = daemon.WithScaling(autoscaling.Between(1, 2))            // want "WithScaling undefined"
	_ = daemon.WithPlacementStrategy(ecs.SpreadByZone)           // want "WithPlacementStrategy undefined"
	_ = daemon.WithCapacity(ecs.Capacity{Provider: ecs.Fargate}) // want "WithCapacity undefined"
	_ = daemon.WithZoneRebalancing(ecs.RebalanceZones)           // want "WithZoneRebalancing undefined"
	_ = daemon.WithDeployment(ecs.Rolling{})                     // want "cannot use"
	_ = daemon.WithPlacementConstraint(ecs.MemberOf("attribute:x exists"))

	web := ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, vpc.Default())
	_ = web.WithSpot()                                                     // want "WithSpot undefined"
	_ = web.WithPublicIP(true)                                             // want "WithPublicIP undefined"
	_ = web.WithPlatformVersion("1.4.0")                                   // want "WithPlatformVersion undefined"
	_ = web.WithCapacity(ecs.Capacity{Provider: ecs.Fargate})              // want "cannot use"
	_ = web.WithDeployment(ecs.DaemonRolling{})                            // want "does not implement ecs.Deployment"
	_ = ecs.OnEC2(app).WithMount("data", "/data")                          // want "does not implement ecs.EC2Volume"
	_ = ecs.NewEC2TaskDefinition("web").WithEphemeralStorage(21 * ecs.GiB) // want "WithEphemeralStorage undefined"
}
