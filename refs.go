// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"slices"

	"github.com/slipway-go/slipway/internal/place"
)

// stackRefs answers rules from a stack's own resources.
type stackRefs struct {
	*declarations
	// reads are what a plan found, by node; nil before one, and for nodes that
	// may be changing now.
	reads []*reading
}

func (d *declarations) refs(reads []*reading) stackRefs {
	return stackRefs{declarations: d, reads: reads}
}

// Get finds a resource by placeholder, ID, name or one of its outputs. What is
// outside of the stack is not known.
func (r stackRefs) Get(kind, ref string) (state any, found, known bool) {
	i := r.find(kind, ref)
	if i < 0 {
		return nil, false, false
	}
	if got := r.reading(i); got != nil && got.resolved != nil {
		return got.resolved, true, true
	}
	return r.nodes[i].declared, true, true
}

func (r stackRefs) reading(i int) *reading {
	if r.reads == nil {
		return nil
	}
	return r.reads[i]
}

func (r stackRefs) find(kind, ref string) int {
	if parts, err := place.Parse(ref); err == nil && len(parts) == 1 && parts[0].IsRef {
		to := parts[0].Ref
		if i, ok := r.index[ID{Kind: to.Kind, Name: to.Name}]; ok && to.Kind == kind {
			return i
		}
		return -1
	}
	for i, n := range r.nodes {
		if n.id.Kind == kind && (n.id.Name == ref || n.id.String() == ref || r.outputs(i, ref)) {
			return i
		}
	}
	return -1
}

// outputs reports whether value is an output of node i.
func (r stackRefs) outputs(i int, value string) bool {
	got := r.reading(i)
	if got == nil {
		return false
	}
	for _, values := range got.outputs {
		if slices.Contains(values, value) {
			return true
		}
	}
	return false
}

// settled answers from node i and what comes before it, which no longer changes
// while i is worked on.
func (r *run) settled(i int) stackRefs {
	visible := make([]*reading, len(r.reads))
	todo := []int{i}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if visible[n] == nil {
			visible[n] = r.reads[n]
			todo = append(todo, r.order.Before(n)...)
		}
	}
	return r.refs(visible)
}
