// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const volumeDoc = reference + "API_LaunchTemplateEbsBlockDeviceRequest.html"

// Launchable has the rules of data that AWS checks only when something is launched from
// it: a template that breaks them can be made, with a warning, and never works.
var Launchable = rules.Of[data]{
	launchRule("ec2-launch-groups", invalidCombined, dataDoc,
		"Network interfaces and an instance-level security groups may not be specified on the same request", checkGroupsOrInterfaces),
	launchRule("ec2-launch-device-index", invalidValue, reference+"API_LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.html",
		"Each network interface requires a device index.", checkDeviceIndex),
	launchRule("ec2-launch-public-address", invalidCombined, reference+"API_LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.html",
		"The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.", checkPublicAddress),
	launchRule("ec2-launch-profile", invalidCombined, reference+"API_LaunchTemplateIamInstanceProfileSpecificationRequest.html",
		"The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'", checkProfile),
	launchRule("ec2-launch-credits", invalidCombined, reference+"API_CreditSpecificationRequest.html",
		"The CPU credit option can be specified for burstable performance instances only.", checkCredits),
	launchRule("ec2-launch-spot-options", invalidCombined, reference+"API_LaunchTemplateInstanceMarketOptionsRequest.html",
		"Spot options need the market type spot.", checkMarket),
	launchRule("ec2-volume-size", invalidValue, volumeDoc, "", eachVolume(checkVolumeSize)),
	launchRule("ec2-volume-iops", invalidValue, volumeDoc, "", eachVolume(checkIops)),
	launchRule("ec2-volume-throughput", invalidValue, volumeDoc, "", eachVolume(checkThroughput)),
	launchRule("ec2-volume-key", "InvalidParameterDependency", volumeDoc,
		"The parameter KmsKeyId requires the parameter Encrypted to be set.", eachVolume(checkVolumeKey)),
}

func launchRule(id, code, doc, text string, check func(r *rules.Report, d *data)) rules.Rule[data] {
	return rules.Rule[data]{Meta: rules.Meta{ID: id, Code: code, Doc: doc, Text: text}, Check: check}
}

func checkGroupsOrInterfaces(r *rules.Report, d *data) {
	if len(d.NetworkInterfaces) > 0 && len(d.SecurityGroupIds)+len(d.SecurityGroups) > 0 {
		r.Add(rules.Problem{Path: "SecurityGroupIds", Got: "groups beside NetworkInterfaces", Want: "groups in the network interface"})
	}
}

func checkDeviceIndex(r *rules.Report, d *data) {
	for i, n := range d.NetworkInterfaces {
		if n.DeviceIndex == nil {
			r.Add(rules.Problem{Path: fmt.Sprintf("NetworkInterfaces[%d].DeviceIndex", i), Want: "an index, 0 for the primary interface"})
		}
	}
}

func checkPublicAddress(r *rules.Report, d *data) {
	for i, n := range d.NetworkInterfaces {
		if len(d.NetworkInterfaces) > 1 && n.AssociatePublicIpAddress != nil {
			r.Add(rules.Problem{Path: fmt.Sprintf("NetworkInterfaces[%d].AssociatePublicIpAddress", i),
				Got: fmt.Sprintf("%t with %d interfaces", *n.AssociatePublicIpAddress, len(d.NetworkInterfaces)), Want: "one interface"})
		}
	}
}

func checkProfile(r *rules.Report, d *data) {
	if p := d.IamInstanceProfile; p != nil && p.Name != nil && p.Arn != nil {
		r.Add(rules.Problem{Path: "IamInstanceProfile.Name", Got: *p.Name + " beside Arn", Want: "one of the two"})
	}
}

func checkCredits(r *rules.Report, d *data) {
	c := d.CreditSpecification
	if c == nil {
		return
	}
	if v := aws.ToString(c.CpuCredits); v != "standard" && v != "unlimited" {
		r.Add(rules.Problem{Path: "CreditSpecification.CpuCredits", Got: v, Want: "standard or unlimited", Code: invalidValue,
			Text: fmt.Sprintf("Invalid value '%s' for CpuCredits.", v)})
	}
	if kind := string(d.InstanceType); kind != "" && !strings.HasPrefix(kind, "t") {
		r.Add(rules.Problem{Path: "CreditSpecification", Got: "credits for " + kind, Want: "a T instance type"})
	}
}

func checkMarket(r *rules.Report, d *data) {
	if m := d.InstanceMarketOptions; m != nil && m.SpotOptions != nil && m.MarketType != ec2types.MarketTypeSpot {
		r.Add(rules.Problem{Path: "InstanceMarketOptions.MarketType", Got: string(m.MarketType), Want: "spot, for SpotOptions"})
	}
}

type volume = ec2types.LaunchTemplateEbsBlockDeviceRequest

func eachVolume(check func(r *rules.Report, path string, v *volume)) func(r *rules.Report, d *data) {
	return func(r *rules.Report, d *data) {
		for i, m := range d.BlockDeviceMappings {
			if m.Ebs != nil {
				check(r, rules.Elem("BlockDeviceMappings", m.DeviceName, i)+".Ebs", m.Ebs)
			}
		}
	}
}

// limits of a volume type; with most 0 the type cannot be given the quantity.
type bound struct{ least, most int32 }

