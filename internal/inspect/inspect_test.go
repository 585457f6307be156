// SPDX-License-Identifier: Apache-2.0

package inspect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/inspect"
)

func TestOutput(t *testing.T) {
	t.Parallel()
	thing := inspect.Thing{Outputs: map[string][]string{"arn": {"first", "second"}, "none": {}}}
	require.Equal(t, "first", thing.Output("arn"))
	require.Empty(t, thing.Output("none"))
	require.Empty(t, thing.Output("other"))
	require.Empty(t, inspect.Thing{}.Output("arn"))
}
