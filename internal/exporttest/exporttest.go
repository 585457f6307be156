// SPDX-License-Identifier: Apache-2.0

// Package exporttest compiles what ecs.Export wrote and plans it: tests only.
package exporttest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Case is an exported service.
type Case struct {
	// Name of the case, in letters.
	Name string
	// Source of a package, see ecs.ExportPackage, or of a program.
	Source []byte
	// Cloud is an expression in the caller's test package, in which t is the test: a
	// *fakes.Cloud in the state that was exported. Empty for a program, which is
	// compiled only.
	Cloud string
	// Adopts: no stack owns the service, so that the plan adopts it.
	Adopts bool
}

const module = "github.com/slipway-go/slipway"

// PlansEmpty compiles the sources with the tests of the calling package, named pkg,
// and demands that the plans of their stacks are empty, or at most adopt what is
// there as it is. Nothing is written into the module: an overlay shows the compiler
// the files as if they were there.
func PlansEmpty(t *testing.T, pkg string, cases ...Case) {
	t.Helper()
	here, err := os.Getwd()
	require.NoError(t, err)
	overlay := map[string]string{}
	var imports, tests strings.Builder
	var programs []string
	for _, c := range cases {
		name := "overlay" + strings.ToLower(c.Name)
		virtual := filepath.Join(root(t, here), "internal", name, name+".go")
		overlay[virtual] = written(t, name+".go", c.Source)
		if c.Cloud == "" {
			programs = append(programs, module+"/internal/"+name)
			continue
		}
		fmt.Fprintf(&imports, "%s %q\n", name, module+"/internal/"+name)
		adopt, call := "false", ""
		if c.Adopts {
			adopt, call = "true", ", "+name+".Adopt()"
		}
		fmt.Fprintf(&tests, testOfCase, c.Name, c.Cloud, name, call, adopt)
	}
	source := fmt.Sprintf(testFile, pkg, imports.String(), tests.String())
	overlay[filepath.Join(here, "exported_overlay_test.go")] = written(t, "exported_overlay_test.go", []byte(source))
	runOverlay(t, overlay, programs)
}

const testFile = `package %s

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
%s)

func TestExportedInOverlay(t *testing.T) {
%s}
`

const testOfCase = `	t.Run(%q, func(t *testing.T) {
		plan, err := %[3]s.Stack().Plan(t.Context(), (%[2]s).Config()%[4]s)
		require.NoError(t, err)
		for _, c := range plan.Changes {
			require.True(t, %[5]s && c.Verb == slipway.Adopted && len(c.Fields) == 0, "%%s", plan)
		}
		require.Equal(t, %[5]s, len(plan.Changes) > 0)
	})
`

func root(t *testing.T, dir string) string {
	t.Helper()
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
}

func written(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

// runOverlay builds the programs and runs the test in the overlay, and shows the
// output if they fail.
func runOverlay(t *testing.T, files map[string]string, programs []string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": files})
	require.NoError(t, err)
	overlay := "-overlay=" + written(t, "overlay.json", text)
	for _, p := range programs {
		goCommand(t, "build", "-o", os.DevNull, overlay, p)
	}
	out := goCommand(t, "test", "-vet=off", "-count=1", "-v", overlay, "-run=^TestExportedInOverlay$", ".")
	require.Contains(t, out, "--- PASS: TestExportedInOverlay/")
}

func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput() //nolint:gosec // the arguments are the test's own
	require.NoError(t, err, "%s", out)
	return string(out)
}
