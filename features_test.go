// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// lookup is a toy that is only looked up.
func (t toys) lookup(name string) toy {
	effects := toyEffects
	effects.Existing = true
	kind := slipway.NewKind("toy:Lookup", toyDriver{cloud: t.toyCloud, kind: "toy:Base", effects: effects})
	return toy{kind: kind, name: name}
}

func TestExisting(t *testing.T) {
	t.Parallel()
	toys := newToys()
	found := toys.lookup("net")
	user := toys.Thing("x").on(found)
	user.state.Create.Peers = []string{"first", slipway.Ref(found.ID(), "many")}
	stack := slipway.NewStack("shop", user)
	_, err := stack.Plan(t.Context(), config)
	require.EqualError(t, err, "toy:Lookup/net: not found: the stack only refers to it, and it does not exist")
	require.ErrorIs(t, err, slipway.ErrNotFound)

	apply(t, slipway.NewStack("other", toys.Base("net").size(7)))
	require.Equal(t, "shop@eu-central-1: 1 to create, 1 unchanged\n+ toy:Thing/x\n    Create.Name: \"x\"\n"+
		"    Create.Parent: \"arn:toy:toy:Base/net:1\"\n    Create.Peers: [\"first\", \"a\", \"b\"]\n", plan(t, stack), "whoever owns it")
	apply(t, stack)
	require.Equal(t, []string{"first", "a", "b"}, toys.things["arn:toy:toy:Thing/x:2"].state.Create.Peers, "one placeholder, two values")
	require.Contains(t, plan(t, stack), "nothing to do", "its state is not compared")
	require.NoError(t, stack.Destroy(t.Context(), config))
	require.Len(t, toys.snapshot(), 1, "it is never deleted")
	require.NoError(t, slipway.NewStack("other", toys.Base("net")).Destroy(t.Context(), config))
	require.NoError(t, stack.Destroy(t.Context(), config), "and may be gone")
}

func TestSelf(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x")
	x.state.Create.Image = aws.String(strings.Join([]string{slipway.Self("region"), slipway.Self("partition"), slipway.Self("stack")}, " "))
	apply(t, slipway.NewStack("shop", x))
	require.Zero(t, toys.count("identify"), "the account is asked for only when it is needed")
	x.state.Create.Image = aws.String(slipway.Self("account"))
	apply(t, slipway.NewStack("shop", x))
	require.Equal(t, 1, toys.count("identify"))
	require.Equal(t, "123456789012", *toys.things["arn:toy:toy:Thing/x:1"].state.Create.Image)
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "us-iso-east-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "eusc-de-east-1": "aws-eusc",
	} {
		toys := newToys()
		x := toys.Thing("x")
		x.state.Create.Image = aws.String(slipway.Self("partition"))
		_, err := slipway.NewStack("shop", x).Apply(t.Context(), aws.Config{Region: region})
		require.NoError(t, err)
		require.Equal(t, want, *toys.things["arn:toy:toy:Thing/x:1"].state.Create.Image, region)
	}
	_, err := slipway.NewStack("shop").Plan(t.Context(), aws.Config{})
	require.ErrorIs(t, err, slipway.ErrInvalid, "a region is needed")
}

func TestRulesRunAgainOnTheResolvedInput(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base := toys.Base("b").shape("round")
	apply(t, slipway.NewStack("shop", base))
	x := toys.Thing("x")
	// By its ARN: offline nobody knows that this is the base.
	x.state.Create.Parent = aws.String("arn:toy:toy:Base/b:1")
	stack := slipway.NewStack("shop", base, x)
	require.NoError(t, stack.Validate())
	_, err := stack.Plan(t.Context(), config)
	require.EqualError(t, err, "toy:Thing/x Create.Parent: got a round one, want a square one")
}

func TestUnknownOutput(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base := toys.Base("b")
	x := toys.Thing("x")
	x.state.Create.Image = aws.String(slipway.Ref(base.ID(), "colour"))
	_, err := slipway.NewStack("shop", base, x).Apply(t.Context(), config)
	require.EqualError(t, err, `create toy:Thing/x: invalid: toy:Base/b has no output "colour"`)
	require.ErrorIs(t, err, slipway.ErrInvalid)
}

