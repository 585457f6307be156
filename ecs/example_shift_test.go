// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// exampleShift is a stack with a service whose deployments shift traffic.
func exampleShift(image string, how ecs.Deployment) slipway.Stack {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef(image)).WithPort(http)
	route := elb.NewApplication("shop", vpc.Default()).Route("/*")
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), exampleTask(app), vpc.Default()).WithRoute(route, app, http)
	return slipway.NewStack("shop", web.WithDeployment(how))
}

// All traffic goes to the new tasks at once; the old ones stay for the bake time.
func ExampleBlueGreen() {
	cloud := fakes.New(fakes.Options{})
	_, err := exampleShift("nginx:1", ecs.BlueGreen{Bake: 10 * time.Minute}).Apply(context.Background(), cloud.Config())
	fmt.Println(err)
	fmt.Println(exampleShift("nginx:1", ecs.BlueGreen{Bake: 25 * time.Hour}).Validate())
	// Output:
	// <nil>
	// ecs:Service/shop/web Create.DeploymentConfiguration.BakeTimeInMinutes: got 1500 min, want 0 min to 1440 min (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html)
}

// A quarter more of the traffic every five minutes.
func ExampleLinear() {
	fmt.Println(exampleShift("nginx:1", ecs.Linear{StepPercent: 25, StepBake: 5 * time.Minute}).Validate())
	fmt.Println(exampleShift("nginx:1", ecs.Linear{StepPercent: 2}).Validate())
	// Output:
	// <nil>
	// ecs:Service/shop/web Create.DeploymentConfiguration.LinearConfiguration.StepPercent: got 2 %, want 3 % to 100 % in steps of 0.1 % (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html)
}

// Nine of ten tasks are enough; the rest is replaced after the deployment.
func ExampleEarlySuccess() {
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(10)
	soon := ecs.Rolling{MinimumHealthyPercent: 80, EarlySuccess: &ecs.EarlySuccess{HealthyPercent: 90, Deferred: true}}
	fmt.Println(web.WithDeployment(soon).Validate())
	soon.MinimumHealthyPercent = 95
	fmt.Println(errors.Is(web.WithDeployment(soon).Validate(), slipway.ErrInvalid), "fewer than must be healthy")
	// Output:
	// <nil>
	// true fewer than must be healthy
}

// A function looks at the new version before it has any traffic, and says no.
func ExampleLambdaHook() {
	const check = "arn:aws:lambda:us-east-1:000000000000:function:check"
	cloud := fakes.New(fakes.Options{})
	cloud.Function(check, func(e fakes.HookEvent) fakes.HookAnswer {
		fmt.Println("asked at", e.Stage)
		return fakes.HookAnswer{Status: ecstypes.DeploymentLifecycleHookStatusFailed}
	})
	how := ecs.BlueGreen{Hooks: []ecs.Hook{ecs.LambdaHook{Function: check, Stages: []ecs.Stage{ecs.PostTestTrafficShift}}}}
	_, _ = exampleShift("nginx:1", ecs.BlueGreen{}).Apply(context.Background(), cloud.Config())
	_, err := exampleShift("nginx:2", how).Apply(context.Background(), cloud.Config())
	var failed *ecs.DeploymentError
	fmt.Println(errors.As(err, &failed) && failed.Outcome == ecs.RolledBack)
	// Output:
	// asked at POST_TEST_TRAFFIC_SHIFT
	// true
}

// There are no pauses while traffic is shifted.
func ExamplePauseHook() {
	pause := func(at ecs.Stage) error {
		hook := ecs.PauseHook{Stages: []ecs.Stage{at}, Timeout: time.Hour, OnTimeout: ecs.ContinueOnTimeout}
		return exampleShift("nginx:1", ecs.BlueGreen{Hooks: []ecs.Hook{hook}}).Validate()
	}
	fmt.Println(pause(ecs.PreProductionTrafficShift))
	fmt.Println(errors.Is(pause(ecs.ProductionTrafficShift), slipway.ErrInvalid))
	// Output:
	// <nil>
	// true
}

// paused deploys a second version as far as its approval.
func paused(cfg aws.Config) *ecs.DeploymentError {
	approval := ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}}
	_, _ = exampleShift("nginx:1", ecs.BlueGreen{}).Apply(context.Background(), cfg)
	_, err := exampleShift("nginx:2", ecs.BlueGreen{Hooks: []ecs.Hook{approval}}).Apply(context.Background(), cfg)
	var stopped *ecs.DeploymentError
	errors.As(err, &stopped)
	return stopped
}

// ended is how a deployment ends.
func ended(cfg aws.Config, deployment string) ecs.Outcome {
	for e, err := range ecs.Watch(context.Background(), cfg, deployment) {
		if end, ok := e.(ecs.DeploymentEnded); ok && err == nil {
			return end.Outcome
		}
	}
	return ""
}

// Somebody approves the version that waits, from any process.
func ExampleContinue() {
	cfg := fakes.New(fakes.Options{}).Config()
	waits := paused(cfg)
	fmt.Println(waits.Outcome == ecs.Paused)
	fmt.Println(ecs.Continue(context.Background(), cfg, waits.Deployment, waits.Hook))
	fmt.Println(ended(cfg, waits.Deployment) == ecs.Succeeded)
	// Output:
	// true
	// <nil>
	// true
}

// Somebody refuses it.
func ExampleTurnBack() {
	cfg := fakes.New(fakes.Options{}).Config()
	waits := paused(cfg)
	fmt.Println(ecs.TurnBack(context.Background(), cfg, waits.Deployment, "")) // whichever hook it is
	fmt.Println(ended(cfg, waits.Deployment) == ecs.RolledBack)
	// Output:
	// <nil>
	// true
}
