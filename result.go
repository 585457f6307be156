// SPDX-License-Identifier: Apache-2.0

package slipway

import "maps"

// Result is what [Stack.Apply] did.
type Result struct {
	// Stack is "<stack>@<region>".
	Stack string
	// Changes are what was to be done, each with its Outcome.
	Changes []Change

	outputs map[ID]map[string][]string
}

// Outputs returns the outputs of a resource, such as its "arn"; nil if it was not
// reached, or makes none.
func (r *Result) Outputs(id ID) map[string][]string {
	if r == nil {
		return nil
	}
	return maps.Clone(r.outputs[id])
}

// Output returns the outputs of a resource as its own type has them, from the
// [Result] of what was applied, or from the [Plan] of what is there already.
func Output[O any](from interface {
	Outputs(id ID) map[string][]string
}, res interface {
	Resource
	Outputs(values map[string][]string) O
},
) O {
	return res.Outputs(from.Outputs(res.ID()))
}
