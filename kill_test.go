// SPDX-License-Identifier: Apache-2.0

package slipway_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
)

// TestKilledAfterAnyCall cuts each of several runs off after its n-th call, for
// every n, and runs it again.
func TestKilledAfterAnyCall(t *testing.T) {
	t.Parallel()
	type story struct {
		name   string
		before func(toys) slipway.Stack
		run    func(context.Context, toys) error
	}
	stack := func(c toys, base, policy string) slipway.Stack {
		b := c.Base("b")
		b.state.Create.Name = aws.String(base)
		x := c.Thing("x").on(b)
		x.state.Policy = aws.String(policy)
		return slipway.NewStack("shop", x, c.Thing("y").on(b))
	}
	applied := func(base, policy string) func(context.Context, toys) error {
		return func(ctx context.Context, c toys) error {
			_, err := stack(c, base, policy).Apply(ctx, config, slipway.Concurrency(1))
			return err
		}
	}
	stories := []story{
		{"from nothing", nil, applied("b-1", `{"v":1}`)},
		{"a change", func(c toys) slipway.Stack { return stack(c, "b-1", `{"v":1}`) }, applied("b-1", `{"v":2}`)},
		{"a replacement", func(c toys) slipway.Stack { return stack(c, "b-1", `{"v":1}`) }, applied("b-2", `{"v":1}`)},
		{"destruction", func(c toys) slipway.Stack { return stack(c, "b-1", `{"v":1}`) }, func(ctx context.Context, c toys) error {
			return stack(c, "b-1", `{"v":1}`).Destroy(ctx, config, slipway.Concurrency(1))
		}},
	}
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			prepared := func() toys {
				c := newToys()
				if s.before != nil {
					apply(t, s.before(c))
				}
				c.reset()
				return c
			}
			whole := prepared()
			require.NoError(t, s.run(t.Context(), whole))
			want, calls := shapes(whole.snapshot()), len(whole.calls)
			for n := 1; n <= calls; n++ {
				c := prepared()
				ctx, cancel := context.WithCancel(t.Context())
				c.kill = func(at int) {
					if at == n {
						cancel()
					}
				}
				err := s.run(ctx, c)
				require.ErrorIs(t, err, context.Canceled, "call %d of %d", n, calls)
				c.kill = nil
				require.NoError(t, s.run(t.Context(), c), "again, after call %d", n)
				require.Equal(t, want, shapes(c.snapshot()), "after call %d: no duplicate, no orphan", n)
			}
		})
	}
}

// shapes leaves the serial numbers out of a snapshot.
func shapes(snapshot []string) []string {
	out := make([]string, len(snapshot))
	for i, s := range snapshot {
		before, after, found := strings.Cut(s, "parent=arn:toy:")
		if _, rest, ok := strings.Cut(after, " "); found && ok {
			name, _, _ := strings.Cut(after, " ")
			s = before + name[:strings.LastIndex(name, ":")] + " " + rest
		}
		out[i] = s
	}
	return out
}
