// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// glued is a stack whose base AWS refuses to delete, with something on it that
// must go first.
func glued(c toys) (stack slipway.Stack, base toy) {
	base = c.Base("b")
	base.state.Create.Image = aws.String("glued")
	return slipway.NewStack("shop", c.Thing("x").on(base)), base
}

func TestWhatIsProtectedIsFoundBeforeAnythingIsDeleted(t *testing.T) {
	t.Parallel()
	const refused = "delete toy:Base/b: conflict: it is glued; unglue it first"
	for _, row := range []struct {
		name string
		run  func(context.Context, toys, slipway.Stack) error
	}{
		{"destroy", func(ctx context.Context, _ toys, s slipway.Stack) error { return s.Destroy(ctx, config) }},
		{"prune, in the plan", func(ctx context.Context, c toys, _ slipway.Stack) error {
			_, err := slipway.NewStack("shop").WithKinds(c.thing).Plan(ctx, config)
			return err
		}},
		{"prune", func(ctx context.Context, c toys, _ slipway.Stack) error {
			_, err := slipway.NewStack("shop").WithKinds(c.thing).Apply(ctx, config)
			return err
		}},
		{"replace", func(ctx context.Context, c toys, _ slipway.Stack) error {
			_, base := glued(c)
			_, err := slipway.NewStack("shop", c.Thing("x").on(base.shape("oval"))).
				Apply(ctx, config, slipway.AllowReplace(base.ID()))
			return err
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newToys()
			stack, _ := glued(c)
			apply(t, stack)
			before := c.snapshot()
			c.reset()
			err := row.run(t.Context(), c, stack)
			require.ErrorIs(t, err, slipway.ErrConflict)
			require.EqualError(t, err, refused)
			require.Equal(t, before, c.snapshot())
			require.Zero(t, c.count("delete"), "nothing was begun")
		})
	}
}

func TestReplaceWhatOthersStandOn(t *testing.T) {
	t.Parallel()
	c := newToys()
	base := c.Base("b").shape("square")
	stack := func(b toy) slipway.Stack {
		return slipway.NewStack("shop", c.Thing("x").on(b), c.Base("other").size(2))
	}
	apply(t, stack(base))
	next := stack(base.shape("oval"))
	before := c.snapshot()

	c.reset()
	_, err := next.Apply(t.Context(), config, slipway.AllowReplace(base.ID()))
	require.ErrorContains(t, err, "replace toy:Base/b: api error DependencyViolation")
	require.ErrorContains(t, err, "it is deleted first, and what stands on it must go before: AllowReplace for toy:Thing/x, too, or a new name")
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.Equal(t, before, c.snapshot())
	require.Zero(t, c.count("put"), "nothing else was begun")

	both := slipway.AllowReplace(base.ID(), slipway.ID{Kind: "toy:Thing", Name: "x"})
	require.Contains(t, plan(t, next, both), "-/+ toy:Thing/x (deleted first, with toy:Base/b, then made again)\n")
	c.reset()
	apply(t, next, both)
	require.Contains(t, plan(t, next), "nothing to do")
	require.Equal(t, 2, c.count("delete"))
	require.Len(t, c.snapshot(), 3)
}

func TestACutOffSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newToys()
		c.settle = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := slipway.NewStack("shop", c.Base("b")).Apply(ctx, config)
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.EqualError(t, err, "create toy:Base/b: timed out: context deadline exceeded; last seen: changing")
	})
}

func TestClientIsMadeOnce(t *testing.T) {
	t.Parallel()
	type client struct{ region string }
	type options struct{}
	made := 0
	create := func(cfg aws.Config, _ ...func(*options)) *client {
		made++
		return &client{cfg.Region}
	}
	require.Equal(t, "eu-central-1", slipway.Client(slipway.Call{Config: config}, create).region, "a call made by hand has none yet")

	c := newToys()
	c.onCall = func(call slipway.Call) { slipway.Client(call, create) }
	made = 0
	apply(t, slipway.NewStack("shop", c.Base("a"), c.Base("b")), slipway.Concurrency(1))
	require.Equal(t, 1, made)
}
