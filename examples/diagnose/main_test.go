// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestEveryTroubleIsExplained runs the program as a newcomer does. In the bubble
// nobody waits for AWS.
func TestEveryTroubleIsExplained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out))
		rest := out.String()
		for _, want := range []string{
			"== The program crashes", "[container-exited, certain]", "log: panic: connect to database", "remedy: ",
			"== The image is for another", "[wrong-architecture, certain]", "linux/amd64", "remedy: ",
			"== The secret is gone", "shop/db", "[secret-missing, certain]", "remedy: ",
			"== The health check's path", "[target-health-path, certain]", "404", "remedy: ",
			"== The security group", "[target-security-group, certain]", "Request timed out", "remedy: ",
			"== The tasks have no way out", "[no-route-to-secrets-manager, certain]", "no route to a gateway", "remedy: ",
		} {
			_, after, found := strings.Cut(rest, want)
			require.True(t, found, "%q is missing, or comes too early, in\n%s", want, out.String())
			rest = after
		}
		require.NotContains(t, out.String(), "postgres://db", "the value of a secret")
	})
}
