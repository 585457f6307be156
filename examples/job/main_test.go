// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestTheStory runs the program as a newcomer does. In the bubble nobody waits.
func TestTheStory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out))
		tells(t, out.String())
	})
}

// tells demands that the parts of the story come in their order.
func tells(t *testing.T, story string) {
	t.Helper()
	rest := story
	for _, want := range []string{
		"== The job and its schedule", "+ ecs:TaskDefinition/report", "+ scheduler:Schedule/nightly",
		"== Run once, for another day", "  work: adding up the day\n  work: 42 orders\nexit code 0\n",
		"== A run that fails", "Exited with exit code 3", "container-exited", "the database is gone",
		"== The night", "at 03:00\n  work: adding up the day\n  work: 42 orders\n",
		"== Destroy", "nothing is left",
	} {
		_, after, found := strings.Cut(rest, want)
		require.True(t, found, "%q is missing, or comes too early, in\n%s", want, story)
		rest = after
	}
}
