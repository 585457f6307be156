// SPDX-License-Identifier: Apache-2.0

package fakes

// The copying of inputs and outputs, for its tests.
var (
	DeepCopy = deepCopy
	IsSet    = isSet
)

// WithoutThings returns the services that snapshots know nothing of.
func (c *Cloud) WithoutThings() []string {
	var ids []string
	for id, s := range c.services {
		if s.Things == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
