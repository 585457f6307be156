// SPDX-License-Identifier: Apache-2.0

// Package awserr gives the errors of SDK clients the form in which drivers
// return them.
package awserr

import "github.com/slipway-go/slipway"

// Wrap returns err as a [*slipway.CallError], which matches the sentinel of
// AWS's error code and keeps the SDK's error inside. op says what was tried, as
// in "create cluster". Nil stays nil.
func Wrap(err error, op string) error {
	if err == nil {
		return nil
	}
	return &slipway.CallError{Op: op, Err: err}
}

// Is reports whether AWS answered with one of the codes.
func Is(err error, codes ...string) bool {
	got := slipway.ErrorCode(err)
	for _, code := range codes {
		if got != "" && got == code {
			return true
		}
	}
	return false
}
