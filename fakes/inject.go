// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Interceptor stands between a client and the cloud. next gives the cloud's own
// answer: an [Interceptor] may call it, or not, or change what it says. It runs
// outside the simulation's lock, so it may make calls of its own.
type Interceptor func(ctx context.Context, r *Request, next func() (any, error)) (any, error)

// Always is the Times of a [Match] without end.
const Always = -1

// Match says which calls an [Interceptor] is for.
type Match struct {
	// Service is the SDK's service ID, such as "ECS" or "Elastic Load Balancing
	// v2"; empty means every service.
	Service string
	// Operation such as "CreateService"; empty means every operation.
	Operation string
	// Skip is how many matching calls pass first.
	Skip int
	// Times is how many calls are intercepted after that: 0 means 1, [Always] all.
	// An attempt of the SDK's retryer is a call.
	Times int
}

// Inject puts an interceptor before the cloud, for instance
//
//	cloud.Inject(fakes.Match{Service: "ECS", Operation: "CreateService", Times: 2}, fakes.Throttling())
//
// Of several that match a call, the first injected is the outermost.
func (c *Cloud) Inject(m Match, i Interceptor) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.list = append(c.faults.list, &fault{match: m, intercept: i})
}

// faults are the interceptors of a cloud.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

type fault struct {
	match     Match
	intercept Interceptor
	seen      int
}

// of returns the interceptors for a call and counts it.
func (f *faults) of(r *Request) []Interceptor {
	f.mu.Lock()
	defer f.mu.Unlock()
	var hit []Interceptor
	for _, x := range f.list {
		if x.hits(r) {
			hit = append(hit, x.intercept)
		}
	}
	return hit
}

func (f *fault) hits(r *Request) bool {
	m := f.match
	if m.Service != "" && m.Service != r.Service || m.Operation != "" && m.Operation != r.Operation {
		return false
	}
	f.seen++
	n := f.seen - m.Skip
	return n > 0 && (m.Times == Always || n <= max(m.Times, 1))
}

// through runs the interceptors around answer.
func through(ctx context.Context, r *Request, list []Interceptor, answer func() (any, error)) (any, error) {
	for _, i := range slices.Backward(list) {
		next := answer
		answer = func() (any, error) { return i(ctx, r, next) }
	}
	return answer()
}

// Throttling answers ThrottlingException, which the SDK retries.
func Throttling() Interceptor { return Failing("ThrottlingException", "Rate exceeded") }

// Failing answers an exception of a code and message without asking the cloud.
func Failing(code, message string) Interceptor {
	return func(context.Context, *Request, func() (any, error)) (any, error) {
		return nil, &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
	}
}

// ServerError answers InternalFailure with status 500, which the SDK retries.
func ServerError() Interceptor {
	return func(context.Context, *Request, func() (any, error)) (any, error) {
		return nil, &smithy.GenericAPIError{
			Code: "InternalFailure", Message: "The request processing has failed because of an unknown error.",
			Fault: smithy.FaultServer,
		}
	}
}

// TimingOut is a connection on which nothing ever came back, and nothing was
// done. The SDK retries it.
func TimingOut() Interceptor {
	return func(context.Context, *Request, func() (any, error)) (any, error) {
		return nil, &smithyhttp.RequestSendError{Err: timeoutError{}}
	}
}

// LostReply does what was asked but loses the answer: the caller sees a broken
// connection, and the SDK repeats the call.
func LostReply() Interceptor {
	return func(_ context.Context, _ *Request, next func() (any, error)) (any, error) {
		if _, err := next(); err != nil {
			return nil, err
		}
		return nil, &smithyhttp.RequestSendError{Err: fmt.Errorf("reply lost: %w", io.ErrUnexpectedEOF)}
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
