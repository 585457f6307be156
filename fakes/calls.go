// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"strings"
	"time"
)

// Call is the record of one call that reached the cloud.
type Call struct {
	// Time is the cloud's.
	Time time.Time
	// Service is the SDK's service ID, Operation such as "CreateService".
	Service, Operation string
	// Region the client was configured for.
	Region string
	// Caller is the ARN of who signed.
	Caller string
	// RequestID as in the response.
	RequestID string
	// Input is a copy of what was sent. It holds what the caller sent, secrets
	// included; it must not be changed.
	Input any
	// Err is the cloud's answer, nil for success.
	Err error
}

// Write reports whether the operation can change anything.
func (c Call) Write() bool {
	for _, prefix := range []string{"Describe", "List", "Get", "BatchGet", "BatchCheck", "Filter", "Search", "Simulate"} {
		if strings.HasPrefix(c.Operation, prefix) {
			return false
		}
	}
	return true
}

// Calls is a record of calls in the order in which the cloud answered them.
type Calls []Call

// Of returns the calls of an operation of a service; empty strings mean any.
func (cs Calls) Of(service, operation string) Calls {
	return cs.filter(func(c Call) bool {
		return (service == "" || c.Service == service) && (operation == "" || c.Operation == operation)
	})
}

// Writes returns the calls that can change something.
func (cs Calls) Writes() Calls { return cs.filter(Call.Write) }

// Names returns "Service.Operation" of each call.
func (cs Calls) Names() []string {
	names := make([]string, len(cs))
	for i, c := range cs {
		names[i] = c.Service + "." + c.Operation
	}
	return names
}

func (cs Calls) filter(keep func(Call) bool) Calls {
	var kept Calls
	for _, c := range cs {
		if keep(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// Calls returns the record of all calls that reached the cloud so far. What an
// [Interceptor] answered by itself is not in it.
func (c *Cloud) Calls() Calls {
	var all Calls
	c.sim.Do(func() { all = append(all, c.calls...) })
	return all
}

// ForgetCalls empties the record.
func (c *Cloud) ForgetCalls() { c.sim.Do(func() { c.calls = nil }) }
