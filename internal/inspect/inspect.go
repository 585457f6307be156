// SPDX-License-Identifier: Apache-2.0

// Package inspect is how one package of this module reads things of another one's
// kinds: see the method Inspect of slipway.Kind.
package inspect

// Query says what is read.
type Query struct {
	// Want is what a driver's Read is given, a pointer to the kind's state; nil lists
	// what the call's stack owns.
	Want any
}

// Thing is a thing as AWS has it.
type Thing struct {
	// State is a pointer to the kind's state.
	State any
	// Outputs are what other resources may refer to.
	Outputs map[string][]string
	// Stack and Resource are the owner; empty when nobody's.
	Stack, Resource string
}

// Output returns the first value of an output, or "".
func (t Thing) Output(name string) string {
	if values := t.Outputs[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
