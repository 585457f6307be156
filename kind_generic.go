// SPDX-License-Identifier: Apache-2.0

package slipway

// Kind is a [Driver] with a name and without its type parameter.
type Kind struct {
	name   string
	driver any
}

// NewKind returns the kind of that name, such as "ecs:Cluster".
func NewKind[T any](name string, d Driver[T]) Kind { return Kind{name: name, driver: d} }

// Name returns the kind's name.
func (k Kind) Name() string { return k.name }
