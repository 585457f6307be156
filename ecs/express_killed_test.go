// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// TestExpressKilledAfterAnyCall ends the program after each of the calls that making the
// service takes; the next one completes it.
func TestExpressKilledAfterAnyCall(t *testing.T) {
	t.Parallel()
	clean := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("shop", expressWeb()).Apply(patience(t), clean.Config())
	require.NoError(t, err)
	calls := len(clean.Calls())
	step := 2
	if testing.Short() {
		step = 10
	}
	for at := 0; at < calls; at += step {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			killedAt(t, at)
		})
	}
}

func killedAt(t *testing.T, at int) {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	stack := slipway.NewStack("shop", expressWeb())
	ctx, kill := context.WithCancel(patience(t))
	defer kill()
	cloud.Inject(fakes.Match{Skip: at}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
		out, err := next()
		kill()
		return out, err
	})
	_, _ = stack.Apply(ctx, cloud.Config()) // it was killed
	_, err := stack.Apply(patience(t), cloud.Config())
	require.NoError(t, err)
	plan, err := stack.Plan(patience(t), cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)
	require.NoError(t, stack.Destroy(patience(t), cloud.Config()))
}
