// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"reflect"
	"slices"
)

// noneSet is the blank of an enumeration: an empty one would not be compared.
const noneSet = "none"

// fill puts blanks wherever v, a pointer to a struct of the SDK, holds nil: empty
// lists, strings and structs. What is nil in a wanted state is not compared, so
// that without blanks taking a setting away would not be a change. They are taken
// out again before anything is sent.
func fill(v any) { fillValue(reflect.ValueOf(v).Elem()) }

func fillValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		// A copy: what is behind the pointer may belong to others.
		p := reflect.New(v.Type().Elem())
		if !v.IsNil() {
			p.Elem().Set(v.Elem())
		}
		fillValue(p.Elem())
		v.Set(p)
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			fillValue(list.Index(i))
		}
		v.Set(list)
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillValue(v.Field(i))
			}
		}
	default:
	}
}

// meant are fields whose zero value means something.
var meant = []string{
	"ContainerDefinition.Essential", "KeyValuePair.Value", "Tag.Value", "DeploymentConfiguration.MinimumHealthyPercent",
	"RetryPolicy.MaximumRetryAttempts",
}

// strip takes blanks out of v, a pointer to a struct of the SDK, except where the
// zero value means something.
func strip(v any) { stripValue(reflect.ValueOf(v).Elem(), "") }

func stripValue(v reflect.Value, field string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || slices.Contains(meant, field) {
			return
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(v.Elem())
		stripValue(p.Elem(), "")
		if p.Elem().IsZero() {
			p = reflect.Zero(v.Type())
		}
		v.Set(p)
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			stripValue(list.Index(i), "")
		}
		v.Set(list)
	case reflect.Map:
		if v.Len() == 0 {
			v.SetZero()
		}
	case reflect.String:
		if v.String() == noneSet && v.Type() != reflect.TypeFor[string]() {
			v.SetZero()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				stripValue(v.Field(i), v.Type().Name()+"."+f.Name)
			}
		}
	default:
	}
}

// def gives a string without value a default.
func def[S ~string](s *S, value S) {
	if *s == "" {
		*s = value
	}
}

// defTo gives what is nil, or a blank, a default.
func defTo[T comparable](p **T, value T) {
	var zero T
	if *p == nil || **p == zero {
		*p = &value
	}
}
