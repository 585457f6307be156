// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"time"
)

// Event is progress, one of the structs of this file. The set is sealed.
type Event interface{ event() }

// Begun tells that an apply or destroy begins to work on resources, in the order
// of the plan.
type Begun struct {
	// Stack is "<stack>@<region>".
	Stack string
	// IDs are the resources that will be worked on, as far as is known.
	IDs []ID
}

// Ended tells that an apply or destroy is over.
type Ended struct {
	Stack string
	Took  time.Duration
	Err   error
}

// Started tells that work on a resource begins.
type Started struct {
	ID   ID
	Verb Verb
}

// Done tells that a resource has reached its wanted state; if not, Err says why.
type Done struct {
	ID   ID
	Verb Verb
	Took time.Duration
	Err  error
}

// Progress tells that a resource is on its way: Done of Total units, such as tasks
// or bytes. Total is 0 when it cannot be known.
type Progress struct {
	ID          ID
	Done, Total int64
	Unit        string
	Text        string
}

// Message is what AWS said about a resource, such as a service event.
type Message struct {
	ID   ID
	Time time.Time
	Text string
}

// Waiting tells that a call is repeated, because what it needs has yet to
// propagate.
type Waiting struct {
	ID     ID
	Reason string
}

func (Begun) event()    {}
func (Ended) event()    {}
func (Started) event()  {}
func (Done) event()     {}
func (Progress) event() {}
func (Message) event()  {}
func (Waiting) event()  {}

// Observer is told of progress, one event at a time.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// Verb is what is done to a resource.
type Verb string

// The verbs.
const (
	Create   Verb = "create"
	Update   Verb = "update"
	Revised  Verb = "revise"
	Replaced Verb = "replace"
	Adopted  Verb = "adopt"
	Delete   Verb = "delete"
	None     Verb = "none"
)
