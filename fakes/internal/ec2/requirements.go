// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"path"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ world.Types = (*Fake)(nil)

// Matching returns the types that offer what is required, the cheapest first. Bare metal
// and burstable types are out unless they are asked for.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
func (f *Fake) Matching(q ec2types.InstanceRequirementsRequest) ([]world.InstanceType, error) {
	if err := unmodelledRequirements(&q); err != nil {
		return nil, err
	}
	var found []world.InstanceType
	for _, t := range typeTable {
		if t.offers(&q) {
			found = append(found, t.world())
		}
	}
	slices.SortStableFunc(found, func(a, b world.InstanceType) int { return cmp.Compare(a.Price(), b.Price()) })
	return found, nil
}

// unmodelledRequirements refuses what the table has not.
func unmodelledRequirements(q *ec2types.InstanceRequirementsRequest) error {
	for _, r := range []struct {
		name string
		set  bool
	}{
		{"BaselineEbsBandwidthMbps", q.BaselineEbsBandwidthMbps != nil},
		{"BaselinePerformanceFactors", q.BaselinePerformanceFactors != nil},
		{"LocalStorageTypes", len(q.LocalStorageTypes) > 0},
		{"MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", q.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice != nil},
		{"NetworkBandwidthGbps", q.NetworkBandwidthGbps != nil},
		{"OnDemandMaxPricePercentageOverLowestPrice", q.OnDemandMaxPricePercentageOverLowestPrice != nil},
		{"RequireEncryptionInTransit", q.RequireEncryptionInTransit != nil},
		{"RequireHibernateSupport", q.RequireHibernateSupport != nil && *q.RequireHibernateSupport},
		{"SpotMaxPricePercentageOverLowestPrice", q.SpotMaxPricePercentageOverLowestPrice != nil},
		{"TotalLocalStorageGB", q.TotalLocalStorageGB != nil},
	} {
		if r.set {
			return sim.NotModelled("%s of instance requirements is not modelled", r.name)
		}
	}
	for _, kind := range q.AcceleratorTypes {
		if kind != ec2types.AcceleratorTypeGpu {
			return sim.NotModelled("accelerators of type %s are not modelled", kind)
		}
	}
	return nil
}

// offers reports whether the type offers what is required.
func (t typeRow) offers(q *ec2types.InstanceRequirementsRequest) bool {
	const mebibytesOfGiB = 1024
	per := float64(t.memory) / mebibytesOfGiB / float64(t.vcpus)
	switch {
	case q.VCpuCount != nil && !within(t.vcpus, q.VCpuCount.Min, q.VCpuCount.Max),
		q.MemoryMiB != nil && !within(t.memory, q.MemoryMiB.Min, q.MemoryMiB.Max),
		q.NetworkInterfaceCount != nil && !within(t.interfaces, q.NetworkInterfaceCount.Min, q.NetworkInterfaceCount.Max),
		q.MemoryGiBPerVCpu != nil && (per < or(q.MemoryGiBPerVCpu.Min, 0) || per > or(q.MemoryGiBPerVCpu.Max, per)):
		return false
	}
	return t.listed(q) && t.sort(q) && t.accelerated(q)
}

func within(n int, least, most *int32) bool {
	return n >= int(or(least, 0)) && n <= int(or(most, int32(n)))
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// listed: the type is allowed, and not excluded.
func (t typeRow) listed(q *ec2types.InstanceRequirementsRequest) bool {
	in := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			matched, err := path.Match(p, t.name)
			return matched && err == nil
		})
	}
	return (len(q.AllowedInstanceTypes) == 0 || in(q.AllowedInstanceTypes)) && !in(q.ExcludedInstanceTypes)
}

// sort is what kind of a type it is. All of the table are of the current generation, and
// none is bare metal.
func (t typeRow) sort(q *ec2types.InstanceRequirementsRequest) bool {
	switch {
	case q.BareMetal == ec2types.BareMetalRequired,
		burstable(t.name) && cmp.Or(q.BurstablePerformance, ec2types.BurstablePerformanceExcluded) == ec2types.BurstablePerformanceExcluded,
		!burstable(t.name) && q.BurstablePerformance == ec2types.BurstablePerformanceRequired,
		t.localStorage() && q.LocalStorage == ec2types.LocalStorageExcluded,
		!t.localStorage() && q.LocalStorage == ec2types.LocalStorageRequired:
		return false
	}
	return contains(q.InstanceGenerations, ec2types.InstanceGenerationCurrent) && contains(q.CpuManufacturers, t.manufacturer())
}

// contains: a list without elements has all.
func contains[E comparable](list []E, e E) bool { return len(list) == 0 || slices.Contains(list, e) }

// localStorage reports whether the type has instance store volumes.
func (t typeRow) localStorage() bool {
	return slices.Contains([]string{"g4dn", "g5", "g6", "p4d"}, family(t.name))
}

// manufacturer of the CPU: families of AMD have an a after the generation.
func (t typeRow) manufacturer() ec2types.CpuManufacturer {
	name := family(t.name)
	switch {
	case t.arch == arm:
		return ec2types.CpuManufacturerAmazonWebServices
	case strings.HasSuffix(name, "a"), slices.Contains([]string{"g5", "g6", "inf2"}, name):
		return ec2types.CpuManufacturerAmd
	default:
		return ec2types.CpuManufacturerIntel
	}
}

// accelerated: the type has the accelerators that are asked for; where none are, it may have
// some. The accelerators of inf2 are not in the table.
func (t typeRow) accelerated(q *ec2types.InstanceRequirementsRequest) bool {
	if family(t.name) == "inf2" {
		return false
	}
	asked := len(q.AcceleratorTypes)+len(q.AcceleratorNames)+len(q.AcceleratorManufacturers) > 0 || q.AcceleratorTotalMemoryMiB != nil
	if asked && t.gpus == 0 || q.AcceleratorCount != nil && !within(t.gpus, q.AcceleratorCount.Min, q.AcceleratorCount.Max) {
		return false
	}
	if t.gpus == 0 {
		return true
	}
	g := gpus[family(t.name)]
	if m := q.AcceleratorTotalMemoryMiB; m != nil && !within(t.gpus*int(g.memory), m.Min, m.Max) {
		return false
	}
	return contains(q.AcceleratorNames, ec2types.AcceleratorName(strings.ToLower(g.name))) &&
		contains(q.AcceleratorManufacturers, ec2types.AcceleratorManufacturerNvidia)
}
