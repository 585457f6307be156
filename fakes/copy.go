// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"reflect"
	"strings"
	"sync"
)

// deepCopy copies what inputs and outputs are made of: structs, pointers, slices,
// maps and interfaces. Structs with unexported state (time.Time) are copied as
// they are.
func deepCopy(v any) any {
	if v == nil {
		return nil
	}
	c := reflect.New(reflect.TypeOf(v)).Elem()
	c.Set(reflect.ValueOf(v))
	deepen(c)
	return c.Interface()
}

// deepen replaces, in the shallow copy v, what it shares with the original.
func deepen(v reflect.Value) {
	if f := deepenerOf(v.Type()); f != nil {
		f(v)
	}
}

// A deepener does so for the values of one type.
type deepener func(v reflect.Value)

// deepeners caches the deepener of each type; nil for types without references.
var deepeners sync.Map // reflect.Type -> deepener

func deepenerOf(t reflect.Type) deepener {
	if f, ok := deepeners.Load(t); ok {
		d, _ := f.(deepener)
		return d
	}
	d := newDeepener(t)
	deepeners.Store(t, d)
	return d
}

func newDeepener(t reflect.Type) deepener {
	switch t.Kind() { //nolint:exhaustive // the rest hold no references
	case reflect.Pointer:
		return deepenPointer
	case reflect.Interface:
		return deepenInterface
	case reflect.Slice:
		return deepenSlice
	case reflect.Map:
		return deepenMap
	case reflect.Struct:
		return structDeepener(t)
	default:
		return nil
	}
}

func structDeepener(t reflect.Type) deepener {
	var deep []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && deepenerOf(f.Type) != nil {
			deep = append(deep, i)
		}
	}
	if deep == nil {
		return nil
	}
	return func(v reflect.Value) {
		for _, i := range deep {
			if f := v.Field(i); !f.IsZero() {
				deepen(f)
			}
		}
	}
}

func deepenPointer(v reflect.Value) {
	if v.IsNil() {
		return
	}
	p := reflect.New(v.Type().Elem())
	p.Elem().Set(v.Elem())
	deepen(p.Elem())
	v.Set(p)
}

func deepenInterface(v reflect.Value) {
	if v.IsNil() {
		return
	}
	c := reflect.New(v.Elem().Type()).Elem()
	c.Set(v.Elem())
	deepen(c)
	v.Set(c)
}

func deepenSlice(v reflect.Value) {
	if v.IsNil() {
		return
	}
	s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(s, v)
	if deepenerOf(v.Type().Elem()) != nil {
		for i := range s.Len() {
			deepen(s.Index(i))
		}
	}
	v.Set(s)
}

func deepenMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		e := reflect.New(v.Type().Elem()).Elem()
		e.Set(it.Value())
		deepen(e)
		m.SetMapIndex(it.Key(), e)
	}
	v.Set(m)
}

// isSet reports whether the field at the dotted path, through pointers, lists and
// maps, is set anywhere.
func isSet(v any, path string) bool { return anySet(reflect.ValueOf(v), strings.Split(path, ".")) }

func anySet(v reflect.Value, path []string) bool {
	switch v.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && (len(path) == 0 || anySet(v.Elem(), path))
	case reflect.Slice:
		if len(path) == 0 {
			return v.Len() > 0
		}
		for i := range v.Len() {
			if anySet(v.Index(i), path) {
				return true
			}
		}
		return false
	case reflect.Map:
		if len(path) == 0 {
			return v.Len() > 0
		}
		for it := v.MapRange(); it.Next(); {
			if anySet(it.Value(), path) {
				return true
			}
		}
		return false
	case reflect.Struct:
		if len(path) == 0 {
			return !v.IsZero()
		}
		f := v.FieldByName(path[0])
		return f.IsValid() && anySet(f, path[1:])
	default:
		return len(path) == 0 && v.IsValid() && !v.IsZero()
	}
}
