// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// plan returns the printed plan, without errors.
func plan(t *testing.T, s slipway.Stack, opts ...slipway.PlanOption) string {
	t.Helper()
	p, err := s.Plan(t.Context(), config, opts...)
	require.NoError(t, err)
	return fmt.Sprint(p)
}

func apply(t *testing.T, s slipway.Stack, opts ...slipway.ApplyOption) *slipway.Result {
	t.Helper()
	r, err := s.Apply(t.Context(), config, opts...)
	require.NoError(t, err)
	return r
}

func TestSecondPlanIsEmptyAndMakesNoWrite(t *testing.T) {
	t.Parallel()
	toys := newToys()
	stack := slipway.NewStack("shop", toys.Thing("x").on(toys.Base("b")))
	require.Equal(t, "shop@eu-central-1: 2 to create, 0 unchanged\n+ toy:Base/b\n    Create.Name: \"b\"\n"+
		"+ toy:Thing/x\n    Create.Name: \"x\"\n    Create.Parent: \"<toy:Base/b#arn>\"\n", plan(t, stack))
	require.Empty(t, toys.snapshot(), "a plan only reads")
	apply(t, stack)
	toys.reset()
	require.Equal(t, "shop@eu-central-1: nothing to do, 2 unchanged\n", plan(t, stack))
	require.ElementsMatch(t, []string{"read toy:Base/b", "read toy:Thing/x", "list toy:Base", "list toy:Thing"}, toys.calls)
	toys.reset()
	result := apply(t, stack)
	require.Empty(t, result.Changes)
	require.Len(t, toys.calls, 4, "an apply with nothing to do reads like a plan")
}

func TestPlanPrintsChanges(t *testing.T) {
	t.Parallel()
	toys := newToys()
	maker := func(change func(*toyState)) slipway.Stack {
		x := toys.Thing("x").size(2).shape("round")
		x.state.Create.Image = aws.String("web:1")
		x.state.Create.Model = aws.String("m1")
		x.state.Create.Count = aws.Int32(1)
		x.state.Create.Peers = []string{"a", "b"}
		x.state.Create.Env = []toyPair{{aws.String("LEVEL"), aws.String("info")}, {aws.String("DB_PASSWORD"), aws.String("hunter2")}}
		x.state.Policy = aws.String(`{"Version":"1","Allow":["a"]}`)
		change(&x.state)
		return slipway.NewStack("shop", x)
	}
	apply(t, maker(func(*toyState) {}))
	tests := []struct {
		name   string
		change func(*toyState)
		want   string // after the first line; nothing to do if empty
	}{
		{"nothing", func(*toyState) {}, ""},
		{"in place", func(s *toyState) { s.Create.Size = aws.Int32(3) }, "~ toy:Thing/x\n    Create.Size: 2 -> 3\n"},
		{"taken away: back to AWS's default", func(s *toyState) { s.Create.Size = nil }, "~ toy:Thing/x\n    Create.Size: 2 -> 1\n"},
		{"nil without a default is unmanaged", func(s *toyState) { s.Create.Shape = nil }, ""},
		{"rolls tasks", func(s *toyState) { s.Create.Image = aws.String("web:2") }, "~ toy:Thing/x (rolls tasks)\n    Create.Image: \"web:1\" -> \"web:2\" (rolls tasks)\n"},
		{"a revision", func(s *toyState) { s.Create.Model = aws.String("m2") }, "~ toy:Thing/x (new revision)\n    Create.Model: \"m1\" -> \"m2\"\n"},
		{"create-only is left to others", func(s *toyState) { s.Create.Count = aws.Int32(9) }, ""},
		{"unmanaged for this state", func(s *toyState) {
			s.Create.Size, s.Hands = aws.Int32(9), []string{"Create.Size"}
		}, ""},
		{"the order of a set means nothing", func(s *toyState) { s.Create.Peers = []string{"b", "a"} }, ""},
		{"a set loses an element", func(s *toyState) { s.Create.Peers = []string{"b"} }, "~ toy:Thing/x\n    Create.Peers: [\"a\", \"b\"] -> [\"b\"]\n"},
		{"the layout of a document means nothing", func(s *toyState) { s.Policy = aws.String(`{ "Allow": ["a"], "Version": "1" }`) }, ""},
		{"keyed elements, whose secrets are never shown", func(s *toyState) {
			s.Create.Env = []toyPair{{aws.String("DB_PASSWORD"), aws.String("hunter3")}, {aws.String("API_TOKEN"), aws.String("t0p")}}
		}, "~ toy:Thing/x\n    Create.Env[DB_PASSWORD].Value: *** -> ***\n" +
			"    Create.Env[API_TOKEN]: none -> {Name: \"API_TOKEN\", Value: ***}\n    Create.Env[LEVEL]: {Name: \"LEVEL\", Value: \"info\"} -> none\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := "shop@eu-central-1: nothing to do, 1 unchanged\n"
			if tt.want != "" {
				want = "shop@eu-central-1: 1 to " + verbOf(tt.want) + ", 0 unchanged\n" + tt.want
			}
			require.Equal(t, want, plan(t, maker(tt.change)))
		})
	}
}

