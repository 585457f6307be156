// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// row is one way to break a rule.
type row[T any] struct {
	rule, name string
	// breaks makes a valid input break the rule, legal is the nearest that does not;
	// nil leaves the valid input as it is.
	breaks, legal func(*T)
	// path and code are what the rule reports, text a part of AWS's message; empty
	// where that is not known.
	path, code, text string
}

// holds runs the rows and demands one for each rule, but those that other tests
// have.
func holds[T any](t *testing.T, of rules.Of[T], refs rules.Refs, base func() *T, rows []row[T], elsewhere ...string) {
	t.Helper()
	tested := map[string]bool{}
	for _, id := range elsewhere {
		tested[id] = true
	}
	for _, test := range rows {
		tested[test.rule] = true
		t.Run(test.rule+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			test.breaks(in)
			found := broken(of, refs, in, test.rule)
			require.NotEmpty(t, found, "the rule is silent")
			require.Equal(t, test.path, found[0].Path)
			require.Equal(t, test.code, found[0].Code)
			require.Contains(t, found[0].Text, test.text)
			require.NotEmpty(t, found[0].Want)
			require.True(t, strings.HasPrefix(found[0].Doc, "https://"), "%s has no source", test.rule)
			in = base()
			if test.legal != nil {
				test.legal(in)
			}
			require.Empty(t, broken(of, refs, in, test.rule), "what is legal")
		})
	}
	for _, rule := range of {
		require.True(t, tested[rule.ID], "%s has no row", rule.ID)
	}
}

// broken returns what one rule finds.
func broken[T any](of rules.Of[T], refs rules.Refs, in *T, rule string) []slipway.FieldError {
	var found []slipway.FieldError
	for _, e := range of.All(refs, in) {
		if e.Rule == rule {
			found = append(found, e)
		}
	}
	return found
}

// things are what else there is, by kind and reference.
type things map[slipway.ID]any

func (t things) Get(kind, ref string) (state any, found, known bool) {
	state, found = t[slipway.ID{Kind: kind, Name: ref}]
	return state, found, true
}
