// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway"
)

// toyInput is the SDK input of the toy service.
type toyInput struct {
	Name   *string
	Parent *string  // what must exist before, and be gone after
	Shape  *string  // AWS cannot change it
	Size   *int32   // changed in place
	Image  *string  // rolls tasks
	Model  *string  // makes a revision
	Count  *int32   // create-only
	Peers  []string // a set
	Env    []toyPair
}

type toyPair struct{ Name, Value *string }

// toyState is a toy's state.
type toyState struct {
	Create toyInput
	// Policy is a JSON document that is put in a call of its own.
	Policy *string
	// Hands: the fields of this name are left to others.
	Hands []string
}

// toyThing is what the toy service keeps.
type toyThing struct {
	arn      string
	kind     string
	state    toyState
	owner    slipway.Owner
	revision int
	phase    slipway.Phase
	reason   string
	ready    time.Time
}

// toyCloud is an in-memory service. Each call is counted, may take time, and may
// be the last one of a run.
type toyCloud struct {
	mu      sync.Mutex
	things  map[string]*toyThing
	made    int
	calls   []string
	latency time.Duration
	settle  time.Duration // until a thing that was put is ready
	lag     time.Duration // until a thing that was made is seen
	active  int
	most    int
	// kill is called after each call.
	kill func(n int)
	// onCall sees what drivers are given.
	onCall func(slipway.Call)
	// fail says how a call is answered instead.
	fail func(call string) error
}

func newToyCloud() *toyCloud { return &toyCloud{things: map[string]*toyThing{}} }

// call makes one call: f runs under the lock.
func (c *toyCloud) call(ctx context.Context, name string, f func() error) error {
	c.mu.Lock()
	c.active++
	c.most = max(c.most, c.active)
	latency := c.latency
	c.mu.Unlock()
	if latency > 0 {
		time.Sleep(latency)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active--
	if err := ctx.Err(); err != nil {
		return err
	}
	c.calls = append(c.calls, name)
	if c.fail != nil {
		if err := c.fail(name); err != nil {
			return err
		}
	}
	err := f()
	if c.kill != nil {
		c.kill(len(c.calls))
	}
	if killed := ctx.Err(); killed != nil {
		return killed // the call is done, but its answer is lost
	}
	return err
}

// count returns how many calls begin with prefix, and forgets all calls.
func (c *toyCloud) count(prefix string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func (c *toyCloud) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.most = nil, 0
}

// snapshot returns what exists, as text.
func (c *toyCloud) snapshot() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, t := range c.things {
		s := t.state.Create
		policy := aws.ToString(t.state.Policy)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s size=%d shape=%s parent=%s rev=%d %s %s",
			t.kind, aws.ToString(s.Name), aws.ToInt32(s.Size), aws.ToString(s.Shape),
			aws.ToString(s.Parent), t.revision, t.owner.Resource, policy)))
	}
	slices.Sort(out)
	return out
}

