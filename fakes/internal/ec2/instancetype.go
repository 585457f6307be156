// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// gpus are the GPUs of families, with their memory in MiB.
//
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
var gpus = map[string]struct {
	name   string
	memory int32
}{
	"g4dn": {"T4", 16384}, "g5": {"A10G", 22888}, "g6": {"L4", 22888}, "p3": {"V100", 16384}, "p4d": {"A100", 40960},
}

// InstanceType returns what a type offers.
func (f *Fake) InstanceType(name string) (world.InstanceType, bool) {
	i, ok := slices.BinarySearchFunc(typeTable, name, func(t typeRow, name string) int { return cmp.Compare(t.name, name) })
	if !ok {
		return world.InstanceType{}, false
	}
	return typeTable[i].world(), true
}

func (t typeRow) world() world.InstanceType {
	return world.InstanceType{
		Name: t.name, VCPUs: t.vcpus, Memory: t.memory, GPUs: t.gpus, Interfaces: t.interfaces, Trunk: t.trunk, Architecture: t.arch,
	}
}

// instanceType is InstanceType with EC2's answer to one that does not exist. Those that
// exist on AWS but not here are refused as such.
func (f *Fake) instanceType(name string) (world.InstanceType, error) {
	t, ok := f.InstanceType(name)
	switch {
	case ok:
		return t, nil
	case slices.Contains(ec2types.InstanceType("").Values(), ec2types.InstanceType(name)):
		return t, sim.NotModelled("instance type %s is not modelled", name)
	default:
		return t, sim.Errorf("InvalidParameterValue", "Invalid value '%s' for InstanceType.", name)
	}
}

// family is what stands before the dot.
func family(name string) string {
	before, _, _ := strings.Cut(name, ".")
	return before
}

// burstable types are those of the T families.
func burstable(name string) bool { return strings.HasPrefix(name, "t") }

// threads of a core: Graviton and the AMD processors of the seventh generation have one.
func threads(t typeRow) int32 {
	if t.arch == arm || slices.Contains([]string{"c7a", "m7a"}, family(t.name)) || t.vcpus == 1 {
		return 1
	}
	return 2
}

func (t typeRow) described() ec2types.InstanceTypeInfo {
	per := threads(t)
	info := ec2types.InstanceTypeInfo{
		InstanceType: ec2types.InstanceType(t.name), BareMetal: aws.Bool(false), Hypervisor: ec2types.InstanceTypeHypervisorNitro,
		BurstablePerformanceSupported: aws.Bool(burstable(t.name)),
		VCpuInfo: &ec2types.VCpuInfo{
			DefaultVCpus: aws.Int32(int32(t.vcpus)), DefaultCores: aws.Int32(int32(t.vcpus) / per), DefaultThreadsPerCore: aws.Int32(per),
		},
		MemoryInfo:  &ec2types.MemoryInfo{SizeInMiB: aws.Int64(int64(t.memory))},
		NetworkInfo: &ec2types.NetworkInfo{MaximumNetworkInterfaces: aws.Int32(int32(t.interfaces)), EnaSupport: ec2types.EnaSupportRequired},
		ProcessorInfo: &ec2types.ProcessorInfo{
			SupportedArchitectures: []ec2types.ArchitectureType{ec2types.ArchitectureType(t.arch)},
		},
		SupportedUsageClasses:        []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand, ec2types.UsageClassTypeSpot},
		SupportedRootDeviceTypes:     []ec2types.RootDeviceType{ec2types.RootDeviceTypeEbs},
		SupportedVirtualizationTypes: []ec2types.VirtualizationType{ec2types.VirtualizationTypeHvm},
	}
	if t.gpus > 0 {
		g := gpus[family(t.name)]
		info.GpuInfo = &ec2types.GpuInfo{
			TotalGpuMemoryInMiB: aws.Int32(int32(t.gpus) * g.memory),
			Gpus: []ec2types.GpuDeviceInfo{{
				Name: aws.String(g.name), Manufacturer: aws.String("NVIDIA"), Count: aws.Int32(int32(t.gpus)),
				MemoryInfo: &ec2types.GpuDeviceMemoryInfo{SizeInMiB: aws.Int32(g.memory)},
			}},
		}
	}
	return info
}

