// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// recorder keeps events as text.
type recorder struct {
	mu     sync.Mutex
	busy   bool
	events []string
}

func (r *recorder) Observe(_ context.Context, e slipway.Event) {
	if !r.mu.TryLock() {
		r.busy = true
		return
	}
	defer r.mu.Unlock()
	switch e := e.(type) {
	case slipway.Begun:
		r.events = append(r.events, fmt.Sprintf("begin %v", e.IDs))
	case slipway.Ended:
		r.events = append(r.events, fmt.Sprintf("end %v", e.Err))
	case slipway.Started:
		r.events = append(r.events, fmt.Sprintf("start %s %s", e.Verb, e.ID))
	case slipway.Done:
		r.events = append(r.events, fmt.Sprintf("done %s %s %v", e.Verb, e.ID, e.Err))
	case slipway.Waiting:
		r.events = append(r.events, fmt.Sprintf("wait %s %s", e.ID, e.Reason))
	}
}

func TestObserverIsCalledOneAtATime(t *testing.T) {
	t.Parallel()
	toys := newToys()
	var all []slipway.Resource
	for i := range 50 {
		all = append(all, toys.Base(fmt.Sprint("b", i)))
	}
	var seen recorder
	apply(t, slipway.NewStack("shop", all...), slipway.Observe(&seen))
	require.False(t, seen.busy)
	require.Len(t, seen.events, 102)
}

func TestResultsAreDeterministic(t *testing.T) {
	t.Parallel()
	var first string
	for range 10 {
		toys := newToys()
		toys.fail = func(call string) error {
			if strings.HasPrefix(call, "put toy:Base/b1") {
				return errors.New("no")
			}
			return nil
		}
		var all []slipway.Resource
		for i := range 20 {
			all = append(all, toys.Thing(fmt.Sprint("x", i)).on(toys.Base(fmt.Sprint("b", i))))
		}
		result, err := slipway.NewStack("shop", all...).Apply(t.Context(), config)
		for i := range result.Changes {
			result.Changes[i].Fields = nil // ARNs are numbered as things are made
		}
		text := fmt.Sprint(result.Changes, err)
		if first == "" {
			first = text
		}
		require.Equal(t, first, text)
	}
}
