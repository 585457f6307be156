// SPDX-License-Identifier: Apache-2.0

package exporttest_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/exporttest"
)

// source is a package that declares a cluster.
const source = `package %s

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
)

func Stack() slipway.Stack { return slipway.NewStack("shop", ecs.NewCluster("shop")) }
`

// failure is what PlansEmpty must not pass, and what it shows of it.
type failure struct {
	of    exporttest.Case
	shows string
}

func failures() map[string]failure {
	return map[string]failure{
		"something to create": {exporttest.Case{Name: "Missing", Source: []byte(packaged("overlaymissing", source)), Cloud: "empty(t)"}, "+ ecs:Cluster/shop"},
		"no Go":               {exporttest.Case{Name: "Broken", Source: []byte("package overlaybroken\n\nfunc Stack() {"), Cloud: "empty(t)"}, "syntax error"},
		"a broken program":    {exporttest.Case{Name: "Program", Source: []byte("package main\n\nfunc main() { missing() }\n")}, "undefined: missing"},
	}
}

func packaged(name, text string) string { return "package " + name + text[len("package %s"):] }

func empty(*testing.T) *fakes.Cloud { return fakes.New(fakes.Options{}) }

const child = "SLIPWAY_EXPORTTEST"

// TestWhatIsNotEmptyFails runs itself again, once for each source, to see it fail.
func TestWhatIsNotEmptyFails(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(child); name != "" {
		exporttest.PlansEmpty(t, "exporttest_test", failures()[name].of)
		return
	}
	require.NotNil(t, empty(t).Config().HTTPClient)
	for name, f := range failures() {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWhatIsNotEmptyFails$")
		cmd.Env = append(os.Environ(), child+"="+name)
		out, err := cmd.CombinedOutput()
		var failed *exec.ExitError
		require.ErrorAs(t, err, &failed, "%s passed:\n%s", name, out)
		require.Contains(t, string(out), f.shows, name)
	}
}
