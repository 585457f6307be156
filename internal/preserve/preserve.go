// SPDX-License-Identifier: Apache-2.0

// Package preserve carries what an SDK client does not know of a JSON document from
// the answer it was read from into the request that writes it back.
//
// AWS adds members to its documents all the time. Code that reads a document by one
// version of the SDK and registers it again would lose those that came later.
package preserve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Document is a member of an answer, as it came over the wire. The zero value is
// empty, and adds nothing.
type Document struct{ members map[string]any }

// Read is an option of a client that keeps a member of the answer's JSON.
func (d *Document) Read(member string) func(*middleware.Stack) error {
	keep := middleware.DeserializeMiddlewareFunc("SlipwayKeepDocument", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, meta middleware.Metadata, err error) {
		out, meta, err = next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok {
			return out, meta, err
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return out, meta, fmt.Errorf("read the answer: %w", err)
		}
		if err := response.Body.Close(); err != nil {
			return out, meta, fmt.Errorf("read the answer: %w", err)
		}
		response.Body = io.NopCloser(bytes.NewReader(body))
		var all map[string]any
		if decode(body, &all) == nil { // what is none is for the client to say
			d.members, _ = all[member].(map[string]any)
		}
		return out, meta, nil
	})
	return func(stack *middleware.Stack) error { return stack.Deserialize.Add(keep, middleware.After) }
}

// decode keeps numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

// Write is an option of a client that adds to the request's JSON what the document has
// and the request has not, but for the members that only answers have.
func (d *Document) Write(except ...string) func(*middleware.Stack) error {
	add := middleware.SerializeMiddlewareFunc("SlipwayAddDocument", func(
		ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler,
	) (middleware.SerializeOutput, middleware.Metadata, error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if ok && d.members != nil {
			completed, err := d.complete(request, except)
			if err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			in.Request = completed
		}
		return next.HandleSerialize(ctx, in)
	})
	return func(stack *middleware.Stack) error { return stack.Serialize.Add(add, middleware.After) }
}

// complete returns the request with what is missing in it.
func (d *Document) complete(request *smithyhttp.Request, except []string) (*smithyhttp.Request, error) {
	body, err := io.ReadAll(request.GetStream())
	if err != nil {
		return nil, fmt.Errorf("complete the request: %w", err)
	}
	var sent map[string]any
	if err := decode(body, &sent); err != nil {
		return nil, fmt.Errorf("complete the request: %w", err)
	}
	skip := map[string]bool{}
	for _, name := range except {
		skip[name] = true
	}
	for name, value := range d.members {
		if skip[name] {
			continue
		}
		if have, ok := sent[name]; ok {
			merge(have, value)
		} else {
			sent[name] = value
		}
	}
	if body, err = json.Marshal(sent); err != nil {
		return nil, fmt.Errorf("complete the request: %w", err)
	}
	return request.SetStream(bytes.NewReader(body))
}

// merge adds to have, in place, the members that only from has. Lists are merged item
// by item if they are equally long: whoever adds or takes items knows better.
func merge(have, from any) {
	switch have := have.(type) {
	case map[string]any:
		from, _ := from.(map[string]any)
		for name, value := range from {
			if old, ok := have[name]; ok {
				merge(old, value)
			} else {
				have[name] = value
			}
		}
	case []any:
		from, _ := from.([]any)
		if len(from) != len(have) {
			return
		}
		for i := range have {
			merge(have[i], from[i])
		}
	}
}
