// SPDX-License-Identifier: Apache-2.0

package arch_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestModules pins the modules that the packages, tests included, are built from.
// A new line takes a reason in the commit message.
func TestModules(t *testing.T) {
	t.Parallel()
	lines := run(t, "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == module })
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "\n") + "\n"
	const file = "testdata/modules.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
