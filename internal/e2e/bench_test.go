// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// BenchmarkApply is a Fargate stack from nothing, with a balancer and scaling, to
// its steady service. The budget is 30 ms.
func BenchmarkApply(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		cloud := account(b, fakes.Options{})
		b.StartTimer()
		apply(b, cloud, standard())
	}
}

// BenchmarkPlan is a second plan, which finds nothing to do.
func BenchmarkPlan(b *testing.B) {
	cloud := account(b, fakes.Options{})
	apply(b, cloud, standard())
	for b.Loop() {
		require.True(b, plan(b, cloud, standard()).Empty())
	}
}

// BenchmarkDestroy takes the same stack away.
func BenchmarkDestroy(b *testing.B) {
	stack, _ := standard().build()
	for b.Loop() {
		b.StopTimer()
		cloud := account(b, fakes.Options{})
		apply(b, cloud, standard())
		b.StartTimer()
		require.NoError(b, stack.Destroy(b.Context(), cloud.Config()))
	}
}
