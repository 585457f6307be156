// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

func TestCall(t *testing.T) {
	t.Parallel()
	c := slipway.Call{Stack: "shop@eu-central-1", ID: slipway.ID{Kind: "ecs:Service", Name: "shop/web"}}
	require.Equal(t, map[string]string{"slipway:stack": "shop@eu-central-1", "slipway:resource": "ecs:Service/shop/web"}, c.Tags())
	require.Equal(t, slipway.Owner{Stack: "shop@eu-central-1", Resource: "ecs:Service/shop/web"}, c.Owner())

	token := c.Token(toyInput{Peers: []string{"a"}})
	require.Len(t, token, 36)
	require.Equal(t, token, c.Token(toyInput{Peers: []string{"a"}}), "the same create is the same token")
	require.NotEqual(t, token, c.Token(toyInput{Peers: []string{"b"}}))
	other := c
	other.ID.Name = "shop/api"
	require.NotEqual(t, token, other.Token(toyInput{Peers: []string{"a"}}))
	other = c
	other.Stack = "shop@eu-west-1"
	require.NotEqual(t, token, other.Token(toyInput{Peers: []string{"a"}}))
	require.Len(t, c.Token(func() {}), 36, "what cannot be sent has one, too")
}

func TestID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, give string
		want       slipway.ID
		ok         bool
	}{
		{"kind and name", "ecs:Cluster/shop", slipway.ID{Kind: "ecs:Cluster", Name: "shop"}, true},
		{"the name may hold slashes", "ecs:Service/shop/web", slipway.ID{Kind: "ecs:Service", Name: "shop/web"}, true},
		{"no name", "ecs:Cluster/", slipway.ID{Kind: "ecs:Cluster"}, false},
		{"no kind", "/shop", slipway.ID{Name: "shop"}, false},
		{"neither", "shop", slipway.ID{Kind: "shop"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, ok := slipway.ParseID(tt.give)
			require.Equal(t, tt.want, id)
			require.Equal(t, tt.ok, ok)
			if ok {
				require.Equal(t, tt.give, id.String())
			}
		})
	}
}

func TestHasRef(t *testing.T) {
	t.Parallel()
	require.True(t, slipway.HasRef("arn:"+slipway.Ref(slipway.ID{Kind: "ecs:Cluster", Name: "shop"}, "arn")))
	require.True(t, slipway.HasRef(slipway.Self("account")))
	require.False(t, slipway.HasRef("${aws:username}"))
}

func TestPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		err := slipway.Poll(t.Context(), func(context.Context) (bool, error) {
			at = append(at, time.Since(start))
			return len(at) == 14, nil
		})
		require.NoError(t, err)
		require.Zero(t, at[0], "at once")
		require.Equal(t, 5*time.Millisecond, at[1])
		require.Equal(t, 10*time.Millisecond, at[2]-at[1])
		require.Equal(t, 5*time.Second, at[13]-at[12], "at most")
	})
}

func TestPollEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		require.Equal(t, broken, slipway.Poll(t.Context(), func(context.Context) (bool, error) { return false, broken }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := slipway.Poll(ctx, func(context.Context) (bool, error) { return false, nil })
		require.ErrorIs(t, err, slipway.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestFieldError(t *testing.T) {
	t.Parallel()
	e := slipway.FieldError{Path: "ecs:Service/x Create.Cpu", Got: "3", Want: "256", Doc: "https://docs"}
	require.EqualError(t, e, "ecs:Service/x Create.Cpu: got 3, want 256 (https://docs)")
	require.ErrorIs(t, fmt.Errorf("outer: %w", e), slipway.ErrInvalid)
	require.NotErrorIs(t, e, slipway.ErrConflict)
	warn := slipway.FieldError{Path: "x", Want: "y", Warn: true}
	require.NoError(t, slipway.JoinFields([]slipway.FieldError{warn}), "a warning is no error")
	require.EqualError(t, slipway.JoinFields([]slipway.FieldError{warn, e, e}), e.Error()+"\n"+e.Error())
}
