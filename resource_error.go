// SPDX-License-Identifier: Apache-2.0

package slipway

import "fmt"

// ResourceError says what went wrong with one resource. Sentinels match through
// it, by AWS's error code too, and the SDK's own error is inside.
type ResourceError struct {
	ID   ID
	Verb Verb
	Err  error
}

// Error says what was done to which resource, and what went wrong.
func (e *ResourceError) Error() string {
	if e.Verb == None || e.Verb == "" {
		return fmt.Sprintf("%s: %v", e.ID, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Verb, e.ID, e.Err)
}

// Unwrap returns what went wrong.
func (e *ResourceError) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel for AWS's error code.
func (e *ResourceError) Is(target error) bool {
	class := Classify(e.Err)
	return class != nil && target == class
}

// SkippedError says that nothing was done to a resource, because another one on
// which it depends did not succeed.
type SkippedError struct{ Because ID }

// Error says which resource did not succeed.
func (e *SkippedError) Error() string {
	return "skipped, because " + e.Because.String() + " did not succeed"
}
