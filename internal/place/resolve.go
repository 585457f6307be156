// SPDX-License-Identifier: Apache-2.0

package place

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Lookup returns the values of a placeholder; known is false where they cannot
// be told yet. An error says that there will never be any.
type Lookup func(Ref) (values []string, known bool, err error)

// Find returns the placeholders in all strings of v, each once, in the order in
// which they stand there (map entries by key).
func Find(v any) ([]Ref, error) {
	var found []Ref
	seen := map[Ref]bool{}
	_, err := Resolve(v, func(r Ref) ([]string, bool, error) {
		if !seen[r] {
			seen[r] = true
			found = append(found, r)
		}
		return nil, false, nil
	})
	return found, err
}

// Resolve returns a deep copy of v, of v's own type, in which the placeholders
// that lookup knows are replaced by their values. The others are left as they are.
func Resolve(v any, lookup Lookup) (any, error) {
	if v == nil {
		return nil, nil
	}
	r := resolver{lookup: lookup}
	out := r.value(reflect.ValueOf(v))
	if r.err != nil {
		return nil, r.err
	}
	return out.Interface(), nil
}

// resolver copies values; err is the first thing that went wrong.
type resolver struct {
	lookup Lookup
	err    error
}

func (r *resolver) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *resolver) value(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(r.text(v.String())).Convert(v.Type())
	case reflect.Pointer:
		return r.pointer(v)
	case reflect.Interface:
		return r.inside(v)
	case reflect.Struct:
		return r.structure(v)
	case reflect.Slice:
		return r.slice(v)
	case reflect.Array:
		return r.array(v)
	case reflect.Map:
		return r.mapping(v)
	default:
		return v
	}
}

func (r *resolver) pointer(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.New(v.Type().Elem())
	out.Elem().Set(r.value(v.Elem()))
	return out
}

func (r *resolver) inside(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(r.value(v.Elem()))
	return out
}

// structure copies all fields, and deeply those that are exported: the others of
// SDK inputs, and of time.Time, are never changed.
func (r *resolver) structure(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out.Field(i).Set(r.value(v.Field(i)))
		}
	}
	return out
}

func (r *resolver) array(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	for i := range v.Len() {
		out.Index(i).Set(r.value(v.Index(i)))
	}
	return out
}

func (r *resolver) slice(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeSlice(v.Type(), 0, v.Len())
	for i := range v.Len() {
		if e := v.Index(i); e.Kind() == reflect.String {
			for _, s := range r.element(e.String()) {
				out = reflect.Append(out, reflect.ValueOf(s).Convert(e.Type()))
			}
			continue
		}
		out = reflect.Append(out, r.value(v.Index(i)))
	}
	return out
}

// element resolves an element of a []string. One that is a whole placeholder
// becomes as many as it has values.
func (r *resolver) element(s string) []string {
	parts := r.parse(s)
	if len(parts) != 1 || !parts[0].IsRef {
		return []string{r.text(s)}
	}
	values, known := r.look(parts[0].Ref)
	if !known {
		return []string{s}
	}
	return values
}

func (r *resolver) mapping(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return v
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	for _, k := range keys {
		out.SetMapIndex(r.value(k), r.value(v.MapIndex(k)))
	}
	return out
}

// text resolves a string: as JSON if it is a document, as what base64 hides if
// that holds placeholders, else as it stands.
func (r *resolver) text(s string) string {
	if !strings.Contains(s, Open) {
		return r.encoded(s)
	}
	parts := r.parse(s)
	if isDocument(s) {
		return r.document(s, parts)
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(r.single(p))
	}
	return b.String()
}

func (r *resolver) parse(s string) []Part {
	parts, err := Parse(s)
	if err != nil {
		r.fail(err)
	}
	return parts
}

func (r *resolver) look(ref Ref) (values []string, known bool) {
	values, known, err := r.lookup(ref)
	if err != nil {
		r.fail(err)
	}
	return values, known && err == nil
}

// single returns the one value of a placeholder that stands within a string.
func (r *resolver) single(p Part) string {
	if !p.IsRef {
		return p.Text
	}
	values, known := r.look(p.Ref)
	switch {
	case !known:
		return p.Text
	case len(values) != 1:
		r.fail(fmt.Errorf("%s has %d values, and one is needed here", p.Text, len(values)))
		return p.Text
	default:
		return values[0]
	}
}

func isDocument(s string) bool {
	t := strings.TrimSpace(s)
	return (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) && json.Valid([]byte(s))
}

// document resolves placeholders in a JSON document, whose values are escaped.
// A string that is one whole placeholder may become several, in a list.
func (r *resolver) document(s string, parts []Part) string {
	var b strings.Builder
	for i, p := range parts {
		if !p.IsRef {
			b.WriteString(p.Text)
			continue
		}
		values, known := r.look(p.Ref)
		whole := i > 0 && strings.HasSuffix(parts[i-1].Text, `"`) &&
			i+1 < len(parts) && strings.HasPrefix(parts[i+1].Text, `"`)
		switch {
		case !known:
			b.WriteString(p.Text)
		case len(values) == 1 || whole && len(values) > 1:
			b.WriteString(escapeAll(values))
		default:
			r.fail(fmt.Errorf("%s has %d values, and one is needed here", p.Text, len(values)))
		}
	}
	if r.err == nil && !json.Valid([]byte(b.String())) {
		r.fail(fmt.Errorf("placeholders with several values stand outside of a list in %s", s))
	}
	return b.String()
}

func escapeAll(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		body, err := json.Marshal(v)
		if err != nil { // never for a string
			return v
		}
		quoted[i] = string(body[1 : len(body)-1])
	}
	return strings.Join(quoted, `","`)
}

// encoded resolves user data, which is base64.
func (r *resolver) encoded(s string) string {
	const shortest = len(Open) + len("a/b#c") + len(Close)
	if len(s) < shortest || len(s)%4 != 0 {
		return s
	}
	plain, err := base64.StdEncoding.DecodeString(s)
	if err != nil || !strings.Contains(string(plain), Open) {
		return s
	}
	return base64.StdEncoding.EncodeToString([]byte(r.text(string(plain))))
}
