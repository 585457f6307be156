// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// A service that runs, as the Go code that declares it.
func ExampleExport() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	queue := ecs.NewContainer("queue", ecs.ImageRef("shop/queue:7")).WithEnv("LEVEL", "info")
	task := ecs.NewFargateTaskDefinition("queue", ecs.VCPU/4, 512*ecs.MiB).WithContainer(queue)
	service := ecs.NewFargateService("queue", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2)
	if _, err := slipway.NewStack("shop", service).Apply(ctx, cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}

	source, err := ecs.Export(ctx, cloud.Config(), ecs.ServiceNamed("shop", "queue"), ecs.ExportPackage("shop"))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s", source)
	// Output:
	// // Package shop declares the service shop/queue of ECS.
	// //
	// // Written by ecs.Export from the service shop/queue in us-east-1.
	// package shop
	//
	// import (
	// 	"github.com/slipway-go/slipway"
	// 	"github.com/slipway-go/slipway/ecs"
	// 	"github.com/slipway-go/slipway/vpc"
	// )
	//
	// // Stack declares the service shop/queue and what belongs to it.
	// func Stack() slipway.Stack {
	// 	network := vpc.Default()
	// 	cluster := ecs.NewCluster("shop")
	// 	queue := ecs.NewContainer("queue", ecs.ImageRef("shop/queue:7")).
	// 		WithEnv("LEVEL", "info")
	// 	task := ecs.NewFargateTaskDefinition("queue", ecs.VCPU/4, 512*ecs.MiB).
	// 		WithContainer(queue)
	// 	service := ecs.NewFargateService("queue", cluster, task, network).
	// 		WithCount(2)
	// 	return slipway.NewStack("shop",
	// 		service,
	// 	)
	// }
}
