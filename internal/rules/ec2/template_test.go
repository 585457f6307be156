// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules/ec2"
)

type data = ec2types.RequestLaunchTemplateData

func encoded(n int) *string {
	return aws.String(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", n))))
}

func tagged(kind ec2types.ResourceType, key string) []ec2types.LaunchTemplateTagSpecificationRequest {
	return []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: kind, Tags: []ec2types.Tag{{Key: &key}}}}
}

func hops(n int32) *ec2types.LaunchTemplateInstanceMetadataOptionsRequest {
	return &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpPutResponseHopLimit: &n}
}

func TestLaunchTemplateData(t *testing.T) {
	t.Parallel()
	run(t, ec2.LaunchTemplateData, []row[data]{
		{"empty", data{}, "", ""},
		{"image", data{ImageId: aws.String("ami-0ac394d6a3example")}, "ec2-template-image", "ImageId"},
		{"long image", data{ImageId: aws.String("ami-0123456789abcdef0")}, "", ""},
		{"short image", data{ImageId: aws.String("ami-6622f00f")}, "", ""},
		{"parameter", data{ImageId: aws.String("resolve:ssm:golden:3")}, "", ""},
		{"no parameter", data{ImageId: aws.String("resolve:ssm:")}, "ec2-template-image", "ImageId"},
		{"empty image", data{ImageId: aws.String("")}, "ec2-template-image", "ImageId"},
		{"image to come", data{ImageId: aws.String(slipway.Self("image"))}, "", ""},
		{"most user data", data{UserData: encoded(16384)}, "", ""},
		{"too much", data{UserData: encoded(16385)}, "ec2-user-data", "UserData"},
		{"not encoded", data{UserData: aws.String("#!/bin/sh")}, "ec2-user-data", "UserData"},
		{"user data to come", data{UserData: aws.String("#" + slipway.Self("cluster"))}, "", ""},
		{"requirements", data{InstanceRequirements: &ec2types.InstanceRequirementsRequest{}}, "", ""},
		{"requirements and type", data{InstanceType: ec2types.InstanceTypeM5Large, InstanceRequirements: &ec2types.InstanceRequirementsRequest{}},
			"ec2-template-type", "InstanceRequirements"},
		{"tags", data{TagSpecifications: tagged(ec2types.ResourceTypeVolume, "k")}, "", ""},
		{"tags of a template", data{TagSpecifications: tagged(ec2types.ResourceTypeLaunchTemplate, "k")}, "ec2-template-tags",
			"TagSpecifications[launch-template].ResourceType"},
		{"AWS's tag", data{TagSpecifications: tagged(ec2types.ResourceTypeInstance, "aws:k")}, "ec2-template-tags",
			"TagSpecifications[instance].Tags[aws:k].Key"},
		{"fewest hops", data{MetadataOptions: hops(1)}, "", ""},
		{"most hops", data{MetadataOptions: hops(64)}, "", ""},
		{"no hops", data{MetadataOptions: hops(0)}, "ec2-metadata-options", "MetadataOptions.HttpPutResponseHopLimit"},
		{"too many hops", data{MetadataOptions: hops(65)}, "ec2-metadata-options", "MetadataOptions.HttpPutResponseHopLimit"},
	})
}

func TestUserDataIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"hunter2 is no base64", *encoded(20000)} {
		for _, e := range ec2.LaunchTemplateData.All(nil, &data{UserData: &secret}) {
			require.NotContains(t, e.Error()+e.Got+e.Text, secret[:7])
		}
	}
}

func TestCreateLaunchTemplate(t *testing.T) {
	t.Parallel()
	type in = awsec2.CreateLaunchTemplateInput
	named := func(name string) in { return in{LaunchTemplateName: &name, LaunchTemplateData: &data{}} }
	with := func(change func(*in)) in {
		i := named("nodes")
		change(&i)
		return i
	}
	run(t, ec2.CreateLaunchTemplate, []row[in]{
		{"shortest name", named("abc"), "", ""},
		{"longest name", named(strings.Repeat("a", 128)), "", ""},
		{"all characters", named("aZ09()./_-"), "", ""},
		{"name to come", named(slipway.Self("name")), "", ""},
		{"too short", named("ab"), "ec2-template-name", "LaunchTemplateName"},
		{"too long", named(strings.Repeat("a", 129)), "ec2-template-name", "LaunchTemplateName"},
		{"space", named("a b c"), "ec2-template-name", "LaunchTemplateName"},
		{"none", in{}, "ec2-template-name", "LaunchTemplateName"},
		{"description", with(func(i *in) { i.VersionDescription = aws.String(strings.Repeat("ß", 255)) }), "", ""},
		{"long description", with(func(i *in) { i.VersionDescription = aws.String(strings.Repeat("x", 256)) }), "ec2-template-description", "VersionDescription"},
		{"AWS's tag", with(func(i *in) {
			i.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: []ec2types.Tag{{Key: aws.String("aws:x")}}}}
		}), "ec2-tags", "TagSpecifications[launch-template].Tags[aws:x].Key"},
		{"data", with(func(i *in) { i.LaunchTemplateData.UserData = encoded(16385) }), "ec2-user-data", "LaunchTemplateData.UserData"},
	})
	run(t, ec2.CreateLaunchTemplateVersion, []row[awsec2.CreateLaunchTemplateVersionInput]{
		{"fine", awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateData: &data{}}, "", ""},
		{"long description", awsec2.CreateLaunchTemplateVersionInput{VersionDescription: aws.String(strings.Repeat("x", 256))}, "ec2-template-description", "VersionDescription"},
		{"data", awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateData: &data{MetadataOptions: hops(0)}}, "ec2-metadata-options",
			"LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit"},
	})
	run(t, ec2.ModifyInstanceMetadataOptions, []row[awsec2.ModifyInstanceMetadataOptionsInput]{
		{"fine", awsec2.ModifyInstanceMetadataOptionsInput{HttpPutResponseHopLimit: aws.Int32(2)}, "", ""},
		{"hops", awsec2.ModifyInstanceMetadataOptionsInput{HttpPutResponseHopLimit: aws.Int32(0)}, "ec2-metadata-options", "HttpPutResponseHopLimit"},
	})
}

func FuzzLaunchTemplateData(f *testing.F) {
	f.Add("ami-0123456789abcdef0", "aGVsbG8=", int32(2), int32(8), int32(3000))
	f.Fuzz(func(t *testing.T, image, userData string, hopLimit, size, iops int32) {
		d := data{ImageId: &image, UserData: &userData, MetadataOptions: hops(hopLimit), BlockDeviceMappings: disk("gp3", &size, &iops, nil)}
		kept, launched := ec2.LaunchTemplateData.All(nil, &d), ec2.Launchable.All(nil, &d)
		require.Equal(t, kept, ec2.LaunchTemplateData.All(nil, &d), "the same answer each time")
		require.Equal(t, launched, ec2.Launchable.All(nil, &d))
	})
}
