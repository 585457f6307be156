// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"regexp"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docRequirements = api + "API_InstanceRequirementsRequest.html"
	// docFleetRequirements is of EC2, which chooses the types for ECS.
	docFleetRequirements = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html"
	requirementsPath     = templatePath + "InstanceRequirements."

	maxListedTypes = 400
)

// typePattern is a type of instances, or a pattern of them.
var typePattern = regexp.MustCompile(`^[a-zA-Z0-9.*\-]{1,30}$`)

// requirementRules look at what instance types must offer.
var requirementRules = []managedRule{
	{rules.Meta{ID: "ecs-managed-required", Code: clientException, Doc: docRequirements}, onRequirements(requiredRanges)},
	{rules.Meta{ID: "ecs-managed-ranges", Code: clientException, Doc: docRequirements}, onRequirements(ranges)},
	{rules.Meta{ID: "ecs-managed-inclusions", Code: clientException, Doc: docRequirements}, onRequirements(inclusions)},
	{rules.Meta{ID: "ecs-managed-types", Code: clientException, Doc: docFleetRequirements}, onRequirements(listedTypes)},
	{rules.Meta{ID: "ecs-managed-types-both", Code: clientException, Doc: docFleetRequirements, Warn: true}, onRequirements(typesBoth)},
	{rules.Meta{ID: "ecs-managed-spot-price", Code: clientException, Doc: docFleetRequirements, Warn: true}, onRequirements(spotPrices)},
}

func onRequirements(check func(*rules.Report, *ecstypes.InstanceRequirementsRequest)) func(*rules.Report, *managed) {
	return func(r *rules.Report, m *managed) {
		if q := m.template.InstanceRequirements; q != nil {
			check(r, q)
		}
	}
}

// requiredRanges: the least of vCPUs and of memory must be said.
func requiredRanges(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	if q.VCpuCount == nil || q.VCpuCount.Min == nil {
		r.Add(rules.Problem{Path: requirementsPath + "VCpuCount.Min", Got: "none", Want: "the least number of vCPUs"})
	}
	if q.MemoryMiB == nil || q.MemoryMiB.Min == nil {
		r.Add(rules.Problem{Path: requirementsPath + "MemoryMiB.Min", Got: "none", Want: "the least memory"})
	}
}

// ranges are those of whole numbers and of others.
func ranges(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	if v := q.VCpuCount; v != nil {
		inOrder(r, "VCpuCount", v.Min, v.Max, " vCPUs")
	}
	if v := q.MemoryMiB; v != nil {
		inOrder(r, "MemoryMiB", v.Min, v.Max, " MiB")
	}
	if v := q.AcceleratorCount; v != nil {
		inOrder(r, "AcceleratorCount", v.Min, v.Max, "")
	}
	if v := q.AcceleratorTotalMemoryMiB; v != nil {
		inOrder(r, "AcceleratorTotalMemoryMiB", v.Min, v.Max, " MiB")
	}
	if v := q.BaselineEbsBandwidthMbps; v != nil {
		inOrder(r, "BaselineEbsBandwidthMbps", v.Min, v.Max, " Mbps")
	}
	if v := q.NetworkInterfaceCount; v != nil {
		inOrder(r, "NetworkInterfaceCount", v.Min, v.Max, "")
	}
	if v := q.MemoryGiBPerVCpu; v != nil {
		inOrder(r, "MemoryGiBPerVCpu", v.Min, v.Max, " GiB")
	}
	if v := q.NetworkBandwidthGbps; v != nil {
		inOrder(r, "NetworkBandwidthGbps", v.Min, v.Max, " Gbps")
	}
	if v := q.TotalLocalStorageGB; v != nil {
		inOrder(r, "TotalLocalStorageGB", v.Min, v.Max, " GB")
	}
}

// inOrder reports bounds below 0, and a least above the most.
func inOrder[N int32 | float64](r *rules.Report, field string, least, most *N, unit string) {
	path := requirementsPath + field
	switch {
	case least != nil && *least < 0:
		r.Add(rules.Problem{Path: path + ".Min", Got: fmt.Sprint(*least) + unit, Want: "0 or more"})
	case most != nil && *most < 0:
		r.Add(rules.Problem{Path: path + ".Max", Got: fmt.Sprint(*most) + unit, Want: "0 or more"})
	case least != nil && most != nil && *most < *least:
		r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%v to %v%s", *least, *most, unit), Want: "the least before the most"})
	}
}

func inclusions(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	choice(r, requirementsPath+"BareMetal", q.BareMetal, q.BareMetal.Values())
	choice(r, requirementsPath+"BurstablePerformance", q.BurstablePerformance, q.BurstablePerformance.Values())
	choice(r, requirementsPath+"LocalStorage", q.LocalStorage, q.LocalStorage.Values())
}

func listedTypes(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	typeList(r, requirementsPath+"AllowedInstanceTypes", q.AllowedInstanceTypes)
	typeList(r, requirementsPath+"ExcludedInstanceTypes", q.ExcludedInstanceTypes)
}

func typeList(r *rules.Report, path string, list []string) {
	if len(list) > maxListedTypes {
		r.Add(rules.Problem{Path: path, Got: count(len(list), "type"), Want: "at most 400"})
	}
	for i, name := range list {
		if !typePattern.MatchString(name) {
			r.Add(rules.Problem{
				Path: rules.Elem(path, nil, i), Got: quote(name), Want: "up to 30 letters, digits, dots, hyphens and asterisks, such as m7i.* or c7g.large",
			})
		}
	}
}

func typesBoth(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	if len(q.AllowedInstanceTypes) > 0 && len(q.ExcludedInstanceTypes) > 0 {
		r.Add(rules.Problem{Path: requirementsPath + "ExcludedInstanceTypes", Got: "types that are excluded beside those that are allowed", Want: "either of the two"})
	}
}

func spotPrices(r *rules.Report, q *ecstypes.InstanceRequirementsRequest) {
	if q.SpotMaxPricePercentageOverLowestPrice != nil && q.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice != nil {
		r.Add(rules.Problem{
			Path: requirementsPath + "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice", Got: "a limit beside SpotMaxPricePercentageOverLowestPrice", Want: "either of the two",
		})
	}
}
