// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
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
	var all []rulestest.Row[T]
	for _, r := range rows {
		all = append(all, rulestest.Row[T]{
			Rule: r.rule, Name: r.name, Breaks: r.breaks, Legal: r.legal, Path: r.path, Code: r.code, Text: r.text,
		})
	}
	rulestest.Holds(t, of, refs, base, all, elsewhere...)
}

// broken returns what one rule finds.
func broken[T any](of rules.Of[T], refs rules.Refs, in *T, rule string) []slipway.FieldError {
	return rulestest.Broken(of, refs, in, rule)
}

type things = rulestest.Things
