// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

type data = ec2types.RequestLaunchTemplateData

// nodes is what the template of a group of container instances has.
func nodes() *data {
	return &data{
		ImageId: aws.String(al2023), InstanceType: ec2types.InstanceTypeM5Large, UserData: encoded("#!/bin/sh\necho ECS_CLUSTER=shop"),
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: ec2types.LaunchTemplateHttpTokensStateRequired},
		BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(50), VolumeType: ec2types.VolumeTypeGp3},
		}},
		TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{
			ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("Name"), Value: aws.String("node")}},
		}},
	}
}

func createTemplate(t *testing.T, client *awsec2.Client, name string, d *data) ec2types.LaunchTemplate {
	t.Helper()
	out, err := client.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: d, TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: []ec2types.Tag{{Key: aws.String("of"), Value: &name}},
		}},
	})
	require.NoError(t, err)
	require.Nil(t, out.Warning)
	return *out.LaunchTemplate
}

func addVersion(t *testing.T, client *awsec2.Client, name, source string, d *data) ec2types.LaunchTemplateVersion {
	t.Helper()
	in := &awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: &name, LaunchTemplateData: d}
	if source != "" {
		in.SourceVersion = &source
	}
	out, err := client.CreateLaunchTemplateVersion(t.Context(), in)
	require.NoError(t, err)
	return *out.LaunchTemplateVersion
}

func TestLaunchTemplates(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	made := createTemplate(t, client, "nodes", nodes())
	require.Regexp(t, `^lt-0[0-9a-f]{16}$`, *made.LaunchTemplateId)
	require.EqualValues(t, 1, *made.DefaultVersionNumber)
	_, err := client.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: nodes()})
	requireCode(t, err, "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")

	second := addVersion(t, client, "nodes", "1", &data{InstanceType: ec2types.InstanceTypeC5Large})
	require.EqualValues(t, 2, *second.VersionNumber)
	require.Equal(t, ec2types.InstanceTypeC5Large, second.LaunchTemplateData.InstanceType)
	require.Equal(t, al2023, *second.LaunchTemplateData.ImageId, "the rest is the source's")
	require.EqualValues(t, 50, *second.LaunchTemplateData.BlockDeviceMappings[0].Ebs.VolumeSize)
	third := addVersion(t, client, "nodes", "", &data{InstanceType: ec2types.InstanceTypeC5Xlarge})
	require.Nil(t, third.LaunchTemplateData.ImageId, "without a source nothing is taken over")

	_, err = client.ModifyLaunchTemplate(t.Context(), &awsec2.ModifyLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId, DefaultVersion: aws.String("2")})
	require.NoError(t, err)
	list, err := client.DescribeLaunchTemplates(t.Context(), &awsec2.DescribeLaunchTemplatesInput{
		LaunchTemplateNames: []string{"nodes"}, Filters: []ec2types.Filter{filter("tag:of", "nodes")},
	})
	require.NoError(t, err)
	require.EqualValues(t, 2, *list.LaunchTemplates[0].DefaultVersionNumber)
	require.EqualValues(t, 3, *list.LaunchTemplates[0].LatestVersionNumber)

	versions := func(in awsec2.DescribeLaunchTemplateVersionsInput) (numbers []int64) {
		out, err := client.DescribeLaunchTemplateVersions(t.Context(), &in)
		require.NoError(t, err)
		for _, v := range out.LaunchTemplateVersions {
			numbers = append(numbers, *v.VersionNumber)
		}
		return numbers
	}
	id := made.LaunchTemplateId
	require.Equal(t, []int64{3, 2, 1}, versions(awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id}))
	require.Equal(t, []int64{2, 3}, versions(awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"$Default", "$Latest"}}))
	require.Equal(t, []int64{2}, versions(awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, MinVersion: aws.String("2"), MaxVersion: aws.String("2")}))
	require.Equal(t, []int64{3}, versions(awsec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}}), "of all templates")
	require.Equal(t, []int64{2}, versions(awsec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, Filters: []ec2types.Filter{filter("is-default-version", "true")}}))
	resolved, err := client.DescribeLaunchTemplateVersions(t.Context(), &awsec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: id, Versions: []string{"1"}, ResolveAlias: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Regexp(t, "^ami-0", *resolved.LaunchTemplateVersions[0].LaunchTemplateData.ImageId)

	gone, err := client.DeleteLaunchTemplateVersions(t.Context(), &awsec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"1", "2", "9"}})
	require.NoError(t, err)
	require.Len(t, gone.SuccessfullyDeletedLaunchTemplateVersions, 1)
	require.EqualValues(t, 1, *gone.SuccessfullyDeletedLaunchTemplateVersions[0].VersionNumber)
	require.Len(t, gone.UnsuccessfullyDeletedLaunchTemplateVersions, 2, "the default, and what is not there")
	require.Equal(t, ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist,
		gone.UnsuccessfullyDeletedLaunchTemplateVersions[1].ResponseError.Code)
	require.EqualValues(t, 4, *addVersion(t, client, "nodes", "", nodes()).VersionNumber, "numbers are not used again")

	_, err = client.DeleteLaunchTemplate(t.Context(), &awsec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("nodes")})
	require.NoError(t, err)
	_, err = client.DescribeLaunchTemplates(t.Context(), &awsec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{*id}})
	requireCode(t, err, "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID "+*id+", does not exist.")
	_, err = client.DescribeLaunchTemplates(t.Context(), &awsec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"nodes"}})
	requireCode(t, err, "InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name nodes, does not exist.")
}

