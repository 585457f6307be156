// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/rules"
)

// check runs the rules on an input and returns the SDK's exception.
func check[T any](of rules.Of[T], in *T) error { return sim.Check(of, nil, in, exception) }

// exception makes the SDK's exception of a code; nil where it has none.
func exception(code, message string) error {
	switch code {
	case "MalformedPolicyDocument":
		return &iamtypes.MalformedPolicyDocumentException{Message: &message}
	case "LimitExceeded":
		return &iamtypes.LimitExceededException{Message: &message}
	case "InvalidInput":
		return &iamtypes.InvalidInputException{Message: &message}
	default:
		return nil
	}
}

func missing(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &iamtypes.NoSuchEntityException{Message: &text}
}

func exists(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &iamtypes.EntityAlreadyExistsException{Message: &text}
}

func inUse(text string) error {
	return &iamtypes.DeleteConflictException{Message: &text}
}

func limit(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &iamtypes.LimitExceededException{Message: &text}
}

func invalid(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &iamtypes.InvalidInputException{Message: &text}
}

func protected(role string) error {
	text := fmt.Sprintf("Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", role)
	return &iamtypes.UnmodifiableEntityException{Message: &text}
}
