// SPDX-License-Identifier: Apache-2.0

package arch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var wanted = regexp.MustCompile(`// want ("(?:[^"\\]|\\.)+")$`)

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
	// The compiler quotes import paths where names are ambiguous in one build.
	text := regexp.MustCompile(`"[^"\s]*/([a-z]+)"\.`).ReplaceAllString(string(out), "$1.")
	for _, f := range files {
		checkProgram(t, f, text)
	}
}

func checkProgram(t *testing.T, file, out string) {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	got := map[int]string{}
	for _, m := range regexp.MustCompile(`(?m)`+regexp.QuoteMeta(file)+`:(\d+):\d+: (.*)$`).FindAllStringSubmatch(out, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		got[n] += m[2] + "\n"
	}
	want := 0
	for i, line := range strings.Split(string(source), "\n") {
		m := wanted.FindStringSubmatch(line)
		if m == nil {
			require.Empty(t, got[i+1], "%s:%d does not compile", file, i+1)
			continue
		}
		want++
		message, err := strconv.Unquote(m[1])
		require.NoError(t, err)
		require.Contains(t, got[i+1], message, "%s:%d compiles, or fails otherwise; the output was\n%s", file, i+1, out)
	}
	require.NotZero(t, want, "%s wants nothing", file)
}
