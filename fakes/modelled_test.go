// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "write it with -update")
	require.Equal(t, string(want), got, "if it is meant, write it with -update and read the diff")
}

// TestModelled pins the list of what is modelled, for readers.
func TestModelled(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# What the fakes model\n\nGenerated from the handlers by `go test ./fakes -update`. Any other operation, and the fields\n" +
		"named in brackets, are an error that says so.\n")
	service := ""
	for _, m := range fakes.New(fakes.Options{}).Modelled() {
		if m.Service != service {
			service = m.Service
			fmt.Fprintf(&b, "\n## %s\n\n", service)
		}
		fmt.Fprintf(&b, "- %s", m.Operation)
		if len(m.Refused) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(m.Refused, ", "))
		}
		b.WriteString("\n")
	}
	golden(t, "MODELLED.md", b.String())
}

// TestInputs pins the fields of the inputs: when a new SDK brings one, somebody
// must decide whether it is modelled or refused.
func TestInputs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, m := range fakes.New(fakes.Options{}).Modelled() {
		seen := map[reflect.Type]bool{}
		fmt.Fprintf(&b, "%s.%s\n", m.Service, m.Operation)
		writeFields(&b, reflect.TypeOf(m.Input).Elem(), "  ", seen)
	}
	golden(t, "testdata/inputs.txt", b.String())
}

func writeFields(b *strings.Builder, typ reflect.Type, indent string, seen map[reflect.Type]bool) {
	if seen[typ] {
		return
	}
	seen[typ] = true
	for f := range typ.Fields() {
		if !f.IsExported() {
			continue
		}
		fmt.Fprintf(b, "%s%s\n", indent, f.Name)
		next := f.Type
		for next.Kind() == reflect.Pointer || next.Kind() == reflect.Slice || next.Kind() == reflect.Map {
			next = next.Elem()
		}
		if next.Kind() == reflect.Struct && next.PkgPath() != "time" {
			writeFields(b, next, indent+"  ", seen)
		}
	}
}
