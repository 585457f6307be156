// SPDX-License-Identifier: Apache-2.0

package replies_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// mutation is a declaration with one value changed.
type mutation struct {
	// path is that of the value, without list indexes.
	path string
	// field is where the difference is told: that of the map, for its entries.
	field       string
	declaration []byte
}

// among reports whether the changed value is one of the fields.
func (m mutation) among(fields []string) bool { return slices.Contains(fields, m.path) }

// mutations changes each value of a declaration in turn, but for the names by which
// elements of lists are known.
func mutations(t *testing.T, declaration []byte, e slipway.Effects) []mutation {
	t.Helper()
	var (
		tree any
		all  []mutation
	)
	require.NoError(t, json.Unmarshal(declaration, &tree))
	walk("", tree, func(path string, change func() (undo func())) {
		list, name, _ := cutLast(path)
		if e.Keys[list] == name && name != "" {
			return
		}
		undo := change()
		body, err := json.Marshal(tree)
		undo()
		require.NoError(t, err)
		field, _, _ := strings.Cut(path, "|")
		all = append(all, mutation{path: path, field: field, declaration: body})
	})
	require.NotEmpty(t, all)
	return all
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// walk calls found for each value that is neither an object nor a list. Entries of
// maps, whose keys are not the names of fields, come after a bar.
func walk(path string, v any, found func(path string, change func() (undo func()))) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			walkAt(joined(path, k), v[k], func(to any) { v[k] = to }, found)
		}
	case []any:
		for i := range v {
			walkAt(path, v[i], func(to any) { v[i] = to }, found)
		}
	}
}

func walkAt(path string, v any, set func(any), found func(path string, change func() (undo func()))) {
	changed := other(v)
	if changed == nil {
		walk(path, v, found)
		return
	}
	found(path, func() func() {
		set(changed)
		return func() { set(v) }
	})
}

// maps of the states.
var mapped = []string{"Attributes", "Inline", "Tags", "Create.Tags"}

func joined(path, name string) string {
	switch {
	case path == "":
		return name
	case slices.Contains(mapped, path) && (name != "Key" && name != "Value"):
		return path + "|" + name
	default:
		return path + "." + name
	}
}

// other is a value of the same type; nil for objects and lists.
func other(v any) any {
	switch v := v.(type) {
	case string:
		return v + "-other"
	case float64:
		return v + 1
	case bool:
		return !v
	default:
		return nil
	}
}
