// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		toys.latency = time.Second
		var all []slipway.Resource
		for i := range 20 {
			all = append(all, toys.Base(fmt.Sprint("b", i)))
		}
		stack := slipway.NewStack("shop", all...)
		apply(t, stack, slipway.Concurrency(3))
		require.Equal(t, 3, toys.most)
		toys.reset()
		require.NoError(t, stack.Destroy(t.Context(), config))
		require.Equal(t, 20, toys.most, "by default 32")
	})
}

// TestApplyTakesTheCriticalPath: with calls of a second and things that take 30
// seconds to be ready, a graph of chains takes what its longest chain does.
func TestApplyTakesTheCriticalPath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		toys.settle = 30 * time.Second
		var all []slipway.Resource
		const longest = 6
		for chain := range longest {
			last := toys.Base(fmt.Sprint("b", chain))
			for link := range chain {
				last = toys.Thing(fmt.Sprintf("x%d-%d", chain, link)).on(last)
			}
			all = append(all, last)
		}
		start := time.Now()
		apply(t, slipway.NewStack("shop", all...))
		took, path := time.Since(start), longest*toys.settle
		require.GreaterOrEqual(t, took, path)
		require.LessOrEqual(t, took, path+path/10)
	})
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		toys.settle, toys.lag = time.Minute, 10*time.Second
		var seen recorder
		apply(t, slipway.NewStack("shop", toys.Base("b")), slipway.Observe(&seen))
		require.Equal(t, []string{
			"begin [toy:Base/b]", "start create toy:Base/b", "wait toy:Base/b not visible yet", "wait toy:Base/b changing", "done create toy:Base/b <nil>", "end <nil>",
		}, seen.events)
	})
}

func TestNeverVisible(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		toys.settle, toys.lag = time.Hour, time.Hour
		_, err := slipway.NewStack("shop", toys.Base("b")).Apply(t.Context(), config)
		require.ErrorIs(t, err, slipway.ErrTimeout)
	})
}

func TestCutOffWhileSettling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		toys.settle = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		stack := slipway.NewStack("shop", toys.Base("b"))
		_, err := stack.Apply(ctx, config)
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		toys.reset()
		start := time.Now()
		apply(t, stack)
		require.Greater(t, time.Since(start), 50*time.Minute, "the next run waits for it")
		require.Zero(t, toys.count("put"), "and writes nothing")
	})
}

func TestBroken(t *testing.T) {
	t.Parallel()
	toys := newToys()
	stack := slipway.NewStack("shop", toys.Base("b"))
	apply(t, stack)
	for _, thing := range toys.things {
		thing.phase, thing.reason = slipway.Broken, "no capacity"
	}
	require.Contains(t, plan(t, stack), "~ toy:Base/b (is broken: no capacity)\n")
	_, err := stack.Apply(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrFailed)
	require.ErrorContains(t, err, "update toy:Base/b: failed: no capacity")
}
