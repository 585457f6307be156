// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/graph"
	"github.com/slipway-go/slipway/internal/place"
)

// selfKind and selfName are the ID of the placeholders of the call itself.
const (
	selfKind = "aws"
	selfName = "self"
)

// node is one declared resource.
type node struct {
	id   ID
	kind Kind
	// by is the resource that brought this one in; zero for the stack itself.
	by ID
	// declared is the state as built.
	declared any
	refs     []place.Ref
	after    []ID
	// overridden are the paths that the user's own function has changed.
	overridden []string
}

// declarations are all resources of a stack, in source order.
type declarations struct {
	nodes []*node
	index map[ID]int
	// order has edges from what comes first to what needs it, by placeholder or
	// After; byRef by placeholder only.
	order, byRef *graph.Graph
}

// build builds all resources, those that they use too. The declarations are
// usable as far as they go, even with an error.
func (s Stack) build() (*declarations, error) {
	b := &building{declarations: declarations{index: map[ID]int{}}}
	b.fail(s.checkName())
	for _, r := range s.resources {
		b.add(r, ID{})
	}
	b.order, b.byRef = graph.New(len(b.nodes)), graph.New(len(b.nodes))
	for i, n := range b.nodes {
		b.connect(i, n)
	}
	b.mentions()
	if b.err == nil {
		b.fail(b.loop())
	}
	return &b.declarations, b.err
}

// building collects declarations and what is wrong with them.
type building struct {
	declarations
	err error
	// partial: a resource could not be built, so others may be missing.
	partial bool
	// mentioned are the references by name.
	mentioned []mention
}

func (b *building) fail(err error) {
	if err != nil {
		b.err = errors.Join(b.err, err)
	}
}

// add builds r, and then what it uses.
func (b *building) add(r Resource, by ID) {
	if r == nil {
		b.fail(FieldError{Path: "Stack.Resources", Got: "nil", Want: "a resource"})
		return
	}
	id := r.ID()
	if _, ok := r.(reference); ok {
		b.mentioned = append(b.mentioned, mention{by, id})
		return
	}
	want, err := r.Build()
	if err != nil {
		b.partial = true
		b.fail(prefixed(id, err))
		return
	}
	if err := checkDesired(id, want); err != nil {
		b.partial = true
		b.fail(err)
		return
	}
	if i, ok := b.index[id]; ok {
		b.again(b.nodes[i], want, by)
		return
	}
	n := &node{id: id, kind: want.Kind, by: by, after: want.After, overridden: want.Overridden}
	n.declared, err = place.Resolve(want.State, unknown)
	if err == nil {
		n.refs, err = place.Find(want.State)
	}
	if err != nil {
		b.fail(FieldError{Path: id.String(), Got: err.Error(), Want: "placeholders as Ref and Self return them"})
		return
	}
	b.index[id] = len(b.nodes)
	b.nodes = append(b.nodes, n)
	for _, used := range want.Uses {
		b.add(used, id)
	}
}

func unknown(place.Ref) ([]string, bool, error) { return nil, false, nil }

func checkDesired(id ID, d Desired) error {
	switch {
	case d.Kind.driver == nil:
		return FieldError{Path: id.String() + " Kind", Want: "a kind made by NewKind"}
	case d.Kind.name != id.Kind:
		return FieldError{Path: id.String() + " Kind", Got: d.Kind.name, Want: id.Kind}
	case !d.Kind.driver.accepts(d.State):
		return FieldError{
			Path: id.String() + " State", Got: fmt.Sprintf("%T", d.State), Want: "a pointer to the kind's state",
		}
	}
	return nil
}

// again meets a resource that is declared already.
func (b *building) again(n *node, want Desired, by ID) {
	for _, id := range want.After {
		if !slices.Contains(n.after, id) {
			n.after = append(slices.Clip(n.after), id)
		}
	}
	if reflect.DeepEqual(n.declared, want.State) || b.merge(n, want) {
		return
	}
	path, got := n.difference(want.State)
	b.fail(FieldError{
		Path: n.id.String() + path, Got: got,
		Want: fmt.Sprintf("the same as declared by %s and by %s", origin(n.by), origin(by)),
	})
}

