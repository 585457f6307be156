// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// resolvePrefix begins an image id that is the name of a parameter.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html
const resolvePrefix = "resolve:ssm:"

func isNotModelled(err error) bool {
	var refused *sim.NotModelledError
	return errors.As(err, &refused)
}

// resolve returns the id that an image id stands for.
func (r *region) resolve(id string) (string, error) {
	name, ok := strings.CutPrefix(id, resolvePrefix)
	if !ok {
		return id, nil
	}
	found, ok := r.f.needs.AMIs.AMI(r.name, name)
	if !ok {
		// The code is AWS's; its words are known for a wrong type of data only.
		return "", sim.Errorf("SsmInvalidParameter", "There is no parameter %s of a supported data type. "+
			"The following parameter data types are supported: aws:ec2:image", name)
	}
	return found, nil
}

// image finds the image of an id, which may name a parameter.
func (r *region) image(id string) (world.MachineImage, error) {
	id, err := r.resolve(id)
	if err != nil {
		return world.MachineImage{}, err
	}
	if !strings.HasPrefix(id, "ami-") {
		return world.MachineImage{}, sim.Errorf("InvalidAMIID.Malformed", `Invalid id: "%s" (expecting "ami-...")`, id)
	}
	for _, m := range r.images() {
		if m.ID == id {
			return m, nil
		}
	}
	return world.MachineImage{}, noImages([]string{id})
}

func noImages(ids []string) error {
	if len(ids) == 1 {
		return sim.Errorf("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", ids[0])
	}
	return sim.Errorf("InvalidAMIID.NotFound", "The image ids '[%s]' do not exist", strings.Join(ids, ", "))
}

// images are those of a region, which do not change.
func (r *region) images() []world.MachineImage {
	if r.amis == nil {
		r.amis = r.f.needs.AMIs.MachineImages(r.name)
	}
	return r.amis
}

var imageView = view[ec2types.Image]{
	untagged: true,
	filters: map[string]func(ec2types.Image) []string{
		"architecture":        text(func(i ec2types.Image) ec2types.ArchitectureValues { return i.Architecture }),
		"description":         one(func(i ec2types.Image) *string { return i.Description }),
		"hypervisor":          text(func(i ec2types.Image) ec2types.HypervisorType { return i.Hypervisor }),
		"image-id":            one(func(i ec2types.Image) *string { return i.ImageId }),
		"image-type":          text(func(i ec2types.Image) ec2types.ImageTypeValues { return i.ImageType }),
		"is-public":           flag(func(i ec2types.Image) *bool { return i.Public }),
		"name":                one(func(i ec2types.Image) *string { return i.Name }),
		"owner-alias":         one(func(i ec2types.Image) *string { return i.ImageOwnerAlias }),
		"owner-id":            one(func(i ec2types.Image) *string { return i.OwnerId }),
		"root-device-name":    one(func(i ec2types.Image) *string { return i.RootDeviceName }),
		"root-device-type":    text(func(i ec2types.Image) ec2types.DeviceType { return i.RootDeviceType }),
		"state":               text(func(i ec2types.Image) ec2types.ImageState { return i.State }),
		"virtualization-type": text(func(i ec2types.Image) ec2types.VirtualizationType { return i.VirtualizationType }),
	},
}

func registerImages(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeImages", (*region).describeImages,
		sim.Refuses[awsec2.DescribeImagesInput]("ExecutableUsers", "IncludeDeprecated", "IncludeDisabled"))
}

// needsTokens: the image is marked to be used with tokens only.
func needsTokens(m world.MachineImage) bool { return strings.HasPrefix(m.Name, "al2023-") }

func describedImage(m world.MachineImage) ec2types.Image {
	var tokens ec2types.ImdsSupportValues
	if needsTokens(m) {
		tokens = ec2types.ImdsSupportValuesV20
	}
	return ec2types.Image{
		ImdsSupport: tokens,
		ImageId:     aws.String(m.ID), Name: aws.String(m.Name), Description: aws.String(m.Description), OwnerId: aws.String(m.Owner),
		Architecture: ec2types.ArchitectureValues(m.Architecture), ImageOwnerAlias: aws.String("amazon"),
		ImageLocation: aws.String("amazon/" + m.Name), ImageType: ec2types.ImageTypeValuesMachine, Public: aws.Bool(true),
		State: ec2types.ImageStateAvailable, RootDeviceName: aws.String(m.Root), RootDeviceType: ec2types.DeviceTypeEbs,
		VirtualizationType: ec2types.VirtualizationTypeHvm, Hypervisor: ec2types.HypervisorTypeXen, EnaSupport: aws.Bool(true),
		CreationDate: aws.String("2026-01-01T00:00:00.000Z"), PlatformDetails: aws.String("Linux/UNIX"),
		UsageOperation: aws.String("RunInstances"),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{
			DeviceName: aws.String(m.Root), Ebs: &ec2types.EbsBlockDevice{
				DeleteOnTermination: aws.Bool(true), Encrypted: aws.Bool(false), VolumeSize: aws.Int32(m.RootSize), VolumeType: ec2types.VolumeTypeGp3,
			},
		}},
	}
}

// describeImages has Amazon's images only; the account has none of its own.
func (r *region) describeImages(in *awsec2.DescribeImagesInput) (*awsec2.DescribeImagesOutput, error) {
	absent := slices.Clone(in.ImageIds)
	var all []ec2types.Image
	for _, m := range r.images() {
		absent = slices.DeleteFunc(absent, func(id string) bool { return id == m.ID })
		if (len(in.ImageIds) == 0 || slices.Contains(in.ImageIds, m.ID)) && ownedBy(m, in.Owners) {
			all = append(all, describedImage(m))
		}
	}
	if len(absent) > 0 {
		return nil, noImages(absent)
	}
	list, next, err := describe(r, imageView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	return &awsec2.DescribeImagesOutput{Images: list, NextToken: next}, err
}

func ownedBy(m world.MachineImage, owners []string) bool {
	return len(owners) == 0 || slices.Contains(owners, "amazon") || slices.Contains(owners, m.Owner)
}
