// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"slices"

	"github.com/slipway-go/slipway/internal/graph"
	"github.com/slipway-go/slipway/internal/place"
)

// Bridger is a [Driver] whose things can refer to one that is replaced and to the new
// one at the same time, as what forwards requests to target groups can. Such a thing
// is changed in steps, so that what is replaced stays in use until all that depends on
// it has followed.
type Bridger[T any] interface {
	// Bridge returns the states on the way from have to want, which refer to the old
	// things and to the new ones; none if there is no need of one, or no such state.
	// Everything that the stack declares takes one step and settles before anything
	// takes the next. A way that was begun goes on from have. What is lost on the way
	// is a warning. It is pure, and changes neither.
	Bridge(have, want *T, replaced []Replacement) (way []*T, warnings []FieldError)
}

// Replacement is a new thing made beside an old one, which is deleted in the end.
type Replacement struct {
	// ID is that of both.
	ID ID
	// Old are the outputs of the old thing, New those of the new one; nil until it is
	// there.
	Old, New map[string][]string
	// Fields are what differs.
	Fields []FieldChange
}

// Was reports whether value is an output of the old thing, such as its ARN.
func (r Replacement) Was(value string) bool { return holdsOutput(r.Old, value) }

// Becomes reports whether value is an output of the new thing, or the placeholder for
// one.
func (r Replacement) Becomes(value string) bool {
	parts, err := place.Parse(value)
	if err == nil && len(parts) == 1 && parts[0].IsRef {
		return parts[0].Ref.Kind == r.ID.Kind && parts[0].Ref.Name == r.ID.Name
	}
	return holdsOutput(r.New, value)
}

func holdsOutput(outputs map[string][]string, value string) bool {
	for _, values := range outputs {
		if value != "" && slices.Contains(values, value) {
			return true
		}
	}
	return false
}

func (t typed[T]) bridge(have *live, want any, replaced []Replacement) (way []any, warnings []FieldError) {
	d, ok := t.d.(Bridger[T])
	if !ok {
		return nil, nil
	}
	states, warnings := d.Bridge(pointer[T](have.state), pointer[T](want), replaced)
	for _, s := range states {
		way = append(way, s)
	}
	return way, warnings
}

// foretell finds out what is replaced, and says in the plan what is changed in steps,
// and what cannot be.
func (r *run) foretell(work []*doomed) {
	for _, d := range work {
		if d.node < 0 {
			continue
		}
		n := r.nodes[d.node]
		old := n.completed(d.have)
		r.replaces = append(r.replaces, Replacement{
			ID: d.id, Old: old.outputs, Fields: n.compare(old.state, r.expected(r.reads[d.node].want)),
		})
	}
	for i, n := range r.nodes {
		_, warnings := r.bridge(i)
		for _, w := range warnings {
			w.Warn = true
			r.losses = append(r.losses, atID(n.id, w))
		}
	}
}

// bridge returns the states between what node i has and what it wants, and notes in the
// change that there are such.
func (r *run) bridge(i int) (way []any, warnings []FieldError) {
	n, got := r.nodes[i], r.reads[i]
	if got.err != nil || got.have == nil || got.change.Verb != Update && got.change.Verb != Adopted {
		return nil, nil
	}
	var replaced []Replacement
	for _, other := range r.replaces {
		if n.refersTo(other.ID) {
			other.New = r.reads[r.index[other.ID]].outputs
			replaced = append(replaced, other)
		}
	}
	if replaced == nil {
		return nil, nil
	}
	way, warnings = n.kind.driver.bridge(got.have, got.want, replaced)
	if len(way) > 0 && got.change.Reason == "" {
		got.change.Reason = "in steps: what is replaced stays in use until all has followed"
	}
	return way, warnings
}

// refersTo reports whether a placeholder of n stands for an output of the resource.
func (n *node) refersTo(id ID) bool {
	return slices.ContainsFunc(n.refs, func(ref place.Ref) bool { return ref.Kind == id.Kind && ref.Name == id.Name })
}

// setOut has node i put into the first state of its way, if it has one.
func (r *run) setOut(i int) {
	if way, _ := r.bridge(i); len(way) > 0 {
		got := r.reads[i]
		got.want, got.ahead = way[0], slices.Concat(way[1:], []any{got.want})
	}
}

// arrive takes the other steps, each in the order of the first ones. Where anything has
// failed nothing more is done: what was in use before still is.
func (r *run) arrive(ctx context.Context, errs []error) []error {
	for left := r.underway(errs); len(left) > 0; left = r.underway(errs) {
		failed := slices.IndexFunc(errs, func(err error) bool { return err != nil })
		step := make([]error, len(errs))
		if failed < 0 {
			step = r.order.Walk(ctx, r.set.limit, r.step)
		}
		for _, i := range left {
			if errs[i] = step[i]; failed >= 0 {
				errs[i] = &graph.SkippedError{Before: failed}
			}
			if errs[i] != nil || len(r.reads[i].ahead) == 0 {
				r.done(i, because(errs[i], func(n int) ID { return r.nodes[n].id }))
			}
		}
	}
	return errs
}

// underway are the nodes that have not arrived yet, and have not failed.
func (r *run) underway(errs []error) []int {
	var left []int
	for i, got := range r.reads {
		if len(got.ahead) > 0 && errs[i] == nil {
			left = append(left, i)
		}
	}
	return left
}

// step takes the next step of node i, if it has one.
func (r *run) step(ctx context.Context, i int) error {
	got := r.reads[i]
	if len(got.ahead) == 0 {
		return nil
	}
	got.want, got.ahead = got.ahead[0], got.ahead[1:]
	return r.herald.cutOff(r.nodes[i].id, r.change(ctx, i))
}
