// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slipway-go/slipway/internal/graph"
	"github.com/slipway-go/slipway/internal/place"
)

// deleteAll deletes things in their order and returns what became of each.
func (r *run) deleteAll(ctx context.Context, things []*doomed) ([]Change, error) {
	g, err := r.deletions(things)
	if err != nil {
		return nil, err
	}
	errs := g.Walk(ctx, r.set.limit, func(ctx context.Context, i int) error {
		return r.delete(ctx, things[i])
	})
	changes := make([]Change, len(things))
	for i, d := range things {
		changes[i] = d.change()
		errs[i] = because(errs[i], func(n int) ID { return things[n].id })
		errs[i] = changes[i].end(errs[i])
	}
	return changes, errors.Join(errs...)
}

// because names the resource in the error of a node that was skipped.
func because(err error, id func(n int) ID) error {
	if skipped, ok := errors.AsType[*graph.SkippedError](err); ok {
		return &SkippedError{Because: id(skipped.Before)}
	}
	return err
}

// end notes how the change went, and returns err with the resource named.
func (c *Change) end(err error) error {
	if err == nil {
		c.Outcome = Applied
		return nil
	}
	c.Outcome = Failed
	if _, ok := errors.AsType[*SkippedError](err); ok {
		c.Outcome = Skipped
	}
	c.Err = &ResourceError{ID: c.ID, Verb: c.Verb, Err: err}
	return c.Err
}

// delete deletes one thing and waits until it is gone.
func (r *run) delete(ctx context.Context, d *doomed) error {
	start := time.Now()
	r.emit(Started{ID: d.id, Verb: Delete})
	err := d.kind.driver.remove(ctx, r.call(d.id), d.have)
	if err == nil {
		err = r.gone(ctx, d)
	}
	err = r.herald.cutOff(d.id, err)
	r.emit(Done{ID: d.id, Verb: Delete, Took: time.Since(start), Err: err})
	return err
}

// gone waits until AWS no longer shows the thing.
func (r *run) gone(ctx context.Context, d *doomed) error {
	waiting := false
	return Poll(ctx, func(ctx context.Context) (bool, error) {
		there, err := r.there(ctx, d)
		if there && err == nil && !waiting {
			waiting = true
			r.emit(Waiting{ID: d.id, Reason: "being deleted"})
		}
		return !there, err
	})
}

// there reports whether the thing can still be seen, by reading it if that is
// possible, else by listing its kind.
func (r *run) there(ctx context.Context, d *doomed) (bool, error) {
	if d.want != nil && !holdsRefs(d.want) {
		now, err := d.kind.driver.read(ctx, r.call(d.id), d.want)
		return now != nil && now.identity() == d.have.identity(), err
	}
	if !d.kind.driver.lists() {
		return false, nil
	}
	all, err := r.list(ctx, d.kind)
	return slices.ContainsFunc(all, func(l *live) bool { return l.identity() == d.have.identity() }), err
}

func holdsRefs(state any) bool {
	refs, err := place.Find(state)
	return err != nil || len(refs) > 0
}
