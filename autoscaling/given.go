// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// tree is an SDK value as plain data, without what is not set.
func tree(v any) any {
	text, err := json.Marshal(v)
	if err != nil { // never for an input of the SDK
		return nil
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil
	}
	return pruned(out)
}

// pruned takes away what JSON shows although it is not set: nulls, empty lists, and the
// empty strings of enumerations.
func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if field = pruned(field); field == nil {
				delete(v, name)
			} else {
				v[name] = field
			}
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = pruned(v[i])
		}
		return v
	case string:
		if v == "" {
			return nil
		}
		return v
	default:
		return v
	}
}

// canonical is a text that two SDK values share if they ask for the same.
func canonical(v any) string {
	text, err := json.Marshal(tree(v))
	if err != nil { // never for what was JSON before
		return ""
	}
	return string(text)
}

// given lists the paths of what an SDK value sets, sorted. A nil field is one that is
// not compared, so this is how it shows that one was taken away.
func given(v any) []string {
	paths := []string{}
	walk("", tree(v), func(path string) { paths = append(paths, path) })
	slices.Sort(paths)
	return slices.Compact(paths)
}

// elementNames are the fields that name elements of lists.
var elementNames = []string{"DeviceName", "ResourceType", "InstanceType", "Key"}

func walk(path string, v any, visit func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			walk(strings.TrimPrefix(path+"."+name, "."), field, visit)
		}
	case []any:
		for i, e := range v {
			walk(path+element(i, e), e, visit)
		}
	case nil:
	default:
		visit(path)
	}
}

// element names an element of a list in a path; those of lists of texts are one, for a
// placeholder may stand for several.
func element(i int, e any) string {
	fields, ok := e.(map[string]any)
	if !ok {
		return ""
	}
	for _, name := range elementNames {
		if text, ok := fields[name].(string); ok {
			return "[" + text + "]"
		}
	}
	return fmt.Sprintf("[%d]", i)
}
