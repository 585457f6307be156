// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// TestInstanceTypes has one type of each kind against AWS's pages:
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html and, for
// trunking, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/eni-trunking-supported-instance-types.html.
func TestInstanceTypes(t *testing.T) {
	t.Parallel()
	n := newNetwork(world.Timing{})
	const x86, arm = "x86_64", "arm64"
	for _, want := range []world.InstanceType{
		{Name: "t3.micro", VCPUs: 2, Memory: 1024, Interfaces: 2, Architecture: x86},
		{Name: "t4g.medium", VCPUs: 2, Memory: 4096, Interfaces: 3, Architecture: arm},
		{Name: "m5.large", VCPUs: 2, Memory: 8192, Interfaces: 3, Trunk: 10, Architecture: x86},
		{Name: "m5.24xlarge", VCPUs: 96, Memory: 393216, Interfaces: 15, Trunk: 120, Architecture: x86},
		{Name: "m6i.8xlarge", VCPUs: 32, Memory: 131072, Interfaces: 8, Trunk: 90, Architecture: x86},
		{Name: "m7g.medium", VCPUs: 1, Memory: 4096, Interfaces: 2, Trunk: 4, Architecture: arm},
		{Name: "c5.xlarge", VCPUs: 4, Memory: 8192, Interfaces: 4, Trunk: 20, Architecture: x86},
		{Name: "c6g.2xlarge", VCPUs: 8, Memory: 16384, Interfaces: 4, Trunk: 40, Architecture: arm},
		{Name: "r5.4xlarge", VCPUs: 16, Memory: 131072, Interfaces: 8, Trunk: 60, Architecture: x86},
		{Name: "r5.8xlarge", VCPUs: 32, Memory: 262144, Interfaces: 8, Architecture: x86},
		{Name: "g4dn.xlarge", VCPUs: 4, Memory: 16384, GPUs: 1, Interfaces: 3, Architecture: x86},
		{Name: "g5.12xlarge", VCPUs: 48, Memory: 196608, GPUs: 4, Interfaces: 15, Trunk: 120, Architecture: x86},
		{Name: "p3.8xlarge", VCPUs: 32, Memory: 249856, GPUs: 4, Interfaces: 8, Trunk: 60, Architecture: x86},
		{Name: "p4d.24xlarge", VCPUs: 96, Memory: 1179648, GPUs: 8, Interfaces: 60, Trunk: 120, Architecture: x86},
		{Name: "inf2.xlarge", VCPUs: 4, Memory: 16384, Interfaces: 4, Trunk: 20, Architecture: x86},
	} {
		got, ok := n.InstanceType(want.Name)
		require.True(t, ok, want.Name)
		require.Equal(t, want, got)
	}
	_, ok := n.InstanceType("m5.huge")
	require.False(t, ok)
}

// TestEveryInstanceTypeIsOne reads the whole table through the API.
func TestEveryInstanceTypeIsOne(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	known := ec2types.InstanceType("").Values()
	var names []string
	for pages := awsec2.NewDescribeInstanceTypesPaginator(client, &awsec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(50)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, i := range page.InstanceTypes {
			require.Contains(t, known, i.InstanceType)
			names = append(names, string(i.InstanceType))
			require.Equal(t, *i.VCpuInfo.DefaultVCpus, *i.VCpuInfo.DefaultCores**i.VCpuInfo.DefaultThreadsPerCore, i.InstanceType)
			family, _, _ := strings.Cut(string(i.InstanceType), ".")
			require.Equal(t, slices.Contains([]string{"g4dn", "g5", "g6", "p3", "p4d"}, family), i.GpuInfo != nil, i.InstanceType)
			graviton := strings.HasSuffix(family, "g") // but for the families of GPUs, which have a digit there
			require.Equal(t, graviton, i.ProcessorInfo.SupportedArchitectures[0] == ec2types.ArchitectureTypeArm64, i.InstanceType)
		}
	}
	require.Greater(t, len(names), 200)
	require.True(t, slices.IsSorted(names), "types are found by halving")
	require.Equal(t, names, slices.Compact(slices.Clone(names)))
}

