// SPDX-License-Identifier: Apache-2.0

// Package driver holds what drivers of several services do alike.
package driver

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// InFlight bounds the calls that one driver makes at a time.
const InFlight = 8

// Each calls f for all, a few at a time, and returns what is not nil, in their order.
func Each[D, T any](ctx context.Context, all []D, f func(context.Context, D) (*T, error)) ([]*T, error) {
	made := make([]*T, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(InFlight)
	for i := range all {
		group.Go(func() (err error) {
			made[i], err = f(ctx, all[i])
			return err
		})
	}
	err := group.Wait()
	return slices.DeleteFunc(made, func(t *T) bool { return t == nil }), err
}

// Retag returns the tags to set, and the keys of those to take away, sorted, so that a
// thing with the tags have has those of want.
func Retag(have, want map[string]string) (set map[string]string, gone []string) {
	set = map[string]string{}
	for k, v := range want {
		if old, ok := have[k]; !ok || old != v {
			set[k] = v
		}
	}
	for _, k := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[k]; !ok {
			gone = append(gone, k)
		}
	}
	return set, gone
}
