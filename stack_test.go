// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base := toys.Base("b")
	cyclic := toys.Thing("x")
	cyclic.state.Create.Parent = aws.String(toys.Thing("y").arn())
	back := toys.Thing("y")
	back.state.Create.Parent = aws.String(cyclic.arn())
	broken := toys.Thing("x")
	broken.err = errors.Join(
		slipway.FieldError{Path: "Create.Env", Got: "two", Want: "one"},
		slipway.FieldError{Path: "toy:Thing/x Create.Name", Want: "a name"}, errors.New("plain"))
	stray := toys.Thing("x")
	stray.state.Create.Parent = aws.String("${slipway:toy:Base/b}")
	self := toys.Thing("x")
	self.state.Create.Image = aws.String(slipway.Self("moon"))
	waits := toys.Thing("x")
	waits.after = []slipway.ID{base.ID()}
	lost := toys.Thing("x")
	lost.state.Create.Parent = aws.String(base.arn())
	tests := []struct {
		name string
		give []slipway.Resource
		want []string
	}{
		{"fine resources are fine", []slipway.Resource{toys.Thing("x").on(base)}, nil},
		{"all problems come at once, in source order", []slipway.Resource{toys.Thing("x").size(-1), toys.Base("y").size(-2)}, []string{
			"toy:Thing/x Create.Size: got -1, want 0 or more", "toy:Base/y Create.Size: got -2, want 0 or more",
		}},
		{"what is used is checked too", []slipway.Resource{toys.Thing("x").on(base.size(-3))}, []string{
			"toy:Base/b Create.Size: got -3, want 0 or more",
		}},
		{"rules see the other resources", []slipway.Resource{toys.Thing("x").on(base.shape("round"))}, []string{
			"toy:Thing/x Create.Parent: got a round one, want a square one",
		}},
		{"equal declarations are one", []slipway.Resource{toys.Thing("x").on(base), toys.Thing("y").on(base), base}, nil},
		{"different ones are an error that names both", []slipway.Resource{toys.Thing("x").on(base), base.size(2)}, []string{
			"toy:Base/b Create.Size: got both none and 2, want the same as declared by toy:Thing/x and by the stack",
		}},
		{"whichever leaves the field out", []slipway.Resource{base.shape("flat"), toys.Thing("x").on(base)}, []string{
			"toy:Base/b Create.Shape: got both \"flat\" and none, want the same as declared by the stack and by toy:Thing/x",
		}},
		{"a cycle is printed", []slipway.Resource{cyclic, back}, []string{
			"toy:Thing/x: got a cycle: toy:Thing/x needs toy:Thing/y needs toy:Thing/x, want resources that do not need one another",
		}},
		{"a builder's own errors get the ID once", []slipway.Resource{broken}, []string{
			"toy:Thing/x Create.Env: got two, want one", "toy:Thing/x Create.Name: want a name", "toy:Thing/x: plain",
		}},
		{"a malformed placeholder never resolves", []slipway.Resource{stray}, []string{
			"toy:Thing/x: got placeholder \"${slipway:toy:Base/b}\" is not of the form ${slipway:<kind>/<name>#<attribute>}, want placeholders as Ref and Self return them",
		}},
		{"self has four attributes", []slipway.Resource{self}, []string{
			"toy:Thing/x: got ${slipway:aws/self#moon}, want account, region, partition, domain or stack",
		}},
		{"After must be declared", []slipway.Resource{waits}, []string{
			"toy:Thing/x: got a reference to toy:Base/b, want a resource that the stack declares",
		}},
		{"so must what a placeholder refers to", []slipway.Resource{lost}, []string{
			"toy:Thing/x: got a reference to toy:Base/b, want a resource that the stack declares",
		}},
		{"nil is no resource", []slipway.Resource{nil}, []string{"Stack.Resources: got nil, want a resource"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := slipway.NewStack("shop", tt.give...).Validate()
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, strings.Join(tt.want, "\n"))
			require.ErrorIs(t, err, slipway.ErrInvalid)
		})
	}
	require.Empty(t, toys.calls, "nothing is sent")
}

func TestValidateDesired(t *testing.T) {
	t.Parallel()
	toys := newToys()
	tests := []struct {
		name string
		give fixed
		want string
	}{
		{"no kind", fixed{}, "toy:Thing/x Kind: want a kind made by NewKind"},
		{"another kind than the ID says", fixed{slipway.Desired{Kind: toys.base}}, "toy:Thing/x Kind: got toy:Base, want toy:Thing"},
		{"another state than the kind's", fixed{slipway.Desired{Kind: toys.thing, State: 1}}, "toy:Thing/x State: got int, want a pointer to the kind's state"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, slipway.NewStack("shop", tt.give).Validate(), tt.want)
		})
	}
}

// fixed is a resource with any answer.
type fixed struct{ d slipway.Desired }

func (fixed) ID() slipway.ID                    { return slipway.ID{Kind: "toy:Thing", Name: "x"} }
func (f fixed) Build() (slipway.Desired, error) { return f.d, nil }

func TestStackName(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"shop": true, "Shop_2-x": true, "": false, "2shop": false, "a b": false, "a@b": false, strings.Repeat("a", 65): false,
	} {
		require.Equal(t, ok, slipway.NewStack(name).Validate() == nil, "name %q", name)
	}
}

func TestStackIsAValue(t *testing.T) {
	t.Parallel()
	toys := newToys()
	base := slipway.NewStack("shop", toys.Base("a")).With(toys.Base("b")).WithKinds(toys.thing)
	left, right := base.With(toys.Base("l").size(-1)), base.With(toys.Base("r").size(-2))
	require.NoError(t, base.Validate(), "the parent is unchanged")
	require.ErrorContains(t, left.Validate(), "toy:Base/l")
	require.ErrorContains(t, right.Validate(), "toy:Base/r")
	require.Equal(t, "shop", base.Name())
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	toys := newToys()
	stack := slipway.NewStack("shop", toys.Thing("x").size(101))
	require.NoError(t, stack.Validate(), "a warning is no error")
	require.Len(t, stack.Warnings(), 1)
	plan, err := stack.Plan(t.Context(), config)
	require.NoError(t, err)
	require.Equal(t, stack.Warnings(), plan.Warnings)
	require.Contains(t, fmt.Sprint(plan), "! toy:Thing/x Create.Size: got 101, want at most 100\n")
}
