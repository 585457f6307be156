// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"errors"
	"strings"
)

// Sentinels for errors.Is. The struct behind them is found by errors.As, and so
// is the SDK's own error where there is one.
var (
	// ErrInvalid: AWS would always reject what was declared.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: something that was referred to does not exist.
	ErrNotFound = errors.New("not found")
	// ErrConflict: something exists that stands in the way.
	ErrConflict = errors.New("conflict")
	// ErrDenied: the caller, or a role, lacks a permission.
	ErrDenied = errors.New("denied")
	// ErrThrottled: AWS asked to slow down, longer than was bearable.
	ErrThrottled = errors.New("throttled")
	// ErrTimeout: something did not settle in time.
	ErrTimeout = errors.New("timed out")
	// ErrFailed: AWS tried and failed, as with a deployment.
	ErrFailed = errors.New("failed")
)

// FieldError is one thing that AWS would reject, or, as a warning, probably would.
// It matches [ErrInvalid].
type FieldError struct {
	// Path is the resource's ID and the SDK fields, list elements by name:
	// "ecs:TaskDefinition/web ContainerDefinitions[app].HealthCheck.Interval".
	Path string
	// Got is what was given, Want what AWS wants.
	Got, Want string
	// Doc is the page or thread that says so.
	Doc string
	// Rule is the rule's ID, such as "ecs-healthcheck-interval".
	Rule string
	// Code and Text are AWS's answer, where it is known.
	Code, Text string
	// Warn: not confirmed by AWS's own reference, or legal but risky.
	Warn bool
}

// Error says the path, what was given and what AWS wants.
func (e FieldError) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	b.WriteString(": ")
	if e.Got != "" {
		b.WriteString("got " + e.Got + ", ")
	}
	b.WriteString("want " + e.Want)
	if e.Doc != "" {
		b.WriteString(" (" + e.Doc + ")")
	}
	return b.String()
}

// Is reports whether target is [ErrInvalid].
func (e FieldError) Is(target error) bool { return target == ErrInvalid }

// JoinFields joins errs in their order into one error, leaving out warnings; nil
// when none is left.
func JoinFields(errs []FieldError) error {
	var all []error
	for _, e := range errs {
		if !e.Warn {
			all = append(all, e)
		}
	}
	return errors.Join(all...)
}
