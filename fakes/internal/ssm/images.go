// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// The accounts that publish machine images: that of ECS, and that of Amazon Linux, which
// stands for Bottlerocket's too.
const (
	ecsOwner    = "591542846629"
	amazonOwner = "137112412989"
)

// image is a machine image with the names under which AWS publishes its id.
type image struct {
	// parameter holds the id itself, or is the path under which it lies.
	parameter string
	// name has a place for the version, date or release.
	name, description, arch, owner, root string
	size                                 int32
	// below are further parameters under the path; empty for Amazon Linux.
	below map[string]string
}

// family is one of the ECS-optimized AMIs.
type family struct{ path, os, name, arch string }

// ecsFamilies are the families of AMIs for ECS whose newest AWS publishes.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
var ecsFamilies = []family{
	{"amazon-linux-2023", "Amazon Linux 2023", "al2023-ami-ecs-hvm-2023.0.20260101-kernel-6.1-x86_64", "x86_64"},
	{"amazon-linux-2023/arm64", "Amazon Linux 2023", "al2023-ami-ecs-hvm-2023.0.20260101-kernel-6.1-arm64", "arm64"},
	{"amazon-linux-2023/gpu", "Amazon Linux 2023", "al2023-ami-ecs-gpu-hvm-2023.0.20260101-kernel-6.1-x86_64-ebs", "x86_64"},
	{"amazon-linux-2023/neuron", "Amazon Linux 2023", "al2023-ami-ecs-neuron-hvm-2023.0.20260101-kernel-6.1-x86_64", "x86_64"},
	{"amazon-linux-2", "Amazon Linux 2", "amzn2-ami-ecs-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
	{"amazon-linux-2/arm64", "Amazon Linux 2", "amzn2-ami-ecs-hvm-2.0.20260101-arm64-ebs", "arm64"},
	{"amazon-linux-2/gpu", "Amazon Linux 2", "amzn2-ami-ecs-gpu-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
	{"amazon-linux-2/inf", "Amazon Linux 2", "amzn2-ami-ecs-inf-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
	{"amazon-linux-2/kernel-5.10", "Amazon Linux 2", "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
	{"amazon-linux-2/kernel-5.10/arm64", "Amazon Linux 2", "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20260101-arm64-ebs", "arm64"},
	{"amazon-linux-2/kernel-5.10/gpu", "Amazon Linux 2", "amzn2-ami-ecs-kernel-5.10-gpu-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
	{"amazon-linux-2/kernel-5.10/inf", "Amazon Linux 2", "amzn2-ami-ecs-kernel-5.10-inf-hvm-2.0.20260101-x86_64-ebs", "x86_64"},
}

// bottlerocketVariants of Bottlerocket for ECS.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-bottlerocket-retrieve-ami.html
var bottlerocketVariants = []string{"aws-ecs-1", "aws-ecs-1-nvidia", "aws-ecs-2", "aws-ecs-2-nvidia"}

// linuxNames are those of Amazon Linux, without the architecture.
//
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli and
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/finding-an-ami-parameter-store.html
var linuxNames = []string{
	"al2023-ami-kernel-default-%s", "al2023-ami-kernel-6.1-%s", "al2023-ami-kernel-6.12-%s", "al2023-ami-minimal-kernel-default-%s",
	"al2023-ami-minimal-kernel-6.1-%s", "al2023-ami-minimal-kernel-6.12-%s",
	"amzn2-ami-hvm-%s-gp2", "amzn2-ami-kernel-default-hvm-%s-gp2", "amzn2-ami-kernel-5.10-hvm-%s-gp2",
}

const (
	agentVersion        = "1.99.0"
	dockerVersion       = "25.0.8"
	bottlerocketVersion = "1.50.0"
)

// published returns every image that a public parameter of the region names.
func published(region string) []image {
	var all []image
	for _, f := range ecsFamilies {
		all = append(all, f.image(region))
	}
	for _, arch := range []string{"x86_64", "arm64"} {
		for _, v := range bottlerocketVariants {
			all = append(all, image{
				parameter: publicPrefix + "bottlerocket/" + v + "/" + arch + "/latest", arch: arch, owner: amazonOwner,
				name:        "bottlerocket-" + v + "-" + arch + "-v" + bottlerocketVersion + "-00000000",
				description: "Bottlerocket " + v, root: "/dev/xvda", size: 2,
				below: map[string]string{"/image_version": bottlerocketVersion + "-00000000"},
			})
		}
		for _, name := range linuxNames {
			name = fmt.Sprintf(name, arch)
			all = append(all, image{
				parameter: publicPrefix + "ami-amazon-linux-latest/" + name, arch: arch, owner: amazonOwner,
				name: name + "-2026.0.20260101.0", description: "Amazon Linux " + name, root: "/dev/xvda", size: 8,
			})
		}
	}
	return all
}

// image is the recommended image of a family.
func (f family) image(region string) image {
	i := image{
		parameter: publicPrefix + "ecs/optimized-ami/" + f.path + "/recommended", name: f.name, arch: f.arch, owner: ecsOwner,
		description: f.os + " ECS-optimized AMI", root: "/dev/xvda", size: 30,
	}
	i.below = map[string]string{
		"": fmt.Sprintf(`{"ecs_agent_version":%q,"ecs_runtime_version":%q,"image_id":%q,"image_name":%q,"os":%q,"schema_version":1}`,
			agentVersion, "Docker version "+dockerVersion, i.id(region), f.name, f.os),
		"/image_name": f.name, "/os": f.os, "/ecs_agent_version": agentVersion,
		"/ecs_runtime_version": "Docker version " + dockerVersion, "/schema_version": "1",
	}
	return i
}

// id of the image in a region, made up but the same each time.
func (i image) id(region string) string {
	sum := sha256.Sum256([]byte(region + i.parameter))
	const digits = 16
	return "ami-0" + hex.EncodeToString(sum[:])[:digits]
}

// idParameter is the one that holds nothing but the id.
func (i image) idParameter() string {
	if len(i.below) == 0 {
		return i.parameter
	}
	return i.parameter + "/image_id"
}

// value is what a parameter says of the image.
func (i image) value(region, name string) (string, bool) {
	if name == i.idParameter() {
		return i.id(region), true
	}
	rest, ok := strings.CutPrefix(name, i.parameter)
	if !ok {
		return "", false
	}
	v, ok := i.below[rest]
	return v, ok
}

var _ world.AMIs = (*Fake)(nil)

// imageType is the data type that a parameter of the account needs to name a machine
// image, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html.
const imageType = "aws:ec2:image"

// AMI returns the id of the machine image that a parameter holds, which may be followed
// by ":" and a version or label.
func (f *Fake) AMI(region, parameter string) (id string, found bool) {
	c := &sim.Call{Sim: f.sim, Service: "SSM", Region: region, Account: f.sim.Account(), Partition: sim.Partition(region)}
	p, v, err := f.find(c, parameter)
	if err != nil || !isPublic(p.name) && v.dataType != imageType {
		return "", false
	}
	return v.value, true
}

// MachineImages returns the images that the public parameters of a region name.
func (f *Fake) MachineImages(region string) []world.MachineImage {
	var all []world.MachineImage
	for _, i := range published(region) {
		all = append(all, world.MachineImage{
			ID: i.id(region), Name: i.name, Description: i.description, Architecture: i.arch, Owner: i.owner, Root: i.root,
			RootSize: i.size, Parameter: i.idParameter(),
		})
	}
	return all
}
