// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/slipway-go/slipway"
)

// Observer is an observer that must be closed when it is no longer needed.
type Observer interface {
	slipway.Observer
	// Close leaves the terminal in order. It may be called more than once.
	Close()
}

// Terminal returns an observer that shows a live tree of the resources, with bars
// where progress can be counted. If w is not a terminal, it writes the lines of
// [Lines] instead. Close it when all is done.
func Terminal(w io.Writer) Observer {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newTree(w)
	}
	return plain{lines{w}}
}

// plain are lines, which need no closing.
type plain struct{ lines }

// Close does nothing.
func (plain) Close() {}

// tree shows one screen a run, and one for what happens outside of runs.
type tree struct {
	out  io.Writer
	mu   sync.Mutex
	live *screen
	// running: between Begun and Ended.
	running bool
}

func newTree(w io.Writer) *tree { return &tree{out: w} }

// Observe shows one event.
func (t *tree) Observe(_ context.Context, e slipway.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case slipway.Begun:
		t.end()
		t.running = true
		t.live = newScreen(t.out, e.Stack, e.IDs)
	case slipway.Ended:
		if t.live != nil {
			t.live.outcome.Store(fmt.Sprintf(": %s after %s", how("done", e.Err), span(e.Took)))
		}
		t.end()
	default:
		t.event(e)
	}
}

// event passes an event on to the row of its resource. Outside of a run, the
// screen ends with the last thing that is worked on.
func (t *tree) event(e slipway.Event) {
	id, ok := about(e)
	if !ok {
		return
	}
	if t.live == nil {
		t.live = newScreen(t.out, "", nil)
	}
	t.live.row(id).take(e)
	if _, done := e.(slipway.Done); done && !t.running && t.live.idle() {
		t.end()
	}
}

// end leaves what is on the screen as it is.
func (t *tree) end() {
	if t.live != nil {
		t.live.end()
	}
	t.live, t.running = nil, false
}

// Close ends the screen, if one is open.
func (t *tree) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end()
}

// about returns the resource that an event is about.
func about(e slipway.Event) (slipway.ID, bool) {
	switch e := e.(type) {
	case slipway.Started:
		return e.ID, true
	case slipway.Done:
		return e.ID, true
	case slipway.Progress:
		return e.ID, true
	case slipway.Message:
		return e.ID, true
	case slipway.Waiting:
		return e.ID, true
	default:
		return slipway.ID{}, false
	}
}
