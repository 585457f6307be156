// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/graph"
)

// cascade makes replacements of those things, too, that AllowReplace names and
// that must be gone before another one that is deleted first.
func (r *run) cascade() {
	for changed := true; changed; {
		changed = false
		for i := range r.nodes {
			for _, j := range r.standingOn(i) {
				if r.set.replace[r.nodes[j].id] && !r.firstDeleted(j) {
					change := &r.reads[j].change
					change.Verb, change.Reason = Replaced, "deleted first, with "+r.nodes[i].id.String()+", then made again"
					r.reads[j].outputs, r.reads[j].cleared = nil, true
					changed = true
				}
			}
		}
	}
}

// firstDeleted reports whether node i is deleted before it is made again.
func (r *run) firstDeleted(i int) bool {
	got := r.reads[i]
	return got.err == nil && got.have != nil && got.change.Verb == Replaced && (got.cleared || !r.beside(i))
}

// standingOn returns the nodes with existing things that must be gone before node
// i's thing can be deleted, if it is to be deleted first.
func (r *run) standingOn(i int) []int {
	if !r.firstDeleted(i) {
		return nil
	}
	var out []int
	for j, n := range r.nodes {
		got := r.reads[j]
		if got.err == nil && got.have != nil && got.have.owner.Stack == r.owner &&
			before(r.nodes[i].kind, n.kind) && slices.Contains(r.order.Before(j), i) {
			out = append(out, j)
		}
	}
	return out
}

// firsts returns what is deleted before it is made again.
func (r *run) firsts() []*doomed {
	var out []*doomed
	for i, n := range r.nodes {
		if r.firstDeleted(i) {
			got := r.reads[i]
			out = append(out, &doomed{kind: n.kind, id: n.id, have: got.have, node: i, want: got.want, reason: got.change.Reason})
		}
	}
	return out
}

// walk makes room for what is deleted first, and then visits all nodes. Where AWS
// refuses such a deletion, nothing else is begun.
func (r *run) walk(ctx context.Context) []error {
	if err := r.clear(ctx); err != nil {
		return err
	}
	return r.arrive(ctx, r.order.Walk(ctx, r.set.limit, r.apply))
}

// clear deletes what is deleted first. It returns the errors of all nodes, or nil.
func (r *run) clear(ctx context.Context) []error {
	things := r.firsts()
	slices.Reverse(things)
	changes, err := r.deleteAll(ctx, things)
	if err == nil {
		for _, d := range things {
			r.reads[d.node].have = nil
		}
		return nil
	}
	errs := make([]error, len(r.nodes))
	failed := -1
	for i, d := range things {
		if c := i < len(changes) && changes[i].Outcome == Failed; c {
			errs[d.node] = r.refused(d.node, changes[i].Err)
			failed = d.node
		}
	}
	for i := range errs {
		switch {
		case failed < 0:
			errs[i] = err // a cycle of deletions
		case errs[i] == nil:
			errs[i] = &graph.SkippedError{Before: failed}
		}
	}
	return errs
}

// refused says what to allow where AWS refused to delete what others stand on.
func (r *run) refused(i int, err error) error {
	if at, ok := errors.AsType[*ResourceError](err); ok {
		err = at.Err
	}
	var names []string
	for _, j := range r.standingOn(i) {
		if !r.firstDeleted(j) {
			names = append(names, r.nodes[j].id.String())
		}
	}
	if Classify(err) != ErrConflict || names == nil { //nolint:errorlint // Classify returns sentinels
		return err
	}
	return fmt.Errorf("%w; it is deleted first, and what stands on it must go before: AllowReplace for %s, too, or a new name",
		err, strings.Join(names, ", "))
}
