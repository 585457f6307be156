// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"fmt"
	"time"
)

const (
	pollFirst = 5 * time.Millisecond
	pollMost  = 5 * time.Second
)

// Poll calls done until it returns true or an error. The first call is made at
// once, the pauses between calls start at 5 ms and double to 5 s. When ctx
// ends, the error matches [ErrTimeout] and ctx's own error.
func Poll(ctx context.Context, done func(context.Context) (bool, error)) error {
	pause := pollFirst
	for {
		ok, err := done(ctx)
		if ok || err != nil {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", ErrTimeout, ctx.Err())
		case <-timer.C:
		}
		pause = min(2*pause, pollMost)
	}
}
