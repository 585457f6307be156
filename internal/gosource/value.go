// SPDX-License-Identifier: Apache-2.0

package gosource

import (
	"reflect"
	"strings"
)

// Value is a value together with the expression that makes it, so that the two
// cannot tell different stories.
type Value[T any] struct {
	V    T
	text string
	p    *Printer
}

// Call returns the value of a function's call.
func Call[T any](p *Printer, v T, function string, args ...any) Value[T] {
	return Value[T]{V: v, text: function + p.arguments(args), p: p}
}

// Of returns the value of an expression, such as a variable's name.
func Of[T any](p *Printer, v T, text string) Value[T] { return Value[T]{V: v, text: text, p: p} }

// As returns the value as another type, such as an interface that it meets.
func As[T, U any](v Value[U], as T) Value[T] { return Value[T]{V: as, text: v.text, p: v.p} }

// Source returns the expression.
func (v Value[T]) Source() string { return v.text }

// Then returns what a method of v has returned.
func (v Value[T]) Then(next T, method string, args ...any) Value[T] {
	v.V = next
	v.text += ".\n" + method + v.p.arguments(args)
	return v
}

// On is Then in the same line.
func (v Value[T]) On(next T, method string, args ...any) Value[T] {
	v.V = next
	v.text += "." + method + v.p.arguments(args)
	return v
}

func (p *Printer) arguments(args []any) string {
	items := make([]string, len(args))
	for i, a := range args {
		items[i] = p.Literal(a)
	}
	return "(" + strings.Join(items, ", ") + ")"
}

// Field is a field of a struct and its value.
type Field struct {
	Name  string
	Value any
}

// Fields are the fields of a struct that are exported and not zero.
func Fields(of any) []Field {
	var all []Field
	v := reflect.ValueOf(of)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
			all = append(all, Field{f.Name, v.Field(i).Interface()})
		}
	}
	return all
}

// Struct returns the expression of a struct, some of whose fields have expressions
// of their own.
func (p *Printer) Struct(typeName string, fields ...Field) string {
	items := make([]string, len(fields))
	for i, f := range fields {
		items[i] = f.Name + ": " + p.Literal(f.Value)
	}
	return wrap(typeName+"{", items)
}

// List returns the expression of a list with that type and those elements.
func (p *Printer) List(typeName string, elements ...any) string {
	items := make([]string, len(elements))
	for i, e := range elements {
		items[i] = p.Literal(e)
	}
	return wrap(typeName+"{", items)
}

// Method returns what a method of v has returned, which is of another type.
func Method[T, U any](v Value[U], result T, method string, args ...any) Value[T] {
	return Value[T]{V: result, text: v.text + "." + method + v.p.arguments(args), p: v.p}
}
