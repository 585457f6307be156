// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// lists compares slices: by key, as a set, or by position.
func (c *comparer) lists(at *spot, have, want reflect.Value) {
	if want.IsNil() {
		return
	}
	if !have.IsValid() {
		have = reflect.Zero(want.Type())
	}
	key, keyed := c.opts.Keys[at.field]
	switch {
	case keyed:
		c.keyed(at, key, have, want)
	case want.Type().Elem().Kind() == reflect.Uint8:
		if !slices.Equal(have.Bytes(), want.Bytes()) {
			c.add(at, have, want)
		}
	case isScalar(want.Type().Elem()):
		c.scalars(at, have, want)
	case slices.Contains(c.opts.Sets, at.field):
		c.set(at, have, want)
	default:
		c.positions(at, have, want)
	}
}

func isScalar(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Interface, reflect.Array:
		return false
	default:
		return true
	}
}

// scalars compares lists of strings or numbers, shown as a whole.
func (c *comparer) scalars(at *spot, have, want reflect.Value) {
	old, wanted := texts(have), texts(want)
	if slices.Contains(c.opts.Sets, at.field) {
		slices.Sort(old)
		slices.Sort(wanted)
		old, wanted = slices.Compact(old), slices.Compact(wanted)
	}
	if !slices.Equal(old, wanted) {
		c.add(at, have, want)
	}
}

func texts(list reflect.Value) []string {
	out := make([]string, list.Len())
	for i := range out {
		out[i] = render(list.Index(i), false)
	}
	return out
}

// keyed compares elements of the same name, whatever their place.
func (c *comparer) keyed(at *spot, key string, have, want reflect.Value) {
	old := byName(have, key)
	for i := range want.Len() {
		w := want.Index(i)
		name := nameOf(w, key)
		h, ok := old[name]
		if !ok && (!c.apart || strings.Contains(at.path, "[")) {
			c.add(at.elem(name), reflect.Value{}, w)
			continue
		}
		c.compare(at.elem(name), h, w)
	}
	wanted := byName(want, key)
	for i := range have.Len() {
		if name := nameOf(have.Index(i), key); !wanted[name].IsValid() {
			c.add(at.elem(name), have.Index(i), reflect.Value{})
		}
	}
}

func byName(list reflect.Value, key string) map[string]reflect.Value {
	out := make(map[string]reflect.Value, list.Len())
	for i := range list.Len() {
		out[nameOf(list.Index(i), key)] = list.Index(i)
	}
	return out
}

// nameOf returns the text of the element's field key, as people write it.
func nameOf(elem reflect.Value, key string) string {
	elem = strip(elem)
	if elem.Kind() != reflect.Struct {
		return ""
	}
	field := strip(elem.FieldByName(key))
	if field.Kind() == reflect.String {
		return field.String()
	}
	return render(field, false)
}

// set matches elements that are the same, whatever their place.
func (c *comparer) set(at *spot, have, want reflect.Value) {
	taken := make([]bool, have.Len())
	for i := range want.Len() {
		if j := c.match(at, have, want.Index(i), taken); j >= 0 {
			taken[j] = true
			continue
		}
		c.add(at.elem(strconv.Itoa(i)), reflect.Value{}, want.Index(i))
	}
	for j := range have.Len() {
		if !taken[j] {
			c.add(at.elem(strconv.Itoa(j)), have.Index(j), reflect.Value{})
		}
	}
}

func (c *comparer) match(at *spot, have, want reflect.Value, taken []bool) int {
	for j := range have.Len() {
		if taken[j] {
			continue
		}
		trial := comparer{opts: c.opts}
		trial.compare(at, have.Index(j), want)
		if len(trial.changes) == 0 {
			return j
		}
	}
	return -1
}

// positions compares elements of the same place.
func (c *comparer) positions(at *spot, have, want reflect.Value) {
	for i := range max(have.Len(), want.Len()) {
		var h, w reflect.Value
		if i < have.Len() {
			h = have.Index(i)
		}
		if i < want.Len() {
			w = want.Index(i)
		}
		next := at.elem(strconv.Itoa(i))
		if h.IsValid() && w.IsValid() {
			c.compare(next, h, w)
		} else {
			c.add(next, h, w)
		}
	}
}
