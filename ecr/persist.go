// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	// patience is how often something is tried in vain, without any progress: for
	// about thirteen seconds.
	patience = 8
	// pause is how long the second attempt in vain waits; each further one waits
	// twice as long.
	pause = 200 * time.Millisecond
)

type (
	// permanent is an error that no further attempt would change.
	permanent struct{ error }
	// again is one that another attempt may change.
	again struct{ error }
)

// Unwrap returns the error.
func (p permanent) Unwrap() error { return p.error }

// Unwrap returns the error.
func (a again) Unwrap() error { return a.error }

// persist tries until it succeeds, fails for good, or comes no further. The first
// attempt after some progress does not wait.
func persist(ctx context.Context, progress func() int64, try func() error) error {
	best := int64(0)
	for vain := 0; ; vain++ {
		err := try()
		if err == nil || !temporary(err) || ctx.Err() != nil {
			return err
		}
		if progress != nil && progress() > best {
			best, vain = progress(), 0
		}
		if vain+1 >= patience {
			return err
		}
		if vain == 0 {
			continue
		}
		if waited := rest(ctx, vain); waited != nil {
			return errors.Join(waited, err)
		}
	}
}

// rest waits before an attempt; not all that were cut at once come back at once.
func rest(ctx context.Context, vain int) error {
	long := pause << (vain - 1)
	timer := time.NewTimer(long/2 + rand.N(long)) //nolint:gosec // chance, not a secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// temporary reports whether another attempt may succeed: the connection broke, or
// the registry is busy or has lost count. A deadline need not be the context's:
// that of a connection that cannot be made says that it is the same.
func temporary(err error) bool {
	var (
		gone    *net.DNSError
		file    *fs.PathError
		api     smithy.APIError
		refused *transport.Error
		final   permanent
		yet     again
	)
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &final), errors.As(err, &file), errors.As(err, &api):
		return false
	case errors.As(err, &gone) && gone.IsNotFound:
		return false
	case errors.As(err, &yet):
		return true
	case errors.As(err, &refused):
		return lost(err) || !definite(err)
	default:
		return true
	}
}

// definite reports whether a registry answered, and would answer so again.
func definite(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.StatusCode != http.StatusTooManyRequests && e.StatusCode < http.StatusInternalServerError
}

// lost reports whether the registry and we disagree on how far an upload has come.
func lost(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.StatusCode == http.StatusRequestedRangeNotSatisfiable ||
		says(err, transport.BlobUploadInvalidErrorCode) || says(err, transport.BlobUploadUnknownErrorCode)
}

// unfit reports whether the registry has other bytes than the digest says.
func unfit(err error) bool {
	return says(err, transport.DigestInvalidErrorCode) || says(err, transport.SizeInvalidErrorCode)
}

func says(err error, code transport.ErrorCode) bool {
	var e *transport.Error
	return errors.As(err, &e) && len(e.Errors) > 0 && e.Errors[0].Code == code
}