func TestDescribeInstanceTypes(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for _, c := range []struct {
		name    string
		filters []ec2types.Filter
		want    []string
	}{
		{"by name", []ec2types.Filter{filter("instance-type", "p3.*")}, []string{"p3.16xlarge", "p3.2xlarge", "p3.8xlarge"}},
		{"by size", []ec2types.Filter{filter("vcpu-info.default-vcpus", "2"), filter("memory-info.size-in-mib", "1024")}, []string{"t3.micro", "t3a.micro", "t4g.micro"}},
		{"by architecture", []ec2types.Filter{filter("processor-info.supported-architecture", "arm64"), filter("instance-type", "*.nano")}, []string{"t4g.nano"}},
		{"burstable", []ec2types.Filter{filter("burstable-performance-supported", "true"), filter("network-info.maximum-network-interfaces", "4"), filter("instance-type", "t3.*")}, []string{"t3.2xlarge", "t3.xlarge"}},
	} {
		out, err := client.DescribeInstanceTypes(t.Context(), &awsec2.DescribeInstanceTypesInput{Filters: c.filters})
		require.NoError(t, err, c.name)
		var names []string
		for _, i := range out.InstanceTypes {
			names = append(names, string(i.InstanceType))
		}
		require.Equal(t, c.want, names, c.name)
	}
	gpu, err := client.DescribeInstanceTypes(t.Context(), &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{ec2types.InstanceTypeG4dn12xlarge}})
	require.NoError(t, err)
	require.Equal(t, "T4", *gpu.InstanceTypes[0].GpuInfo.Gpus[0].Name)
	require.EqualValues(t, 4*16384, *gpu.InstanceTypes[0].GpuInfo.TotalGpuMemoryInMiB)
	_, err = client.DescribeInstanceTypes(t.Context(), &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"t9.micro", "m5.large", "t9.nano"}})
	requireCode(t, err, "InvalidInstanceType", "The following supplied instance types do not exist: [t9.micro, t9.nano]")
	_, err = client.DescribeInstanceTypes(t.Context(), &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{ec2types.InstanceTypeX1eXlarge}})
	var refused *fakes.NotModelledError
	require.ErrorAs(t, err, &refused, "it exists, but not here")
}

func TestInstanceTypeOfferings(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	for kind, want := range map[ec2types.LocationType][]string{
		ec2types.LocationTypeRegion:             {"us-east-1"},
		ec2types.LocationTypeAvailabilityZone:   {"us-east-1a", "us-east-1b", "us-east-1c"},
		ec2types.LocationTypeAvailabilityZoneId: {"use1-az1", "use1-az2", "use1-az3"},
	} {
		out, err := client.DescribeInstanceTypeOfferings(t.Context(), &awsec2.DescribeInstanceTypeOfferingsInput{
			LocationType: kind, Filters: []ec2types.Filter{filter("instance-type", "m5.large")},
		})
		require.NoError(t, err)
		var places []string
		for _, o := range out.InstanceTypeOfferings {
			places = append(places, *o.Location)
		}
		require.Equal(t, want, places)
	}
	_, err := client.DescribeInstanceTypeOfferings(t.Context(), &awsec2.DescribeInstanceTypeOfferingsInput{LocationType: ec2types.LocationTypeOutpost})
	require.ErrorContains(t, err, "not modelled")
}

func TestImages(t *testing.T) {
	t.Parallel()
	client := newClient(t)
	find := func(in awsec2.DescribeImagesInput) []ec2types.Image {
		out, err := client.DescribeImages(t.Context(), &in)
		require.NoError(t, err)
		return out.Images
	}
	arm := find(awsec2.DescribeImagesInput{Owners: []string{"amazon"}, Filters: []ec2types.Filter{
		filter("name", "al2023-ami-ecs-hvm-*"), filter("architecture", "arm64"),
	}})
	require.Len(t, arm, 1)
	require.Equal(t, "amazon", *arm[0].ImageOwnerAlias)
	require.Equal(t, ec2types.ImdsSupportValuesV20, arm[0].ImdsSupport)
	require.EqualValues(t, 30, *arm[0].BlockDeviceMappings[0].Ebs.VolumeSize)
	require.Equal(t, arm, find(awsec2.DescribeImagesInput{ImageIds: []string{*arm[0].ImageId}}))
	require.Empty(t, find(awsec2.DescribeImagesInput{Owners: []string{"self"}}), "the account has none of its own")
	_, err := client.DescribeImages(t.Context(), &awsec2.DescribeImagesInput{ImageIds: []string{"ami-1", *arm[0].ImageId}})
	requireCode(t, err, "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist")
	_, err = client.DescribeImages(t.Context(), &awsec2.DescribeImagesInput{ImageIds: []string{"ami-1", "ami-2"}})
	requireCode(t, err, "InvalidAMIID.NotFound", "The image ids '[ami-1, ami-2]' do not exist")
}
