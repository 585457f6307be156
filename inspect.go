// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"

	"github.com/slipway-go/slipway/internal/inspect"
)

// Inspect reads what there is of the kind. It is for the packages beside this one,
// such as for ecs.Export: nobody else can make a query.
func (k Kind) Inspect(ctx context.Context, c Call, q inspect.Query) ([]inspect.Thing, error) {
	var all []*live
	switch {
	case q.Want != nil:
		one, err := k.driver.read(ctx, c, q.Want)
		if err != nil {
			return nil, err
		}
		all = []*live{one}
	case k.driver.lists():
		var err error
		if all, err = k.driver.list(ctx, c); err != nil {
			return nil, err
		}
	}
	var things []inspect.Thing
	for _, l := range all {
		if l != nil && l.phase != Deleting {
			things = append(things, inspect.Thing{State: l.state, Outputs: l.outputs, Stack: l.owner.Stack, Resource: l.owner.Resource})
		}
	}
	return things, nil
}
