// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"slices"

	"github.com/slipway-go/slipway/internal/place"
)

// Merger is a [Driver] that can put two declarations of one thing together, such as
// a role to which each of its users adds what it needs.
type Merger[T any] interface {
	// Merge returns a state with all that a and b ask for, or false where they
	// contradict each other. It is pure, changes neither, and the order of a and b
	// means nothing.
	Merge(a, b *T) (*T, bool)
}

func (t typed[T]) merge(a, b any) (any, bool) {
	if d, ok := t.d.(Merger[T]); ok {
		return d.Merge(pointer[T](a), pointer[T](b))
	}
	return nil, false
}

// merge takes another declaration of n in, if their kind can put the two together.
func (b *building) merge(n *node, want Desired) bool {
	both, ok := n.kind.driver.merge(n.declared, want.State)
	if !ok {
		return false
	}
	state, err := place.Resolve(both, unknown)
	if err != nil {
		return false
	}
	refs, err := place.Find(both)
	if err != nil {
		return false
	}
	n.declared, n.refs = state, refs
	for _, path := range want.Overridden {
		if !slices.Contains(n.overridden, path) {
			n.overridden = append(slices.Clip(n.overridden), path)
		}
	}
	for _, used := range want.Uses {
		b.add(used, n.id)
	}
	return true
}
