// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Call is what a [Driver] is given to do its work with.
type Call struct {
	// Config has the region and credentials; SDK clients are made from it.
	Config aws.Config
	// Stack is the owner that List looks for: "<stack>@<region>".
	Stack string
	// ID is the resource at hand; zero for List.
	ID ID
	// Account, Region and Partition say where the call goes. Account is empty
	// until an [Identifier] has told it.
	Account, Region, Partition string
	// Emit reports progress to the observer. It is never nil.
	Emit func(Event)

	// clients are shared by the calls of a run; nil in a call made by hand.
	clients *sync.Map
}

// Client returns the SDK client that create makes of c's configuration, the same
// one for all calls of a run: making a client is not cheap.
//
//	slipway.Client(c, awsecs.NewFromConfig)
func Client[C, O any](c Call, create func(cfg aws.Config, options ...func(*O)) *C) *C {
	if c.clients == nil {
		return create(c.Config)
	}
	key := reflect.TypeFor[C]()
	if known, ok := c.clients.Load(key); ok {
		if client, ok := known.(*C); ok {
			return client
		}
	}
	made, _ := c.clients.LoadOrStore(key, create(c.Config))
	client, _ := made.(*C)
	return client
}

// Tags returns the ownership tags for c's resource, to be put on what is made.
func (c Call) Tags() map[string]string {
	return map[string]string{TagStack: c.Stack, TagResource: c.ID.String()}
}

// Owner returns what [Call.Tags] say, for comparison with [Live.Owner].
func (c Call) Owner() Owner { return Owner{Stack: c.Stack, Resource: c.ID.String()} }

// Token returns an idempotency token of 36 characters that depends on the owner,
// the ID and the input alone, so that a repeated create is the same create. AWS may
// remember a token for longer than the thing lives: where names are unique and a
// repeated create is refused or the same, leave the token out.
func (c Call) Token(input any) string {
	h := sha256.New()
	// Inputs are plain data; what JSON cannot show cannot be sent either.
	body, err := json.Marshal(input)
	if err != nil {
		body = []byte(err.Error())
	}
	for _, part := range [][]byte{[]byte(c.Stack), []byte(c.ID.String()), body} {
		h.Write(part)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:36]
}