func TestTokensOfTemplates(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	in := &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: nodes(), ClientToken: aws.String("t")}
	one, err := client.CreateLaunchTemplate(t.Context(), in)
	require.NoError(t, err)
	two, err := client.CreateLaunchTemplate(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, one.LaunchTemplate.LaunchTemplateId, two.LaunchTemplate.LaunchTemplateId)
	version := &awsec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: nodes(), ClientToken: aws.String("t")}
	for range 2 {
		out, err := client.CreateLaunchTemplateVersion(t.Context(), version)
		require.NoError(t, err)
		require.EqualValues(t, 2, *out.LaunchTemplateVersion.VersionNumber)
	}
}

func TestLaunchFromATemplate(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	made := createTemplate(t, client, "nodes", nodes())
	addVersion(t, client, "nodes", "1", &data{InstanceType: ec2types.InstanceTypeC5Large})
	from := func(version string, change func(*awsec2.RunInstancesInput)) ec2types.Instance {
		return runOne(t, client, func(in *awsec2.RunInstancesInput) {
			in.ImageId, in.InstanceType = nil, ""
			in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplateId, Version: &version}
			if change != nil {
				change(in)
			}
		})
	}
	i := from("$Default", nil)
	require.Equal(t, ec2types.InstanceTypeM5Large, i.InstanceType)
	tags := map[string]string{}
	for _, tag := range i.Tags {
		tags[*tag.Key] = *tag.Value
	}
	require.Equal(t, map[string]string{
		"Name": "node", "aws:ec2launchtemplate:id": *made.LaunchTemplateId, "aws:ec2launchtemplate:version": "1",
	}, tags)
	require.Equal(t, ec2types.InstanceTypeC5Large, from("$Latest", nil).InstanceType)
	require.Equal(t, ec2types.InstanceTypeC5Large, from("2", nil).InstanceType)
	own := from("1", func(in *awsec2.RunInstancesInput) {
		in.InstanceType = ec2types.InstanceTypeT3Micro
		in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{{Key: aws.String("own"), Value: aws.String("1")}}}}
	})
	require.Equal(t, ec2types.InstanceTypeT3Micro, own.InstanceType, "the call goes over the template")
	require.Len(t, own.Tags, 3, "its tags replace the template's, beside AWS's own two")
	require.Equal(t, "own", *own.Tags[2].Key)
	template, err := client.GetLaunchTemplateData(t.Context(), &awsec2.GetLaunchTemplateDataInput{InstanceId: own.InstanceId})
	require.NoError(t, err)
	require.Equal(t, ec2types.InstanceTypeT3Micro, template.LaunchTemplateData.InstanceType)
	require.Equal(t, nodes().UserData, template.LaunchTemplateData.UserData)

	for _, c := range []struct {
		code, text string
		template   ec2types.LaunchTemplateSpecification
	}{
		{"InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version 9", ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes"), Version: aws.String("9")}},
		{"InvalidLaunchTemplateVersion.Malformed", "'nine'", ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes"), Version: aws.String("nine")}},
		{"InvalidLaunchTemplateName.NotFoundException", "other", ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("other")}},
		{"InvalidLaunchTemplateId.Malformed", "'x'", ec2types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("x")}},
		{"InvalidParameterCombination", "but not both", ec2types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), LaunchTemplateName: aws.String("nodes")}},
		{"MissingParameter", "must be specified", ec2types.LaunchTemplateSpecification{}},
	} {
		_, err := run(t, client, func(in *awsec2.RunInstancesInput) { in.LaunchTemplate = &c.template })
		requireCode(t, err, c.code, c.text)
	}
}

