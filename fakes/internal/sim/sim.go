// SPDX-License-Identifier: Apache-2.0

// Package sim is the core of the simulated AWS: one lock, one clock, one queue of
// events, and ids that depend on what a thing is.
//
// State is a function of time: events are played, in order, up to the present
// each time somebody calls. There are no goroutines.
package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options configure a [Sim].
type Options struct {
	// Seed changes every id.
	Seed uint64
	// Speed is how many virtual seconds pass in a real one; 0 means 1.
	Speed float64
	// Account is the account that calls are made in, "123456789012" if empty.
	Account string
}

// Sim is one simulated world.
type Sim struct {
	opts Options

	mu    sync.Mutex
	now   time.Time // virtual
	real  time.Time // when now was last stepped
	queue queue
	made  map[string]int
}

// New returns a world whose clock starts now.
func New(opts Options) *Sim {
	if opts.Speed == 0 {
		opts.Speed = 1
	}
	if opts.Account == "" {
		opts.Account = "123456789012"
	}
	t := time.Now()
	return &Sim{opts: opts, now: t.Round(0).UTC(), real: t, made: map[string]int{}}
}

// Account is the account of the world's owner.
func (s *Sim) Account() string { return s.opts.Account }

// Do is one call of the SDK: it steps the clock, plays what is due and runs f,
// all under the lock. Virtual time passes with each call, so that a loop that
// polls without waiting ends.
func (s *Sim) Do(f func()) {
	s.mu.Lock()
	if !s.step() {
		// Never under the lock: in a synctest bubble sleeping needs all others to
		// be blocked durably, which waiting for a mutex is not.
		s.mu.Unlock()
		time.Sleep(time.Nanosecond)
		s.mu.Lock()
		s.step()
	}
	defer s.mu.Unlock()
	s.play(s.now)
	f()
}

// Advance moves the clock by d, playing what falls due.
func (s *Sim) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step()
	s.play(s.now.Add(max(d, 0)))
}

// Now is the virtual time. Call it under the lock.
func (s *Sim) Now() time.Time { return s.now }

// At has f called at t, under the lock; at once after what runs now if t is not
// in the future. Events of the same instant are played in order of insertion.
// Call it under the lock.
func (s *Sim) At(t time.Time, f func()) {
	if t.Before(s.now) {
		t = s.now
	}
	s.queue.add(t, f)
}

// After is At, d from now.
func (s *Sim) After(d time.Duration, f func()) { s.At(s.now.Add(d), f) }

// step moves the clock by the real time that has passed and reports whether any
// has. It adds positive steps only: a world made outside a synctest bubble sees
// time jump back inside.
func (s *Sim) step() bool {
	t := time.Now()
	passed := t.Sub(s.real)
	s.real = t
	if passed <= 0 {
		return false
	}
	// Not yet s.now: play moves it, event by event.
	s.play(s.now.Add(time.Duration(float64(passed) * s.opts.Speed)))
	return true
}

// play runs what is due up to t and leaves the clock there.
func (s *Sim) play(t time.Time) {
	for s.queue.due(t) {
		at, event := s.queue.take()
		if at.After(s.now) {
			s.now = at
		}
		event()
	}
	if t.After(s.now) {
		s.now = t
	}
}

// ID returns a hex string of n digits that depends on the seed, what is named and
// how often that name was made before, not on the order of calls for other names.
// Call it under the lock.
func (s *Sim) ID(n int, parts ...string) string {
	key := strings.Join(parts, "\x00")
	count := s.made[key]
	s.made[key] = count + 1
	name := make([]byte, 0, 128)
	name = append(strconv.AppendUint(name, s.opts.Seed, 10), 0)
	name = append(append(name, key...), 0)
	name = append(strconv.AppendInt(name, int64(count), 10), 0)
	id := make([]byte, 0, 2*sha256.Size)
	for i := int64(0); len(id) < n; i++ {
		sum := sha256.Sum256(strconv.AppendInt(name, i, 10))
		id = hex.AppendEncode(id, sum[:])
	}
	return string(id[:n])
}

// UUID is [Sim.ID] in the form 8-4-4-4-12.
func (s *Sim) UUID(parts ...string) string {
	h := s.ID(32, parts...)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
