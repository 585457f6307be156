// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/slipway-go/slipway"
)

// fine are the steps of a bar in one unit.
const fine = 1000

// progressState is how far a row is.
type progressState int

const (
	pending progressState = iota
	working
	succeeded
	failed
)

// row is what is known of a resource. The library draws it from a goroutine of its
// own.
type row struct {
	bar *mpb.Bar

	mu          sync.Mutex
	now         progressState
	verb        slipway.Verb
	start       time.Time
	took        time.Duration
	done, total int64
	unit, text  string
}

// take notes an event. The library is told outside of the lock: its goroutine
// takes that while it draws.
func (r *row) take(e slipway.Event) {
	r.note(e)
	if p, ok := e.(slipway.Progress); ok && p.Total > 0 {
		// A little more than there is to do: the library ends a bar that is full.
		r.bar.SetTotal(p.Total*fine+1, false)
		r.bar.SetCurrent(p.Done * fine)
	}
}

func (r *row) note(e slipway.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case slipway.Started:
		r.now, r.verb, r.start = working, e.Verb, time.Now()
	case slipway.Done:
		r.now, r.took, r.text, r.total = succeeded, e.Took, "", 0
		if e.Err != nil {
			r.now, r.text = failed, firstLine(e.Err.Error())
		}
	case slipway.Progress:
		r.progress(e)
	case slipway.Message:
		r.text = firstLine(e.Text)
	case slipway.Waiting:
		r.text = firstLine(e.Reason)
	}
}

func (r *row) progress(e slipway.Progress) {
	r.now = max(r.now, working)
	r.done, r.total, r.unit = e.Done, e.Total, e.Unit
	if e.Text != "" {
		r.text = firstLine(e.Text)
	}
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(s, "\n")
	return first
}

func (r *row) state() progressState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// counted draws the bar only where there is something to count.
func (r *row) counted(bar mpb.BarFiller) mpb.BarFiller {
	return mpb.BarFillerFunc(func(w io.Writer, stat decor.Statistics) error {
		r.mu.Lock()
		total := r.total
		r.mu.Unlock()
		if total == 0 {
			return nil
		}
		return bar.Fill(w, stat)
	})
}

// frames of the sign of a row that is being worked on.
var frames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// sign is the first column.
func (r *row) sign(decor.Statistics) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.now {
	case succeeded:
		return "✓ "
	case failed:
		return "✗ "
	case working:
		return frames[int(time.Since(r.start)/refresh)%len(frames)] + " "
	default:
		return "· "
	}
}

// status is what stands behind the bar.
func (r *row) status(decor.Statistics) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	parts := []string{string(r.verb)}
	if r.total > 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d/%d %s", r.done, r.total, r.unit)))
	}
	switch r.now {
	case pending:
		return ""
	case working:
		parts = append(parts, span(time.Since(r.start)))
	default:
		parts = append(parts, span(r.took))
	}
	if r.text != "" {
		parts = append(parts, r.text)
	}
	return strings.Join(parts, "  ")
}
