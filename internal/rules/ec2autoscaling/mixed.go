// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	distributionPath = "MixedInstancesPolicy.InstancesDistribution."
	overridesPath    = "MixedInstancesPolicy.LaunchTemplate.Overrides"
	// overridesMost is AWS's quota.
	// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
	overridesMost = 40
	// weightMost bounds the weight of an instance type.
	weightMost = 999
	poolsMost  = 20
)

// checkTemplates: a template is named by id or by name.
func checkTemplates(r *rules.Report, s settings) {
	checkTemplate(r, "LaunchTemplate", s.template)
	if s.mixed == nil || s.mixed.LaunchTemplate == nil {
		return
	}
	checkTemplate(r, "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification", s.mixed.LaunchTemplate.LaunchTemplateSpecification)
	for i, o := range s.mixed.LaunchTemplate.Overrides {
		checkTemplate(r, rules.Elem(overridesPath, o.InstanceType, i)+".LaunchTemplateSpecification", o.LaunchTemplateSpecification)
	}
}

func checkTemplate(r *rules.Report, path string, t *asgtypes.LaunchTemplateSpecification) {
	if t != nil && given(t.LaunchTemplateId != nil, t.LaunchTemplateName != nil) != 1 {
		r.Add(rules.Problem{Path: path, Got: "both or neither", Want: "LaunchTemplateId or LaunchTemplateName"})
	}
}

func checkMixedTemplate(r *rules.Report, s settings) {
	if s.mixed != nil && (s.mixed.LaunchTemplate == nil || s.mixed.LaunchTemplate.LaunchTemplateSpecification == nil) {
		r.Add(rules.Problem{Path: "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification", Got: "none", Want: "a launch template"})
	}
}

// distribution is that of the mixed instances policy, or nil.
func (s settings) distribution() *asgtypes.InstancesDistribution {
	if s.mixed == nil {
		return nil
	}
	return s.mixed.InstancesDistribution
}

func checkOnDemand(r *rules.Report, s settings) {
	if d := s.distribution(); d != nil {
		within(r, distributionPath+"OnDemandBaseCapacity", "onDemandBaseCapacity", "", d.OnDemandBaseCapacity, 0, periodMost)
		within(r, distributionPath+"OnDemandPercentageAboveBaseCapacity", "onDemandPercentageAboveBaseCapacity", "%", d.OnDemandPercentageAboveBaseCapacity, 0, 100)
	}
}

func checkAllocation(r *rules.Report, s settings) {
	if d := s.distribution(); d != nil {
		oneOf(r, distributionPath+"OnDemandAllocationStrategy", "onDemandAllocationStrategy", d.OnDemandAllocationStrategy, "lowest-price", "prioritized")
		oneOf(r, distributionPath+"SpotAllocationStrategy", "spotAllocationStrategy", d.SpotAllocationStrategy,
			"lowest-price", "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized")
	}
}

func checkPools(r *rules.Report, s settings) {
	d := s.distribution()
	if d == nil || d.SpotInstancePools == nil {
		return
	}
	if strategy := aws.ToString(d.SpotAllocationStrategy); strategy != "" && strategy != "lowest-price" {
		r.Add(rules.Problem{Path: distributionPath + "SpotInstancePools", Got: fmt.Sprintf("%d beside %s", *d.SpotInstancePools, strategy), Want: "none but for lowest-price"})
		return
	}
	within(r, distributionPath+"SpotInstancePools", "spotInstancePools", "", d.SpotInstancePools, 1, poolsMost)
}

func checkOverrides(r *rules.Report, s settings) {
	if s.mixed == nil || s.mixed.LaunchTemplate == nil {
		return
	}
	list := s.mixed.LaunchTemplate.Overrides
	if len(list) > overridesMost {
		r.Add(rules.Problem{Path: overridesPath, Got: strconv.Itoa(len(list)), Want: "at most 40",
			Text: "The number of overrides in the mixed instances policy exceeds the limit of 40."})
	}
	seen := map[string]bool{}
	for i, o := range list {
		at := rules.Elem(overridesPath, o.InstanceType, i)
		if o.InstanceType != nil && o.InstanceRequirements != nil {
			r.Add(rules.Problem{Path: at, Got: "InstanceType beside InstanceRequirements", Want: "one of the two",
				Text: "InstanceType and InstanceRequirements cannot be specified together in an override."})
		}
		if name := aws.ToString(o.InstanceType); name != "" {
			if seen[name] {
				r.Add(rules.Problem{Path: at, Got: name + " twice", Want: "each type once",
					Text: fmt.Sprintf("Instance type %s is specified more than once in the overrides.", name)})
			}
			seen[name] = true
		}
		checkWeight(r, at, o.WeightedCapacity)
	}
}

func checkWeight(r *rules.Report, at string, weight *string) {
	if weight == nil {
		return
	}
	if n, err := strconv.Atoi(*weight); err != nil || n < 1 || n > weightMost {
		r.Add(rules.Problem{Path: at + ".WeightedCapacity", Got: fmt.Sprintf("%q", *weight), Want: "a whole number from 1 to 999",
			Text: "WeightedCapacity must be a whole number between 1 and 999."})
	}
}

func checkWeights(r *rules.Report, s settings) {
	if s.mixed == nil || s.mixed.LaunchTemplate == nil {
		return
	}
	n, list := 0, s.mixed.LaunchTemplate.Overrides
	for _, o := range list {
		if o.WeightedCapacity != nil {
			n++
		}
	}
	if n != 0 && n != len(list) {
		r.Add(rules.Problem{Path: overridesPath, Got: fmt.Sprintf("weights for %d of %d types", n, len(list)), Want: "WeightedCapacity for all types or for none"})
	}
}
