// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// herald tells the observers of one event at a time, and remembers what each
// resource was last waiting for.
type herald struct {
	observers []Observer

	mu   sync.Mutex
	last map[ID]string
}

func (h *herald) emit(ctx context.Context, e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id, reason := waitingFor(e); reason != "" {
		h.last[id] = reason
	}
	for _, o := range h.observers {
		o.Observe(ctx, e)
	}
}

// waitingFor returns what an event says of why its resource is not ready yet.
func waitingFor(e Event) (id ID, reason string) {
	switch e := e.(type) {
	case Waiting:
		return e.ID, e.Reason
	case Progress:
		return e.ID, cmp.Or(e.Text, strings.TrimSpace(fmt.Sprintf("%d of %d %s", e.Done, e.Total, e.Unit)))
	case Message:
		return e.ID, e.Text
	default:
		return ID{}, ""
	}
}

// cutOff says, where work on a resource ran out of time, what it was waiting for.
func (h *herald) cutOff(id ID, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrTimeout) {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	reason := h.last[id]
	if reason == "" || strings.Contains(err.Error(), reason) {
		return err
	}
	if strings.Contains(err.Error(), "\n") {
		return fmt.Errorf("%w\n  last seen: %s", err, reason)
	}
	return fmt.Errorf("%w; last seen: %s", err, reason)
}
