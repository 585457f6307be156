// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/slipway-go/slipway"
)

// RegistryError is a registry's refusal. It matches [slipway.ErrDenied],
// [slipway.ErrNotFound], [slipway.ErrConflict] (an immutable tag) or
// [slipway.ErrThrottled]; go-containerregistry's *transport.Error is inside.
type RegistryError struct {
	// Op says what was tried, as in "push to repository web".
	Op string
	// Status is that of HTTP; Code and Message are the registry's, such as
	// "TAG_INVALID".
	Status        int
	Code, Message string
	// Err is go-containerregistry's error.
	Err error
}

// Error says what was tried and how the registry answered.
func (e *RegistryError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("%s: %s (HTTP %d)", e.Op, e.Message, e.Status)
	}
	return fmt.Sprintf("%s: %s (%s, HTTP %d)", e.Op, e.Message, e.Code, e.Status)
}

// Unwrap returns go-containerregistry's error.
func (e *RegistryError) Unwrap() error { return e.Err }

// Is reports whether target is the sentinel of the refusal.
func (e *RegistryError) Is(target error) bool {
	switch {
	case e.Status == http.StatusTooManyRequests || e.Code == string(transport.TooManyRequestsErrorCode):
		return target == slipway.ErrThrottled
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return target == slipway.ErrDenied
	case e.Code == string(transport.TagInvalidErrorCode):
		return target == slipway.ErrConflict
	case e.Status == http.StatusNotFound:
		return target == slipway.ErrNotFound
	default:
		return false
	}
}

// refused gives the error of a registry its form; others get op before them.
func refused(err error, op string) error {
	if err == nil {
		return nil
	}
	var t *transport.Error
	var done *RegistryError
	if errors.As(err, &done) || !errors.As(err, &t) {
		return fmt.Errorf("%s: %w", op, err)
	}
	e := &RegistryError{Op: op, Status: t.StatusCode, Message: http.StatusText(t.StatusCode), Err: err}
	if len(t.Errors) > 0 {
		e.Code, e.Message = string(t.Errors[0].Code), t.Errors[0].Message
	}
	return e
}

// TagError says that an immutable tag is on another image. It matches
// [slipway.ErrConflict].
type TagError struct {
	// Repository is its name.
	Repository, Tag string
	// Have is the digest that the tag is on, Want that of the image pushed.
	Have, Want string
}

// Error says which tag is on which image.
func (e *TagError) Error() string {
	return fmt.Sprintf("push to repository %s: tag %s is immutable and on image %s, not on %s", e.Repository, e.Tag, e.Have, e.Want)
}

// Is reports whether target is [slipway.ErrConflict].
func (e *TagError) Is(target error) bool { return target == slipway.ErrConflict }
