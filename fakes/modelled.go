// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"maps"
	"slices"
)

// Modelled is what the cloud knows of one operation.
type Modelled struct {
	Service, Operation string
	// Input is an empty input of the operation.
	Input any
	// Refused are the fields of the input that are an error when they are set.
	Refused []string
}

// Modelled returns the operations that the cloud answers, by service and name.
// All others are an error that says so.
func (c *Cloud) Modelled() []Modelled {
	var all []Modelled
	for _, id := range slices.Sorted(maps.Keys(c.services)) {
		s := c.services[id]
		for _, name := range s.Operations() {
			op := s.Operation(name)
			all = append(all, Modelled{
				Service: id, Operation: name, Input: op.NewInput(), Refused: slices.Sorted(slices.Values(op.Unmodelled)),
			})
		}
	}
	return all
}
