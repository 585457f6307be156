// SPDX-License-Identifier: Apache-2.0

package world

import "time"

// InstanceType is what an EC2 instance type offers.
type InstanceType struct {
	Name string
	// VCPUs are counted by ECS as 1024 CPU units each.
	VCPUs int
	// Memory in MiB.
	Memory int
	GPUs   int
	// Interfaces is how many network interfaces can be attached, the primary one
	// included; each task in awsvpc mode takes one.
	Interfaces int
	// Trunk is how many tasks in awsvpc mode find place with ENI trunking; 0 where the
	// type has none.
	Trunk int
	// Architecture is "x86_64" or "arm64".
	Architecture string
}

// Instance is an EC2 instance.
type Instance struct {
	ID, Image string
	Type      InstanceType
	// State is that of the EC2 API: "pending", "running", "shutting-down",
	// "terminated", "stopping" or "stopped".
	State string
	// Interface is the primary one.
	Interface Interface
	// Profile is the ARN of the instance profile, or empty.
	Profile string
	// UserData is decoded.
	UserData string
	Spot     bool
	Launched time.Time
	Tags     map[string]string
}

// Launch asks for one instance of a launch template.
type Launch struct {
	// Template is an id or a name; Version is a number, "$Default" or "$Latest".
	Template, Version string
	// Type overrides the template's instance type, unless empty.
	Type   string
	Subnet string
	Spot   bool
	// Tags are added to those of the template.
	Tags map[string]string
}

// Instances are met by the EC2 fake, for EC2 Auto Scaling and ECS.
type Instances interface {
	// Launch starts an instance, which is "pending" at first. The error is AWS's, such
	// as InsufficientInstanceCapacity.
	Launch(region string, l Launch) (Instance, error)
	// Dry returns the error that Launch would give, launching nothing.
	Dry(region string, l Launch) error
	// Terminate has an instance go to "shutting-down" and then "terminated".
	Terminate(region, id string)
	Instance(region, id string) (Instance, bool)
	InstanceType(name string) (InstanceType, bool)
	// OnInstance has f called after each change of an instance's state. Several may be
	// registered; they are called in that order.
	OnInstance(f func(region string, i Instance))
	// OnSpotNotice has f called two minutes before a Spot instance is taken away.
	OnSpotNotice(f func(region string, i Instance))
}

// AMIs are met by the SSM fake: AWS's public parameters that name machine images.
type AMIs interface {
	// AMI returns what a public parameter such as
	// "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id" holds.
	AMI(region, parameter string) (id string, found bool)
}

// Profiles are met by the IAM fake.
type Profiles interface {
	// InstanceProfile returns the ARNs of the profile, by name or ARN, and of its role,
	// which is empty while it has none.
	InstanceProfile(nameOrARN string) (profile, role string, found bool)
}
