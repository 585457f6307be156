// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

type input struct{ Name, Size, Parent string }

var of = rules.Of[input]{
	{
		Meta: rules.Meta{ID: "in-size", Code: "Odd", Text: "Size is odd.", Warn: true, Doc: "https://docs.aws.amazon.com/size"},
		Check: func(r *rules.Report, in *input) {
			if in.Size == "odd" {
				r.Add(rules.Problem{Path: "Size", Got: in.Size, Want: "even"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "in-name", Code: "Invalid", Text: "Name is invalid.", Doc: "https://docs.aws.amazon.com/name"},
		Check: func(r *rules.Report, in *input) {
			if in.Name != "good" {
				r.Add(rules.Problem{Path: "Name", Got: in.Name, Want: "good", Text: "Name " + in.Name + " is invalid."})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "in-parent", Code: "NotFound"},
		Check: func(r *rules.Report, in *input) {
			if _, found, known := r.Get("parent", in.Parent); known && !found {
				r.Add(rules.Problem{Path: "Parent", Got: in.Parent, Want: "one that exists", Code: "ParentNotFound"})
			}
		},
	},
}

type refs map[string]bool

func (r refs) Get(_, ref string) (state any, found, known bool) { return nil, r[ref], true }

func TestAllReportsEverythingInOrder(t *testing.T) {
	t.Parallel()
	all := of.All(refs{}, &input{Name: "bad", Size: "odd", Parent: "nobody"})
	require.Len(t, all, 3)
	require.Equal(t, "Size: got odd, want even (https://docs.aws.amazon.com/size)", all[0].Error())
	require.True(t, all[0].Warn)
	require.Equal(t, "Name bad is invalid.", all[1].Text, "the check's own text counts")
	require.Equal(t, "ParentNotFound", all[2].Code, "and its own code")
	require.ErrorIs(t, rules.Errors(all), slipway.ErrInvalid)
	require.NoError(t, rules.Errors(all[:1]), "a warning is no error")
}

func TestFirstIsWhatAWSAnswers(t *testing.T) {
	t.Parallel()
	v, bad := of.First(refs{}, &input{Name: "bad", Size: "odd", Parent: "nobody"})
	require.True(t, bad)
	require.Equal(t, "in-name", v.Rule, "warnings do not count, then the list's order does")
	_, bad = of.First(refs{"x": true}, &input{Name: "good", Size: "odd", Parent: "x"})
	require.False(t, bad)
}

func TestWhatIsNotKnownIsNotReported(t *testing.T) {
	t.Parallel()
	ref := slipway.Ref(slipway.ID{Kind: "k", Name: "n"}, "arn")
	require.Empty(t, of.All(nil, &input{Name: ref, Parent: "nobody"}),
		"neither a placeholder nor a reference that nobody can look up")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	name, empty := "app", ""
	require.Equal(t, "ContainerDefinitions[app]", rules.Elem("ContainerDefinitions", &name, 0))
	require.Equal(t, "ContainerDefinitions[1]", rules.Elem("ContainerDefinitions", &empty, 1))
	require.Equal(t, "ContainerDefinitions[2]", rules.Elem("ContainerDefinitions", nil, 2))
	errs := rules.At("Create", []slipway.FieldError{{Path: "Name"}, {Path: ""}})
	require.Equal(t, "Create.Name", errs[0].Path)
	require.Equal(t, "Create", errs[1].Path)
}
