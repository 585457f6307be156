// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// What only EC2 has is added to a finished container.
func ExampleOnEC2() {
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http).WithMemoryReservation(256 * ecs.MiB)
	logs := ecs.HostVolume{Name: "logs", Path: "/var/log/app"}
	task := ecs.NewEC2TaskDefinition("web").WithContainer(ecs.OnEC2(app).WithHostPort(http, 80).WithMount(logs, "/logs"))
	fmt.Println(task.Validate())
	// Output: <nil>
}

// What AWS would reject is reported before anything is sent.
func ExampleEC2TaskDefinition_Validate() {
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1"))
	fmt.Println(ecs.NewEC2TaskDefinition("web").WithContainer(app).Validate())
	// Output:
	// ecs:TaskDefinition/web Register.ContainerDefinitions[app]: got neither Memory nor MemoryReservation, want one of them, for the task has no Memory (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)
}

// Instances give containers any free port, so their security group admits the balancer
// on all of these.
func ExampleEC2Service_WithRoute() {
	network := vpc.Default()
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http).WithMemoryReservation(256 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("web").WithContainer(app)
	web := ecs.NewEC2Service("web", ecs.NewCluster("shop"), task, network).WithCount(4).
		WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackMemory).
		WithInstanceSecurityGroup(vpc.NewSecurityGroup("instances", "Instances of the cluster", network)).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app, http)
	desired, err := web.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range desired.Uses {
		if name := r.ID().Name; strings.HasPrefix(name, "instances/ingress") {
			fmt.Println(name)
		}
	}
	// Output: instances/ingress/tcp/32768-65535/shop-alb
}

// A daemon has one task on each instance, so it has no count.
func ExampleNewEC2DaemonService() {
	agent := ecs.NewContainer("agent", ecs.ImageRef("agent:1")).WithMemoryReservation(64 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("agent").WithNetworkMode(ecs.Host).WithContainer(agent)
	daemon := ecs.NewEC2DaemonService("agent", ecs.NewCluster("shop"), task, vpc.Default()).
		WithPlacementConstraint(ecs.MemberOf("attribute:ecs.os-type == linux"))
	fmt.Println(daemon.Validate())
	// Output: <nil>
}

// A job runs where the placement constraints allow.
func ExampleNewEC2Job() {
	report := ecs.NewContainer("report", ecs.ImageRef("report:1")).WithMemoryLimit(512 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("report").WithContainer(ecs.OnEC2(report).WithGPU(1))
	job := ecs.NewEC2Job("report", ecs.NewCluster("shop"), task, vpc.Default()).
		WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type =~ g5.*"))
	desired, err := job.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	if state, ok := desired.State.(*model.Job); ok {
		fmt.Println(state.Run.LaunchType, aws.ToString(state.Run.PlacementConstraints[0].Expression))
	}
	// Output: EC2 attribute:ecs.instance-type =~ g5.*
}
