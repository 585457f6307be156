// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
	rulesiam "github.com/slipway-go/slipway/internal/rules/iam"
)

// Check reports what IAM would reject in an input of the SDK, given by pointer:
// of AttachRolePolicy, CreateInstanceProfile, CreatePolicy, CreatePolicyVersion,
// CreateRole, CreateUser, PutRolePolicy, PutUserPolicy, TagRole,
// UpdateAssumeRolePolicy or UpdateRole. Any other type is an error.
func Check(input any) error {
	switch in := input.(type) {
	case *awsiam.AttachRolePolicyInput:
		return rules.Errors(rulesiam.AttachRolePolicy.All(nil, in))
	case *awsiam.CreateInstanceProfileInput:
		return rules.Errors(rulesiam.CreateInstanceProfile.All(nil, in))
	case *awsiam.CreatePolicyInput:
		return rules.Errors(rulesiam.CreatePolicy.All(nil, in))
	case *awsiam.CreatePolicyVersionInput:
		return rules.Errors(rulesiam.CreatePolicyVersion.All(nil, in))
	case *awsiam.CreateRoleInput:
		return rules.Errors(rulesiam.CreateRole.All(nil, in))
	case *awsiam.CreateUserInput:
		return rules.Errors(rulesiam.CreateUser.All(nil, in))
	case *awsiam.PutRolePolicyInput:
		return rules.Errors(rulesiam.PutRolePolicy.All(nil, in))
	case *awsiam.PutUserPolicyInput:
		return rules.Errors(rulesiam.PutUserPolicy.All(nil, in))
	case *awsiam.TagRoleInput:
		return rules.Errors(rulesiam.TagRole.All(nil, in))
	case *awsiam.UpdateAssumeRolePolicyInput:
		return rules.Errors(rulesiam.UpdateAssumeRolePolicy.All(nil, in))
	case *awsiam.UpdateRoleInput:
		return rules.Errors(rulesiam.UpdateRole.All(nil, in))
	default:
		return fmt.Errorf("%w: iam.Check has no rules for a %T", slipway.ErrInvalid, input)
	}
}
