// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/graph"
)

// edges makes a graph of n nodes in which each pair's first comes before its second.
func edges(n int, pairs ...[2]int) *graph.Graph {
	g := graph.New(n)
	for _, p := range pairs {
		g.Add(p[0], p[1])
	}
	return g
}

func TestOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		graph *graph.Graph
		order []int
		loop  []int
	}{
		{"nothing", edges(0), nil, nil},
		{"without edges by number", edges(3), []int{0, 1, 2}, nil},
		{"what comes first comes first", edges(3, [2]int{2, 0}), []int{2, 0, 1}, nil},
		{"a diamond", edges(4, [2]int{3, 1}, [2]int{3, 2}, [2]int{1, 0}, [2]int{2, 0}), []int{3, 1, 2, 0}, nil},
		{"an edge twice is one", edges(2, [2]int{1, 0}, [2]int{1, 0}), []int{1, 0}, nil},
		{"a node before itself", edges(1, [2]int{0, 0}), nil, []int{0, 0}},
		{"a loop behind others", edges(4, [2]int{1, 0}, [2]int{2, 1}, [2]int{3, 2}, [2]int{1, 3}), nil, []int{1, 2, 3, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order, loop := tt.graph.Order()
			require.Equal(t, tt.order, order)
			if tt.loop == nil {
				require.Nil(t, loop)
				return
			}
			require.ElementsMatch(t, tt.loop[1:], loop[1:])
			require.Equal(t, loop[0], loop[len(loop)-1], "it ends where it begins")
		})
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	g := edges(5, [2]int{4, 0}, [2]int{0, 1}, [2]int{4, 1})
	require.Equal(t, [][]int{{2, 3, 4}, {0}, {1}}, g.Levels())
	require.Empty(t, edges(0).Levels())
}

func TestWalk(t *testing.T) {
	t.Parallel()
	g := edges(5, [2]int{0, 1}, [2]int{1, 2}, [2]int{3, 4})
	broken := errors.New("broken")
	var (
		mu      sync.Mutex
		visited []int
	)
	errs := g.Walk(t.Context(), 2, func(_ context.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		visited = append(visited, n)
		if n == 0 {
			return broken
		}
		return nil
	})
	require.ElementsMatch(t, []int{0, 3, 4}, visited, "what follows a failure is skipped, the rest goes on")
	require.Equal(t, broken, errs[0])
	require.Equal(t, &graph.SkippedError{Before: 0}, errs[1])
	require.Equal(t, &graph.SkippedError{Before: 1}, errs[2])
	require.EqualError(t, errs[2], "node 1 did not succeed")
	require.NoError(t, errs[3])
	require.NoError(t, errs[4])
}

func TestWalkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	errs := edges(3).Walk(ctx, 1, func(ctx context.Context, _ int) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	for _, err := range errs {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestWalkIsBounded(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]time.Duration{0: 10 * time.Second, 1: 10 * time.Second, 3: 4 * time.Second, 99: time.Second} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				edges(10).Walk(t.Context(), limit, func(context.Context, int) error {
					time.Sleep(time.Second)
					return nil
				})
				require.Equal(t, want, time.Since(start))
			})
		})
	}
}

func BenchmarkWalk(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			g := graph.New(n)
			for i := 1; i < n; i++ {
				g.Add(i/2, i)
			}
			b.ReportAllocs()
			for b.Loop() {
				g.Walk(b.Context(), 32, func(context.Context, int) error { return nil })
			}
		})
	}
}
