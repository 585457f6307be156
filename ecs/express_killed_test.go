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

// TestExpressKilledInItsCanary ends the program after some of the calls that an update
// takes; the next one waits for what was begun, or begins it.
func TestExpressKilledInItsCanary(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 2, 4, 8, 12, 16, 20, 32, 64, 128} {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			expressed(t, func(s studio) {
				ctx, kill := context.WithCancel(s.Context())
				defer kill()
				s.cloud.Inject(fakes.Match{Skip: at}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
					out, err := next()
					kill()
					return out, err
				})
				stack := slipway.NewStack("shop", gateway("web:2"))
				_, err := stack.Apply(ctx, s.cloud.Config())
				require.Error(s, err)
				_, err = stack.Apply(s.Context(), s.cloud.Config())
				require.NoError(s, err)
				require.Equal(s, "web:2", s.image())
				require.Len(s, s.cloud.Calls().Of("ECS", "UpdateExpressGatewayService"), 1, "one deployment is enough")
				plan, err := stack.Plan(s.Context(), s.cloud.Config())
				require.NoError(s, err)
				require.Empty(s, plan.Changes, "%s", plan)
				require.NoError(s, stack.Destroy(s.Context(), s.cloud.Config()))
			})
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
