// SPDX-License-Identifier: Apache-2.0

// Package ecs declares what runs on Amazon ECS: clusters with their capacity providers, task
// definitions with their containers, services on Fargate, EC2, Managed Instances and of
// Express Mode, jobs and their schedules; and the log groups that containers write to.
//
// A task definition brings the roles that its tasks need. The execution role, by
// which ECS starts them, is derived: it may pull exactly the images, read exactly
// the secrets and write to exactly the log groups that the containers name.
//
//	http := ecs.TCP("http", 8080)
//	app := ecs.NewContainer("app", image).WithPort(http)
//	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
//	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).
//		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), app, http)
package ecs
