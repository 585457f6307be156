// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// CallError is a call to AWS that went wrong. It matches the sentinel that
// [Classify] finds, and the SDK's own error is inside.
type CallError struct {
	// Op says what was tried, as in "create cluster".
	Op string
	// Err is what the SDK returned.
	Err error
}

// Error says what was tried and how AWS answered.
func (e *CallError) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the SDK's error.
func (e *CallError) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel for the SDK's error.
func (e *CallError) Is(target error) bool {
	class := Classify(e.Err)
	return class != nil && target == class
}

// ErrorCode returns the code with which AWS answered, such as
// "ClusterNotFoundException", or "" if err holds none.
func ErrorCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// Classify returns the sentinel that AWS's answer in err stands for, or nil:
// [ErrNotFound], [ErrConflict], [ErrDenied], [ErrThrottled], [ErrInvalid] by
// error code, [ErrTimeout] when the context's deadline passed.
func Classify(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	code := ErrorCode(err)
	if code == "" {
		return nil
	}
	if _, ok := retry.DefaultThrottleErrorCodes[code]; ok {
		return ErrThrottled
	}
	for _, c := range classes {
		if c.matches(code) {
			return c.sentinel
		}
	}
	return nil
}

// class are the error codes that mean the same, by parts of their names: AWS's
// services each have their own words for the same things.
type class struct {
	sentinel error
	parts    []string
}

// classes are in order: "InvalidGroup.NotFound" is not found before it is invalid.
var classes = []class{
	{ErrNotFound, []string{"NotFound", "NoSuchEntity", "DoesNotExist", "NotExist"}},
	{ErrDenied, []string{
		"AccessDenied", "UnauthorizedOperation", "NotAuthorized", "AuthFailure", "UnrecognizedClient",
		"InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch",
	}},
	{ErrConflict, []string{
		"AlreadyExists", "Duplicate", "Conflict", "InUse", "DependencyViolation", "NotEmpty",
		"ConcurrentModification", "ContainsServices", "ContainsTasks", "ContainsContainerInstances",
		"OperationNotPermitted",
	}},
	{ErrInvalid, []string{"Validation", "InvalidParameter", "Malformed", "InvalidInput", "InvalidRequest"}},
}

func (c class) matches(code string) bool {
	for _, part := range c.parts {
		if strings.Contains(code, part) {
			return true
		}
	}
	return false
}
