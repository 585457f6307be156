// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

func TestWhatIsNamedComesFirst(t *testing.T) {
	t.Parallel()
	c := newToys()
	base := c.Base("b")
	user := c.Thing("x")
	user.uses = []slipway.Resource{slipway.Named(base.ID()), slipway.Named(slipway.ID{Kind: "toy:Base", Name: "other"})}
	p, err := slipway.NewStack("shop", user, base).Plan(t.Context(), config)
	require.NoError(t, err)
	require.Equal(t, []slipway.ID{base.ID(), user.ID()}, []slipway.ID{p.Changes[0].ID, p.Changes[1].ID})
	require.Len(t, p.Changes, 2, "the other one is not declared")

	user.after = []slipway.ID{{Kind: "toy:Base", Name: "other"}}
	require.NoError(t, slipway.NewStack("shop", user, base).Validate(), "what is named may come first wherever it is")
	user.after = []slipway.ID{{Kind: "toy:Base", Name: "another"}}
	require.ErrorContains(t, slipway.NewStack("shop", user, base).Validate(), "toy:Base/another")
	user.after = nil

	stack := slipway.NewStack("shop", user, slipway.Named(base.ID()))
	require.Contains(t, plan(t, stack), "1 to create")
	_, err = slipway.Named(base.ID()).Build()
	require.ErrorIs(t, err, slipway.ErrInvalid)

	base.uses = []slipway.Resource{slipway.Named(user.ID())}
	require.ErrorContains(t, slipway.NewStack("shop", user, base).Validate(), "a cycle")
	base.uses = []slipway.Resource{slipway.Named(base.ID())}
	require.NoError(t, slipway.NewStack("shop", base).Validate(), "itself")
}
