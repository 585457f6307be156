// SPDX-License-Identifier: Apache-2.0

package arch_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeSampleIsTested demands that the README's code stands, line by line, in
// the tested example.
func TestReadmeSampleIsTested(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("../../example_test.go")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found)
	sample, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	require.Contains(t, flush(string(example)), flush(sample))
}

// flush removes indentation.
func flush(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}
