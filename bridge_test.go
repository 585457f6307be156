// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// gate is a toy that stands between its peers, the old ones and the new ones.
type gate struct{ toyDriver }

func (gate) Bridge(have, want *toyState, replaced []slipway.Replacement) (way []*toyState, warnings []slipway.FieldError) {
	for _, r := range replaced {
		i := slices.IndexFunc(have.Create.Peers, r.Was)
		if i < 0 || !slices.ContainsFunc(want.Create.Peers, r.Becomes) {
			continue
		}
		if aws.ToString(want.Create.Image) == "closed" {
			return nil, []slipway.FieldError{{Path: "Create.Peers", Got: r.Fields[0].String(), Want: "an open gate"}}
		}
		both, last := *want, *want
		both.Create.Peers = append(slices.Clip(want.Create.Peers), have.Create.Peers[i])
		last.Create.Peers = slices.Clone(both.Create.Peers)
		last.Create.Size = aws.Int32(7)
		return []*toyState{&both, &last}, nil
	}
	return nil, nil
}

// passage is a gate to a base of a name, and what uses the gate.
func passage(c toys, base string) (slipway.Stack, toy) {
	b := c.Base("b")
	b.state.Create.Name = aws.String(base)
	kind := slipway.NewKind("toy:Gate", gate{toyDriver{cloud: c.toyCloud, kind: "toy:Gate", effects: toyEffects}})
	g := toy{kind: kind, name: "g", uses: []slipway.Resource{b}}
	g.state.Create.Peers = []string{b.arn()}
	user := c.Thing("x")
	user.uses, user.after = []slipway.Resource{g}, []slipway.ID{g.ID()}
	user.state.Policy = aws.String(`{"base":"` + base + `"}`)
	return slipway.NewStack("shop", user), g
}

func TestWhatIsReplacedStaysInUse(t *testing.T) {
	t.Parallel()
	c := newToys()
	stack, _ := passage(c, "b-1")
	apply(t, stack)
	stack, g := passage(c, "b-2")
	require.Contains(t, plan(t, stack), "~ toy:Gate/g (in steps: what is replaced stays in use until all has followed)")
	c.reset()
	var peers [][]string
	var seen story
	c.onCall = func(slipway.Call) {
		peers = append(peers, slices.Clone(c.peers()))
	}
	result := apply(t, stack, slipway.Observe(&seen))
	c.onCall = nil
	writes := slices.DeleteFunc(slices.Clone(c.calls), func(call string) bool {
		return !strings.HasPrefix(call, "put") && !strings.HasPrefix(call, "delete")
	})
	require.Equal(t, []string{
		"put toy:Base/b", "put toy:Gate/g", "put toy:Thing/x", "put toy:Gate/g", "put toy:Gate/g", "delete toy:Base/b",
	}, writes)
	require.Equal(t, []int{1, 1, 2, 2, 2}, lengths(peers), "before each of the puts")
	require.Len(t, c.peers(), 1)
	require.Equal(t, []slipway.ID{g.ID()}, slices.DeleteFunc(seen.done, func(id slipway.ID) bool { return id != g.ID() }), "one piece of work")
	require.Equal(t, slipway.Applied, changeOf(t, result, g.ID()).Outcome)
	require.Contains(t, plan(t, stack), "nothing to do")
}

// TestWhatIsReplacedStaysInUseAfterAFailure: the gate has both until the next run.
func TestWhatIsReplacedStaysInUseAfterAFailure(t *testing.T) {
	t.Parallel()
	c := newToys()
	stack, _ := passage(c, "b-1")
	apply(t, stack)
	stack, g := passage(c, "b-2")
	c.fail = func(call string) error {
		if call == "put toy:Thing/x" {
			return errors.New("no luck")
		}
		return nil
	}
	var seen story
	result, err := stack.Apply(t.Context(), config, slipway.Observe(&seen))
	require.ErrorContains(t, err, "no luck")
	change := changeOf(t, result, g.ID())
	require.Equal(t, slipway.Skipped, change.Outcome)
	require.ErrorContains(t, change.Err, "toy:Thing/x")
	require.Contains(t, seen.done, g.ID())
	require.Len(t, c.peers(), 2)
	c.fail = nil
	apply(t, stack)
	require.Len(t, c.peers(), 1)
	require.Contains(t, plan(t, stack), "nothing to do")
}

func TestWhatCannotStayInUseIsAWarning(t *testing.T) {
	t.Parallel()
	c := newToys()
	stack, _ := passage(c, "b-1")
	apply(t, stack)
	_, g := passage(c, "b-2")
	g.state.Create.Image = aws.String("closed")
	p, err := slipway.NewStack("shop", g).Plan(t.Context(), config)
	require.NoError(t, err)
	require.Len(t, p.Warnings, 1)
	require.Equal(t, `toy:Gate/g Create.Peers: got Create.Name: "b-1" -> "b-2" (replaces), want an open gate`, p.Warnings[0].Error())
}

// TestWhatIsAdoptedInSteps: where it is from stays said.
func TestWhatIsAdoptedInSteps(t *testing.T) {
	t.Parallel()
	c := newToys()
	stack, g := passage(c, "b-1")
	apply(t, stack)
	for _, thing := range c.things {
		if thing.kind == "toy:Gate" {
			thing.owner = slipway.Owner{Stack: "other", Resource: g.ID().String()}
		}
	}
	stack, _ = passage(c, "b-2")
	p, err := stack.Plan(t.Context(), config, slipway.Adopt(g.ID()))
	require.NoError(t, err)
	require.Contains(t, p.String(), "belonged to stack other")
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	c := newToys()
	b := c.Base("b")
	r := slipway.Replacement{ID: b.ID(), Old: map[string][]string{"arn": {"old"}}}
	require.True(t, r.Was("old"))
	require.False(t, r.Was("new"))
	r.Old["dns"] = []string{""}
	require.False(t, r.Was(""), "that is no output")
	require.True(t, r.Becomes(b.arn()), "the placeholder")
	require.False(t, r.Becomes(c.Base("other").arn()))
	require.False(t, r.Becomes("new"), "not known yet")
	r.New = map[string][]string{"arn": {"new"}}
	require.True(t, r.Becomes("new"))
	require.False(t, r.Becomes("old"))
}

// peers are those of the only gate.
func (c *toyCloud) peers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.things {
		if t.kind == "toy:Gate" {
			return t.state.Create.Peers
		}
	}
	return nil
}

func lengths(lists [][]string) []int {
	out := make([]int, len(lists))
	for i, l := range lists {
		out[i] = len(l)
	}
	return out
}

// story keeps what is done.
type story struct{ done []slipway.ID }

func (s *story) Observe(_ context.Context, e slipway.Event) {
	if d, ok := e.(slipway.Done); ok {
		s.done = append(s.done, d.ID)
	}
}

func changeOf(t *testing.T, r *slipway.Result, id slipway.ID) slipway.Change {
	t.Helper()
	i := slices.IndexFunc(r.Changes, func(c slipway.Change) bool { return c.ID == id })
	require.GreaterOrEqual(t, i, 0)
	return r.Changes[i]
}
