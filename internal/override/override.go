// SPDX-License-Identifier: Apache-2.0

// Package override runs the escape hatches of builders and says what they changed.
package override

import (
	"slices"

	"github.com/slipway-go/slipway/internal/diff"
	"github.com/slipway-go/slipway/internal/place"
)

// Run lets each of fs change in, one after the other, and returns the paths of the
// fields that differ afterwards, with prefix (such as "Create.") before each. They
// are for [slipway.Desired.Overridden]. What fs keep hold of is not shared with the
// builder: in is a copy of its own from here on.
func Run[T any](prefix string, in *T, fs ...func(*T)) []string {
	if len(fs) == 0 {
		return nil
	}
	before := *in
	if own, err := place.Resolve(in, nothing); err == nil {
		if p, ok := own.(*T); ok {
			*in = *p
		}
	}
	for _, f := range fs {
		if f != nil {
			f(in)
		}
	}
	return paths(prefix, &before, in)
}

func nothing(place.Ref) ([]string, bool, error) { return nil, false, nil }

// paths compares in both directions: what is taken away is absent in the wanted
// state.
func paths(prefix string, before, after any) []string {
	changes := slices.Concat(
		diff.Compare(before, after, diff.Options{}), diff.Compare(after, before, diff.Options{}))
	var out []string
	for _, c := range changes {
		if path := prefix + c.Path; !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}
