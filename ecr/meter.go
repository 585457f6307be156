// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/slipway-go/slipway"
)

// meter is a transport that counts the bytes of blobs: those that it uploads, and
// those that the registry says it has. It tells the observer, one event at a time,
// until it is stopped: bodies may be read a little longer than a push lasts.
type meter struct {
	base     http.RoundTripper
	observer slipway.Observer
	id       slipway.ID
	ctx      context.Context //nolint:containedctx // the observer's, not a request's

	mu                sync.Mutex
	done, total, told int64
	stopped           bool
}

// step is how many bytes pass between two events.
const step = 256 << 10

// RoundTrip sends a request.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.observer == nil {
		return m.base.RoundTrip(r)
	}
	var sent *countedBody
	if r.Method == http.MethodPatch && r.Body != nil {
		sent = &countedBody{ReadCloser: r.Body, meter: m}
		r = r.Clone(r.Context())
		r.Body = sent
		r.GetBody = nil
	}
	response, err := m.base.RoundTrip(r)
	switch {
	case sent != nil && (err != nil || response.StatusCode >= http.StatusMultipleChoices):
		sent.forget()
	case err == nil && r.Method == http.MethodHead && response.StatusCode == http.StatusOK && strings.Contains(r.URL.Path, "/blobs/"):
		m.add(max(0, response.ContentLength))
	}
	return response, err
}

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

// countedBody is the body of an upload.
type countedBody struct {
	io.ReadCloser
	meter *meter

	mu        sync.Mutex
	read      int64
	forgotten bool
}

// Read reads and counts.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.forgotten && n > 0 {
		b.read += int64(n)
		b.meter.add(int64(n))
	}
	return n, err
}

// forget takes back what was counted: the upload failed and is repeated.
func (b *countedBody) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgotten = true
	b.meter.add(-b.read)
}
