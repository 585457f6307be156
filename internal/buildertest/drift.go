// SPDX-License-Identifier: Apache-2.0

package buildertest

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Drift demands that the fields of an SDK input are either left non-zero by one
// of the given inputs, which the fullest values of a builder have made, or listed
// with a reason in testdata/drift/<Input>.txt, one "Type.Field: reason" a line,
// and not both. Where inputs of two services have the same name, the file is
// testdata/drift/<package>.<Input>.txt. When the SDK gains a field, the test says so.
func Drift(t *testing.T, inputs ...any) {
	t.Helper()
	require.NotEmpty(t, inputs)
	typ := reflect.TypeOf(inputs[0])
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	all, covered := map[string]bool{}, map[string]bool{}
	fields(typ, all, map[reflect.Type]bool{})
	for _, in := range inputs {
		nonZero(reflect.ValueOf(in), all, covered)
	}
	file := filepath.Join("testdata", "drift", typ.String()+".txt")
	if _, err := os.Stat(file); err != nil {
		file = filepath.Join("testdata", "drift", typ.Name()+".txt")
	}
	listed := readReasons(t, file)
	var wrong []string
	for f := range all {
		_, excused := listed[f]
		switch {
		case covered[f] && excused:
			wrong = append(wrong, f+": covered, so it must not be listed")
		case !covered[f] && !excused:
			wrong = append(wrong, f+": neither covered nor listed with a reason")
		}
	}
	for f, reason := range listed {
		if !all[f] {
			wrong = append(wrong, f+": no such field")
		}
		if reason == "" {
			wrong = append(wrong, f+": listed without a reason")
		}
	}
	slices.Sort(wrong)
	require.Empty(t, wrong, "%s and %s disagree:\n%s", typ, file, strings.Join(wrong, "\n"))
}

func fieldName(typ reflect.Type, i int) string { return typ.Name() + "." + typ.Field(i).Name }

// isData reports whether a struct is made of fields that are sent.
func isData(typ reflect.Type) bool {
	return typ.Kind() == reflect.Struct && typ != reflect.TypeFor[time.Time]()
}

func fields(typ reflect.Type, all map[string]bool, seen map[reflect.Type]bool) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if !isData(typ) || seen[typ] {
		return
	}
	seen[typ] = true
	for i := range typ.NumField() {
		if typ.Field(i).IsExported() {
			all[fieldName(typ, i)] = true
			fields(typ.Field(i).Type, all, seen)
		}
	}
}

// nonZero adds the fields that are set in v. Types that are reached only through
// an interface (a union's members) join all when they are met.
func nonZero(v reflect.Value, all, covered map[string]bool) {
	switch v.Kind() { //nolint:exhaustive // the rest have no fields
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			nonZero(v.Elem(), all, covered)
		}
	case reflect.Slice:
		for i := range v.Len() {
			nonZero(v.Index(i), all, covered)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			nonZero(it.Value(), all, covered)
		}
	case reflect.Struct:
		if !isData(v.Type()) {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !v.Field(i).IsZero() {
				all[fieldName(v.Type(), i)] = true
				covered[fieldName(v.Type(), i)] = true
				nonZero(v.Field(i), all, covered)
			}
		}
	default:
	}
}

func readReasons(t *testing.T, file string) map[string]string {
	t.Helper()
	listed := map[string]string{}
	f, err := os.Open(file) //nolint:gosec // a test's own data
	if os.IsNotExist(err) {
		return listed
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		field, reason, _ := strings.Cut(line, ":")
		listed[field] = strings.TrimSpace(reason)
	}
	require.Empty(t, slices.DeleteFunc(slices.Collect(maps.Keys(listed)), func(f string) bool { return strings.Contains(f, ".") }))
	return listed
}
