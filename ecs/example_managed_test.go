// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// ECS launches instances with what the tasks need, and does without those that have been
// idle for ten minutes.
func ExampleNewManagedInstances() {
	nodes := ecs.NewManagedInstances("nodes", ecs.NewCluster("shop"), vpc.Default()).
		WithRequirements(ecs.InstanceRequirements{VCPUs: ecs.Range{Min: 2, Max: 8}, Memory: ecs.MemoryRange{Min: 4 * ecs.GiB}}).
		WithScaleInAfter(10 * time.Minute)
	fmt.Println(nodes.Validate())
	// Output: <nil>
}

// What AWS would reject is reported before anything is sent.
func ExampleManagedInstances_Validate() {
	nodes := ecs.NewManagedInstances("nodes", ecs.NewCluster("shop"), vpc.Default()).WithScaleInAfter(2 * time.Hour)
	fmt.Println(nodes.Validate())
	// Output:
	// ecs:CapacityProvider/nodes Create.ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter: got 7200 s, want -1 s to 3600 s (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_InfrastructureOptimization.html)
}

// The roles, the instance profile and the security group come with it.
func ExampleManagedInstances_Build() {
	nodes := ecs.NewManagedInstances("nodes", ecs.NewCluster("shop"), vpc.Default()).WithSpot()
	desired, err := nodes.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range desired.Uses {
		fmt.Println(r.ID())
	}
	if state, ok := desired.State.(*model.CapacityProvider); ok {
		fmt.Println(state.Create.ManagedInstancesProvider.InstanceLaunchTemplate.CapacityOptionType)
	}
	// Output:
	// iam:Role/ecs-nodes-infrastructure
	// iam:InstanceProfile/ecs-nodes
	// vpc:Network/default
	// vpc:SecurityGroup/ecs-nodes
	// SPOT
}

// A service on Managed Instances has no launch type, no placement strategies and no
// public addresses: these do not compile.
func ExampleNewManagedService() {
	network := vpc.Default()
	http := ecs.TCP("http", 8080)
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1")).WithPort(http)
	task := ecs.NewManagedTaskDefinition("web").WithCPU(ecs.VCPU).WithMemory(2 * ecs.GiB).WithContainer(app)
	cluster := ecs.NewCluster("shop")
	nodes := ecs.NewManagedInstances("nodes", cluster, network)
	web := ecs.NewManagedService("web", cluster, nodes, task, network).WithCount(4).
		WithRoute(elb.NewApplication("shop", network).Route("/*"), app, http)
	fmt.Println(web.Validate())
	// Output: <nil>
}

// Some go to Spot instances: two providers share the tasks.
func ExampleManagedService_WithCapacity() {
	network, cluster := vpc.Default(), ecs.NewCluster("shop")
	app := ecs.NewContainer("app", ecs.ImageRef("nginx:1"))
	task := ecs.NewManagedTaskDefinition("web").WithCPU(ecs.VCPU).WithMemory(2 * ecs.GiB).WithContainer(app)
	steady := ecs.NewManagedInstances("steady", cluster, network)
	spot := ecs.NewManagedInstances("spot", cluster, network).WithSpot()
	web := ecs.NewManagedService("web", cluster, steady, task, network).
		WithCapacity(ecs.ManagedCapacity{Provider: steady, Base: 2, Weight: 1}).WithCapacity(ecs.ManagedCapacity{Provider: spot, Weight: 3})
	fmt.Println(web.Validate())
	// Output: <nil>
}

// What only Managed Instances have is added to a finished container.
func ExampleOnManagedInstances() {
	app := ecs.NewContainer("app", ecs.ImageRef("agent:1")).WithMemoryLimit(512 * ecs.MiB)
	task := ecs.NewManagedTaskDefinition("agent").WithHostNetwork().WithContainer(ecs.OnManagedInstances(app).WithCapability("NET_ADMIN"))
	fmt.Println(task.Validate())
	// Output: <nil>
}

// An instance comes for the job, and goes after it.
func ExampleNewManagedJob() {
	report := ecs.NewContainer("report", ecs.ImageRef("report:1"))
	task := ecs.NewManagedTaskDefinition("report").WithCPU(2 * ecs.VCPU).WithMemory(8 * ecs.GiB).WithContainer(report)
	nodes := ecs.ManagedProviderNamed("nodes")
	job := ecs.NewManagedJob("report", ecs.ClusterNamed("shop"), nodes, task, vpc.Default())
	desired, err := job.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	if state, ok := desired.State.(*model.Job); ok {
		fmt.Printf("%q %s\n", state.Run.LaunchType, aws.ToString(state.Run.CapacityProviderStrategy[0].CapacityProvider))
	}
	// Output: "" nodes
}
