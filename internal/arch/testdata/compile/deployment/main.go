// SPDX-License-Identifier: Apache-2.0

// Quantities and values are passed as what they are, not by name.
package main

import (
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

func main() {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	alb := elb.NewApplication("shop", vpc.Default())
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())

	_ = web.WithRoute(alb.Route("/*"), "app", http)   // want "cannot use \"app\""
	_ = web.WithRoute(alb.Route("/*"), app, 8080)     // want "cannot use 8080"
	_ = web.WithRoute(alb, app, http)                 // want "cannot use alb"
	_ = web.WithScaling(autoscaling.TargetTracking{}) // want "cannot use autoscaling.TargetTracking"
	_ = task.WithTaskRole("web")                      // want "does not implement iam.RoleRef"
	_ = app.WithSecret("TOKEN", "arn:aws:ssm:x")      // want "does not implement ecs.Secret"
	_ = elb.NewApplication("shop", "vpc-1")           // want "cannot use \"vpc-1\""
}