func number[T any](f func(T) int) func(T) []string {
	return func(t T) []string { return []string{strconv.Itoa(f(t))} }
}

var typeView = view[typeRow]{
	untagged: true,
	filters: map[string]func(typeRow) []string{
		"instance-type":                           func(t typeRow) []string { return []string{t.name} },
		"bare-metal":                              func(typeRow) []string { return []string{"false"} },
		"hypervisor":                              func(typeRow) []string { return []string{"nitro"} },
		"burstable-performance-supported":         func(t typeRow) []string { return []string{strconv.FormatBool(burstable(t.name))} },
		"memory-info.size-in-mib":                 number(func(t typeRow) int { return t.memory }),
		"vcpu-info.default-vcpus":                 number(func(t typeRow) int { return t.vcpus }),
		"network-info.maximum-network-interfaces": number(func(t typeRow) int { return t.interfaces }),
		"processor-info.supported-architecture":   func(t typeRow) []string { return []string{t.arch} },
		"supported-usage-class":                   func(typeRow) []string { return []string{"on-demand", "spot"} },
	},
}

type offering = ec2types.InstanceTypeOffering

var offeringView = view[offering]{
	untagged: true,
	filters: map[string]func(offering) []string{
		"instance-type": text(func(o offering) ec2types.InstanceType { return o.InstanceType }),
		"location":      one(func(o offering) *string { return o.Location }),
	},
}

func registerTypes(s *sim.Service, f *Fake) {
	handle(s, f, "DescribeInstanceTypes", (*region).describeTypes,
		sim.Refuses[awsec2.DescribeInstanceTypesInput]("IncludeUnsupportedInRegion"))
	handle(s, f, "DescribeInstanceTypeOfferings", (*region).describeOfferings)
}

func (r *region) describeTypes(in *awsec2.DescribeInstanceTypesInput) (*awsec2.DescribeInstanceTypesOutput, error) {
	all := typeTable
	if len(in.InstanceTypes) > 0 {
		all = slices.DeleteFunc(slices.Clone(all), func(t typeRow) bool {
			return !slices.Contains(in.InstanceTypes, ec2types.InstanceType(t.name))
		})
	}
	var unknown []string
	for _, name := range in.InstanceTypes {
		if _, err := r.f.instanceType(string(name)); isNotModelled(err) {
			return nil, err
		} else if err != nil {
			unknown = append(unknown, string(name))
		}
	}
	if len(unknown) > 0 {
		return nil, sim.Errorf("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(unknown, ", "))
	}
	list, next, err := describe(r, typeView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeInstanceTypesOutput{NextToken: next}
	for _, t := range list {
		out.InstanceTypes = append(out.InstanceTypes, t.described())
	}
	return out, nil
}

// describeOfferings has every type in every zone that there is.
func (r *region) describeOfferings(
	in *awsec2.DescribeInstanceTypeOfferingsInput,
) (*awsec2.DescribeInstanceTypeOfferingsOutput, error) {
	kind := cmp.Or(in.LocationType, ec2types.LocationTypeRegion)
	var places []string
	switch kind {
	case ec2types.LocationTypeRegion:
		places = []string{r.name}
	case ec2types.LocationTypeAvailabilityZone:
		places = r.zoneList()
	case ec2types.LocationTypeAvailabilityZoneId:
		for _, z := range r.zoneList() {
			places = append(places, zoneID(r.name, z))
		}
	default:
		return nil, sim.NotModelled("location type %q of instance type offerings is not modelled", kind)
	}
	var all []offering
	for _, place := range places {
		for _, t := range typeTable {
			all = append(all, offering{InstanceType: ec2types.InstanceType(t.name), Location: aws.String(place), LocationType: kind})
		}
	}
	list, next, err := describe(r, offeringView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	return &awsec2.DescribeInstanceTypeOfferingsOutput{InstanceTypeOfferings: list, NextToken: next}, err
}
