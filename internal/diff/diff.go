// SPDX-License-Identifier: Apache-2.0

// Package diff compares two states of the same kind, field by field.
//
// What is nil in the wanted state is unmanaged and not compared; nil and empty
// are the same where something is wanted.
package diff

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/slipway-go/slipway/internal/place"
)

// Options say how fields are compared. Paths are field names joined by dots,
// without list indexes.
type Options struct {
	// Keys has, for a list whose elements have names, the field with the name.
	Keys map[string]string
	// Sets are lists whose order means nothing.
	Sets []string
	// Documents are strings that hold JSON and are compared as such.
	Documents []string
	// Ignore are fields that are not compared, nor anything below them.
	Ignore []string
}

// Change is one field that differs.
type Change struct {
	// Path is for people: list elements by name or index.
	Path string
	// Field is Path without names and indexes, but with map keys after a dot.
	Field string
	// Old and New are the values as text, secrets masked; "" when absent.
	Old, New string
	// Unknown: New holds placeholders whose values are not known yet.
	Unknown bool
}

// Compare returns what must change to make have into want, in the order of the
// fields. Both are pointers to, or values of, the same type.
func Compare(have, want any, o Options) []Change {
	c := comparer{opts: o}
	c.compare(&spot{}, reflect.ValueOf(have), reflect.ValueOf(want))
	return c.changes
}

// Describe returns what is set in want, in the order of the fields, as changes
// from nothing. Of a list whose elements have names, each field of each element is
// told by itself, but what is in such a field as a whole.
func Describe(want any, o Options) []Change {
	o.Ignore = slices.Clone(o.Ignore)
	for list, name := range o.Keys {
		o.Ignore = append(o.Ignore, join(list, name)) // it is in the path
	}
	c := comparer{opts: o, apart: true}
	v := strip(reflect.ValueOf(want))
	if v.IsValid() {
		c.compare(&spot{}, reflect.Zero(v.Type()), v)
	}
	for i := range c.changes {
		c.changes[i].Old = "" // also where a zero stands for nothing
	}
	return c.changes
}

// spot is where the comparison is.
type spot struct {
	path, field string
	// name is the field or key that led here from up; elements have none.
	name string
	up   *spot
	// hidden: the name beside this value sounds secret.
	hidden bool
}

func (s *spot) at(name string) *spot {
	return &spot{path: join(s.path, name), field: join(s.field, name), name: name, up: s}
}

// elem is an element of the list s; the field stays.
func (s *spot) elem(name string) *spot {
	return &spot{path: s.path + "[" + name + "]", field: s.field, up: s}
}

// key is an entry of the map s.
func (s *spot) key(name string) *spot {
	return &spot{path: s.path + "[" + name + "]", field: join(s.field, name), name: name, up: s}
}

// secret reports whether a name on the way here sounds secret. It is asked for
// differences only: that is cheaper than to know it always.
func (s *spot) secret() bool {
	for ; s != nil; s = s.up {
		if s.hidden || isSecret(s.name) {
			return true
		}
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

type comparer struct {
	opts Options
	// apart: new elements that have names are told field by field.
	apart   bool
	changes []Change
}

// add reports a difference; an invalid value is an absent one.
func (c *comparer) add(at *spot, have, want reflect.Value) {
	unknown, secret := want.IsValid() && holdsRef(want), at.secret()
	c.changes = append(c.changes, Change{
		Path: at.path, Field: at.field, Unknown: unknown,
		Old: render(have, secret), New: render(want, secret),
	})
}

// compare walks both values. have may be invalid: absent.
func (c *comparer) compare(at *spot, have, want reflect.Value) {
	if slices.Contains(c.opts.Ignore, at.field) {
		return
	}
	if want.Kind() == reflect.String && want.Len() == 0 {
		return // an enumeration, or a name, that is not set
	}
	have, want = strip(have), strip(want)
	if !want.IsValid() {
		return
	}
	if have.IsValid() && have.Type() != want.Type() {
		c.add(at, have, want)
		return
	}
	switch want.Kind() {
	case reflect.Struct:
		c.structs(at, have, want)
	case reflect.Slice:
		c.lists(at, have, want)
	case reflect.Map:
		c.maps(at, have, want)
	case reflect.String:
		c.texts(at, have, want)
	default:
		if !have.IsValid() || !have.Equal(want) {
			c.add(at, have, want)
		}
	}
}

// strip follows pointers and interfaces; nil becomes invalid.
func strip(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

func (c *comparer) structs(at *spot, have, want reflect.Value) {
	if t, ok := reflect.TypeAssert[time.Time](want); ok {
		if !have.IsValid() || !t.Equal(timeOf(have)) {
			c.add(at, have, want)
		}
		return
	}
	if !have.IsValid() {
		have = reflect.Zero(want.Type())
	}
	for i := range want.NumField() {
		field := want.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		next := at.at(field.Name)
		next.hidden = field.Name == valueField && namesSecret(want)
		c.compare(next, have.Field(i), want.Field(i))
	}
}

func timeOf(v reflect.Value) time.Time {
	t, _ := reflect.TypeAssert[time.Time](v)
	return t
}

// texts compares strings, of which an absent one is empty.
func (c *comparer) texts(at *spot, have, want reflect.Value) {
	old := ""
	if have.IsValid() {
		old = have.String()
	}
	wanted := want.String()
	if old == wanted || slices.Contains(c.opts.Documents, at.field) && sameDocument(old, wanted) {
		return
	}
	c.add(at, have, want)
}

// sameDocument reports whether both are JSON and mean the same.
func sameDocument(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}

func (c *comparer) maps(at *spot, have, want reflect.Value) {
	if want.IsNil() {
		return
	}
	for _, k := range sortedKeys(want, have) {
		next := at.key(fmt.Sprint(k.Interface()))
		w, h := want.MapIndex(k), reflect.Value{}
		if have.IsValid() {
			h = have.MapIndex(k)
		}
		switch {
		case slices.Contains(c.opts.Ignore, next.field):
		case !w.IsValid() || !h.IsValid():
			c.add(next, h, w)
		default:
			c.entries(next, at.field, h, w)
		}
	}
}

// entries compares the values of one key. A map's path stands for all its values
// where they are documents.
func (c *comparer) entries(at *spot, field string, have, want reflect.Value) {
	h, w := strip(have), strip(want)
	if h.Kind() != reflect.String || w.Kind() != reflect.String {
		c.compare(at, have, want)
		return
	}
	same := slices.Contains(c.opts.Documents, field) && sameDocument(h.String(), w.String())
	if h.String() != w.String() && !same {
		c.add(at, have, want)
	}
}

func sortedKeys(maps ...reflect.Value) []reflect.Value {
	byText := map[string]reflect.Value{}
	for _, m := range maps {
		if !m.IsValid() {
			continue
		}
		for _, k := range m.MapKeys() {
			byText[fmt.Sprint(k.Interface())] = k
		}
	}
	texts := make([]string, 0, len(byText))
	for t := range byText {
		texts = append(texts, t)
	}
	slices.Sort(texts)
	keys := make([]reflect.Value, len(texts))
	for i, t := range texts {
		keys[i] = byText[t]
	}
	return keys
}

// holdsRef reports whether a string in v holds a placeholder.
func holdsRef(v reflect.Value) bool {
	if !v.CanInterface() {
		return false
	}
	refs, err := place.Find(v.Interface())
	return err != nil || len(refs) > 0
}
