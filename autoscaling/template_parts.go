// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/override"
)

// Volume is an EBS volume of each instance.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html
type Volume struct {
	// Device is its name, such as "/dev/xvda", which is the root of Amazon's Linux.
	Device string
	// Size in GiB; that of the image's snapshot if 0.
	Size int
	// Type such as gp3, which is also what the zero value means.
	Type ec2types.VolumeType
	// IOPS of gp3, io1 and io2 volumes; 0 is AWS's default, of which io1 and io2 have
	// none.
	IOPS int
	// Throughput of gp3 volumes in MiB/s, 125 to 2000; 0 is AWS's default, 125.
	Throughput int
	// Plain: the volume is not encrypted, unless the account encrypts all.
	Plain bool
	// Key is the KMS key, by ID or ARN; empty for that which the account has by default.
	Key string
	// Keep the volume when its instance ends.
	Keep bool
}

// Metadata says who may ask the instance metadata service, which hands out the
// credentials of the instance's role. The zero value: requests need a token, and answers
// travel one hop, so not into containers of a bridge network.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
type Metadata struct {
	// V1: requests need no token (IMDSv1), which AWS advises against.
	V1 bool
	// Hops that an answer may travel, 1 to 64; 0 means 1.
	Hops int
	// Tags: the service tells the instance's tags.
	Tags bool
	// Off: nobody is answered.
	Off bool
}

// Spot is how Spot instances are asked for.
type Spot struct {
	// MaxPrice in USD an hour, such as "0.05"; empty means the On-Demand price, which AWS
	// advises.
	MaxPrice string
}

// quantity is a number that a builder was given, as AWS takes it. Problems are added to
// found.
func quantity(path string, n int, found *[]slipway.FieldError) *int32 {
	if n > math.MaxInt32 || n < math.MinInt32 {
		*found = append(*found, slipway.FieldError{Path: path, Got: strconv.Itoa(n), Want: "a number of 32 bits", Rule: "asg-number"})
		return nil
	}
	return aws.Int32(int32(n))
}

// wholeSeconds is a time that a builder was given, as AWS takes it.
func wholeSeconds(path string, d time.Duration, found *[]slipway.FieldError) *int32 {
	if d%time.Second != 0 || d < 0 || d > math.MaxInt32*time.Second {
		*found = append(*found, slipway.FieldError{Path: path, Got: d.String(), Want: "whole seconds, 0 or more", Rule: "asg-seconds"})
		return nil
	}
	return aws.Int32(int32(d / time.Second))
}

func (l LaunchTemplate) state() (s *model.LaunchTemplate, overridden []string, problems []slipway.FieldError) {
	s = &model.LaunchTemplate{Create: awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(l.name), LaunchTemplateData: l.data(&problems),
	}}
	if tags := ec2Tags(l.tags); len(tags) > 0 {
		s.Create.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: tags}}
	}
	return s, override.Run("Create.", &s.Create, l.overrides...), problems
}

func (l LaunchTemplate) data(problems *[]slipway.FieldError) *ec2types.RequestLaunchTemplateData {
	d := &ec2types.RequestLaunchTemplateData{
		InstanceType: ec2types.InstanceType(l.kind), EbsOptimized: l.optimized, MetadataOptions: l.metadata.options(problems),
		KeyName: textOrNil(l.key), Monitoring: &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(l.monitored)},
	}
	if l.image == nil {
		*problems = append(*problems, slipway.FieldError{
			Path: "Create.LaunchTemplateData.ImageId", Got: "nil", Want: "an image, such as SSMImage", Rule: "asg-template-builder",
		})
	} else {
		d.ImageId = aws.String(l.image.image())
	}
	if l.profile != nil {
		d.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String(l.profile.ARN())}
	}
	if l.userData != "" {
		d.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(l.userData)))
	}
	if l.credits != "" {
		d.CreditSpecification = &ec2types.CreditSpecificationRequest{CpuCredits: aws.String(l.credits)}
	}
	if l.spot != nil {
		d.InstanceMarketOptions = l.spot.options()
	}
	for i, v := range l.volumes {
		d.BlockDeviceMappings = append(d.BlockDeviceMappings, v.mapping(i, problems))
	}
	l.interfaces(d)
	d.TagSpecifications = slices.Concat(
		tagged(ec2types.ResourceTypeInstance, l.instanceTags), tagged(ec2types.ResourceTypeVolume, l.volumeTags))
	return d
}

