// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/place"
)

// predicted returns the values of outputs that are known, or will be: in
// permissions they may hold "*" where they are not known exactly.
func (r *run) predicted(ref place.Ref) (values []string, known bool, err error) {
	if ref.Kind == selfKind && ref.Name == selfName {
		values, known = r.self(ref.Attribute)
		return values, known, nil
	}
	i, ok := r.index[ID{Kind: ref.Kind, Name: ref.Name}]
	if !ok {
		return nil, false, nil
	}
	got := r.reads[i]
	values, known = got.outputs[ref.Attribute]
	if known || got.want == nil {
		return values, known, nil
	}
	values, known = r.nodes[i].kind.driver.predict(got.want)[ref.Attribute]
	return r.inner(values), known, nil
}

// foreseen is predicted without what is not known exactly.
func (r *run) foreseen(ref place.Ref) (values []string, known bool, err error) {
	values, known, err = r.predicted(ref)
	if slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "*") }) {
		return nil, false, err
	}
	return values, known, err
}

// inner resolves the placeholders in what is predicted.
func (r *run) inner(values []string) []string {
	resolved, err := place.Resolve(values, r.predicted)
	if out, ok := resolved.([]string); ok && err == nil {
		return out
	}
	return values
}

// expected returns a state with what is known and what is foreseen: for
// comparisons and for people. What is made waits for the real values.
func (r *run) expected(state any) any {
	out, err := place.Resolve(state, r.foreseen)
	if err != nil {
		return state
	}
	return out
}
