// SPDX-License-Identifier: Apache-2.0

package fakes

// The copying of inputs and outputs, for its tests.
var (
	DeepCopy = deepCopy
	IsSet    = isSet
)