func TestTheInterfaceOfATemplate(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	group, subnet := createGroup(t, client, "nodes", nil), defaultSubnets(t, client)[2]
	d := nodes()
	d.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
		DeviceIndex: aws.Int32(0), SubnetId: subnet.SubnetId, Groups: []string{group}, AssociatePublicIpAddress: aws.Bool(false), Description: aws.String("eth0"),
	}}
	createTemplate(t, client, "nodes", d)
	i := runOne(t, client, func(in *awsec2.RunInstancesInput) {
		in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes")}
	})
	require.Equal(t, *subnet.SubnetId, *i.SubnetId)
	require.Equal(t, group, *i.NetworkInterfaces[0].Groups[0].GroupId)
	require.Nil(t, i.PublicIpAddress, "the template says so, whatever the subnet does")
	require.Equal(t, "eth0", *i.NetworkInterfaces[0].Description)

	a := allocate(t, client)
	_, err := client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: a.AllocationId, InstanceId: i.InstanceId})
	require.NoError(t, err)
	require.Equal(t, *a.PublicIp, *describeInstance(t, client, i.InstanceId).PublicIpAddress)
	terminate(t, client, i.InstanceId)
	_, err = client.ReleaseAddress(t.Context(), &awsec2.ReleaseAddressInput{AllocationId: a.AllocationId})
	require.NoError(t, err, "it is free with the end of the instance")
	_, err = client.AssociateAddress(t.Context(), &awsec2.AssociateAddressInput{AllocationId: allocate(t, client).AllocationId, InstanceId: i.InstanceId})
	requireCode(t, err, "IncorrectInstanceState", *i.InstanceId)
}

// TestATemplateThatCannotBeLaunched: AWS keeps such data, says so, and fails each launch.
func TestATemplateThatCannotBeLaunched(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	d := nodes()
	d.SecurityGroupIds = []string{createGroup(t, client, "nodes", nil)}
	d.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0)}}
	out, err := client.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: d})
	require.NoError(t, err)
	require.Len(t, out.Warning.Errors, 1)
	require.Equal(t, "InvalidParameterCombination", *out.Warning.Errors[0].Code)
	_, err = run(t, client, func(in *awsec2.RunInstancesInput) {
		in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("nodes")}
	})
	requireCode(t, err, "InvalidParameterCombination", *out.Warning.Errors[0].Message)
	requirements := &data{ImageId: aws.String(al2023), InstanceRequirements: &ec2types.InstanceRequirementsRequest{
		VCpuCount: &ec2types.VCpuCountRangeRequest{Min: aws.Int32(2)}, MemoryMiB: &ec2types.MemoryMiBRequest{Min: aws.Int32(2048)},
	}}
	createTemplate(t, client, "any", requirements)
	_, err = run(t, client, func(in *awsec2.RunInstancesInput) {
		in.InstanceType, in.LaunchTemplate = "", &ec2types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("any")}
	})
	requireCode(t, err, "InvalidParameterCombination", "instance requirements are not supported for this operation")
}

func TestTemplatesAreRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	createTemplate(t, client, "nodes", nodes())
	for _, c := range []struct {
		name, code, text string
		change           func(*awsec2.CreateLaunchTemplateInput)
	}{
		{"name", "InvalidLaunchTemplateName.MalformedException", "between 3 and 128 characters", func(in *awsec2.CreateLaunchTemplateInput) { in.LaunchTemplateName = aws.String("a b") }},
		{"description", "InvalidParameterValue", "255", func(in *awsec2.CreateLaunchTemplateInput) {
			in.VersionDescription = aws.String(strings.Repeat("x", 256))
		}},
		{"image", "InvalidAMIID.Malformed", "al2023", func(in *awsec2.CreateLaunchTemplateInput) { in.LaunchTemplateData.ImageId = aws.String("al2023") }},
		{"parameter", "SsmInvalidParameter", "aws:ec2:image", func(in *awsec2.CreateLaunchTemplateInput) {
			in.LaunchTemplateData.ImageId = aws.String("resolve:ssm:/no/such")
		}},
		{"user data", "InvalidUserData.Malformed", "User data is limited to 16384 bytes", func(in *awsec2.CreateLaunchTemplateInput) {
			in.LaunchTemplateData.UserData = encoded(strings.Repeat("x", 16385))
		}},
		{"type and requirements", "InvalidParameterCombination", "InstanceRequirements", func(in *awsec2.CreateLaunchTemplateInput) {
			in.LaunchTemplateData.InstanceRequirements = &ec2types.InstanceRequirementsRequest{
				VCpuCount: &ec2types.VCpuCountRangeRequest{Min: aws.Int32(2)}, MemoryMiB: &ec2types.MemoryMiBRequest{Min: aws.Int32(2048)},
			}
		}},
		{"tags of another kind", "InvalidParameterValue", "'instance' is not a valid taggable resource type", func(in *awsec2.CreateLaunchTemplateInput) {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance}}
		}},
	} {
		in := &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("other"), LaunchTemplateData: nodes()}
		c.change(in)
		_, err := client.CreateLaunchTemplate(t.Context(), in)
		requireCode(t, err, c.code, c.text)
		if c.name == "name" || c.name == "tags of another kind" {
			continue
		}
		_, err = client.CreateLaunchTemplateVersion(t.Context(), &awsec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: in.LaunchTemplateData, VersionDescription: in.VersionDescription,
		})
		requireCode(t, err, c.code, c.text)
	}
	_, err := client.CreateLaunchTemplateVersion(t.Context(), &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: &data{}, SourceVersion: aws.String("9"),
	})
	requireCode(t, err, "InvalidLaunchTemplateId.VersionNotFound", "9")
	requirements := &data{InstanceRequirements: &ec2types.InstanceRequirementsRequest{
		VCpuCount: &ec2types.VCpuCountRangeRequest{Min: aws.Int32(2)}, MemoryMiB: &ec2types.MemoryMiBRequest{Min: aws.Int32(2048)},
	}}
	_, err = client.CreateLaunchTemplateVersion(t.Context(), &awsec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("nodes"), LaunchTemplateData: requirements, SourceVersion: aws.String("1"),
	})
	requireCode(t, err, "InvalidParameterCombination", "InstanceType")
	for _, in := range []awsec2.DescribeLaunchTemplateVersionsInput{
		{}, {Versions: []string{"1"}}, {LaunchTemplateName: aws.String("nodes"), MinVersion: aws.String("x")},
		{LaunchTemplateName: aws.String("nodes"), Versions: []string{"7"}}, {LaunchTemplateName: aws.String("none")},
	} {
		_, err := client.DescribeLaunchTemplateVersions(t.Context(), &in)
		require.Error(t, err)
	}
	_, err = client.ModifyLaunchTemplate(t.Context(), &awsec2.ModifyLaunchTemplateInput{LaunchTemplateName: aws.String("nodes"), DefaultVersion: aws.String("9")})
	requireCode(t, err, "InvalidLaunchTemplateId.VersionNotFound", "9")
	d := nodes()
	d.KeyName = aws.String("me")
	_, err = client.CreateLaunchTemplate(t.Context(), &awsec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("keyed"), LaunchTemplateData: d})
	var refused *fakes.NotModelledError
	require.ErrorAs(t, err, &refused)
}

// TestAParameterOfOnesOwn names the image if its type of data says that it is one.
func TestAParameterOfOnesOwn(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client, params := awsec2.NewFromConfig(cloud.Config()), awsssm.NewFromConfig(cloud.Config())
	newest, err := params.GetParameter(t.Context(), &awsssm.GetParameterInput{Name: aws.String(strings.TrimPrefix(al2023, "resolve:ssm:"))})
	require.NoError(t, err)
	put := func(name, kind string) {
		_, err := params.PutParameter(t.Context(), &awsssm.PutParameterInput{
			Name: &name, Value: newest.Parameter.Value, Type: ssmtypes.ParameterTypeString, DataType: &kind,
		})
		require.NoError(t, err)
	}
	put("golden", "aws:ec2:image")
	put("plain", "text")
	launch := func(name string) (*awsec2.RunInstancesOutput, error) {
		return run(t, client, func(in *awsec2.RunInstancesInput) { in.ImageId = aws.String("resolve:ssm:" + name) })
	}
	out, err := launch("golden:1")
	require.NoError(t, err)
	require.Equal(t, *newest.Parameter.Value, *out.Instances[0].ImageId)
	_, err = launch("plain")
	requireCode(t, err, "SsmInvalidParameter", "The following parameter data types are supported: aws:ec2:image")
}