func verbOf(printed string) string {
	if strings.Contains(printed, "(new revision)") {
		return "revise"
	}
	return "update"
}

func TestForeignThingsAreNotTouched(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x").size(1)
	apply(t, slipway.NewStack("other", x))
	mine := slipway.NewStack("shop", x.size(5))
	before := toys.snapshot()
	p, err := mine.Plan(t.Context(), config)
	require.EqualError(t, err, "toy:Thing/x: conflict: it exists and belongs to stack other@eu-central-1; allow it by Adopt, or choose another name")
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.NotNil(t, p, "the plan can be read all the same")
	_, err = mine.Apply(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.NoError(t, mine.Destroy(t.Context(), config))
	require.Equal(t, before, toys.snapshot())

	require.Equal(t, "shop@eu-central-1: 1 to adopt, 0 unchanged\n~ toy:Thing/x (adopt) (belonged to stack other@eu-central-1)\n    Create.Size: 1 -> 5\n",
		plan(t, mine, slipway.Adopt(x.ID())))
	apply(t, mine, slipway.Adopt(x.ID()))
	require.Contains(t, plan(t, mine), "nothing to do")
}

func TestMovedWithinTheStack(t *testing.T) {
	t.Parallel()
	toys := newToys()
	old, renamed := toys.Thing("old"), toys.Thing("new")
	old.state.Create.Name, renamed.state.Create.Name = aws.String("same"), aws.String("same")
	apply(t, slipway.NewStack("shop", old))
	stack := slipway.NewStack("shop", renamed)
	require.Contains(t, plan(t, stack), "~ toy:Thing/new (adopt) (was toy:Thing/old)\n")
	apply(t, stack)
	require.Contains(t, plan(t, stack), "nothing to do")
	_, err := slipway.NewStack("shop", old, renamed).Plan(t.Context(), config)
	require.ErrorContains(t, err, "toy:Thing/old: conflict: it belongs to toy:Thing/new, which the stack declares too")
}

func TestPruning(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base := toys.Base("b")
	apply(t, slipway.NewStack("shop", toys.Thing("x").on(base), toys.Thing("y").on(base)))
	apply(t, slipway.NewStack("other", toys.Thing("z")))
	fewer := slipway.NewStack("shop", toys.Thing("y"))
	require.Equal(t, "shop@eu-central-1: 2 to delete, 1 unchanged\n- toy:Base/b (no longer declared)\n- toy:Thing/x (no longer declared)\n", plan(t, fewer))
	_, err := fewer.Apply(t.Context(), config)
	require.ErrorContains(t, err, "DependencyViolation", "y still stands on the base: its parent is unmanaged now")

	none := slipway.NewStack("shop").WithKinds(toys.thing, toys.base)
	apply(t, none)
	require.Len(t, toys.snapshot(), 1, "the other stack's thing stays")
}

func TestReplaceBesideTheOldOne(t *testing.T) {
	t.Parallel()
	toys := newToys()
	maker := func(name string) slipway.Stack {
		base := toys.Base("b")
		base.state.Create.Name = aws.String(name)
		return slipway.NewStack("shop", toys.Thing("x").on(base))
	}
	apply(t, maker("b-1"))
	next := maker("b-2")
	require.Equal(t, "shop@eu-central-1: 1 to update, 1 to replace, 0 unchanged\n-/+ toy:Base/b\n    Create.Name: \"b-1\" -> \"b-2\" (replaces)\n"+
		"~ toy:Thing/x\n    Create.Parent: \"arn:toy:toy:Base/b-1:1\" -> known after apply\n", plan(t, next))
	toys.reset()
	apply(t, next)
	require.Contains(t, plan(t, next), "nothing to do")
	require.Equal(t, []string{
		"toy:Base b-2 size=1 shape= parent= rev=1 toy:Base/b",
		"toy:Thing x size=1 shape= parent=arn:toy:toy:Base/b-2:3 rev=1 toy:Thing/x",
	}, toys.snapshot(), "the old one is pruned once nothing stands on it")
}

func TestReplaceUnderTheSameName(t *testing.T) {
	t.Parallel()
	toys := newToys()
	x := toys.Thing("x").shape("round")
	apply(t, slipway.NewStack("shop", x))
	square := slipway.NewStack("shop", x.shape("square"))
	_, err := square.Plan(t.Context(), config)
	require.ErrorIs(t, err, slipway.ErrConflict)
	require.ErrorContains(t, err, "AWS cannot change Create.Shape of a thing that exists; it needs a new name")
	allow := slipway.AllowReplace(x.ID())
	require.Contains(t, plan(t, square, allow), "-/+ toy:Thing/x (deleted first, then made again)\n    Create.Shape: \"round\" -> \"square\" (immutable, replaces)\n")
	apply(t, square, allow)
	require.Contains(t, plan(t, square), "nothing to do")
}

func TestReviseKeepsTheOldRevision(t *testing.T) {
	t.Parallel()
	toys := newToys()
	effects := toyEffects
	effects.Default, effects.Fields = slipway.Revise, nil
	kind := slipway.NewKind("toy:Thing", toyDriver{cloud: toys.toyCloud, kind: "toy:Thing", effects: effects})
	x, user := toy{kind: kind, name: "x"}, toys.Base("user")
	user.state.Create.Image = aws.String(x.arn())
	x.state.Create.Model = aws.String("m1")
	apply(t, slipway.NewStack("shop", x, user))
	x.state.Create.Model = aws.String("m2")
	next := slipway.NewStack("shop", x, user)
	require.Contains(t, plan(t, next), "~ toy:Base/user (rolls tasks)\n    Create.Image: \"arn:toy:toy:Thing/x:1\" -> known after apply (rolls tasks)\n")
	apply(t, next)
	require.Contains(t, plan(t, next), "nothing to do")
	require.Len(t, toys.snapshot(), 3, "both revisions stay")
}

func TestDestroy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		left func(toys, slipway.Stack) slipway.Stack
	}{
		{"all still declared", func(_ toys, s slipway.Stack) slipway.Stack { return s }},
		{"some still declared", func(c toys, _ slipway.Stack) slipway.Stack { return slipway.NewStack("shop", c.Thing("x")) }},
		{"none still declared", func(c toys, _ slipway.Stack) slipway.Stack { return slipway.NewStack("shop").WithKinds(c.thing) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			toys := newToys()
			base := toys.Base("b")
			stack := slipway.NewStack("shop", toys.Thing("x").on(base), toys.Thing("y").on(base))
			apply(t, stack)
			apply(t, slipway.NewStack("other", toys.Base("theirs")))
			require.NoError(t, tt.left(toys, stack).Destroy(t.Context(), config))
			require.Len(t, toys.snapshot(), 1, "the other stack's thing stays")
			toys.reset()
			require.NoError(t, stack.Destroy(t.Context(), config), "it can be repeated")
			require.Zero(t, toys.count("delete"))
		})
	}
}

