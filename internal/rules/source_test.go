// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryRuleHasItsSource reads the source of all rules: each says where it
// comes from and, unless it only warns, with which code AWS answers.
func TestEveryRuleHasItsSource(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/*.go")
	require.NoError(t, err)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		positions := token.NewFileSet()
		parsed, err := parser.ParseFile(positions, file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !isMeta(lit.Type) || len(lit.Elts) == 0 {
				return true
			}
			found++
			has := map[string]bool{}
			for _, e := range lit.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok {
						has[key.Name] = true
					}
				}
			}
			at := positions.Position(lit.Pos())
			assert.True(t, has["ID"], "%s: a rule without an ID", at)
			assert.True(t, has["Doc"], "%s: a rule without a source", at)
			// Rules over Slipway's own look-ups and rules have no answer of AWS's.
			assert.True(t, has["Code"] || has["Warn"] || strings.HasPrefix(file, "ec2/"), "%s: a rule without AWS's code", at)
			return true
		})
	}
	require.Greater(t, found, 100, "the rules have moved")
}

// isMeta reports whether an expression is the type rules.Meta.
func isMeta(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Meta"
}
