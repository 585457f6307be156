// SPDX-License-Identifier: Apache-2.0

// Package gosource writes Go source: values as the expressions that make them.
package gosource

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Printer writes values as Go expressions.
type Printer struct {
	// Packages are the names under which packages are imported, by path; the last
	// part of the path for others.
	Packages map[string]string
	// Special returns the expression of values that have one of their own, such as
	// constants. May be nil.
	Special func(v any) (text string, ok bool)
}

// expression is what brings its own text.
type expression interface{ Source() string }

// lineLength is how long an expression may be before it is broken into lines.
const lineLength = 90

// Literal returns the expression of a value made of basic types, structs with
// exported fields, lists, maps and pointers. A [Value] is its own text.
func (p *Printer) Literal(v any) string {
	if v == nil {
		return "nil"
	}
	return p.value(reflect.ValueOf(v))
}

func (p *Printer) value(v reflect.Value) string {
	if text, ok := p.special(v); ok {
		return text
	}
	switch v.Kind() { //nolint:exhaustive // the rest is printed as it is
	case reflect.Pointer:
		return p.pointer(v)
	case reflect.Interface:
		if e := v.Elem(); e.Kind() == reflect.String && e.Type().PkgPath() != "" { // the field does not say the type
			return p.typeName(e.Type()) + "(" + p.value(e) + ")"
		}
		return p.Literal(v.Interface())
	case reflect.String:
		return quote(v.String())
	case reflect.Slice:
		return p.slice(v)
	case reflect.Map:
		return p.mapping(v)
	case reflect.Struct:
		return p.structure(v)
	default:
		return fmt.Sprint(v.Interface())
	}
}

func (p *Printer) special(v reflect.Value) (string, bool) {
	if known, ok := reflect.TypeAssert[expression](v); ok {
		return known.Source(), true
	}
	if p.Special != nil {
		if text, ok := p.Special(v.Interface()); ok {
			return text, true
		}
	}
	if d, ok := reflect.TypeAssert[time.Duration](v); ok {
		return duration(d), true
	}
	return "", false
}

// quote prefers a raw string where that reads better.
func quote(s string) string {
	if strings.Contains(s, `"`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

func duration(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "time.Hour"}, {time.Minute, "time.Minute"}, {time.Second, "time.Second"}, {time.Millisecond, "time.Millisecond"}} {
		switch {
		case d == unit.size:
			return unit.name
		case d != 0 && d%unit.size == 0:
			return fmt.Sprintf("%d*%s", d/unit.size, unit.name)
		}
	}
	return strconv.FormatInt(int64(d), 10)
}

// pointer uses new for what has no address; its argument needs the right type.
func (p *Printer) pointer(v reflect.Value) string {
	if v.IsNil() {
		return "nil"
	}
	text := p.value(v.Elem())
	switch kind := v.Elem().Kind(); {
	case kind == reflect.Struct:
		return "&" + text
	case kind == reflect.String && v.Elem().Type().PkgPath() == "", kind == reflect.Bool:
		return "new(" + text + ")"
	default:
		return "new(" + p.typeName(v.Elem().Type()) + "(" + text + "))"
	}
}

func (p *Printer) slice(v reflect.Value) string {
	items := make([]string, v.Len())
	for i := range items {
		items[i] = p.value(v.Index(i))
		if v.Type().Elem().Kind() == reflect.Struct { // the list says the type
			items[i] = strings.TrimPrefix(items[i], p.typeName(v.Type().Elem()))
		}
	}
	return wrap(p.typeName(v.Type())+"{", items)
}

func (p *Printer) mapping(v reflect.Value) string {
	var items []string
	for _, k := range v.MapKeys() {
		items = append(items, p.value(k)+": "+p.value(v.MapIndex(k)))
	}
	slices.Sort(items)
	return wrap(p.typeName(v.Type())+"{", items)
}

func (p *Printer) structure(v reflect.Value) string {
	var items []string
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
			items = append(items, f.Name+": "+p.value(v.Field(i)))
		}
	}
	return wrap(p.typeName(v.Type())+"{", items)
}

// wrap joins items in one line, or in a line each where that would be too long.
func wrap(open string, items []string) string {
	const end = "}"
	text := open + strings.Join(items, ", ") + end
	if len(items) == 0 || len(text) <= lineLength && !strings.Contains(text, "\n") {
		return text
	}
	return open + "\n" + strings.Join(items, ",\n") + ",\n" + end
}

func (p *Printer) typeName(t reflect.Type) string {
	switch {
	case t.PkgPath() != "":
		return p.packageName(t.PkgPath()) + "." + t.Name()
	case t.Kind() == reflect.Slice:
		return "[]" + p.typeName(t.Elem())
	case t.Kind() == reflect.Map:
		return "map[" + p.typeName(t.Key()) + "]" + p.typeName(t.Elem())
	case t.Kind() == reflect.Pointer:
		return "*" + p.typeName(t.Elem())
	default:
		return t.String()
	}
}

func (p *Printer) packageName(importPath string) string {
	if name, ok := p.Packages[importPath]; ok {
		return name
	}
	return path.Base(importPath)
}
