// SPDX-License-Identifier: Apache-2.0

package replies_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// published is one file in testdata.
type published struct {
	// Source says where the replies were published, Note what was changed.
	Source json.RawMessage `json:"_source"`
	Note   string          `json:"_note"`
	// Declare is the least declaration of the thing that the replies describe.
	Declare json.RawMessage `json:"declare"`
	// Finds are the fields by which the thing is found.
	Finds []string `json:"finds"`
	// Shows has the fields that differ where others do, or more of them, than the
	// one that was changed: those in another form, and those with defaults of it.
	// None means that the replies do not have the field.
	Shows map[string][]string `json:"shows"`
	// Replies are AWS's, by operation, as the command line prints them.
	Replies served `json:"replies"`
}

func load(t *testing.T, file string) published {
	t.Helper()
	var p published
	strict(t, read(t, file), &p)
	require.NotEmpty(t, p.Source, "a reply without a source proves nothing")
	return p
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	return body
}

// strict decodes all of body into v, whose fields must include all of it.
func strict(t *testing.T, body []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(v), string(body))
}

// state decodes a declaration.
func state[T any](t *testing.T, declaration []byte) *T {
	t.Helper()
	s := new(T)
	strict(t, declaration, s)
	return s
}

// driverOf takes the driver out of a kind.
func driverOf[T any](t *testing.T, kinds []slipway.Kind, name string) slipway.Driver[T] {
	t.Helper()
	i := slices.IndexFunc(kinds, func(k slipway.Kind) bool { return k.Name() == name })
	require.GreaterOrEqual(t, i, 0, name)
	wrapper := hidden(reflect.ValueOf(&kinds[i]).Elem().FieldByName("driver")).Elem()
	addressable := reflect.New(wrapper.Type()).Elem()
	addressable.Set(wrapper)
	driver, ok := reflect.TypeAssert[slipway.Driver[T]](hidden(addressable.Field(0)))
	require.True(t, ok, "%s has another state", name)
	return driver
}

// hidden makes an unexported field readable: drivers have no other way out.
func hidden(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// bare is a driver without rules, lists and batches: the examples of AWS's manuals
// are not always legal, and only what one thing needs was published.
type bare[T any] struct{ slipway.Driver[T] }

// Unmanaged is the driver's own.
func (b bare[T]) Unmanaged(want *T) []string {
	if u, ok := b.Driver.(slipway.Unmanager[T]); ok {
		return u.Unmanaged(want)
	}
	return nil
}

// declared is a resource of a given state.
type declared[T any] struct {
	kind  slipway.Kind
	state *T
}

func (d declared[T]) ID() slipway.ID { return slipway.ID{Kind: d.kind.Name(), Name: "published"} }

func (d declared[T]) Build() (slipway.Desired, error) {
	return slipway.Desired{Kind: d.kind, State: d.state}, nil
}
