// SPDX-License-Identifier: Apache-2.0

// Package rulestest tests lists of rules row by row: tests only.
package rulestest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// Row is one way to break a rule.
type Row[T any] struct {
	// Rule is the ID of the rule, Name says what is wrong.
	Rule, Name string
	// Breaks makes a valid input break the rule, Legal is the nearest that does not;
	// nil leaves the valid input as it is.
	Breaks, Legal func(*T)
	// Path and Code are what the rule reports, Text a part of AWS's message; empty
	// where that is not known.
	Path, Code, Text string
}

// Holds runs the rows and demands one for each rule, but those that other tests
// have.
func Holds[T any](t *testing.T, of rules.Of[T], refs rules.Refs, base func() *T, rows []Row[T], elsewhere ...string) {
	t.Helper()
	tested := map[string]bool{}
	for _, id := range elsewhere {
		tested[id] = true
	}
	require.NoError(t, rules.Errors(of.All(refs, base())), "the input is valid to begin with")
	for _, test := range rows {
		tested[test.Rule] = true
		t.Run(test.Rule+"/"+test.Name, func(t *testing.T) {
			t.Parallel()
			holds(t, of, refs, base, test)
		})
	}
	for _, rule := range of {
		require.True(t, tested[rule.ID], "%s has no row", rule.ID)
	}
}

func holds[T any](t *testing.T, of rules.Of[T], refs rules.Refs, base func() *T, test Row[T]) {
	t.Helper()
	in := base()
	test.Breaks(in)
	found := Broken(of, refs, in, test.Rule)
	require.NotEmpty(t, found, "the rule is silent")
	require.Equal(t, test.Path, found[0].Path)
	require.Equal(t, test.Code, found[0].Code)
	require.Contains(t, found[0].Text, test.Text)
	require.NotEmpty(t, found[0].Want)
	require.True(t, strings.HasPrefix(found[0].Doc, "https://"), "%s has no source", test.Rule)
	in = base()
	if test.Legal != nil {
		test.Legal(in)
	}
	require.Empty(t, Broken(of, refs, in, test.Rule), "what is legal")
}

// Broken returns what one rule finds.
func Broken[T any](of rules.Of[T], refs rules.Refs, in *T, rule string) []slipway.FieldError {
	var found []slipway.FieldError
	for _, e := range of.All(refs, in) {
		if e.Rule == rule {
			found = append(found, e)
		}
	}
	return found
}

// Things are what else there is, by kind and reference; what is not among them does
// not exist.
type Things map[slipway.ID]any

// Get implements [rules.Refs].
func (t Things) Get(kind, ref string) (state any, found, known bool) {
	state, found = t[slipway.ID{Kind: kind, Name: ref}]
	return state, found, true
}

var _ rules.Refs = Things{}
