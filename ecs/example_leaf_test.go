// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// exampleTask is a small task definition with one container.
func exampleTask(c ecs.Container) ecs.FargateTaskDefinition {
	return ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
}

// The rules also look at inputs that were not built here.
func ExampleCheck() {
	err := ecs.Check(&awsecs.RunTaskInput{TaskDefinition: aws.String("web"), Count: aws.Int32(11)})
	fmt.Println(errors.Is(err, slipway.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// Count: got 11 tasks, want 1 tasks to 10 tasks (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html)
}

// A role that is declared in the stack may be the task role besides, and that of
// several task definitions.
func ExampleFargateTaskDefinition_WithTaskRole() {
	role := iam.NewRole("shop").WithAllow("arn:aws:s3:::shop/*", "s3:GetObject")
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1"))).WithTaskRole(role).WithExec()
	fmt.Println(slipway.NewStack("shop", role, task).Validate())
	// Output: <nil>
}

// A changed count is waited for.
func ExampleFargateService_WithCount() {
	cloud := fakes.New(fakes.Options{})
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	cluster := ecs.NewCluster("default")
	web := ecs.NewFargateService("web", cluster, task, vpc.Default())
	for _, n := range []int{1, 3} {
		_, err := slipway.NewStack("shop", cluster, web.WithCount(n)).Apply(context.Background(), cloud.Config())
		out, _ := awsecs.NewFromConfig(cloud.Config()).DescribeServices(context.Background(), &awsecs.DescribeServicesInput{Services: []string{"web"}})
		fmt.Println(err, out.Services[0].RunningCount)
	}
	// Output:
	// <nil> 1
	// <nil> 3
}

func ExampleRolling() {
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(4)
	careful := ecs.Rolling{MinimumHealthyPercent: 75, MaximumPercent: 125, Threshold: ecs.FailedTasks(3), Alarms: []string{"errors"}}
	fmt.Println(web.WithDeployment(careful).Validate())
	stuck := ecs.Rolling{MinimumHealthyPercent: 100, MaximumPercent: 124}
	fmt.Println(errors.Is(web.WithDeployment(stuck).Validate(), slipway.ErrInvalid))
	// Output:
	// <nil>
	// true
}

func ExampleHealthCheck() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithHealthCheck(ecs.HealthCheck{
		Command: []string{"CMD-SHELL", "curl -f localhost"}, Interval: 10 * time.Second, StartPeriod: time.Minute,
	})
	fmt.Println(exampleTask(app).Validate())
	// Output: <nil>
}

func ExampleSecretsManager() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).
		WithSecret("DB_URL", ecs.SecretsManager("shop/db").Key("url").Stage("AWSCURRENT")).
		WithSecret("API_KEY", ecs.SSMParameter("/shop/key"))
	fmt.Println(exampleTask(app).Validate())
	// Output: <nil>
}

func ExampleEFSVolume() {
	files := ecs.EFSVolume{Name: "files", FileSystem: storage.FileSystemID("fs-0123456789abcdef0"), AccessPoint: storage.AccessPointID("fsap-0123456789abcdef0"), IAM: true}
	fmt.Println(exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMount(files, "/files")).Validate())
	files.RootDirectory = "/shop"
	fmt.Println(errors.Is(exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMount(files, "/files")).Validate(), slipway.ErrInvalid))
	// Output:
	// <nil>
	// true
}

func ExampleEFSVolume_declared() {
	files := storage.NewFileSystem("files", vpc.Default())
	volume := ecs.EFSVolume{Name: "files", FileSystem: files, AccessPoint: files.AccessPoint("uploads").WithUser(1000, 1000)}
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMount(volume, "/files"))
	service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	_, err := slipway.NewStack("shop", service).Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleEBSVolume() {
	data := ecs.EBSVolume{Name: "data", Size: 100 * ecs.GiB, Throughput: 250, FileSystem: ecs.EXT4, Encrypted: true}
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMount(data, "/data"))
	service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	_, err := slipway.NewStack("shop", service).Apply(context.Background(), fakes.New(fakes.Options{}).Config())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleFireLens() {
	router := ecs.NewContainer("router", ecs.ImageRef("public.ecr.aws/aws-observability/aws-for-fluent-bit:stable")).WithLogRouter(ecs.LogRouter{})
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithLogging(ecs.FireLens{
		Options: map[string]string{"Name": "datadog"}, Secrets: map[string]ecs.Secret{"apikey": ecs.SSMParameter("/datadog/key")},
	})
	fmt.Println(exampleTask(app).WithContainer(router).Validate())
	fmt.Println(errors.Is(exampleTask(app).Validate(), slipway.ErrInvalid), "without a router")
	// Output:
	// <nil>
	// true without a router
}

func ExampleConnect() {
	http := ecs.TCP("http", 8080).WithAppProtocol(ecs.HTTP)
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http))
	web := ecs.NewFargateService("web", ecs.NewCluster("shop").WithNamespace("shop"), task, vpc.Default()).
		WithServiceConnect(ecs.Connect{Endpoints: []ecs.Endpoint{{Port: http, DNSName: "web", ClientPort: 80}}})
	fmt.Println(web.Validate())
	// Output: <nil>
}

func ExampleCapacity() {
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).
		WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Base: 1, Weight: 1}).
		WithCapacity(ecs.Capacity{Provider: ecs.FargateSpot, Weight: 3})
	fmt.Println(web.Validate())
	// Output: <nil>
}

func ExampleTCP() {
	http := ecs.TCP("http", 8080).WithAppProtocol(ecs.HTTP2)
	fmt.Println(http.Name(), http.Number(), ecs.TCPRange("many", 9000, 9010).Number())
	// Output: http 8080 9000
}

// A canary: a tenth of the traffic first, watched by an alarm, after somebody has
// approved the version that the test route shows.
func ExampleCanary() {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http)
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	balancer := elb.NewApplication("shop", vpc.Default())
	route := balancer.Route("/*").WithTestRoute(balancer.Route("/*").WithHeader("X-Test", "yes"))
	careful := ecs.Canary{
		Percent: 10, CanaryBake: 15 * time.Minute, Bake: 5 * time.Minute, Alarms: []string{"errors"},
		Hooks: []ecs.Hook{ecs.PauseHook{Stages: []ecs.Stage{ecs.PostTestTrafficShift}, Timeout: time.Hour}},
	}
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithRoute(route, app, http)
	fmt.Println(web.WithDeployment(careful).Validate())
	fmt.Println(web.WithDeployment(ecs.Canary{Percent: 0.05}).Validate())
	// Output:
	// <nil>
	// ecs:Service/shop/web Create.DeploymentConfiguration.CanaryConfiguration.CanaryPercent: got 0.05 %, want 0.1 % to 100 % in steps of 0.1 % (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html)
}
