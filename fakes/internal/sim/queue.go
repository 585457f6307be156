// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"container/heap"
	"time"
)

// queue has events by the instant at which they are played. Many fall on the same one, so
// an event costs the same however many there are; only instants are sorted.
type queue struct {
	instants instants
	at       map[int64]*instant
}

// instant has the events of one moment, in order of insertion.
type instant struct {
	at     time.Time
	events []func()
	played int
}

// add puts an event behind those of the same instant.
func (q *queue) add(t time.Time, event func()) {
	key := t.UnixNano()
	i, there := q.at[key]
	if !there {
		if q.at == nil {
			q.at = map[int64]*instant{}
		}
		i = &instant{at: t}
		q.at[key] = i
		heap.Push(&q.instants, i)
	}
	i.events = append(i.events, event)
}

// due reports whether an event is left to play up to t.
func (q *queue) due(t time.Time) bool {
	return len(q.instants) > 0 && !q.instants[0].at.After(t)
}

// take takes the first event out.
func (q *queue) take() (at time.Time, event func()) {
	i := q.instants[0]
	event = i.events[i.played]
	i.events[i.played] = nil
	if i.played++; i.played == len(i.events) {
		heap.Pop(&q.instants)
		delete(q.at, i.at.UnixNano())
	}
	return i.at, event
}

// instants is a heap, the earliest on top.
type instants []*instant

func (h instants) Len() int           { return len(h) }
func (h instants) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h instants) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds an instant.
func (h *instants) Push(x any) {
	if i, ok := x.(*instant); ok {
		*h = append(*h, i)
	}
}

// Pop takes out the last one.
func (h *instants) Pop() any {
	last := len(*h) - 1
	i := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return i
}
