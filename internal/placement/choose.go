// SPDX-License-Identifier: Apache-2.0

package placement

import "slices"

// Choose returns the instance for one more task. Instances that equal each other by
// the strategies are told apart by their IDs, or by seed if a strategy is random or
// there is none. The error is of type *[UnplacedError] if no instance will do, or
// [ErrNotModelled].
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
func (c *Cluster) Choose(q *Query, seed uint64) (instance string, err error) {
	s, verdicts, best := c.scoring(q, seed), c.verdictsOf(q), nobody
	if q.anywhere() {
		best, err = c.draw(q, seed, verdicts)
	}
	switch {
	case err != nil || best != nobody:
	case q.random():
		best, err = c.scan(q, &s, verdicts)
	default:
		best, err = c.best(q, &s, verdicts)
	}
	switch {
	case err != nil:
		return "", err
	case best == nobody:
		return "", c.unplaced(q, verdicts)
	default:
		return c.nodes[best].ID, nil
	}
}

// anywhere: nothing comes before chance.
func (q *Query) anywhere() bool { return len(q.criteria) == 0 || q.criteria[0].by == byRandom }

// random: chance decides between some, so that no order lasts.
func (q *Query) random() bool {
	return len(q.criteria) == 0 || slices.Contains(q.criteria, criterion{by: byRandom})
}

// draws is how often an instance is drawn before all are looked at.
const draws = 32

// draw tries instances by chance; each that will do is as likely as another.
func (c *Cluster) draw(q *Query, seed uint64, verdicts []verdict) (int32, error) {
	all := c.sorted()
	for i := range min(draws, len(all)) {
		slot := all[mix(seed*draws+uint64(i)+1)%uint64(len(all))]
		if !c.fits(slot, q) {
			continue
		}
		if ok, err := c.allowed(slot, q, verdicts); ok || err != nil {
			return int32(slot), err
		}
	}
	return nobody, nil
}

// scan looks at all instances.
func (c *Cluster) scan(q *Query, s *scoring, verdicts []verdict) (int32, error) {
	best := nobody
	for _, slot := range c.sorted() {
		if !c.fits(slot, q) || (best != nobody && !s.less(slot, int(best))) {
			continue
		}
		ok, err := c.allowed(slot, q, verdicts)
		if err != nil {
			return nobody, err
		}
		if ok {
			best = int32(slot)
		}
	}
	return best, nil
}

// fits is the quick part of [Cluster.allowed].
func (c *Cluster) fits(slot int, q *Query) bool {
	r := &c.room[slot]
	return r.open && int(r.cpu) >= q.needs.CPU && int(r.memory) >= q.needs.Memory &&
		int(r.gpus) >= q.needs.GPUs && int(r.interfaces) >= q.needs.Interfaces
}

// scoring has the columns that the criteria of a query compare.
type scoring struct {
	c       *Cluster
	columns []column
	seed    uint64
	// ending has the task that would be stopped, by slot; nil when placing.
	ending []*placed
}

// column is a criterion with what it reads.
type column struct {
	by     by
	counts []int32
	value  []int32
}

func (c *Cluster) scoring(q *Query, seed uint64) scoring {
	s := scoring{c: c, seed: seed, columns: make([]column, 0, len(q.criteria)+1)}
	g, counted := c.groups[q.group]
	for _, k := range q.criteria {
		switch {
		case k.by == byInstance && counted:
			s.columns = append(s.columns, column{by: k.by, counts: g.on})
		case k.by == byAttribute && counted:
			f := c.field(k.field)
			s.columns = append(s.columns, column{by: k.by, counts: c.values(g, f, k.field), value: f.value})
		case k.by == byInstance || k.by == byAttribute:
			// No task yet: all instances are equal.
		default:
			s.columns = append(s.columns, column{by: k.by})
		}
	}
	if len(q.criteria) == 0 {
		s.columns = append(s.columns, column{by: byRandom})
	}
	return s
}

// less reports whether a is better than b: has fewer tasks, or less left. When
// stopping it is the other way round, but for random.
func (s *scoring) less(a, b int) bool {
	for i := range s.columns {
		k := &s.columns[i]
		x, y := s.score(k, a), s.score(k, b)
		if x == y {
			continue
		}
		return (x < y) != (s.ending != nil && k.by != byRandom)
	}
	return false
}

func (s *scoring) score(k *column, slot int) int64 {
	switch k.by {
	case byInstance:
		return int64(k.counts[slot])
	case byAttribute:
		return int64(k.counts[k.value[slot]])
	case byCPU:
		return int64(s.c.room[slot].cpu) + s.freed(slot, func(r Resources) int { return r.CPU })
	case byMemory:
		return int64(s.c.room[slot].memory) + s.freed(slot, func(r Resources) int { return r.Memory })
	default:
		return int64(mix(s.seed ^ s.c.nodes[slot].hash))
	}
}

// freed is what the end of a task gives back.
func (s *scoring) freed(slot int, of func(Resources) int) int64 {
	if s.ending == nil {
		return 0
	}
	return int64(of(s.ending[slot].Needs))
}

// mix is the finalizer of SplitMix64: each bit of x changes half of the result's.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Victim returns the task of the query's group that is stopped when there is one too
// many: the choice of [Cluster.Choose] reversed. Spread tasks are stopped where most
// are; packed ones where most is left once the task has ended. What equals by that is
// chosen by seed, and on the instance the task that was started last. Only tasks that
// may be stopped are looked at; all, if may is nil.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
func (c *Cluster) Victim(q *Query, seed uint64, may func(task string) bool) (task string, found bool) {
	g, there := c.groups[q.group]
	if !there {
		return "", false
	}
	s, best := c.scoring(q, seed), -1
	s.ending, s.columns = c.ending, append(s.columns, column{by: byRandom})
	for _, slot := range c.sorted() {
		if g.on[slot] == 0 || (best >= 0 && !q.packs() && !s.less(slot, best)) {
			continue
		}
		s.ending[slot] = last(g.mine[slot], may)
		if s.ending[slot] != nil && (best < 0 || s.less(slot, best)) {
			best = slot
		}
	}
	if best < 0 {
		return "", false
	}
	return s.ending[best].ID, true
}

// packs: a strategy looks at what is left, and so at what a task's end gives back.
func (q *Query) packs() bool {
	return slices.ContainsFunc(q.criteria, func(k criterion) bool { return k.by == byCPU || k.by == byMemory })
}

// last returns the task that was started last, of those that may be stopped; nil if none may.
func last(tasks []*placed, may func(string) bool) *placed {
	for _, t := range slices.Backward(tasks) {
		if may == nil || may(t.ID) {
			return t
		}
	}
	return nil
}
