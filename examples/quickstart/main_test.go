// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestTheStory runs the program as a newcomer does, on the simulation. In the
// bubble nobody waits for AWS.
func TestTheStory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out, io.Discard, false))
		tells(t, out.String())
	})
}

// tells demands that the parts of the story come in their order.
func tells(t *testing.T, story string) {
	t.Helper()
	rest := story
	for _, want := range []string{
		"== Push good", "/quickstart@sha256:",
		"== The first version", "+ ecs:Service/quickstart/web", "Succeeded: http://quickstart-", " answers 200 OK",
		"== A version that crashes", "RolledBack: ", "circuit breaker", "exit code 1",
		"== Other scaling", "~ autoscaling:Scaling/quickstart/web", "Target.MaxCapacity: 4 -> 10", "Succeeded: ", " answers 200 OK",
		"== Destroy", "nothing is left",
	} {
		_, after, found := strings.Cut(rest, want)
		require.True(t, found, "%q is missing, or comes too early, in\n%s", want, story)
		rest = after
	}
}
