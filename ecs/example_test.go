// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// A web service behind a load balancer, deployed on the simulated AWS.
func ExampleNewFargateService() {
	network, http := vpc.Default(), ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1.29")).WithPort(http)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app)
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app, http).
		WithScaling(autoscaling.Between(2, 20).WithPolicy(autoscaling.TargetTracking{
			Metric: autoscaling.CPUUtilization, Target: 60,
		}))

	cloud := fakes.New(fakes.Options{})
	result, err := slipway.NewStack("shop", web).Apply(context.Background(), cloud.Config())
	fmt.Println(err, slipway.Output(result, web).Outcome)
	// Output: <nil> Succeeded
}

// A version that crashes is rolled back, and the error says why.
func ExampleDeploymentError() {
	cloud := fakes.New(fakes.Options{})
	cloud.Image("worker:2", fakes.Program{Exit: &fakes.Exit{Code: 3}})
	for _, image := range []string{"worker:1", "worker:2"} {
		task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).
			WithContainer(ecs.NewContainer("work", ecs.ImageRef(image)))
		worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
		_, err := slipway.NewStack("shop", worker).Apply(context.Background(), cloud.Config())
		if failed, ok := errors.AsType[*ecs.DeploymentError](err); ok {
			fmt.Println(failed.Outcome, failed.Tasks[0].Code, *failed.Tasks[0].Containers[0].ExitCode)
		}
	}
	// Output: RolledBack EssentialContainerExited 3
}

// Mistakes are reported all at once, before anything is sent.
func ExampleFargateTaskDefinition_Validate() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx")).
		WithHealthCheck(ecs.HealthCheck{Command: []string{"CMD", "true"}, Interval: time.Second})
	err := ecs.NewFargateTaskDefinition("web", ecs.VCPU, 1*ecs.GiB).WithContainer(app).Validate()
	fmt.Println(err)
	// Output:
	// ecs:TaskDefinition/web Register.Memory: got 1024 CPU units with 1024 MiB, want memory of 2048, 3072, 4096, 5120, 6144, 7168, 8192 MiB (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html)
	// ecs:TaskDefinition/web Register.ContainerDefinitions[app].HealthCheck.Interval: got 1s, want 5s to 300s (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html)
}

func ExampleNewContainer() {
	init := ecs.NewContainer("migrate", ecs.ImageRef("shop/migrate:7")).WithNonEssential()
	app := ecs.NewContainer("app", ecs.ImageRef("shop/web:7")).
		WithPort(ecs.TCP("http", 8080)).
		WithSecret("DB_URL", ecs.SecretsManager("shop/db").Key("url")).
		WithMount(ecs.BindMount{Name: "scratch"}, "/tmp").
		WithDependency(init, ecs.Success)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(init).WithContainer(app)
	fmt.Println(task.Validate())
	// Output: <nil>
}

func ExampleNewCluster() {
	cluster := ecs.NewCluster("shop").WithInsights(ecs.InsightsOn).WithNamespace("shop")
	cloud := fakes.New(fakes.Options{})
	result, err := slipway.NewStack("shop", cluster).Apply(context.Background(), cloud.Config())
	fmt.Println(err, result.Outputs(cluster.ID())["arn"])
	// Output: <nil> [arn:aws:ecs:us-east-1:123456789012:cluster/shop]
}

func ExampleNewLogGroup() {
	group := ecs.NewLogGroup("/shop/web").WithRetention(8)
	fmt.Println(errors.Is(group.Validate(), slipway.ErrInvalid), group.WithRetention(7).Validate())
	// Output: true <nil>
}

func ExampleNewFargateTaskDefinition() {
	task := ecs.NewFargateTaskDefinition("batch", 32*ecs.VCPU, 244*ecs.GiB).
		WithContainer(ecs.NewContainer("batch", ecs.ImageRef("shop/batch:1"))).
		WithArchitecture(ecs.ARM64).WithEphemeralStorage(200 * ecs.GiB)
	fmt.Println(task.Validate(), task.LogGroup().LogGroupName())
	// Output: <nil> /ecs/batch
}

// A program that cannot reach its database, and what is said about it.
func ExampleDiagnose() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("worker:1", fakes.Program{Logs: []string{"no such host: db"}, Exit: &fakes.Exit{Code: 3}})
	task := ecs.NewFargateTaskDefinition("worker", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("worker:1")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
	_, _ = slipway.NewStack("shop", worker).Apply(ctx, cloud.Config()) // it fails, and its error has the same causes

	causes, err := ecs.Diagnose(ctx, cloud.Config(), ecs.ServiceNamed("shop", "worker"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range causes {
		fmt.Println(c.Code, c.Confidence)
		fmt.Println(c.Summary)
		fmt.Println(c.Evidence[1])
	}
	// Output:
	// container-exited certain
	// container work ended by itself with exit code 3
	// log: no such host: db
}
