// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"sync"

	"github.com/slipway-go/slipway"
)

// meter counts the bytes of blobs: those that are uploaded, and those that the
// registry has. It tells the observer, one event at a time, until it is stopped.
type meter struct {
	observer slipway.Observer
	id       slipway.ID
	ctx      context.Context //nolint:containedctx // the observer's, not a request's

	mu                sync.Mutex
	done, total, told int64
	stopped           bool
}

// step is how many bytes pass between two events.
const step = 256 << 10

// watched reports whether anybody is told.
func (m *meter) watched() bool { return m.observer != nil }

// add counts bytes, or takes them back.
func (m *meter) add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	if n > 0 && (m.done-m.told >= step || m.done == m.total) {
		m.tell()
	}
}

// expect says how many bytes there are in all.
func (m *meter) expect(total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = total
	m.tell()
}

// stop ends the events. After a success all bytes are there, sent or not.
func (m *meter) stop(success bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if success && m.done != m.total {
		m.done = m.total
		m.tell()
	}
	m.stopped = true
}

// tell is to be called with the lock.
func (m *meter) tell() {
	if m.stopped || m.observer == nil {
		return
	}
	m.told = m.done
	m.observer.Observe(m.ctx, slipway.Progress{ID: m.id, Done: m.done, Total: m.total, Unit: "bytes", Text: "push"})
}
