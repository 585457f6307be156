// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

// The bounds of managed scaling.
const (
	maxTargetCapacity = 100
	maxScalingStep    = 10000
	maxInstanceWarmup = 10000
)

var (
	providerScalingMeta = rules.Meta{ID: "ecs-capacity-provider-scaling", Code: clientException, Doc: api + "API_ManagedScaling.html"}
	providerStepsMeta   = rules.Meta{
		ID: "ecs-capacity-provider-steps", Code: clientException, Doc: api + "API_ManagedScaling.html", Warn: true,
	}
	providerProtectionMeta = rules.Meta{
		ID: "ecs-capacity-provider-protection", Code: clientException, Doc: api + "API_AutoScalingGroupProvider.html",
		Text: "The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection " +
			"for a capacity provider, managed scaling must be enabled.",
	}
)

const groupProviderPath = "AutoScalingGroupProvider."

func ofGroupProvider(check func(*rules.Report, *ecstypes.AutoScalingGroupProvider)) func(*rules.Report, *awsecs.CreateCapacityProviderInput) {
	return func(r *rules.Report, in *awsecs.CreateCapacityProviderInput) {
		if in.AutoScalingGroupProvider != nil {
			check(r, in.AutoScalingGroupProvider)
		}
	}
}

func providerScaling(r *rules.Report, p *ecstypes.AutoScalingGroupProvider) {
	s := p.ManagedScaling
	if s == nil {
		return
	}
	path := groupProviderPath + "ManagedScaling."
	between(r, path+"TargetCapacity", s.TargetCapacity, 1, maxTargetCapacity, " %", "")
	between(r, path+"MinimumScalingStepSize", s.MinimumScalingStepSize, 1, maxScalingStep, "", "")
	between(r, path+"MaximumScalingStepSize", s.MaximumScalingStepSize, 1, maxScalingStep, "", "")
	between(r, path+"InstanceWarmupPeriod", s.InstanceWarmupPeriod, 0, maxInstanceWarmup, " s", "")
}

// providerSteps warns of a least step above the most.
func providerSteps(r *rules.Report, p *ecstypes.AutoScalingGroupProvider) {
	if s := p.ManagedScaling; s != nil && s.MaximumScalingStepSize != nil && value(s.MinimumScalingStepSize) > *s.MaximumScalingStepSize {
		r.Add(rules.Problem{
			Path: groupProviderPath + "ManagedScaling.MinimumScalingStepSize", Got: count(int(*s.MinimumScalingStepSize), "instance"),
			Want: "at most the maximum of " + count(int(*s.MaximumScalingStepSize), "instance"),
		})
	}
}

func providerProtection(r *rules.Report, p *ecstypes.AutoScalingGroupProvider) {
	scaled := p.ManagedScaling != nil && p.ManagedScaling.Status == ecstypes.ManagedScalingStatusEnabled
	if p.ManagedTerminationProtection == ecstypes.ManagedTerminationProtectionEnabled && !scaled {
		r.Add(rules.Problem{Path: groupProviderPath + "ManagedTerminationProtection", Got: "ENABLED without managed scaling", Want: "both, or DISABLED"})
	}
}
