// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Range bounds a number. A Max of 0 is none.
type Range struct{ Min, Max int }

// MemoryRange bounds an amount of memory. A Max of 0 is none.
type MemoryRange struct{ Min, Max Memory }

// Span bounds a number that need not be whole. A Max of 0 is none.
type Span struct{ Min, Max float64 }

// InstanceRequirements choose the types of [ManagedInstances] by what they offer. What
// is zero asks for nothing. Of the types that are left ECS takes those that cost least
// for the tasks that wait.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_InstanceRequirementsRequest.html
type InstanceRequirements struct {
	// VCPUs and Memory of an instance.
	VCPUs  Range
	Memory MemoryRange
	// MemoryPerVCPU is how much memory there is for each vCPU.
	MemoryPerVCPU MemoryRange
	// Allowed are types, or patterns such as "m7i.*", at most 400; all others are out.
	Allowed []string
	// Excluded are types, or patterns, at most 400. Not with Allowed.
	Excluded []string
	// Manufacturers of CPUs; any if empty.
	Manufacturers []ecstypes.CpuManufacturer
	// Generations of types; any if empty.
	Generations []ecstypes.InstanceGeneration
	// Burstable types have their CPU limited by credits, BareMetal types have no
	// hypervisor; both are excluded by default.
	Burstable ecstypes.BurstablePerformance
	BareMetal ecstypes.BareMetal
	// LocalStorage is of types with instance store volumes; included by default.
	LocalStorage ecstypes.LocalStorage
	// LocalStorageTypes are hdd and ssd; any if empty.
	LocalStorageTypes []ecstypes.LocalStorageType
	// TotalLocalStorage in GB.
	TotalLocalStorage Span
	// NetworkInterfaces is how many can be attached, NetworkBandwidth is in Gbps.
	NetworkInterfaces Range
	NetworkBandwidth  Span
	// EBSBandwidth is the baseline in Mbps.
	EBSBandwidth Range
	// Accelerators is how many GPUs or other accelerators there are.
	Accelerators Range
	// AcceleratorMemory is the memory of all accelerators of a type together.
	AcceleratorMemory MemoryRange
	// AcceleratorTypes, AcceleratorManufacturers and AcceleratorNames are those to choose
	// from; any if empty.
	AcceleratorTypes         []ecstypes.AcceleratorType
	AcceleratorManufacturers []ecstypes.AcceleratorManufacturer
	AcceleratorNames         []ecstypes.AcceleratorName
	// Hibernation: only types that support it.
	Hibernation bool
	// OnDemandPriceLimit is by how many percent a type may cost more than the cheapest of
	// the current generations of C, M and R that will do.
	OnDemandPriceLimit int
	// SpotPriceLimit is that for Spot; SpotPriceShare is how many percent of the best
	// On-Demand price Spot may cost. Not both.
	SpotPriceLimit, SpotPriceShare int
}

func (q InstanceRequirements) input() *ecstypes.InstanceRequirementsRequest {
	in := &ecstypes.InstanceRequirementsRequest{
		VCpuCount:            &ecstypes.VCpuCountRangeRequest{Min: aws.Int32(clamp(q.VCPUs.Min)), Max: optional(q.VCPUs.Max)},
		MemoryMiB:            &ecstypes.MemoryMiBRequest{Min: aws.Int32(clamp(int(q.Memory.Min))), Max: optional(int(q.Memory.Max))},
		AllowedInstanceTypes: slices.Clone(q.Allowed), ExcludedInstanceTypes: slices.Clone(q.Excluded),
		CpuManufacturers: slices.Clone(q.Manufacturers), InstanceGenerations: slices.Clone(q.Generations),
		BurstablePerformance: q.Burstable, BareMetal: q.BareMetal, LocalStorage: q.LocalStorage, LocalStorageTypes: slices.Clone(q.LocalStorageTypes),
		RequireHibernateSupport:                        on(q.Hibernation),
		OnDemandMaxPricePercentageOverLowestPrice:      optional(q.OnDemandPriceLimit),
		SpotMaxPricePercentageOverLowestPrice:          optional(q.SpotPriceLimit),
		MaxSpotPriceAsPercentageOfOptimalOnDemandPrice: optional(q.SpotPriceShare),
	}
	q.accelerators(in)
	if q.MemoryPerVCPU != (MemoryRange{}) {
		in.MemoryGiBPerVCpu = &ecstypes.MemoryGiBPerVCpuRequest{Min: gibibytes(q.MemoryPerVCPU.Min), Max: gibibytes(q.MemoryPerVCPU.Max)}
	}
	if s := q.TotalLocalStorage; s != (Span{}) {
		in.TotalLocalStorageGB = &ecstypes.TotalLocalStorageGBRequest{Min: optionalShare(s.Min), Max: optionalShare(s.Max)}
	}
	if n := q.NetworkInterfaces; n != (Range{}) {
		in.NetworkInterfaceCount = &ecstypes.NetworkInterfaceCountRequest{Min: optional(n.Min), Max: optional(n.Max)}
	}
	if s := q.NetworkBandwidth; s != (Span{}) {
		in.NetworkBandwidthGbps = &ecstypes.NetworkBandwidthGbpsRequest{Min: optionalShare(s.Min), Max: optionalShare(s.Max)}
	}
	if n := q.EBSBandwidth; n != (Range{}) {
		in.BaselineEbsBandwidthMbps = &ecstypes.BaselineEbsBandwidthMbpsRequest{Min: optional(n.Min), Max: optional(n.Max)}
	}
	return in
}

func (q InstanceRequirements) accelerators(in *ecstypes.InstanceRequirementsRequest) {
	in.AcceleratorTypes, in.AcceleratorNames = slices.Clone(q.AcceleratorTypes), slices.Clone(q.AcceleratorNames)
	in.AcceleratorManufacturers = slices.Clone(q.AcceleratorManufacturers)
	if n := q.Accelerators; n != (Range{}) {
		in.AcceleratorCount = &ecstypes.AcceleratorCountRequest{Min: optional(n.Min), Max: optional(n.Max)}
	}
	if m := q.AcceleratorMemory; m != (MemoryRange{}) {
		in.AcceleratorTotalMemoryMiB = &ecstypes.AcceleratorTotalMemoryMiBRequest{Min: optional(int(m.Min)), Max: optional(int(m.Max))}
	}
}

// gibibytes is nil for none.
func gibibytes(m Memory) *float64 { return optionalShare(float64(m) / float64(GiB)) }

// clone keeps the lists of the value apart from those of the caller.
func (q InstanceRequirements) clone() *InstanceRequirements {
	q.Allowed, q.Excluded = slices.Clone(q.Allowed), slices.Clone(q.Excluded)
	q.Manufacturers, q.Generations, q.LocalStorageTypes = slices.Clone(q.Manufacturers), slices.Clone(q.Generations), slices.Clone(q.LocalStorageTypes)
	q.AcceleratorTypes, q.AcceleratorNames = slices.Clone(q.AcceleratorTypes), slices.Clone(q.AcceleratorNames)
	q.AcceleratorManufacturers = slices.Clone(q.AcceleratorManufacturers)
	return &q
}
