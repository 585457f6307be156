// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Rationed is a [Driver] of things of which AWS lets an account have only so many.
type Rationed[T any] interface {
	// Ration finds out, before anything is changed, whether there is room for what a
	// stack is about to make of the kind, beside what is there: at least one. It reads
	// AWS, and only reads. Strings, refs and the error are as in [Preflighter].
	Ration(ctx context.Context, c Call, refs Refs, made []*T) ([]Check, error)
}

func (t typed[T]) ration(ctx context.Context, c Call, refs Refs, made []any) ([]Check, error) {
	d, ok := t.d.(Rationed[T])
	if !ok {
		return nil, nil
	}
	states := make([]*T, len(made))
	for i, state := range made {
		states[i] = pointer[T](state)
	}
	return d.Ration(ctx, c, refs, states)
}

// ration asks each kind once for all that is to be made of it. The checks are of the
// first thing that is made.
func (r *run) ration(ctx context.Context) ([]Check, error) {
	kinds, first, made := r.making()
	found := make([][]Check, len(kinds))
	group := errgroup.Group{}
	group.SetLimit(r.set.limit)
	for i, k := range kinds {
		group.Go(func() error {
			id := first[i]
			checks, err := k.driver.ration(ctx, r.call(id), r.refs(r.reads), made[i])
			if err != nil {
				return &ResourceError{ID: id, Verb: None, Err: err}
			}
			for j := range checks {
				checks[j].ID = id
			}
			found[i] = checks
			return nil
		})
	}
	err := group.Wait()
	var all []Check
	for _, checks := range found {
		all = append(all, checks...)
	}
	return all, err
}

// making returns the kinds of which something is made beside what is there, the ID of
// the first such thing, and the states of all.
func (r *run) making() (kinds []Kind, first []ID, made [][]any) {
	at := map[string]int{}
	order, _ := r.order.Order()
	for _, i := range order {
		n, got := r.nodes[i], r.reads[i]
		if got.want == nil || got.change.Verb != Create && (got.change.Verb != Replaced || r.firstDeleted(i)) {
			continue
		}
		k, known := at[n.kind.name]
		if !known {
			k = len(kinds)
			at[n.kind.name] = k
			kinds, first, made = append(kinds, n.kind), append(first, n.id), append(made, nil)
		}
		made[k] = append(made[k], got.want)
	}
	return kinds, first, made
}