func TestAfter(t *testing.T) {
	t.Parallel()
	toys := newToys()
	first, second := toys.Base("first"), toys.Base("second")
	second.after = []slipway.ID{first.ID()}
	var seen recorder
	apply(t, slipway.NewStack("shop", second, first), slipway.Observe(&seen))
	require.Equal(t, []string{
		"begin [toy:Base/first toy:Base/second]", "start create toy:Base/first", "done create toy:Base/first <nil>",
		"start create toy:Base/second", "done create toy:Base/second <nil>", "end <nil>",
	}, seen.events)
	seen.events = nil
	require.NoError(t, slipway.NewStack("shop", second, first).Destroy(t.Context(), config, slipway.Observe(&seen)))
	require.Equal(t, []string{
		"begin [toy:Base/first toy:Base/second]", "start delete toy:Base/second", "done delete toy:Base/second <nil>",
		"start delete toy:Base/first", "done delete toy:Base/first <nil>", "end <nil>",
	}, seen.events, "the other way round")
}

// batched reads many bases in one call.
type batched struct{ toyDriver }

func (d batched) ReadMany(ctx context.Context, calls []slipway.Call, want []*toyState) ([]*slipway.Live[toyState], error) {
	out := make([]*slipway.Live[toyState], len(want))
	err := d.cloud.call(ctx, "many", func() error {
		for i, w := range want {
			if calls[i].ID.Name != *w.Create.Name {
				return errors.New("calls and wants do not match")
			}
			out[i] = d.live(d.find(w.Create.Name))
		}
		return nil
	})
	return out, err
}

func TestReadMany(t *testing.T) {
	t.Parallel()
	toys := newToys()
	kind := slipway.NewKind("toy:Base", batched{toyDriver{cloud: toys.toyCloud, kind: "toy:Base", effects: toyEffects}})
	var all []slipway.Resource
	for i := range 100 {
		all = append(all, toy{kind: kind, name: fmt.Sprint("b", i)})
	}
	stack := slipway.NewStack("shop", all...)
	apply(t, stack)
	toys.reset()
	require.Contains(t, plan(t, stack), "nothing to do, 100 unchanged")
	require.ElementsMatch(t, []string{"many", "list toy:Base"}, toys.calls)
	toys.fail = func(call string) error {
		if call == "many" {
			return toyError("ThrottlingException", "slow down")
		}
		return nil
	}
	_, err := stack.Plan(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrThrottled)
	require.ErrorContains(t, err, "toy:Base/b99: api error ThrottlingException")
}

// watched says how a change went.
type watched struct {
	toyDriver
	watches *atomic.Int32
	err     error
}

func (d watched) Watch(context.Context, slipway.Call, *toyState) error {
	d.watches.Add(1)
	return d.err
}

