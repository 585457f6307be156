// SPDX-License-Identifier: Apache-2.0

package slipway

import (
	"context"
	"fmt"
)

// Kind is a [Driver] with a name and without its type parameter.
type Kind struct {
	name   string
	driver driver
}

// NewKind returns the kind of that name, such as "ecs:Cluster".
func NewKind[T any](name string, d Driver[T]) Kind {
	return Kind{name: name, driver: typed[T]{d}}
}

// Name returns the kind's name.
func (k Kind) Name() string { return k.name }

// live is a [Live] without its type parameter.
type live struct {
	state   any // *T
	outputs map[string][]string
	owner   Owner
	phase   Phase
	reason  string
}

// driver is a [Driver], with all that it may also be, without its type parameter.
// States are *T; a live that was given out may be handed back.
type driver interface {
	keeper
	guard
	finder
	adviser
	relative
}

// keeper is what every driver can do.
type keeper interface {
	effects() Effects
	defaults(state any)
	read(ctx context.Context, c Call, want any) (*live, error)
	put(ctx context.Context, c Call, have *live, want any) error
	remove(ctx context.Context, c Call, have *live) error
	tag(ctx context.Context, c Call, have *live) error
}

// guard knows what AWS would refuse to delete; nothing if it does not.
type guard interface {
	protected(ctx context.Context, c Call, have *live) (reason string, err error)
}

// finder looks at many things, or long, if lists and readsMany say that it can;
// watch does nothing if it cannot.
type finder interface {
	lists() bool
	list(ctx context.Context, c Call) ([]*live, error)
	readsMany() bool
	readMany(ctx context.Context, calls []Call, want []any) ([]*live, error)
	watch(ctx context.Context, c Call, want any) error
}

// adviser knows about states without asking AWS; nothing where it does not.
type adviser interface {
	accepts(state any) bool
	check(refs Refs, state any) []FieldError
	unmanaged(want any) []string
	fixed(refs Refs, have any) []string
	merge(a, b any) (any, bool)
	bridge(have *live, want any, replaced []Replacement) ([]any, []FieldError)
	permissions(have *live, want any) []Permission
	predict(want any) map[string][]string
}

// relative knows what is around the kind; nil where it does not.
type relative interface {
	identifier() Identifier
	family() Family
	simulator() Simulator
	preflight(ctx context.Context, c Call, refs Refs, want any) ([]Check, error)
	ration(ctx context.Context, c Call, refs Refs, made []any) ([]Check, error)
}

// typed is the driver of a state type.
type typed[T any] struct{ d Driver[T] }

// pointer returns state as what the driver takes; nil for nil.
func pointer[T any](state any) *T {
	p, _ := state.(*T)
	return p
}

func (t typed[T]) accepts(state any) bool { return pointer[T](state) != nil }
func (t typed[T]) effects() Effects       { return t.d.Effects() }
func (t typed[T]) defaults(state any)     { t.d.Defaults(pointer[T](state)) }

// give turns what a driver returned into what the engine works with.
func give[T any](l *Live[T], err error) (*live, error) {
	if l == nil || err != nil {
		return nil, err
	}
	return &live{state: &l.State, outputs: l.Outputs, owner: l.Owner, phase: l.Phase, reason: l.Reason}, nil
}

func giveAll[T any](ls []*Live[T], err error) ([]*live, error) {
	out := make([]*live, len(ls))
	for i, l := range ls {
		out[i], _ = give(l, nil)
	}
	return out, err
}

// take is the way back.
func take[T any](l *live) *Live[T] {
	if l == nil {
		return nil
	}
	out := &Live[T]{Outputs: l.outputs, Owner: l.owner, Phase: l.phase, Reason: l.reason}
	if s := pointer[T](l.state); s != nil {
		out.State = *s
	}
	return out
}

func (t typed[T]) read(ctx context.Context, c Call, want any) (*live, error) {
	return give(t.d.Read(ctx, c, pointer[T](want)))
}

func (t typed[T]) put(ctx context.Context, c Call, have *live, want any) error {
	return t.d.Put(ctx, c, take[T](have), pointer[T](want))
}

func (t typed[T]) remove(ctx context.Context, c Call, have *live) error {
	return t.d.Delete(ctx, c, take[T](have))
}

func (t typed[T]) tag(ctx context.Context, c Call, have *live) error {
	return t.d.Tag(ctx, c, take[T](have))
}

func (t typed[T]) check(refs Refs, state any) []FieldError {
	if d, ok := t.d.(Checker[T]); ok {
		return d.Check(refs, pointer[T](state))
	}
	return nil
}

func (t typed[T]) lists() bool {
	_, ok := t.d.(Lister[T])
	return ok
}

func (t typed[T]) list(ctx context.Context, c Call) ([]*live, error) {
	if d, ok := t.d.(Lister[T]); ok {
		return giveAll(d.List(ctx, c))
	}
	return nil, nil
}

func (t typed[T]) readsMany() bool {
	_, ok := t.d.(ManyReader[T])
	return ok
}

func (t typed[T]) readMany(ctx context.Context, calls []Call, want []any) ([]*live, error) {
	d, ok := t.d.(ManyReader[T])
	if !ok {
		return nil, nil
	}
	wants := make([]*T, len(want))
	for i, w := range want {
		wants[i] = pointer[T](w)
	}
	all, err := giveAll(d.ReadMany(ctx, calls, wants))
	if err == nil && len(all) != len(want) {
		err = fmt.Errorf("read of %d things returned %d", len(want), len(all))
	}
	return all, err
}

func (t typed[T]) watch(ctx context.Context, c Call, want any) error {
	if d, ok := t.d.(Watcher[T]); ok {
		return d.Watch(ctx, c, pointer[T](want))
	}
	return nil
}

func (t typed[T]) fixed(refs Refs, have any) []string {
	if d, ok := t.d.(Fixer[T]); ok {
		return d.Fixed(refs, pointer[T](have))
	}
	return nil
}

func (t typed[T]) unmanaged(want any) []string {
	if d, ok := t.d.(Unmanager[T]); ok {
		return d.Unmanaged(pointer[T](want))
	}
	return nil
}

func (t typed[T]) permissions(have *live, want any) []Permission {
	if d, ok := t.d.(Permitter[T]); ok {
		return d.Permissions(take[T](have), pointer[T](want))
	}
	return nil
}

func (t typed[T]) predict(want any) map[string][]string {
	if d, ok := t.d.(Predictor[T]); ok {
		return d.Predict(pointer[T](want))
	}
	return nil
}

func (t typed[T]) identifier() Identifier {
	d, _ := t.d.(Identifier)
	return d
}

func (t typed[T]) family() Family {
	d, _ := t.d.(Family)
	return d
}

func (t typed[T]) simulator() Simulator {
	d, _ := t.d.(Simulator)
	return d
}

func (t typed[T]) preflight(ctx context.Context, c Call, refs Refs, want any) ([]Check, error) {
	if d, ok := t.d.(Preflighter[T]); ok {
		return d.Preflight(ctx, c, refs, pointer[T](want))
	}
	return nil, nil
}
