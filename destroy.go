// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Destroy deletes all that the stack owns in the region, whether still declared
// or not, in the order that AWS needs. What others own is left alone. Without
// declarations, [Stack.WithKinds] says where to look. When cut off, it can be
// run again.
func (s Stack) Destroy(ctx context.Context, cfg aws.Config, opts ...DestroyOption) error {
	set := newSettings()
	for _, o := range opts {
		o.forDestroy(set)
	}
	d, err := s.build()
	if err != nil {
		return err
	}
	r, err := s.start(ctx, cfg, d, set)
	if err != nil {
		return err
	}
	things, err := r.owns(ctx)
	if err != nil {
		return err
	}
	if err := r.protections(ctx, things); err != nil {
		return err
	}
	end := r.begin(things)
	_, err = r.deleteAll(ctx, things)
	end(err)
	return err
}

// owns finds all that the stack owns: what is declared by reading, and the rest
// by listing.
func (r *run) owns(ctx context.Context) ([]*doomed, error) {
	r.survey(ctx, r.reveal)
	var (
		out []*doomed
		err error
	)
	for i, n := range r.nodes {
		got := r.reads[i]
		if n.kind.driver.effects().Existing && (got.err == nil || errors.Is(got.err, ErrNotFound)) {
			continue // what was only looked up may be gone
		}
		err = errors.Join(err, r.failure(i))
		if got.have == nil || got.have.owner.Stack != r.owner {
			continue
		}
		out = append(out, &doomed{kind: n.kind, id: n.id, have: got.have, node: i, want: got.want, reason: "destroyed"})
	}
	if err != nil {
		return nil, err
	}
	kinds, found, err := r.listed(ctx)
	current := r.identities()
	for k, kind := range kinds {
		for _, l := range found[k] {
			if !current[[2]string{kind.name, l.identity()}] {
				out = append(out, r.listedDoom(kind, l))
			}
		}
	}
	slices.Reverse(out)
	return out, err
}

// reveal makes the outputs of node i known to those that need them to be found.
func (r *run) reveal(i int) error {
	if have := r.reads[i].have; have != nil {
		r.reads[i].outputs = have.outputs
	}
	return nil
}

func (r *run) listedDoom(kind Kind, l *live) *doomed {
	id, ok := ParseID(l.owner.Resource)
	if !ok {
		id = ID{Kind: kind.name, Name: l.identity()}
	}
	d := &doomed{kind: kind, id: id, have: l, node: -1, reason: "destroyed"}
	if i, declared := r.index[id]; declared {
		d.node = i
	}
	return d
}
