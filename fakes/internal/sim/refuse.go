// SPDX-License-Identifier: Apache-2.0

package sim

import "fmt"

// NotModelledError says that the simulation lacks what was asked of it. It is
// never retried by the SDK.
type NotModelledError struct{ What string }

// Error says what is not modelled.
func (e *NotModelledError) Error() string { return "slipway fake: " + e.What }

// NotModelled refuses what an input asks for in a way that [Refuses] cannot name.
func NotModelled(format string, args ...any) error {
	return &NotModelledError{What: fmt.Sprintf(format, args...)}
}
