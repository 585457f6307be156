// SPDX-License-Identifier: Apache-2.0

package driver_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/driver"
)

func TestEach(t *testing.T) {
	t.Parallel()
	odd := func(_ context.Context, n int) (*int, error) {
		if n%2 == 0 {
			return nil, nil
		}
		return &n, nil
	}
	all := make([]int, 3*driver.InFlight)
	for i := range all {
		all[i] = i
	}
	made, err := driver.Each(t.Context(), all, odd)
	require.NoError(t, err)
	require.Len(t, made, len(all)/2)
	for i, n := range made {
		require.Equal(t, 2*i+1, *n, "in their order")
	}
	lost := errors.New("lost")
	_, err = driver.Each(t.Context(), all, func(context.Context, int) (*int, error) { return nil, lost })
	require.ErrorIs(t, err, lost)
}

func TestRetag(t *testing.T) {
	t.Parallel()
	set, gone := driver.Retag(map[string]string{"stays": "1", "changes": "1", "goes": "1", "ends": ""}, map[string]string{"stays": "1", "changes": "2", "comes": ""})
	require.Equal(t, map[string]string{"changes": "2", "comes": ""}, set)
	require.Equal(t, []string{"ends", "goes"}, gone)
	set, gone = driver.Retag(nil, nil)
	require.Empty(t, set)
	require.Empty(t, gone)
}