func TestWatch(t *testing.T) {
	t.Parallel()
	toys := newToys()
	var watches atomic.Int32
	maker := func(err error) toy {
		driver := watched{toyDriver{cloud: toys.toyCloud, kind: "toy:Base", effects: toyEffects}, &watches, err}
		return toy{kind: slipway.NewKind("toy:Base", driver), name: "b"}
	}
	apply(t, slipway.NewStack("shop", maker(nil)))
	apply(t, slipway.NewStack("shop", maker(nil)))
	require.EqualValues(t, 1, watches.Load(), "only a change is watched")
	rolledBack := errors.New("rolled back")
	bad := maker(rolledBack).size(2)
	result, err := slipway.NewStack("shop", bad).Apply(t.Context(), config)
	require.ErrorIs(t, err, rolledBack)
	require.NotEmpty(t, slipway.Output(result, bad).ARN, "the outputs say what became of it")
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	toys := newToys()
	p, err := slipway.NewStack("shop", toys.Thing("x"), toys.Thing("y")).Plan(t.Context(), config)
	require.NoError(t, err)
	require.Equal(t, []slipway.Permission{{Actions: []string{"toy:Create", "toy:Read"}, Resources: []string{"arn:toy:eu-central-1:*"}}}, p.Permissions())
	require.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["toy:Create","toy:Read"],"Resource":["arn:toy:eu-central-1:*"]}]}`, p.Policy())
	apply(t, slipway.NewStack("shop", toys.Thing("x")))
	p, err = slipway.NewStack("shop").WithKinds(toys.thing).Plan(t.Context(), config)
	require.NoError(t, err)
	require.Equal(t, []string{"toy:Delete", "toy:Read"}, p.Permissions()[0].Actions, "what is pruned counts too")
}

// foreseen knows its ARN beforehand, and needs its parent's to be allowed.
type foreseen struct{ toyDriver }

func (foreseen) Predict(want *toyState) map[string][]string {
	return map[string][]string{"arn": {"arn:toy:" + slipway.Self("account") + ":" + *want.Create.Name}}
}

func (foreseen) Permissions(_ *slipway.Live[toyState], want *toyState) []slipway.Permission {
	if want == nil || want.Create.Parent == nil {
		return nil
	}
	return []slipway.Permission{{Actions: []string{"toy:Use"}, Resources: []string{*want.Create.Parent}}}
}

func TestPolicyOfWhatIsNotMadeYet(t *testing.T) {
	t.Parallel()
	toys := newToys()
	kind := func(name string) slipway.Kind {
		return slipway.NewKind(name, foreseen{toyDriver{cloud: toys.toyCloud, kind: name, effects: toyEffects}})
	}
	parent := toy{kind: kind("toy:Parent"), name: "p"}
	stack := slipway.NewStack("shop", toy{kind: kind("toy:Child"), name: "c"}.on(parent), toy{kind: kind("toy:Child"), name: "d"}.on(toys.Base("b")))
	p, err := stack.Plan(t.Context(), config)
	require.NoError(t, err)
	var resources []string
	for _, q := range p.Permissions() {
		if q.Actions[0] == "toy:Use" {
			resources = append(resources, q.Resources...)
		}
	}
	require.Equal(t, []string{"*", "arn:toy:*:p"}, resources, "predicted where the kind can, and the account is not known")
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x")
	stack := slipway.NewStack("shop", x)
	for range 2 {
		require.Equal(t, toyOutputs{ARN: "arn:toy:toy:Thing/x:1"}, slipway.Output(apply(t, stack), x), "changed or not")
	}
	var none *slipway.Result
	require.Equal(t, toyOutputs{}, slipway.Output(none, x), "a run that did not begin has none")
}

// byOwner finds a thing by its tags where there is none of its name, and lists
// nothing.
type byOwner struct{ named toyDriver }

func (d byOwner) Defaults(s *toyState)     { d.named.Defaults(s) }
func (d byOwner) Effects() slipway.Effects { return d.named.Effects() }

func (d byOwner) Put(ctx context.Context, c slipway.Call, have *slipway.Live[toyState], want *toyState) error {
	return d.named.Put(ctx, c, have, want)
}

func (d byOwner) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[toyState]) error {
	return d.named.Delete(ctx, c, have)
}

func (d byOwner) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[toyState]) error {
	return d.named.Tag(ctx, c, have)
}

func (d byOwner) Read(ctx context.Context, c slipway.Call, want *toyState) (*slipway.Live[toyState], error) {
	found, err := d.named.Read(ctx, c, want)
	if found != nil || err != nil {
		return found, err
	}
	for _, thing := range d.named.cloud.things {
		if thing.owner == c.Owner() {
			return d.named.live(thing), nil
		}
	}
	return nil, nil
}

func TestReplaceOfWhatWasReadByItsTags(t *testing.T) {
	t.Parallel()
	toys := newToys()
	kind := slipway.NewKind("toy:Base", byOwner{toyDriver{cloud: toys.toyCloud, kind: "toy:Base", effects: toyEffects}})
	maker := func(name string) slipway.Stack {
		b := toy{kind: kind, name: "b"}
		b.state.Create.Name = aws.String(name)
		return slipway.NewStack("shop", b)
	}
	apply(t, maker("b-1"))
	require.Equal(t, "shop@eu-central-1: 1 to replace, 0 unchanged\n-/+ toy:Base/b\n    Create.Name: \"b-1\" -> \"b-2\" (replaces)\n",
		plan(t, maker("b-2"), slipway.Concurrency(1)))
	apply(t, maker("b-2"))
	require.Equal(t, []string{"toy:Base b-2 size=1 shape= parent= rev=1 toy:Base/b"}, toys.snapshot())
	require.Contains(t, plan(t, maker("b-2")), "nothing to do")
	require.NoError(t, maker("b-2").Destroy(t.Context(), config))
	require.Empty(t, toys.snapshot(), "what is not listed is deleted by its declaration")
}

func TestNobodyTellsTheAccount(t *testing.T) {
	t.Parallel()
	kind := slipway.NewKind("toy:Base", byOwner{toyDriver{cloud: newToyCloud(), kind: "toy:Base", effects: toyEffects}})
	b := toy{kind: kind, name: "b"}
	b.state.Create.Image = aws.String(slipway.Self("account"))
	_, err := slipway.NewStack("shop", b).Plan(t.Context(), config)
	require.EqualError(t, err, "toy:Base/b: no kind of the stack can tell the account")
}

func TestDeletionIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		slow := slipway.NewKind("toy:Base", lazy{toyDriver{cloud: toys.toyCloud, kind: "toy:Base", effects: toyEffects}})
		stack := slipway.NewStack("shop", toy{kind: slow, name: "b"})
		apply(t, stack)
		start := time.Now()
		require.NoError(t, stack.Destroy(t.Context(), config))
		require.GreaterOrEqual(t, time.Since(start), time.Minute)
		apply(t, stack)
		start = time.Now()
		apply(t, slipway.NewStack("shop").WithKinds(slow))
		require.GreaterOrEqual(t, time.Since(start), time.Minute, "of what is only listed, too")
		require.Empty(t, toys.snapshot())
	})
}

// lazy deletes in the background.
type lazy struct{ toyDriver }

func (d lazy) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[toyState]) error {
	go func() {
		time.Sleep(time.Minute)
		_ = d.toyDriver.Delete(ctx, c, have)
	}()
	return nil
}

func TestDeletionFails(t *testing.T) {
	t.Parallel()
	toys := newToys()
	stack := slipway.NewStack("shop", toys.Thing("x").on(toys.Base("b")))
	apply(t, stack)
	toys.fail = func(call string) error {
		if call == "delete toy:Thing/x" {
			return toyError("AccessDeniedException", "no")
		}
		return nil
	}
	err := stack.Destroy(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrDenied)
	require.ErrorContains(t, err, "delete toy:Thing/x: api error AccessDeniedException: no")
	require.ErrorContains(t, err, "delete toy:Base/b: skipped, because toy:Thing/x did not succeed")
	require.Len(t, toys.snapshot(), 2)
}

func TestListFails(t *testing.T) {
	t.Parallel()
	toys := newToys()
	toys.fail = func(call string) error {
		if strings.HasPrefix(call, "list") {
			return toyError("AccessDeniedException", "no")
		}
		return nil
	}
	_, err := slipway.NewStack("shop", toys.Thing("x")).Plan(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrDenied)
	require.ErrorContains(t, err, "list toy:Base/*: api error")
	require.ErrorIs(t, slipway.NewStack("shop", toys.Thing("x")).Destroy(t.Context(), config), slipway.ErrDenied)
}

func TestCycleOfDeletions(t *testing.T) {
	t.Parallel()
	toys := newToys()
	kind := func(name, before string) toy {
		d := toyDriver{cloud: toys.toyCloud, kind: name, effects: toyEffects, before: []string{before}}
		return toy{kind: slipway.NewKind(name, d), name: "x"}
	}
	stack := slipway.NewStack("shop", kind("toy:A", "toy:B"), kind("toy:B", "toy:A"))
	apply(t, stack)
	require.ErrorContains(t, stack.Destroy(t.Context(), config), "a cycle of deletions: toy:")
}

func TestChangeBackWhileBeingDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		toys := newToys()
		stack := slipway.NewStack("shop", toys.Base("b"))
		apply(t, stack)
		for _, thing := range toys.things {
			thing.phase = slipway.Deleting
		}
		require.Contains(t, plan(t, stack), "+ toy:Base/b\n")
		go func() {
			time.Sleep(time.Minute)
			toys.mu.Lock()
			defer toys.mu.Unlock()
			clear(toys.things)
		}()
		start := time.Now()
		apply(t, stack)
		require.GreaterOrEqual(t, time.Since(start), time.Minute, "it is made once the old one is gone")
	})
}

func TestOverridesAreShown(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x")
	x.over = []string{"Create.Size", "Create.Env"}
	stack := slipway.NewStack("shop", x)
	require.Contains(t, plan(t, stack), "+ toy:Thing/x\n    Create.Name: \"x\"\n    overridden: Create.Size, Create.Env\n")
	apply(t, stack)
	require.Contains(t, plan(t, stack), "nothing to do", "only where there is a change")
}

func TestNilUsedResource(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x")
	x.uses = []slipway.Resource{nil}
	require.ErrorIs(t, slipway.NewStack("shop", x).Validate(), slipway.ErrInvalid)
}

func BenchmarkPlan(b *testing.B) {
	toys := newToys()
	var all []slipway.Resource
	for i := range 100 {
		all = append(all, toys.Thing(fmt.Sprint("x", i)).on(toys.Base(fmt.Sprint("b", i%10))))
	}
	stack := slipway.NewStack("shop", all...)
	if _, err := stack.Apply(b.Context(), config); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stack.Plan(b.Context(), config); err != nil {
			b.Fatal(err)
		}
	}
}
