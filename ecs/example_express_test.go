// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// One image is enough: ECS makes the rest, and a second plan is empty.
func ExampleNewExpressService() {
	cloud := fakes.New(fakes.Options{})
	web := ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/nginx/nginx:1")).WithEnv("STAGE", "test")
	stack := slipway.NewStack("shop", web)
	result, err := stack.Apply(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	out := slipway.Output(result, web)
	fmt.Println(out.ARN)
	fmt.Println(strings.HasSuffix(out.URL, ".ecs.us-east-1.on.aws"))
	plan, err := stack.Plan(context.Background(), cloud.Config())
	fmt.Println(len(plan.Changes), err)
	// Output:
	// arn:aws:ecs:us-east-1:123456789012:service/default/web
	// true
	// 0 <nil>
}

// A task definition of one's own may have sidecars. What it has itself is not set again.
func ExampleExpressServiceOf() {
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).
		WithContainer(ecs.NewContainer("Main", ecs.ImageRef("nginx:1")).WithPort(ecs.TCP("http", 80))).
		WithContainer(ecs.NewContainer("proxy", ecs.ImageRef("envoy:1")))
	web := ecs.ExpressServiceOf("web", task)
	fmt.Println(web.Validate())
	fmt.Println(web.WithEnv("A", "1").Validate() != nil)
	// Output:
	// <nil>
	// true
}