func TestFailureStopsOnlyDependants(t *testing.T) {
	t.Parallel()
	toys := newToys()
	toys.fail = func(call string) error {
		if call == "put toy:Base/bad" {
			return toyError("AccessDeniedException", "not you")
		}
		return nil
	}
	apply(t, slipway.NewStack("shop", toys.Base("old")))
	stack := slipway.NewStack("shop", toys.Thing("x").on(toys.Base("bad")), toys.Thing("y").on(toys.Base("good")))
	result, err := stack.Apply(t.Context(), config)
	require.EqualError(t, err, "create toy:Base/bad: api error AccessDeniedException: not you\n"+
		"create toy:Thing/x: skipped, because toy:Base/bad did not succeed")
	require.ErrorIs(t, err, slipway.ErrDenied, "drivers need not map the code")
	var field *slipway.SkippedError
	require.ErrorAs(t, err, &field)
	outcomes := map[string]slipway.Outcome{}
	for _, c := range result.Changes {
		outcomes[c.ID.Name] = c.Outcome
	}
	require.Equal(t, map[string]slipway.Outcome{
		"bad": slipway.Failed, "x": slipway.Skipped, "good": slipway.Applied, "y": slipway.Applied, "old": slipway.Skipped,
	}, outcomes, "nothing is pruned after a failure: it may still be in use")
	require.NotEmpty(t, result.Outputs(slipway.ID{Kind: "toy:Thing", Name: "y"})["arn"])
	require.Nil(t, result.Outputs(slipway.ID{Kind: "toy:Thing", Name: "x"}))
}
