// SPDX-License-Identifier: Apache-2.0

package world

import (
	"encoding/json"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

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

// Price stands for what an instance of the type costs: the simulation knows no prices,
// and what is smaller counts as cheaper.
func (t InstanceType) Price() float64 {
	const mebibytesOfVCPU, vcpusOfGPU = 4096, 8
	return float64(t.VCPUs) + float64(t.Memory)/mebibytesOfVCPU + float64(vcpusOfGPU*t.GPUs)
}

// Instance is an EC2 instance.
type Instance struct {
	ID, Image string
	Type      InstanceType
	// State is that of the EC2 API: "pending", "running", "shutting-down",
	// "terminated", "stopping" or "stopped".
	State string
	// Reason is why it ended, in AWS's words; empty while it lives.
	Reason string
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

// Launch asks for one instance: of a launch template, or of an image.
type Launch struct {
	// Template is an id or a name; Version is a number, "$Default" or "$Latest".
	Template, Version string
	// Image is an AMI; with the Profile's ARN, the security Groups and the UserData in the
	// clear it is in place of a template.
	Image, Profile, UserData string
	Groups                   []string
	// Type overrides the template's instance type, unless empty.
	Type   string
	Subnet string
	Spot   bool
	// Tags are added to those of the template, if there is one.
	Tags map[string]string
}

// Template is a version of a launch template, as far as those who launch from it ask.
type Template struct {
	ID, Name string
	// Version is its number, never "$Default" or "$Latest".
	Version int64
	// Type is empty where the template leaves it open.
	Type string
	// Spot: the template asks for Spot instances.
	Spot bool
	// Subnet is that of the primary network interface, if the template names one.
	Subnet string
	// Role is the ARN of the role that the instance profile hands out, if there is one.
	Role string
}

// Instances are met by the EC2 fake, for EC2 Auto Scaling and ECS.
type Instances interface {
	// Launch starts an instance, which is "pending" at first. The error is AWS's, such
	// as InsufficientInstanceCapacity.
	Launch(region string, l Launch) (Instance, error)
	// Dry returns the error that Launch would give, launching nothing.
	Dry(region string, l Launch) error
	// Template returns a version (a number, "$Default", "$Latest", or "" for the default)
	// of a launch template by id or name. The error is AWS's.
	Template(region, idOrName, version string) (Template, error)
	// Terminate has an instance go to "shutting-down" and then "terminated".
	Terminate(region, id string)
	// Stop has a running instance go to "stopping" and then "stopped", Start has a stopped
	// one go to "pending" and then "running", as warm pools need it. The error of Start is
	// AWS's, such as InsufficientInstanceCapacity.
	Stop(region, id string)
	Start(region, id string) error
	// Instance returns an instance, which is known for an hour after its end. Its addresses
	// are gone then.
	Instance(region, id string) (Instance, bool)
	InstanceType(name string) (InstanceType, bool)
	// OnInstance has f called after each change of an instance's state, from "running" on.
	// An instance that dies with its host or zone is "terminated" at once. Several may be
	// registered; they are called in that order.
	OnInstance(f func(region string, i Instance))
	// OnSpotNotice has f called two minutes before a Spot instance is taken away.
	OnSpotNotice(f func(region string, i Instance))
}

// Types are met by the EC2 fake, for those who leave the choice of instance types to it.
type Types interface {
	// Matching returns the types that offer what is required, the cheapest first. The error
	// says what of the requirements is not modelled.
	Matching(q ec2types.InstanceRequirementsRequest) ([]InstanceType, error)
}

// Requirements makes EC2's of those of another service, whose fields have the same names.
func Requirements(of any) (q ec2types.InstanceRequirementsRequest, err error) {
	text, err := json.Marshal(of)
	if err != nil {
		return q, err
	}
	err = json.Unmarshal(text, &q)
	return q, err
}

// Zones are met by the EC2 fake.
type Zones interface {
	// Lost reports whether a zone, such as "us-east-1a", is lost: nothing starts there.
	Lost(zone string) bool
	// OnZone has f called when a zone is lost, after its EC2 instances have gone, and when
	// it is back. Several may be registered; they are called in that order.
	OnZone(f func(zone string, lost bool))
}

// AMIs are met by the SSM fake: AWS's public parameters that name machine images.
type AMIs interface {
	// AMI returns what a public parameter such as
	// "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id" holds, or one
	// of the account's own of data type "aws:ec2:image", which ":" and a version may follow.
	AMI(region, parameter string) (id string, found bool)
	// MachineImages returns the images that the public parameters of a region name.
	MachineImages(region string) []MachineImage
}

// MachineImage is an AMI of Amazon's.
type MachineImage struct {
	ID, Name, Description string
	// Architecture is "x86_64" or "arm64".
	Architecture string
	// Owner is the account that publishes it.
	Owner string
	// Root is the device name of the root volume, RootSize its size in GiB.
	Root     string
	RootSize int32
	// Parameter is the public parameter that holds the id.
	Parameter string
}

// Profiles are met by the IAM fake.
type Profiles interface {
	// InstanceProfile returns the ARNs of the profile, by name or ARN, and of its role,
	// which is empty while it has none.
	InstanceProfile(nameOrARN string) (profile, role string, found bool)
}
