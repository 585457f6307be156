// SPDX-License-Identifier: Apache-2.0

package placement

// index finds the best instance for one query without looking at all: after a few
// changes it plays those few matches again. Instances with the same values of the
// attributes that tasks are spread by are a bucket: a task moves all of a zone up or
// down the order, but none within it.
type index struct {
	// epoch and seen say up to which change of the cluster it is right.
	epoch, seen int
	buckets     []bucket
	// bucket and leaf of each slot; rank by the instance's ID.
	bucket, leaf, rank []int32
}

// bucket is a tournament: each place has the better of the two below it, the last
// half the instances themselves; nobody where an instance will not do.
type bucket []int32

const nobody int32 = -1

// changes are the slots that changed since the epoch's beginning.
type changes struct {
	// epoch ends when instances come or go, or change attributes.
	epoch int
	// first is the number of the first change that is still in slots.
	first int
	slots []int32
}

// next begins another epoch.
func (ch *changes) next() { *ch = changes{epoch: ch.epoch + 1} }

// add notes a change. More than fit into room are forgotten: to look at all is less
// work then.
func (ch *changes) add(slot, room int) {
	if len(ch.slots) >= room {
		ch.first += len(ch.slots)
		ch.slots = ch.slots[:0]
	}
	ch.slots = append(ch.slots, int32(slot))
}

func (ch *changes) end() int { return ch.first + len(ch.slots) }

// maxIndexes is how many queries have an index before all are forgotten.
const maxIndexes = 512

// best returns the best slot for the query, nobody if no instance will do.
func (c *Cluster) best(q *Query, s *scoring, verdicts []verdict) (int32, error) {
	x, there := c.indexes[q.key]
	if !there && len(c.indexes) >= maxIndexes {
		clear(c.indexes)
	}
	m := match{c: c, q: q, s: s, verdicts: verdicts, x: x}
	if !there || x.epoch != c.changes.epoch || x.seen < c.changes.first {
		m.x = &index{}
		c.indexes[q.key] = m.x
		m.build()
	} else {
		m.replay()
	}
	if m.err != nil {
		delete(c.indexes, q.key)
		return nobody, m.err
	}
	m.x.epoch, m.x.seen = c.changes.epoch, c.changes.end()
	winner := nobody
	for _, b := range m.x.buckets {
		winner = m.better(winner, b[1])
	}
	return winner, nil
}

// match plays tournaments of an index.
type match struct {
	c        *Cluster
	q        *Query
	s        *scoring
	verdicts []verdict
	x        *index
	err      error
}

func (m *match) better(a, b int32) int32 {
	switch {
	case a == nobody:
		return b
	case b == nobody || m.s.less(int(a), int(b)):
		return a
	case m.s.less(int(b), int(a)) || m.x.rank[b] < m.x.rank[a]:
		return b
	default:
		return a
	}
}

// enters returns the slot if its instance will do.
func (m *match) enters(slot int) int32 {
	if !m.c.fits(slot, m.q) {
		return nobody
	}
	ok, err := m.c.allowed(slot, m.q, m.verdicts)
	if err != nil {
		m.err = err
	}
	if !ok {
		return nobody
	}
	return int32(slot)
}

func (m *match) replay() {
	for _, slot := range m.c.changes.slots[m.x.seen-m.c.changes.first:] {
		b, at := m.x.buckets[m.x.bucket[slot]], m.x.leaf[slot]
		b[at] = m.enters(int(slot))
		for at /= 2; at >= 1; at /= 2 {
			b[at] = m.better(b[2*at], b[2*at+1])
		}
	}
}

func (m *match) build() {
	n := len(m.c.nodes)
	m.x.bucket, m.x.leaf, m.x.rank = make([]int32, n), make([]int32, n), make([]int32, n)
	numbers, sizes := map[string]int32{}, []int32{}
	for rank, slot := range m.c.sorted() {
		values := m.values(slot)
		number, known := numbers[values]
		if !known {
			number = int32(len(sizes))
			numbers[values], sizes = number, append(sizes, 0)
		}
		m.x.bucket[slot], m.x.leaf[slot], m.x.rank[slot] = number, sizes[number], int32(rank)
		sizes[number]++
	}
	m.x.buckets = make([]bucket, len(sizes))
	for i, size := range sizes {
		m.x.buckets[i] = make(bucket, max(2*size, 2))
		m.x.buckets[i][0] = nobody
	}
	for _, slot := range m.c.sorted() {
		b := m.x.buckets[m.x.bucket[slot]]
		m.x.leaf[slot] += int32(len(b) / 2)
		b[m.x.leaf[slot]] = m.enters(slot)
	}
	for _, b := range m.x.buckets {
		for at := len(b)/2 - 1; at >= 1; at-- {
			b[at] = m.better(b[2*at], b[2*at+1])
		}
	}
}

// values writes the values of the attributes that the query spreads by.
func (m *match) values(slot int) string {
	var all []byte
	for _, k := range m.q.criteria {
		if k.by == byAttribute {
			v := m.c.field(k.field).value[slot]
			all = append(all, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		}
	}
	return string(all)
}
