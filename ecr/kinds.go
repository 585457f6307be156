// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"fmt"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecr"
	"github.com/slipway-go/slipway/internal/rules"
	ruleset "github.com/slipway-go/slipway/internal/rules/ecr"
)

// Kinds returns the kinds of this package: ecr:Repository.
func Kinds() []slipway.Kind { return []slipway.Kind{repositoryKind()} }

func repositoryKind() slipway.Kind {
	return slipway.NewKind[model.Repository](model.KindRepository, driver{})
}

// Check reports what AWS would reject in a raw SDK input: a pointer to a
// CreateRepositoryInput, PutImageTagMutabilityInput, PutLifecyclePolicyInput,
// StartLifecyclePolicyPreviewInput, SetRepositoryPolicyInput, TagResourceInput or
// PutImageInput of ecr.
func Check(in any) error {
	switch in := in.(type) {
	case *awsecr.CreateRepositoryInput:
		return rules.Errors(ruleset.CreateRepository.All(nil, in))
	case *awsecr.PutImageTagMutabilityInput:
		return rules.Errors(ruleset.PutImageTagMutability.All(nil, in))
	case *awsecr.PutLifecyclePolicyInput:
		return rules.Errors(ruleset.PutLifecyclePolicy.All(nil, in))
	case *awsecr.StartLifecyclePolicyPreviewInput:
		return rules.Errors(ruleset.StartLifecyclePolicyPreview.All(nil, in))
	case *awsecr.SetRepositoryPolicyInput:
		return rules.Errors(ruleset.SetRepositoryPolicy.All(nil, in))
	case *awsecr.TagResourceInput:
		return rules.Errors(ruleset.TagResource.All(nil, in))
	case *awsecr.PutImageInput:
		return rules.Errors(ruleset.PutImage.All(nil, in))
	default:
		return fmt.Errorf("%w: ecr.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}