// volumeSizes are in GiB, volumeIops a second.
var (
	volumeSizes = map[ec2types.VolumeType]bound{
		ec2types.VolumeTypeGp2: {1, 16384}, ec2types.VolumeTypeGp3: {1, 65536}, ec2types.VolumeTypeIo1: {4, 16384},
		ec2types.VolumeTypeIo2: {4, 65536}, ec2types.VolumeTypeSt1: {125, 16384}, ec2types.VolumeTypeSc1: {125, 16384},
		ec2types.VolumeTypeStandard: {1, 1024},
	}
	volumeIops = map[ec2types.VolumeType]bound{
		ec2types.VolumeTypeGp3: {3000, 80000}, ec2types.VolumeTypeIo1: {100, 64000}, ec2types.VolumeTypeIo2: {100, 256000},
	}
	volumeThroughput = bound{125, 2000} // MiB a second, gp3 only
)

func checkVolumeSize(r *rules.Report, path string, v *volume) {
	b, known := volumeSizes[v.VolumeType]
	if v.VolumeSize == nil || !known {
		return
	}
	if *v.VolumeSize < b.least || *v.VolumeSize > b.most {
		r.Add(rules.Problem{Path: path + ".VolumeSize", Got: fmt.Sprintf("%d GiB", *v.VolumeSize),
			Want: fmt.Sprintf("%d to %d GiB for %s", b.least, b.most, v.VolumeType),
			Text: fmt.Sprintf("Volume of %dGiB is out of range for volume type %s; it must be between %dGiB and %dGiB.",
				*v.VolumeSize, v.VolumeType, b.least, b.most)})
	}
}

func checkIops(r *rules.Report, path string, v *volume) {
	b, provisioned := volumeIops[v.VolumeType]
	switch {
	case v.Iops == nil && (v.VolumeType == ec2types.VolumeTypeIo1 || v.VolumeType == ec2types.VolumeTypeIo2):
		r.Add(rules.Problem{Path: path + ".Iops", Want: "a number, which " + string(v.VolumeType) + " volumes need", Code: missingParameter,
			Text: fmt.Sprintf("The parameter iops must be specified for %s volumes.", v.VolumeType)})
	case v.Iops == nil || v.VolumeType == "":
	case !provisioned:
		r.Add(rules.Problem{Path: path + ".Iops", Got: strconv.Itoa(int(*v.Iops)), Want: "none for " + string(v.VolumeType), Code: invalidCombined,
			Text: fmt.Sprintf("The parameter iops is not supported for %s volumes.", v.VolumeType)})
	case *v.Iops < b.least || *v.Iops > b.most:
		r.Add(rules.Problem{Path: path + ".Iops", Got: strconv.Itoa(int(*v.Iops)), Want: fmt.Sprintf("%d to %d for %s", b.least, b.most, v.VolumeType),
			Text: fmt.Sprintf("Volume iops of %d is out of range for volume type %s; it must be between %d and %d.",
				*v.Iops, v.VolumeType, b.least, b.most)})
	}
}

func checkThroughput(r *rules.Report, path string, v *volume) {
	switch {
	case v.Throughput == nil || v.VolumeType == "":
	case v.VolumeType != ec2types.VolumeTypeGp3:
		r.Add(rules.Problem{Path: path + ".Throughput", Got: strconv.Itoa(int(*v.Throughput)), Want: "none for " + string(v.VolumeType), Code: invalidCombined,
			Text: fmt.Sprintf("The parameter throughput is not supported for %s volumes.", v.VolumeType)})
	case *v.Throughput < volumeThroughput.least || *v.Throughput > volumeThroughput.most:
		r.Add(rules.Problem{Path: path + ".Throughput", Got: fmt.Sprintf("%d MiB/s", *v.Throughput), Want: "125 to 2000 MiB/s",
			Text: fmt.Sprintf("Throughput of %d MiB/s is out of range; it must be between 125 and 2000.", *v.Throughput)})
	}
}

func checkVolumeKey(r *rules.Report, path string, v *volume) {
	if v.KmsKeyId != nil && !aws.ToBool(v.Encrypted) {
		r.Add(rules.Problem{Path: path + ".KmsKeyId", Got: *v.KmsKeyId, Want: "Encrypted beside it"})
	}
}

// RunInstances has the rules of how many instances and of what goes not together in a call.
// Its data is checked as that of a template.
var RunInstances = rules.Of[awsec2.RunInstancesInput]{
	{
		Meta: rules.Meta{ID: "ec2-run-count", Code: invalidValue, Doc: reference + "API_RunInstances.html"},
		Check: func(r *rules.Report, in *awsec2.RunInstancesInput) {
			least, most := aws.ToInt32(in.MinCount), aws.ToInt32(in.MaxCount)
			switch {
			case least < 1:
				r.Add(rules.Problem{Path: "MinCount", Got: strconv.Itoa(int(least)), Want: "at least 1",
					Text: fmt.Sprintf("Value (%d) for parameter minCount is invalid. It must be at least 1.", least)})
			case most < least:
				r.Add(rules.Problem{Path: "MaxCount", Got: strconv.Itoa(int(most)), Want: fmt.Sprintf("at least MinCount (%d)", least),
					Text: fmt.Sprintf("Value (%d) for parameter maxCount is invalid. It must not be less than minCount.", most)})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "ec2-run-subnet", Code: invalidCombined, Doc: reference + "API_RunInstances.html",
			Text: "Network interfaces and an instance-level subnet ID may not be specified on the same request"},
		Check: func(r *rules.Report, in *awsec2.RunInstancesInput) {
			if in.SubnetId != nil && len(in.NetworkInterfaces) > 0 {
				r.Add(rules.Problem{Path: "SubnetId", Got: "a subnet beside NetworkInterfaces", Want: "a subnet in the network interface"})
			}
		},
	},
}
