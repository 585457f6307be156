// SPDX-License-Identifier: Apache-2.0

// Package graph orders and walks what depends on one another.
package graph

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/semaphore"
)

// Graph has nodes 0 to n-1, and for each the nodes that come before it.
type Graph struct{ before [][]int }

// New returns a graph of n nodes without edges.
func New(n int) *Graph { return &Graph{before: make([][]int, n)} }

// Add says that first comes before then. Repeating it changes nothing.
func (g *Graph) Add(first, then int) {
	if slices.Contains(g.before[then], first) {
		return
	}
	g.before[then] = append(g.before[then], first)
}

// Before returns the nodes that come right before n.
func (g *Graph) Before(n int) []int { return g.before[n] }

// Order returns all nodes, each behind those before it, else by number. If there
// is a loop, it is returned instead: each node comes before the next, and the
// last is the first again.
func (g *Graph) Order() (order, loop []int) {
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, len(g.before))
	var path []int
	var visit func(n int) bool
	visit = func(n int) bool {
		switch state[n] {
		case done:
			return true
		case open:
			loop = cycle(path, n)
			return false
		}
		state[n] = open
		path = append(path, n)
		for _, b := range g.before[n] {
			if !visit(b) {
				return false
			}
		}
		path = path[:len(path)-1]
		state[n] = done
		order = append(order, n)
		return true
	}
	for n := range g.before {
		if !visit(n) {
			return nil, loop
		}
	}
	return order, nil
}

// cycle cuts the loop out of path, which went from dependants to what is before
// them and has come to n again, and turns it round.
func cycle(path []int, n int) []int {
	loop := []int{n}
	for _, p := range slices.Backward(path) {
		loop = append(loop, p)
		if p == n {
			break
		}
	}
	return loop
}

// Levels returns the nodes in waves: those of a wave depend on earlier ones only.
// The graph must be free of loops.
func (g *Graph) Levels() [][]int {
	order, _ := g.Order()
	level := make([]int, len(g.before))
	var waves [][]int
	for _, n := range order {
		for _, b := range g.before[n] {
			level[n] = max(level[n], level[b]+1)
		}
		for len(waves) <= level[n] {
			waves = append(waves, nil)
		}
	}
	for n, l := range level {
		waves[l] = append(waves[l], n)
	}
	return waves
}

// SkippedError says that a node was not visited, because one before it failed.
type SkippedError struct{ Before int }

// Error says which.
func (e *SkippedError) Error() string { return fmt.Sprintf("node %d did not succeed", e.Before) }

// Walk visits each node once all before it have succeeded, at most limit at a
// time, and returns the error of each. The graph must be free of loops.
func (g *Graph) Walk(ctx context.Context, limit int, visit func(ctx context.Context, n int) error) []error {
	errs := make([]error, len(g.before))
	done := make([]chan struct{}, len(g.before))
	for n := range done {
		done[n] = make(chan struct{})
	}
	slots := semaphore.NewWeighted(int64(max(limit, 1)))
	for n := range g.before {
		go func() {
			defer close(done[n])
			errs[n] = g.turn(ctx, slots, n, done, errs, visit)
		}()
	}
	for _, d := range done {
		<-d
	}
	return errs
}

// turn waits for node n's turn and visits it.
func (g *Graph) turn(
	ctx context.Context, slots *semaphore.Weighted, n int,
	done []chan struct{}, errs []error, visit func(context.Context, int) error,
) error {
	var skipped error
	for _, b := range g.before[n] {
		<-done[b]
		if errs[b] != nil && skipped == nil {
			skipped = &SkippedError{Before: b}
		}
	}
	if skipped != nil {
		return skipped
	}
	if err := slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer slots.Release(1)
	return visit(ctx, n)
}