// interfaces puts the groups where AWS wants them: once addresses are asked for, at the
// network interface.
func (l LaunchTemplate) interfaces(d *ec2types.RequestLaunchTemplateData) {
	var ids []string
	for _, g := range l.groups {
		ids = append(ids, g.GroupID())
	}
	if l.public == nil {
		d.SecurityGroupIds = ids
		return
	}
	d.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
		DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: l.public, Groups: ids, DeleteOnTermination: aws.Bool(true),
	}}
}

func (m Metadata) options(problems *[]slipway.FieldError) *ec2types.LaunchTemplateInstanceMetadataOptionsRequest {
	o := &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
		HttpEndpoint:            ec2types.LaunchTemplateInstanceMetadataEndpointStateEnabled,
		HttpTokens:              ec2types.LaunchTemplateHttpTokensStateRequired,
		HttpPutResponseHopLimit: quantity("Create.LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit", max(m.Hops, 1), problems),
		InstanceMetadataTags:    ec2types.LaunchTemplateInstanceMetadataTagsStateDisabled,
	}
	if m.Hops < 0 {
		o.HttpPutResponseHopLimit = aws.Int32(int32(max(m.Hops, math.MinInt32)))
	}
	if m.V1 {
		o.HttpTokens = ec2types.LaunchTemplateHttpTokensStateOptional
	}
	if m.Tags {
		o.InstanceMetadataTags = ec2types.LaunchTemplateInstanceMetadataTagsStateEnabled
	}
	if m.Off {
		o.HttpEndpoint = ec2types.LaunchTemplateInstanceMetadataEndpointStateDisabled
	}
	return o
}

func (s Spot) options() *ec2types.LaunchTemplateInstanceMarketOptionsRequest {
	o := &ec2types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot}
	if s.MaxPrice != "" {
		o.SpotOptions = &ec2types.LaunchTemplateSpotMarketOptionsRequest{MaxPrice: aws.String(s.MaxPrice)}
	}
	return o
}

func (v Volume) mapping(i int, problems *[]slipway.FieldError) ec2types.LaunchTemplateBlockDeviceMappingRequest {
	path := fmt.Sprintf("Create.LaunchTemplateData.BlockDeviceMappings[%d]", i)
	if v.Device != "" {
		path = "Create.LaunchTemplateData.BlockDeviceMappings[" + v.Device + "]"
	} else {
		*problems = append(*problems, slipway.FieldError{
			Path: path + ".DeviceName", Got: `""`, Want: "a device, such as /dev/xvda", Rule: "asg-template-builder",
		})
	}
	ebs := &ec2types.LaunchTemplateEbsBlockDeviceRequest{
		VolumeType: v.Type, Encrypted: aws.Bool(!v.Plain), KmsKeyId: textOrNil(v.Key), DeleteOnTermination: aws.Bool(!v.Keep),
	}
	if v.Type == "" {
		ebs.VolumeType = ec2types.VolumeTypeGp3
	}
	for _, n := range []struct {
		name string
		from int
		to   **int32
	}{{"VolumeSize", v.Size, &ebs.VolumeSize}, {"Iops", v.IOPS, &ebs.Iops}, {"Throughput", v.Throughput, &ebs.Throughput}} {
		if n.from != 0 {
			*n.to = quantity(path+".Ebs."+n.name, n.from, problems)
		}
	}
	return ec2types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: aws.String(v.Device), Ebs: ebs}
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func tagged(kind ec2types.ResourceType, tags map[string]string) []ec2types.LaunchTemplateTagSpecificationRequest {
	if len(tags) == 0 {
		return nil
	}
	return []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: kind, Tags: ec2Tags(tags)}}
}

// ec2Tags are sorted by key.
func ec2Tags(tags map[string]string) []ec2types.Tag {
	var all []ec2types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, ec2types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return all
}
