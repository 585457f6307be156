// SPDX-License-Identifier: Apache-2.0

package slipway

import "context"

// Preflighter is a [Driver] that can tell, before anything is changed, whether
// what surrounds a thing is as it needs it to be.
type Preflighter[T any] interface {
	// Preflight reads AWS, and only reads. In want, strings whose placeholders are
	// not known yet still hold them: what the stack itself will make is looked up in
	// refs and taken as given. The error says that nothing could be found out; a
	// single thing that could not is a [Check] without an answer.
	Preflight(ctx context.Context, c Call, refs Refs, want *T) ([]Check, error)
}

// Check is one thing that was looked at before a change.
type Check struct {
	// ID is the resource that needs it; set by the engine.
	ID ID
	// Subject says what has to be so, such as "image shop/web:1 exists for linux/amd64".
	Subject string
	// Cause says why it is not so; nil if it is, or is not known.
	Cause *Cause
	// Unknown says why it could not be found out; empty if it was.
	Unknown string
}