func toyError(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// toyDriver drives one kind of toy.
type toyDriver struct {
	cloud   *toyCloud
	kind    string
	effects slipway.Effects
	before  []string
	// family are the kinds that this one stands on.
	family func() []slipway.Kind
}

var toyEffects = slipway.Effects{
	Fields: map[string]slipway.Effect{
		"Create.Name":  slipway.Replace,
		"Create.Shape": slipway.NewName,
		"Create.Image": slipway.RollsTasks,
		"Create.Model": slipway.Revise,
		"Create.Count": slipway.CreateOnly,
	},
	Keys:      map[string]string{"Create.Env": "Name"},
	Sets:      []string{"Create.Peers"},
	Documents: []string{"Policy"},
	Ignore:    []string{"Hands"},
}

func (d toyDriver) Effects() slipway.Effects { return d.effects }
func (d toyDriver) Before() []string         { return d.before }

func (d toyDriver) Kinds() []slipway.Kind {
	if d.family == nil {
		return nil
	}
	return d.family()
}

// Defaults: AWS's default size is 1, and there is no policy.
func (d toyDriver) Defaults(s *toyState) {
	if s.Create.Size == nil {
		s.Create.Size = aws.Int32(1)
	}
	if s.Policy == nil {
		s.Policy = aws.String("")
	}
}

func (d toyDriver) Check(refs slipway.Refs, s *toyState) []slipway.FieldError {
	var out []slipway.FieldError
	if size := aws.ToInt32(s.Create.Size); size < 0 {
		out = append(out, slipway.FieldError{Path: "Create.Size", Got: fmt.Sprint(size), Want: "0 or more"})
	}
	if size := aws.ToInt32(s.Create.Size); size > 100 {
		out = append(out, slipway.FieldError{Path: "Create.Size", Got: fmt.Sprint(size), Want: "at most 100", Warn: true})
	}
	if s.Create.Parent != nil {
		parent, found, known := refs.Get("toy:Base", *s.Create.Parent)
		if state, ok := parent.(*toyState); known && found && ok && aws.ToString(state.Create.Shape) == "round" {
			out = append(out, slipway.FieldError{Path: "Create.Parent", Got: "a round one", Want: "a square one"})
		}
	}
	return out
}

func (d toyDriver) Unmanaged(want *toyState) []string { return want.Hands }

func (d toyDriver) Permissions(have *slipway.Live[toyState], want *toyState) []slipway.Permission {
	p := slipway.Permission{
		Actions: []string{"toy:Read"}, Resources: []string{"arn:toy:" + slipway.Self("region") + ":*"},
	}
	switch {
	case want == nil && have == nil:
	case want == nil:
		p.Actions = append(p.Actions, "toy:Delete")
	case have == nil:
		p.Actions = append(p.Actions, "toy:Create")
	}
	return []slipway.Permission{p}
}

// Protected: what is glued cannot be deleted.
func (d toyDriver) Protected(_ context.Context, _ slipway.Call, have *slipway.Live[toyState]) (string, error) {
	if aws.ToString(have.State.Create.Image) == "glued" {
		return "it is glued; unglue it first", nil
	}
	return "", nil
}

func (d toyDriver) Identify(ctx context.Context, _ slipway.Call) (account string, err error) {
	err = d.cloud.call(ctx, "identify", func() error {
		account = "123456789012"
		return nil
	})
	return account, err
}

// find returns the newest thing of that name. It runs under the lock.
func (d toyDriver) find(name *string) *toyThing {
	var found *toyThing
	for _, t := range d.cloud.things {
		if t.kind == d.kind && aws.ToString(t.state.Create.Name) == aws.ToString(name) &&
			(found == nil || t.revision > found.revision) {
			found = t
		}
	}
	return found
}

func (d toyDriver) live(t *toyThing) *slipway.Live[toyState] {
	if t == nil || time.Now().Before(t.ready.Add(d.cloud.lag-d.cloud.settle)) {
		return nil
	}
	phase, reason := t.phase, t.reason
	if phase == slipway.Ready && time.Now().Before(t.ready) {
		phase = slipway.Changing
	}
	return &slipway.Live[toyState]{
		State: t.state, Owner: t.owner, Phase: phase, Reason: reason,
		Outputs: map[string][]string{"arn": {t.arn}, "name": {aws.ToString(t.state.Create.Name)}, "many": {"a", "b"}},
	}
}

func (d toyDriver) Read(ctx context.Context, c slipway.Call, want *toyState) (*slipway.Live[toyState], error) {
	var out *slipway.Live[toyState]
	err := d.cloud.call(ctx, "read "+c.ID.String(), func() error {
		out = d.live(d.find(want.Create.Name))
		return nil
	})
	return out, err
}

func (d toyDriver) Put(ctx context.Context, c slipway.Call, have *slipway.Live[toyState], want *toyState) error {
	if d.cloud.onCall != nil {
		d.cloud.onCall(c)
	}
	err := d.cloud.call(ctx, "put "+c.ID.String(), func() error { return d.create(c, have, want) })
	if err != nil {
		return err
	}
	return d.cloud.call(ctx, "policy "+c.ID.String(), func() error {
		d.find(want.Create.Name).state.Policy = want.Policy
		return nil
	})
}

// create makes or changes the thing, without its policy.
func (d toyDriver) create(c slipway.Call, have *slipway.Live[toyState], want *toyState) error {
	t := d.find(want.Create.Name)
	if t != nil && have == nil && t.owner != c.Owner() {
		return toyError("AlreadyExistsException", "%s exists", *want.Create.Name)
	}
	if p := want.Create.Parent; p != nil && d.cloud.things[*p] == nil {
		return toyError("ParentNotFoundException", "%s does not exist", *p)
	}
	revise := t != nil && aws.ToString(t.state.Create.Model) != aws.ToString(want.Create.Model)
	switch {
	case t == nil:
		t = &toyThing{kind: d.kind, owner: c.Owner(), revision: 1}
	case revise:
		t = &toyThing{kind: d.kind, owner: c.Owner(), revision: t.revision + 1}
	case aws.ToString(t.state.Create.Shape) != aws.ToString(want.Create.Shape):
		return toyError("InvalidParameterException", "the shape cannot change")
	}
	if t.arn == "" {
		d.cloud.made++
		t.arn = fmt.Sprintf("arn:toy:%s/%s:%d", d.kind, *want.Create.Name, d.cloud.made)
		d.cloud.things[t.arn] = t
	}
	policy := t.state.Policy
	t.state = *want
	t.state.Policy = policy
	t.ready = time.Now().Add(d.cloud.settle)
	return nil
}

func (d toyDriver) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[toyState]) error {
	return d.cloud.call(ctx, "delete "+c.ID.String(), func() error {
		arn := have.Outputs["arn"][0]
		for _, t := range d.cloud.things {
			if aws.ToString(t.state.Create.Parent) == arn {
				return toyError("DependencyViolation", "%s needs %s", *t.state.Create.Name, arn)
			}
		}
		delete(d.cloud.things, arn)
		return nil
	})
}

