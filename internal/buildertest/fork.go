// SPDX-License-Identifier: Apache-2.0

// Package buildertest has the tests that every builder must pass: that its With
// methods return copies, and that it knows every field of the SDK's input.
package buildertest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Fork calls each With and Without method of seed's type, by reflection, on two
// forks of a value whose lists have spare capacity, and demands that the parent
// and the first fork stay as they were and that the call changes a fresh value.
//
// samples are arguments for parameters that Fork cannot make up: the first sample
// that is assignable to the parameter's type is used; give two of a type where
// two different calls must differ.
func Fork(t *testing.T, seed any, samples ...any) {
	t.Helper()
	typ := reflect.TypeOf(seed)
	methods := 0
	for m := range typ.Methods() {
		if !strings.HasPrefix(m.Name, "With") {
			continue
		}
		require.Equal(t, 1, m.Type.NumOut(), "%s.%s returns one value", typ, m.Name)
		require.Equal(t, typ, m.Type.Out(0), "%s.%s returns a copy of its receiver", typ, m.Name)
		methods++
		t.Run(m.Name, func(t *testing.T) { require.NoError(t, forks(reflect.ValueOf(seed), m, samples)) })
	}
	require.NotZero(t, methods, "%s has no With method", typ)
}

// Forks is Fork for one method, by name, as an error.
func Forks(seed any, method string, samples ...any) error {
	m, ok := reflect.TypeOf(seed).MethodByName(method)
	if !ok {
		return fmt.Errorf("%T has no method %s", seed, method)
	}
	return forks(reflect.ValueOf(seed), m, samples)
}

func forks(seed reflect.Value, m reflect.Method, samples []any) error {
	var failed error
	call := func(on reflect.Value, n int) reflect.Value {
		args := []reflect.Value{on}
		for i := 1; i < m.Type.NumIn(); i++ {
			v, err := makeUp(m.Type.In(i), n, samples, 0)
			if err != nil {
				failed = fmt.Errorf("give Fork a sample for %s: %w", m.Name, err)
				return on
			}
			args = append(args, v)
		}
		if m.Type.IsVariadic() {
			return m.Func.CallSlice(args)[0]
		}
		return m.Func.Call(args)[0]
	}
	parent := seed
	for n := range 3 { // an append that grows leaves spare capacity behind
		parent = call(parent, n)
	}
	parentBefore := Dump(parent.Interface())
	first := call(parent, 3)
	firstBefore := Dump(first.Interface())
	call(parent, 4)
	switch {
	case failed != nil:
		return failed
	case Dump(parent.Interface()) != parentBefore:
		return fmt.Errorf("the parent of two forks has changed: %s", parentBefore)
	case Dump(first.Interface()) != firstBefore:
		return fmt.Errorf("the first fork has changed with the second: %s", firstBefore)
	case Dump(seed.Interface()) == Dump(call(seed, 5).Interface()):
		return errors.New("the call changed nothing")
	}
	return nil
}

const maxDepth = 12

// makeUp returns the n-th made-up value of a type: numbers and strings that
// differ by n, structs and lists filled all through.
func makeUp(typ reflect.Type, n int, samples []any, depth int) (reflect.Value, error) {
	var fit []reflect.Value
	for _, s := range samples {
		if v := reflect.ValueOf(s); v.IsValid() && v.Type().AssignableTo(typ) {
			fit = append(fit, v)
		}
	}
	if len(fit) > 0 {
		v := reflect.New(typ).Elem()
		v.Set(fit[n%len(fit)])
		return v, nil
	}
	if depth > maxDepth {
		return reflect.Zero(typ), nil
	}
	v := reflect.New(typ).Elem()
	switch typ.Kind() { //nolint:exhaustive // the rest cannot be made up
	case reflect.String:
		v.SetString(fmt.Sprintf("v%d", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(n) + 1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n) + 1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(n) + 0.5)
	case reflect.Func:
		v.Set(reflect.MakeFunc(typ, func([]reflect.Value) []reflect.Value {
			out := make([]reflect.Value, typ.NumOut())
			for i := range out {
				out[i] = reflect.Zero(typ.Out(i))
			}
			return out
		}))
	default:
		return fill(v, n, samples, depth)
	}
	return v, nil
}

func fill(v reflect.Value, n int, samples []any, depth int) (reflect.Value, error) {
	typ := v.Type()
	switch typ.Kind() { //nolint:exhaustive // the rest cannot be made up
	case reflect.Pointer, reflect.Slice:
		e, err := makeUp(typ.Elem(), n, samples, depth+1)
		if err != nil {
			return v, err
		}
		if typ.Kind() == reflect.Slice {
			return reflect.Append(v, e), nil
		}
		v.Set(reflect.New(typ.Elem()))
		v.Elem().Set(e)
	case reflect.Map:
		key, err := makeUp(typ.Key(), n, samples, depth+1)
		if err != nil {
			return v, err
		}
		value, err := makeUp(typ.Elem(), n, samples, depth+1)
		if err != nil {
			return v, err
		}
		v.Set(reflect.MakeMap(typ))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range typ.NumField() {
			if !typ.Field(i).IsExported() {
				continue
			}
			f, err := makeUp(typ.Field(i).Type, n, samples, depth+1)
			if err != nil {
				return v, fmt.Errorf("%s.%s: %w", typ, typ.Field(i).Name, err)
			}
			v.Field(i).Set(f)
		}
	default:
		return v, fmt.Errorf("no sample for a parameter of type %s", typ)
	}
	return v, nil
}

// Dump writes out a value with all its fields, unexported ones too, following
// pointers. Functions show only whether they are set.
func Dump(v any) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(v), 0)
	return b.String()
}

func dump(b *strings.Builder, v reflect.Value, depth int) {
	if !v.IsValid() || depth > 4*maxDepth {
		b.WriteString("-")
		return
	}
	switch v.Kind() { //nolint:exhaustive // the rest are plain values
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		fmt.Fprintf(b, "&%s ", v.Elem().Type())
		dump(b, v.Elem(), depth+1)
	case reflect.Func, reflect.Chan:
		fmt.Fprintf(b, "%s set=%t", v.Type(), !v.IsNil())
	case reflect.Struct:
		fmt.Fprintf(b, "%s{", v.Type())
		for i := range v.NumField() {
			fmt.Fprintf(b, "%s:", v.Type().Field(i).Name)
			dump(b, v.Field(i), depth+1)
			b.WriteString(" ")
		}
		b.WriteString("}")
	case reflect.Slice, reflect.Array:
		b.WriteString("[")
		for i := range v.Len() {
			dump(b, v.Index(i), depth+1)
			b.WriteString(" ")
		}
		b.WriteString("]")
	case reflect.Map:
		dumpMap(b, v, depth)
	default:
		fmt.Fprintf(b, "%v", v)
	}
}

func dumpMap(b *strings.Builder, v reflect.Value, depth int) {
	entries := map[string]string{}
	for it := v.MapRange(); it.Next(); {
		var key, value strings.Builder
		dump(&key, it.Key(), depth+1)
		dump(&value, it.Value(), depth+1)
		entries[key.String()] = value.String()
	}
	b.WriteString("map[")
	for _, k := range slices.Sorted(maps.Keys(entries)) {
		b.WriteString(k + ":" + entries[k] + " ")
	}
	b.WriteString("]")
}
