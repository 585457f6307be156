// SPDX-License-Identifier: Apache-2.0

package world_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	var none *world.Quotas
	require.Equal(t, 60, none.Of(world.QuotaGroupRules), "AWS's default")
	var q world.Quotas
	require.Equal(t, 60, q.Of(world.QuotaGroupRules))
	require.True(t, q.Set("vpc", world.QuotaGroupRules.Code, 200))
	require.Equal(t, 200, q.Of(world.QuotaGroupRules))
	require.Equal(t, 5, q.Of(world.QuotaInterfaceGroups), "another one")
	require.True(t, q.Set("vpc", world.QuotaGroupRules.Code, 0))
	require.Zero(t, q.Of(world.QuotaGroupRules), "nothing is a quota, too")
	require.False(t, q.Set("vpc", "L-00000000", 1), "no such code")
	require.False(t, q.Set("ecs", world.QuotaGroupRules.Code, 1), "another service's code")
	require.Zero(t, q.Of(world.QuotaGroupRules))
}

// TestEveryQuota: codes are what sets them apart.
func TestEveryQuota(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for _, q := range world.AllQuotas() {
		require.Regexp(t, "^L-[0-9A-F]{8}$", q.Code)
		require.False(t, codes[q.Code], q.Name)
		codes[q.Code] = true
		require.Positive(t, q.Default, q.Name)
		require.NotEmpty(t, q.Service+q.Name)
	}
}
