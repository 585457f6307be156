// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"

	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	aasrules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

// Kinds returns the kinds of this package: autoscaling:Scaling.
func Kinds() []slipway.Kind {
	return []slipway.Kind{slipway.NewKind[model.Scaling](model.KindScaling, driver{})}
}

// Check reports what AWS would reject in a raw SDK input: a pointer to a
// RegisterScalableTargetInput, PutScalingPolicyInput or PutScheduledActionInput
// of applicationautoscaling.
func Check(in any) error {
	switch in := in.(type) {
	case *awsaas.RegisterScalableTargetInput:
		return rules.Errors(aasrules.RegisterScalableTarget.All(nil, in))
	case *awsaas.PutScalingPolicyInput:
		return rules.Errors(aasrules.PutScalingPolicy.All(nil, in))
	case *awsaas.PutScheduledActionInput:
		return rules.Errors(aasrules.PutScheduledAction.All(nil, in))
	default:
		return fmt.Errorf("%w: no rules for a %T", slipway.ErrInvalid, in)
	}
}
