// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func now(s *sim.Sim) (t time.Time) {
	s.Do(func() { t = s.Now() })
	return t
}

func TestTimeInABubbleIsVirtual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{})
		start := now(s)
		time.Sleep(time.Hour)
		require.InDelta(t, time.Hour, now(s).Sub(start), float64(time.Microsecond))
	})
}

func TestACallLetsTimePass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{})
		before := now(s)
		for range 100 {
			after := now(s)
			require.True(t, after.After(before), "a loop that polls without waiting must end")
			before = after
		}
	})
}

func TestAWorldMadeOutsideABubbleSeesNoTimeJumpBack(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	before := now(s)
	synctest.Test(t, func(t *testing.T) {
		require.False(t, now(s).Before(before), "a bubble's clock starts in the year 2000")
		inside := now(s)
		time.Sleep(time.Minute)
		require.InDelta(t, time.Minute, now(s).Sub(inside), float64(time.Microsecond))
	})
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{Speed: 60})
		start := now(s)
		time.Sleep(time.Minute)
		require.InDelta(t, time.Hour, now(s).Sub(start), float64(time.Millisecond))
	})
}

func TestEventsArePlayedInOrder(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	var played []string
	s.Do(func() {
		note := func(what string) func() { return func() { played = append(played, what) } }
		s.After(2*time.Hour, note("later"))
		s.After(time.Hour, note("first"))
		s.After(time.Hour, note("second, at the same instant"))
		s.After(-time.Hour, note("overdue"))
		s.After(time.Hour, func() {
			note("third")()
			s.After(0, note("its child, before what is later"))
		})
	})
	require.Empty(t, played, "nothing runs inside the call that schedules it")
	s.Advance(3 * time.Hour)
	require.Equal(t, []string{
		"overdue", "first", "second, at the same instant", "third", "its child, before what is later", "later",
	}, played)
}

// Many events over few instants, some planned from within others, against a list that is
// sorted by instant and keeps the order of insertion.
func TestManyEventsArePlayedInOrder(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	type planned struct {
		at     time.Time
		number int
	}
	var all, played []planned
	var plan func(depth int)
	plan = func(depth int) {
		e := planned{s.Now().Add(time.Duration(random.IntN(5)) * time.Second), len(all)}
		all = append(all, e)
		s.At(e.at, func() {
			require.Equal(t, e.at, s.Now())
			played = append(played, e)
			for range depth {
				plan(depth - 1)
			}
		})
	}
	s.Do(func() {
		for range 200 {
			plan(3)
		}
	})
	s.Advance(time.Hour)
	slices.SortStableFunc(all, func(a, b planned) int { return a.at.Compare(b.at) })
	require.Equal(t, all, played)
}

func TestEventsSeeTheirOwnTime(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	start := now(s)
	var at []time.Duration
	s.Do(func() {
		start = s.Now()
		for _, d := range []time.Duration{time.Second, time.Minute} {
			s.After(d, func() { at = append(at, s.Now().Sub(start)) })
		}
	})
	s.Advance(time.Hour)
	require.Equal(t, []time.Duration{time.Second, time.Minute}, at)
	s.Advance(-time.Hour)
	require.True(t, now(s).After(start.Add(time.Hour)), "time does not run backwards")
}

func TestIDsDependOnWhatAThingIs(t *testing.T) {
	t.Parallel()
	made := func(order []string, seed uint64) map[string][]string {
		s := sim.New(sim.Options{Seed: seed})
		ids := map[string][]string{}
		var wg sync.WaitGroup
		for _, name := range order {
			wg.Go(func() {
				s.Do(func() { ids[name] = append(ids[name], s.ID(17, "task", name), s.UUID("request", name)) })
			})
		}
		wg.Wait()
		return ids
	}
	var names []string
	for i := range 50 {
		names = append(names, strconv.Itoa(i))
	}
	backwards := slices.Clone(names)
	slices.Reverse(backwards)
	require.Equal(t, made(names, 0), made(backwards, 0), "the order of calls does not matter")
	require.NotEqual(t, made(names, 0), made(names, 1), "the seed does")
	s := sim.New(sim.Options{})
	s.Do(func() {
		first := s.ID(8, "a")
		require.NotEqual(t, first, s.ID(8, "a"), "two of a name are two")
		require.Len(t, s.ID(100, "long"), 100)
		require.NotEqual(t, s.ID(8, "a", "b"), s.ID(8, "ab"))
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`, s.UUID("x"))
	})
}

func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{})
		var wg sync.WaitGroup
		total := 0
		for range 20 {
			wg.Go(func() {
				for range 50 {
					s.Do(func() { total++ })
					time.Sleep(time.Second)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1000, total, "calls are one at a time, and a bubble does not hang on the lock")
	})
}

func BenchmarkDo(b *testing.B) {
	s := sim.New(sim.Options{})
	for b.Loop() {
		s.Do(func() {})
	}
}
