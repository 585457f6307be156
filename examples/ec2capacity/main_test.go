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
== Nothing runs

0 tasks run on 0 instances.

== Two tasks, and no instance

     5s  2 tasks wait for an instance
    52s  2 instances are launched: us-east-1a, us-east-1b
  1m52s  2 instances join the cluster: us-east-1a, us-east-1b
   2m2s  2 tasks run: us-east-1a (2)
2 tasks run on 2 instances.

== Twelve tasks

     0s  2 tasks find room: us-east-1b (2)
     0s  8 tasks wait for an instance
    10s  2 tasks run: us-east-1b (2)
  4m19s  4 instances are launched: us-east-1a, us-east-1b, us-east-1c (2)
  5m19s  4 instances join the cluster: us-east-1a, us-east-1b, us-east-1c (2)
  5m29s  8 tasks run: us-east-1a (2), us-east-1b (2), us-east-1c (4)
12 tasks run on 6 instances.

== Six tasks

     0s  6 tasks are stopped: us-east-1a (2), us-east-1b (2), us-east-1c (2)
 15m10s  3 instances leave: us-east-1a, us-east-1b, us-east-1c
 15m50s  3 instances are terminated: us-east-1a, us-east-1b, us-east-1c
6 tasks run on 3 instances.

== The zone us-east-1a is lost

     0s  2 tasks are lost: us-east-1a (2)
     0s  1 instance is lost: us-east-1a
     0s  1 instance is launched: us-east-1b
     5s  2 tasks wait for an instance
   1m0s  1 instance joins the cluster: us-east-1b
  1m10s  2 tasks run: us-east-1b (2)
6 tasks run on 3 instances.

== Everything is taken away

    35s  3 instances leave: us-east-1b (2), us-east-1c
  1m15s  3 instances are terminated: us-east-1b (2), us-east-1c
`, out.String())
	})
}