// difference says where another declaration of n differs from the first. Either
// may leave out what the other has.
func (n *node) difference(other any) (path, got string) {
	fields := n.compare(n.declared, other)
	if len(fields) > 0 {
		return " " + fields[0].Path, "both " + orNone(fields[0].Old) + " and " + orNone(fields[0].New)
	}
	fields = n.compare(other, n.declared)
	if len(fields) > 0 {
		return " " + fields[0].Path, "both " + orNone(fields[0].New) + " and " + orNone(fields[0].Old)
	}
	return "", "another state"
}

func origin(by ID) string {
	if by == (ID{}) {
		return "the stack"
	}
	return by.String()
}

// connect turns the placeholders and After of n into edges.
func (b *building) connect(i int, n *node) {
	for _, ref := range n.refs {
		if ref.Kind == selfKind && ref.Name == selfName {
			b.fail(checkSelf(n.id, ref.Attribute))
			continue
		}
		j, ok := b.index[ID{Kind: ref.Kind, Name: ref.Name}]
		if !ok {
			b.missing(n.id, ref.Kind+"/"+ref.Name)
			continue
		}
		b.order.Add(j, i)
		b.byRef.Add(j, i)
	}
	for _, id := range n.after {
		if j, ok := b.index[id]; ok {
			b.order.Add(j, i)
		} else if !slices.Contains(b.mentioned, mention{n.id, id}) {
			b.missing(n.id, id.String())
		}
	}
}

// missing reports a reference to what is not declared, unless that may be because
// something could not be built.
func (b *building) missing(from ID, to string) {
	if !b.partial {
		b.fail(FieldError{Path: from.String(), Got: "a reference to " + to, Want: "a resource that the stack declares"})
	}
}

func checkSelf(id ID, attribute string) error {
	switch attribute {
	case "account", "region", "partition", "domain", "stack":
		return nil
	}
	return FieldError{Path: id.String(), Got: Self(attribute), Want: "account, region, partition, domain or stack"}
}

// loop returns an error that prints a cycle, if there is one.
func (d *declarations) loop() error {
	_, loop := d.order.Order()
	if loop == nil {
		return nil
	}
	names := make([]string, len(loop))
	for i, n := range loop {
		names[i] = d.nodes[n].id.String()
	}
	slices.Reverse(names)
	return FieldError{
		Path: names[0], Got: "a cycle: " + strings.Join(names, " needs "), Want: "resources that do not need one another",
	}
}

// prefixed returns err with the ID before the path of each FieldError in it, and
// before any other error.
func prefixed(id ID, err error) error {
	switch e := err.(type) { //nolint:errorlint // takes the tree apart by itself
	case FieldError:
		return atID(id, e)
	case interface{ Unwrap() []error }:
		var all []error
		for _, inner := range e.Unwrap() {
			all = append(all, prefixed(id, inner))
		}
		return errors.Join(all...)
	}
	if _, ok := errors.AsType[FieldError](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", id, err)
}

// atID puts the ID before e's path, unless it stands there already.
func atID(id ID, e FieldError) FieldError {
	prefix := id.String()
	if _, isID := ParseID(e.Path); isID && (e.Path == prefix || strings.HasPrefix(e.Path, prefix+" ")) {
		return e
	}
	e.Path = strings.TrimSpace(prefix + " " + e.Path)
	return e
}

// check runs the kinds' rules on the states that of picks.
func (d *declarations) check(refs Refs, of func(*node) any) []FieldError {
	var all []FieldError
	for _, n := range d.nodes {
		all = append(all, n.check(refs, of(n))...)
	}
	return all
}

func (n *node) check(refs Refs, state any) []FieldError {
	found := n.kind.driver.check(refs, state)
	out := make([]FieldError, len(found))
	for i, e := range found {
		out[i] = atID(n.id, e)
	}
	return out
}
