// SPDX-License-Identifier: Apache-2.0

package ec2

// table keeps things by ID, in the order in which they were made. Values are
// replaced, never edited in place.
type table[T any] struct {
	rows  map[string]T
	order []string
}

func (t *table[T]) put(id string, v T) {
	if t.rows == nil {
		t.rows = map[string]T{}
	}
	if _, ok := t.rows[id]; !ok {
		t.order = append(t.order, id)
	}
	t.rows[id] = v
}

func (t *table[T]) get(id string) (T, bool) {
	v, ok := t.rows[id]
	return v, ok
}

// drop removes a thing. IDs are never used again, so its place in the order is
// cleared only now and then.
func (t *table[T]) drop(id string) {
	delete(t.rows, id)
	if len(t.order) <= 2*len(t.rows) {
		return
	}
	kept := make([]string, 0, len(t.rows))
	for _, id := range t.order {
		if _, ok := t.rows[id]; ok {
			kept = append(kept, id)
		}
	}
	t.order = kept
}

func (t *table[T]) all() []T { return t.where(func(T) bool { return true }) }

func (t *table[T]) where(keep func(T) bool) []T {
	var list []T
	for _, id := range t.order {
		if v, ok := t.rows[id]; ok && keep(v) {
			list = append(list, v)
		}
	}
	return list
}

func (t *table[T]) any(match func(T) bool) bool {
	for _, v := range t.rows {
		if match(v) {
			return true
		}
	}
	return false
}
