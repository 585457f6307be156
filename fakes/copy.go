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
	if d := deepenerOf(v.Type()); d != nil {
		d(v)
	}
}

// A deepener does so for the values of one type; nil where there is nothing to do.
type deepener func(v reflect.Value)

// deepeners caches the deepener of each type.
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

// deepenerOfElem is that of t's elements, found when it is first needed: types
// may contain themselves.
func deepenerOfElem(t reflect.Type) func() deepener {
	return sync.OnceValue(func() deepener { return deepenerOf(t.Elem()) })
}

func newDeepener(t reflect.Type) deepener {
	switch t.Kind() { //nolint:exhaustive // the rest hold no references
	case reflect.Pointer:
		return pointerDeepener(t)
	case reflect.Interface:
		return deepenInterface
	case reflect.Slice:
		return sliceDeepener(t)
	case reflect.Map:
		return mapDeepener(t)
	case reflect.Struct:
		return structDeepener(t)
	default:
		return nil
	}
}

func structDeepener(t reflect.Type) deepener {
	type field struct {
		index int
		deepener
	}
	var deep []field
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			if d := deepenerOf(f.Type); d != nil {
				deep = append(deep, field{i, d})
			}
		}
	}
	if deep == nil {
		return nil
	}
	return func(v reflect.Value) {
		for _, f := range deep {
			f.deepener(v.Field(f.index))
		}
	}
}

func pointerDeepener(t reflect.Type) deepener {
	elem := deepenerOfElem(t)
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		p := reflect.New(t.Elem())
		p.Elem().Set(v.Elem())
		if d := elem(); d != nil {
			d(p.Elem())
		}
		v.Set(p)
	}
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

func sliceDeepener(t reflect.Type) deepener {
	elem := deepenerOfElem(t)
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		s := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(s, v)
		if d := elem(); d != nil {
			for i := range s.Len() {
				d(s.Index(i))
			}
		}
		v.Set(s)
	}
}

func mapDeepener(t reflect.Type) deepener {
	elem := deepenerOfElem(t)
	return func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		m := reflect.MakeMapWithSize(t, v.Len())
		for it := v.MapRange(); it.Next(); {
			e := it.Value()
			if d := elem(); d != nil {
				e = reflect.New(t.Elem()).Elem()
				e.Set(it.Value())
				d(e)
			}
			m.SetMapIndex(it.Key(), e)
		}
		v.Set(m)
	}
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
