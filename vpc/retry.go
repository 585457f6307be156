// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"errors"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// timedOut adds what AWS last answered to the error of a poll that ran out of time.
func timedOut(err, last error, op string) error {
	if last == nil || !errors.Is(err, slipway.ErrTimeout) {
		return err
	}
	return fmt.Errorf("%w: %w", awserr.Wrap(last, op), err)
}
