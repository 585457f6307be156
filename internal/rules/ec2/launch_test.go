// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/internal/rules/ec2"
)

type port = ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest

func disk(kind ec2types.VolumeType, size, iops, throughput *int32) []ec2types.LaunchTemplateBlockDeviceMappingRequest {
	return []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
		DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{
			VolumeType: kind, VolumeSize: size, Iops: iops, Throughput: throughput,
		},
	}}
}

func TestLaunchable(t *testing.T) {
	t.Parallel()
	zero := port{DeviceIndex: aws.Int32(0)}
	credits := func(s string) *ec2types.CreditSpecificationRequest {
		return &ec2types.CreditSpecificationRequest{CpuCredits: &s}
	}
	run(t, ec2.Launchable, []row[data]{
		{"empty", data{}, "", ""},
		{"groups", data{SecurityGroupIds: []string{"sg-1"}}, "", ""},
		{"groups of the interface", data{NetworkInterfaces: []port{{DeviceIndex: aws.Int32(0), Groups: []string{"sg-1"}}}}, "", ""},
		{"groups beside the interface", data{SecurityGroupIds: []string{"sg-1"}, NetworkInterfaces: []port{zero}}, "ec2-launch-groups", "SecurityGroupIds"},
		{"names of groups too", data{SecurityGroups: []string{"web"}, NetworkInterfaces: []port{zero}}, "ec2-launch-groups", "SecurityGroupIds"},
		{"no index", data{NetworkInterfaces: []port{{}}}, "ec2-launch-device-index", "NetworkInterfaces[0].DeviceIndex"},
		{"public address", data{NetworkInterfaces: []port{{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true)}}}, "", ""},
		{"public address of two", data{NetworkInterfaces: []port{zero, {DeviceIndex: aws.Int32(1), AssociatePublicIpAddress: aws.Bool(false)}}},
			"ec2-launch-public-address", "NetworkInterfaces[1].AssociatePublicIpAddress"},
		{"profile", data{IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("n")}}, "", ""},
		{"profile twice", data{IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("n"), Arn: aws.String("a")}},
			"ec2-launch-profile", "IamInstanceProfile.Name"},
		{"credits", data{InstanceType: ec2types.InstanceTypeT3Micro, CreditSpecification: credits("unlimited")}, "", ""},
		{"credits of an open type", data{CreditSpecification: credits("standard")}, "", ""},
		{"credits of another type", data{InstanceType: ec2types.InstanceTypeM5Large, CreditSpecification: credits("standard")}, "ec2-launch-credits", "CreditSpecification"},
		{"credits of no kind", data{CreditSpecification: credits("free")}, "ec2-launch-credits", "CreditSpecification.CpuCredits"},
		{"Spot", data{InstanceMarketOptions: &ec2types.LaunchTemplateInstanceMarketOptionsRequest{
			MarketType: ec2types.MarketTypeSpot, SpotOptions: &ec2types.LaunchTemplateSpotMarketOptionsRequest{},
		}}, "", ""},
		{"Spot options alone", data{InstanceMarketOptions: &ec2types.LaunchTemplateInstanceMarketOptionsRequest{
			SpotOptions: &ec2types.LaunchTemplateSpotMarketOptionsRequest{},
		}}, "ec2-launch-spot-options", "InstanceMarketOptions.MarketType"},
		{"no volume", data{BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{NoDevice: aws.String("")}}}, "", ""},
		{"key", data{BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{KmsKeyId: aws.String("k"), Encrypted: aws.Bool(true)},
		}}}, "", ""},
		{"key without encryption", data{BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{KmsKeyId: aws.String("k")},
		}}}, "ec2-volume-key", "BlockDeviceMappings[/dev/xvda].Ebs.KmsKeyId"},
	})
}

