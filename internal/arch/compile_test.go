// SPDX-License-Identifier: Apache-2.0

package arch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var wanted = regexp.MustCompile(`(?m)// want "([^"]+)"$`)

// TestProgramsThatMustNotCompile builds the programs of testdata/compile. Each
// must fail on the lines that end in a comment `// want "part of the message"`,
// and on no other.
func TestProgramsThatMustNotCompile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/compile/*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	args := []string{"build", "-gcflags=-e", "-o", t.TempDir()}
	for _, f := range files {
		args = append(args, "./"+filepath.Dir(f))
	}
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	require.Error(t, err, "all of them compile")
	for _, f := range files {
		checkProgram(t, f, string(out))
	}
}

func checkProgram(t *testing.T, file, out string) {
	t.Helper()
	source, err := os.ReadFile(file) //nolint:gosec // a test's own data
	require.NoError(t, err)
	got := map[int]string{}
	for _, m := range regexp.MustCompile(`(?m)`+regexp.QuoteMeta(file)+`:(\d+):\d+: (.*)$`).FindAllStringSubmatch(out, -1) {
		got[atoi(m[1])] += m[2] + "\n"
	}
	want := 0
	for i, line := range strings.Split(string(source), "\n") {
		m := wanted.FindStringSubmatch(line)
		if m == nil {
			require.Empty(t, got[i+1], "%s:%d does not compile", file, i+1)
			continue
		}
		want++
		require.Contains(t, got[i+1], m[1], "%s:%d compiles, or fails otherwise; the output was\n%s", file, i+1, out)
	}
	require.NotZero(t, want, "%s wants nothing", file)
}

func atoi(s string) int {
	n := 0
	for _, d := range s {
		n = 10*n + int(d-'0')
	}
	return n
}
