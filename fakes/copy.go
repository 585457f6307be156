// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"reflect"
	"strings"
)

// deepCopy copies what inputs and outputs are made of: structs, pointers, slices,
// maps and interfaces. Values with unexported state (time.Time, readers) are
// copied as they are.
func deepCopy(v any) any {
	if v == nil {
		return nil
	}
	return copyValue(reflect.ValueOf(v)).Interface()
}

func copyValue(v reflect.Value) reflect.Value {
	switch v.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(copyValue(v.Elem()))
		return p
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return copyValue(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(copyValue(v.Index(i)))
		}
		return s
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			m.SetMapIndex(it.Key(), copyValue(it.Value()))
		}
		return m
	case reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		s.Set(v)
		for i := range v.NumField() {
			if s.Field(i).CanSet() && v.Type().Field(i).IsExported() {
				s.Field(i).Set(copyValue(v.Field(i)))
			}
		}
		return s
	default:
		return v
	}
}

// isSet reports whether the field at the dotted path, through pointers and lists,
// is not its zero value.
func isSet(v any, path string) bool { return anySet(reflect.ValueOf(v), strings.Split(path, ".")) }

func anySet(v reflect.Value, path []string) bool {
	switch v.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return false
		}
		return anySet(v.Elem(), path)
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
	case reflect.Struct:
		if len(path) == 0 {
			return !v.IsZero()
		}
		f := v.FieldByName(path[0])
		return f.IsValid() && anySet(f, path[1:])
	default:
		return len(path) == 0 && !v.IsZero()
	}
}
