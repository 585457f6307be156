// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"slices"

	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
	aasrules "github.com/slipway-go/slipway/internal/rules/autoscaling"
	ec2rules "github.com/slipway-go/slipway/internal/rules/ec2"
	asgrules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
	"github.com/slipway-go/slipway/vpc"
)

// Kinds returns the kinds of this package: autoscaling:Scaling, ec2:LaunchTemplate and
// autoscaling:Group.
func Kinds() []slipway.Kind { return []slipway.Kind{scalingKind(), templateKind(), groupKind()} }

func scalingKind() slipway.Kind { return slipway.NewKind[model.Scaling](model.KindScaling, driver{}) }

// family is what the drivers of what launches instances have in common.
type family struct{ awsid.Identity }

// Kinds returns the kinds of this package and those that groups stand on.
func (family) Kinds() []slipway.Kind { return slices.Concat(Kinds(), iam.Kinds(), vpc.Kinds()) }

// Check reports what AWS would reject in a raw SDK input, given by pointer: of
// applicationautoscaling RegisterScalableTarget, PutScalingPolicy and PutScheduledAction;
// of autoscaling CreateAutoScalingGroup, UpdateAutoScalingGroup, PutLifecycleHook,
// PutScalingPolicy, PutScheduledUpdateGroupAction, PutWarmPool and StartInstanceRefresh;
// of ec2 CreateLaunchTemplate and CreateLaunchTemplateVersion.
func Check(in any) error {
	switch in := in.(type) {
	case *awsasg.CreateAutoScalingGroupInput:
		return rules.Errors(asgrules.CreateAutoScalingGroup.All(nil, in))
	case *awsasg.UpdateAutoScalingGroupInput:
		return rules.Errors(asgrules.UpdateAutoScalingGroup.All(nil, in))
	case *awsasg.PutLifecycleHookInput:
		return rules.Errors(asgrules.PutLifecycleHook.All(nil, in))
	case *awsasg.PutScalingPolicyInput:
		return rules.Errors(asgrules.PutScalingPolicy.All(nil, in))
	case *awsasg.PutScheduledUpdateGroupActionInput:
		return rules.Errors(asgrules.PutScheduledUpdateGroupAction.All(nil, in))
	case *awsasg.PutWarmPoolInput:
		return rules.Errors(asgrules.PutWarmPool.All(nil, in))
	case *awsasg.StartInstanceRefreshInput:
		return rules.Errors(asgrules.StartInstanceRefresh.All(nil, in))
	case *awsec2.CreateLaunchTemplateInput:
		return rules.Errors(ec2rules.CreateLaunchTemplate.All(nil, in))
	case *awsec2.CreateLaunchTemplateVersionInput:
		return rules.Errors(ec2rules.CreateLaunchTemplateVersion.All(nil, in))
	case *awsaas.RegisterScalableTargetInput:
		return rules.Errors(aasrules.RegisterScalableTarget.All(nil, in))
	case *awsaas.PutScalingPolicyInput:
		return rules.Errors(aasrules.PutScalingPolicy.All(nil, in))
	case *awsaas.PutScheduledActionInput:
		return rules.Errors(aasrules.PutScheduledAction.All(nil, in))
	default:
		return fmt.Errorf("%w: autoscaling.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}
