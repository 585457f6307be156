// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// A task that fails, without a service.
func ExampleDiagnoseTask() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{Code: 2}})
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(ecs.NewContainer("work", ecs.ImageRef("report:1")))
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job))
	out, err := awsecs.NewFromConfig(cloud.Config()).ListTasks(ctx, &awsecs.ListTasksInput{Cluster: aws.String("batch"), DesiredStatus: "STOPPED"})
	if err != nil {
		fmt.Println(err)
		return
	}
	causes, err := ecs.DiagnoseTask(ctx, cloud.Config(), out.TaskArns[0])
	fmt.Println(causes[0].Summary, err)
	// Output: container work ended by itself with exit code 2 <nil>
}

// A service that no stack owns, as the code of a stack of a given name.
func ExampleExportStack() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	made := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	result, err := slipway.NewStack("old", made).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	service := slipway.Output(result, made).ARN
	_, err = awsecs.NewFromConfig(cloud.Config()).UntagResource(ctx, &awsecs.UntagResourceInput{
		ResourceArn: &service, TagKeys: []string{"slipway:stack", "slipway:resource"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := ecs.Export(ctx, cloud.Config(), ecs.ServiceARN(service), ecs.ExportStack("front"))
	fmt.Println(strings.Contains(string(source), `slipway.NewStack("front"`), err)
	// Output: true <nil>
}

// A share of the tasks, within ECS's bounds or without.
func ExampleFailedPercent() {
	task := exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")))
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	for _, t := range []ecs.Threshold{ecs.FailedPercent(20), ecs.FailedPercentUnbounded(20), ecs.FailedTasks(5)} {
		fmt.Println(web.WithDeployment(ecs.Rolling{Threshold: t}).Validate())
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
}

// What one container writes, from a time on, for a while.
func ExampleFollow() {
	cloud := fakes.New(fakes.Options{})
	cloud.Image("worker:1", fakes.Program{Logs: []string{"ready"}})
	task := exampleTask(ecs.NewContainer("work", ecs.ImageRef("worker:1")))
	worker := ecs.NewFargateService("worker", ecs.NewCluster("shop"), task, vpc.Default())
	if _, err := slipway.NewStack("shop", worker).Apply(context.Background(), cloud.Config()); err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for line, err := range ecs.Logs(ctx, cloud.Config(), worker, ecs.Since(time.Time{}), ecs.OfContainer("work"), ecs.Follow()) {
		fmt.Println(line.Text, err)
		break // it would go on
	}
	// Output: ready <nil>
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(ecs.Kinds()) > 0)
	// Output: true
}

// A log group that is there already.
func ExampleLogGroupNamed() {
	logs := ecs.AWSLogs{Group: ecs.LogGroupNamed("/shop/web")}
	fmt.Println(exampleTask(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithLogging(logs)).Validate())
	// Output: <nil>
}

// Instances of a capacity provider that is there already.
func ExampleProviderNamed() {
	task := ecs.NewEC2TaskDefinition("web").WithContainer(ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithMemoryLimit(512 * ecs.MiB))
	web := ecs.NewEC2Service("web", ecs.ClusterNamed("shop"), task, vpc.Default()).
		WithCapacity(ecs.InstanceCapacity{Provider: ecs.ProviderNamed("nodes"), Weight: 1})
	fmt.Println(web.Validate())
	// Output: <nil>
}

// More room for one container, this time, and other roles.
func ExampleRunContainerSize() {
	ctx, cloud := context.Background(), fakes.New(fakes.Options{})
	cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
	ours := iam.ServicePrincipal{Service: "ecs-tasks.amazonaws.com"}
	auditor, puller := iam.NewRole("auditor").WithTrust(ours), iam.NewRole("puller").WithTrust(ours)
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/2, 1*ecs.GiB).
		WithContainer(ecs.NewContainer("work", ecs.ImageRef("report:1")).WithLogging(ecs.NoLogging{}))
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	result, err := slipway.NewStack("batch", job, auditor, puller).Apply(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := ecs.RunTask(ctx, cloud.Config(), slipway.Output(result, job), ecs.RunContainerSize("work", ecs.VCPU/4, 1*ecs.GiB),
		ecs.RunTaskRole(slipway.Output(result, auditor).ARN), ecs.RunExecutionRole(slipway.Output(result, puller).ARN))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*done.Containers[0].ExitCode)
	// Output: 0
}

// Back to the revision that ran first, however long ago that was.
func ExampleToRevision() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := awsecs.NewFromConfig(cloud.Config())
	list, err := client.ListServiceDeployments(ctx, &awsecs.ListServiceDeploymentsInput{Cluster: aws.String("shop"), Service: aws.String("worker")})
	if err != nil {
		fmt.Println(err)
		return
	}
	first := *list.ServiceDeployments[0].TargetServiceRevisionArn
	deployment, err := ecs.UpdateImage(ctx, cloud.Config(), worker, "work", ecs.ImageRef("worker:2"))
	fmt.Println(end(ctx, cloud, deployment, err))
	deployment, err = ecs.Rollback(ctx, cloud.Config(), worker, ecs.ToRevision(first))
	fmt.Println(end(ctx, cloud, deployment, err))
	// Output:
	// deployment Succeeded <nil>
	// deployment Succeeded <nil>
}

func ExampleUDP() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(ecs.UDP("dns", 53)).WithPort(ecs.UDPRange("media", 10000, 10099))
	fmt.Println(exampleTask(app).Validate())
	// Output: <nil>
}
