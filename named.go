// SPDX-License-Identifier: Apache-2.0

package slipway

import "fmt"

// Named stands among the resources that another one uses for one to which it refers by
// its name, and which the stack need not declare, such as an existing cluster. If the
// stack declares it nonetheless, it comes first.
func Named(id ID) Resource { return reference{id} }

type reference struct{ id ID }

// ID is that of the resource that is referred to.
func (r reference) ID() ID { return r.id }

// Build fails: there is nothing to make.
func (r reference) Build() (Desired, error) {
	return Desired{}, fmt.Errorf("%w: %s is only referred to by its name", ErrInvalid, r.id)
}

// mention is a reference by name.
type mention struct{ by, to ID }

// mentions orders what is referred to by name before what refers to it.
func (b *building) mentions() {
	for _, m := range b.mentioned {
		by, there := b.index[m.by]
		to, declared := b.index[m.to]
		if there && declared && by != to {
			b.order.Add(to, by)
		}
	}
}
