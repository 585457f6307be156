// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Protector is a [Driver] some of whose things AWS refuses to delete, such as a
// balancer with deletion protection. [Stack.Plan] and [Stack.Destroy] ask it
// before anything is deleted, so that nothing is left half-done.
type Protector[T any] interface {
	// Protected returns why AWS would refuse to delete the thing, and what to do
	// about it; "" if it would not.
	Protected(ctx context.Context, c Call, have *Live[T]) (reason string, err error)
}

func (t typed[T]) protected(ctx context.Context, c Call, have *live) (string, error) {
	if d, ok := t.d.(Protector[T]); ok {
		return d.Protected(ctx, c, take[T](have))
	}
	return "", nil
}

// protections returns an error for each thing that AWS would refuse to delete, in
// the order of things.
func (r *run) protections(ctx context.Context, things []*doomed) error {
	errs := make([]error, len(things))
	group := errgroup.Group{}
	group.SetLimit(r.set.limit)
	for i, d := range things {
		group.Go(func() error {
			errs[i] = r.protection(ctx, d)
			return nil
		})
	}
	_ = group.Wait() // errors are joined in the order of things
	return errors.Join(errs...)
}

func (r *run) protection(ctx context.Context, d *doomed) error {
	reason, err := d.kind.driver.protected(ctx, r.call(d.id), d.have)
	if err == nil && reason != "" {
		err = fmt.Errorf("%w: %s", ErrConflict, reason)
	}
	if err == nil {
		return nil
	}
	return &ResourceError{ID: d.id, Verb: Delete, Err: err}
}
