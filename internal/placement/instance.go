// SPDX-License-Identifier: Apache-2.0

package placement

import "time"

// The attributes that ECS gives to instances by itself.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
const (
	AvailabilityZone = "ecs.availability-zone"
	InstanceType     = "ecs.instance-type"
	OSType           = "ecs.os-type"
	CPUArchitecture  = "ecs.cpu-architecture"
	AMI              = "ecs.ami-id"
)

// Active is the status in which an instance takes tasks; an empty one counts as it.
const Active = "ACTIVE"

// Instance is a container instance.
type Instance struct {
	// ID of the container instance, and of the EC2 instance below it.
	ID, EC2 string
	// Attributes by name; the value may be empty.
	Attributes map[string]string
	// Registered is what the agent registered: its ports are those that tasks cannot have.
	Registered     Resources
	AgentConnected bool
	AgentVersion   string
	RegisteredAt   time.Time
	Status         string

	// Running is how many tasks are in the status RUNNING, and Groups how many tasks
	// there are, whatever their status, by task group. A [Cluster] keeps its own.
	Running int
	Groups  map[string]int
}

// Resources of an instance, or those that a task needs.
type Resources struct {
	// CPU in units, 1024 a vCPU; Memory in MiB.
	CPU, Memory int
	GPUs        int
	// Interfaces is how many tasks in awsvpc mode can have one of their own; of a
	// task, 1 or 0.
	Interfaces int
	// TCP and UDP are ports of the host.
	TCP, UDP []int
}
