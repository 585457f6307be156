// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/slipway-go/slipway"
)

// outage is how long AWS may throttle or be out of reach before who watches gives up.
const outage = 5 * time.Minute

// patiently is [slipway.Poll] for what must not be lost sight of: errors that pass by
// themselves end it only if they last.
func patiently(ctx context.Context, done func(context.Context) (bool, error)) error {
	var since time.Time
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		ok, err := done(ctx)
		switch {
		case err == nil:
			since = time.Time{}
		case ctx.Err() != nil || !passing(err):
		case since.IsZero():
			since = time.Now()
			return false, nil
		case time.Since(since) < outage:
			return false, nil
		}
		return ok, err
	})
}

// passing reports whether an error may pass: AWS throttled, failed or was out of reach,
// which the SDK has tried again for a few seconds.
func passing(err error) bool { return retry.NewStandard().IsErrorRetryable(err) }
