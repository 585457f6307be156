// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestStory runs the program as a newcomer does. In the bubble nobody waits for AWS.
func TestStory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out, false))
		require.Equal(t, `
== Version 1 is all there is

Of 100 requests 100 are answered with 200 OK.
Of 100 test requests 100 are answered with 200 OK.

== Version 2 answers with errors

Stage PRODUCTION_TRAFFIC_SHIFT: the new version gets 10 % of the traffic.
Of 100 requests 90 are answered with 200 OK, 10 are answered with 503 Service Unavailable.
Of 100 test requests 100 are answered with 503 Service Unavailable.
The alarm goes off.
RolledBack: Service deployment rolled back because of CloudWatch alarm(s) [canary-errors].
Of 100 requests 100 are answered with 200 OK.
Of 100 test requests 100 are answered with 200 OK.

== Version 3 waits to be approved

Apply comes back: the deployment is paused.
Of 100 requests 100 are answered with 200 OK.
Of 100 test requests 100 are answered with 202 Accepted.
Somebody approves it.
  stage PRODUCTION_TRAFFIC_SHIFT
  stage BAKE_TIME
  stage CLEAN_UP
  deployment Succeeded
Of 100 requests 100 are answered with 202 Accepted.
Of 100 test requests 100 are answered with 202 Accepted.

== Everything is taken away

`, out.String())
	})
}