// TestVolumes has the bounds of each type, from
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html.
func TestVolumes(t *testing.T) {
	t.Parallel()
	const at = "BlockDeviceMappings[/dev/xvda].Ebs."
	var rows []row[data]
	add := func(name string, kind ec2types.VolumeType, size, iops, throughput *int32, rule, field string) {
		path := ""
		if rule != "" {
			path = at + field
		}
		rows = append(rows, row[data]{name, data{BlockDeviceMappings: disk(kind, size, iops, throughput)}, rule, path})
	}
	sized := func(n int32) *int32 { return &n }
	some := sized(100)
	for _, c := range []struct {
		kind        ec2types.VolumeType
		least, most int32
		iops        *int32
	}{
		{ec2types.VolumeTypeGp2, 1, 16384, nil}, {ec2types.VolumeTypeGp3, 1, 65536, nil}, {ec2types.VolumeTypeIo1, 4, 16384, some},
		{ec2types.VolumeTypeIo2, 4, 65536, some}, {ec2types.VolumeTypeSt1, 125, 16384, nil}, {ec2types.VolumeTypeSc1, 125, 16384, nil},
		{ec2types.VolumeTypeStandard, 1, 1024, nil},
	} {
		add(string(c.kind)+" least", c.kind, sized(c.least), c.iops, nil, "", "")
		add(string(c.kind)+" most", c.kind, sized(c.most), c.iops, nil, "", "")
		add(string(c.kind)+" less", c.kind, sized(c.least-1), c.iops, nil, "ec2-volume-size", "VolumeSize")
		add(string(c.kind)+" more", c.kind, sized(c.most+1), c.iops, nil, "ec2-volume-size", "VolumeSize")
	}
	for _, c := range []struct {
		kind        ec2types.VolumeType
		least, most int32
	}{{ec2types.VolumeTypeGp3, 3000, 80000}, {ec2types.VolumeTypeIo1, 100, 64000}, {ec2types.VolumeTypeIo2, 100, 256000}} {
		add(string(c.kind)+" fewest IOPS", c.kind, nil, sized(c.least), nil, "", "")
		add(string(c.kind)+" most IOPS", c.kind, nil, sized(c.most), nil, "", "")
		add(string(c.kind)+" fewer IOPS", c.kind, nil, sized(c.least-1), nil, "ec2-volume-iops", "Iops")
		add(string(c.kind)+" more IOPS", c.kind, nil, sized(c.most+1), nil, "ec2-volume-iops", "Iops")
	}
	add("io1 without IOPS", ec2types.VolumeTypeIo1, nil, nil, nil, "ec2-volume-iops", "Iops")
	add("gp2 with IOPS", ec2types.VolumeTypeGp2, nil, sized(3000), nil, "ec2-volume-iops", "Iops")
	add("any type with IOPS", "", sized(0), sized(1), sized(1), "", "")
	add("least throughput", ec2types.VolumeTypeGp3, nil, nil, sized(125), "", "")
	add("most throughput", ec2types.VolumeTypeGp3, nil, nil, sized(2000), "", "")
	add("less throughput", ec2types.VolumeTypeGp3, nil, nil, sized(124), "ec2-volume-throughput", "Throughput")
	add("more throughput", ec2types.VolumeTypeGp3, nil, nil, sized(2001), "ec2-volume-throughput", "Throughput")
	add("gp2 with throughput", ec2types.VolumeTypeGp2, nil, nil, sized(125), "ec2-volume-throughput", "Throughput")
	run(t, ec2.Launchable, rows)
}

func TestRunInstances(t *testing.T) {
	t.Parallel()
	type in = awsec2.RunInstancesInput
	count := func(least, most int32) in { return in{MinCount: &least, MaxCount: &most} }
	both := count(1, 1)
	both.SubnetId, both.NetworkInterfaces = aws.String("subnet-1"), []ec2types.InstanceNetworkInterfaceSpecification{{}}
	run(t, ec2.RunInstances, []row[in]{
		{"one", count(1, 1), "", ""},
		{"several", count(1, 5), "", ""},
		{"none", count(0, 1), "ec2-run-count", "MinCount"},
		{"fewer", count(2, 1), "ec2-run-count", "MaxCount"},
		{"subnet and interface", both, "ec2-run-subnet", "SubnetId"},
	})
}