func (d toyDriver) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[toyState]) error {
	return d.cloud.call(ctx, "tag "+c.ID.String(), func() error {
		d.cloud.things[have.Outputs["arn"][0]].owner = c.Owner()
		return nil
	})
}

func (d toyDriver) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[toyState], error) {
	var out []*slipway.Live[toyState]
	err := d.cloud.call(ctx, "list "+d.kind, func() error {
		for _, arn := range slices.Sorted(maps.Keys(d.cloud.things)) {
			if t := d.cloud.things[arn]; t.kind == d.kind && t.owner.Stack == c.Stack {
				out = append(out, d.live(t))
			}
		}
		return nil
	})
	return out, err
}

// toy declares one thing. It is changed by assigning to the fields of a copy.
type toy struct {
	kind  slipway.Kind
	name  string
	state toyState
	uses  []slipway.Resource
	after []slipway.ID
	over  []string
	err   error
}

func (t toy) ID() slipway.ID { return slipway.ID{Kind: t.kind.Name(), Name: t.name} }

func (t toy) Build() (slipway.Desired, error) {
	state := t.state
	if state.Create.Name == nil {
		state.Create.Name = aws.String(t.name)
	}
	return slipway.Desired{Kind: t.kind, State: &state, Uses: t.uses, After: t.after, Overridden: t.over}, t.err
}

func (t toy) arn() string { return slipway.Ref(t.ID(), "arn") }

// on puts the toy on a parent, by placeholder.
func (t toy) on(parent toy) toy {
	t.state.Create.Parent = aws.String(parent.arn())
	t.uses = append(slices.Clip(t.uses), parent)
	return t
}

func (t toy) size(n int32) toy {
	t.state.Create.Size = aws.Int32(n)
	return t
}

func (t toy) shape(s string) toy {
	t.state.Create.Shape = aws.String(s)
	return t
}

// toyOutputs is the typed form of a toy's outputs.
type toyOutputs struct{ ARN string }

func (t toy) Outputs(values map[string][]string) toyOutputs {
	if v := values["arn"]; len(v) > 0 {
		return toyOutputs{ARN: v[0]}
	}
	return toyOutputs{}
}

// toys are the kinds of a cloud: a Thing stands on a Base.
type toys struct {
	*toyCloud
	base, thing slipway.Kind
}

func newToys() toys {
	c := newToyCloud()
	t := toys{toyCloud: c}
	family := func() []slipway.Kind { return []slipway.Kind{t.base, t.thing} }
	t.base = slipway.NewKind("toy:Base", toyDriver{
		cloud: c, kind: "toy:Base", effects: toyEffects, before: []string{"toy:Thing"},
	})
	t.thing = slipway.NewKind("toy:Thing", toyDriver{
		cloud: c, kind: "toy:Thing", effects: toyEffects, family: func() []slipway.Kind { return family() },
	})
	bases, things := t.base, t.thing
	family = func() []slipway.Kind { return []slipway.Kind{bases, things} }
	return t
}

func (t toys) Base(name string) toy  { return toy{kind: t.base, name: name} }
func (t toys) Thing(name string) toy { return toy{kind: t.thing, name: name} }

var config = aws.Config{Region: "eu-central-1"}
