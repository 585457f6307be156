// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// countdown counts calls, whichever goroutine makes them.
type countdown struct{ seen atomic.Int64 }

// hit reports whether this is the call after n others.
func (c *countdown) hit(n int) bool { return c.seen.Add(1) == int64(n)+1 }

// every runs f as a subtest for each step-th of n calls; with -short for fewer.
func every(t *testing.T, n, step int, f func(t *testing.T, at int)) {
	t.Helper()
	if testing.Short() {
		step *= 5
	}
	for at := 0; at < n; at += step {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			t.Parallel()
			f(t, at)
		})
	}
}

// undisturbed applies the stack and returns how many calls that took, and what
// there is then.
func undisturbed(t *testing.T) (calls int, things map[string]int) {
	t.Helper()
	clean := account(t, fakes.Options{})
	clean.ForgetCalls()
	apply(t, clean, standard())
	return len(clean.Calls()), kinds(clean.Snapshot())
}

// withoutRevisions takes out the one revision too many that AWS makes of a task
// definition when it is asked twice: nothing tells the two requests apart.
func withoutRevisions(things, want map[string]int) map[string]int {
	const revisions = "ecs us-east-1 task-definition"
	if things[revisions] == want[revisions]+1 {
		things[revisions]--
	}
	return things
}

// patient is the cloud's configuration with retries that do not sleep.
func patient(cloud *fakes.Cloud) aws.Config {
	cfg := cloud.Config()
	cfg.Retryer = func() aws.Retryer {
		return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond)
	}
	return cfg
}

// TestKilledAtAnyCallWithOthersUnderWay ends the program after the n-th call, read
// or write, while others are under way.
func TestKilledAtAnyCallWithOthersUnderWay(t *testing.T) {
	t.Parallel()
	calls, want := undisturbed(t)
	every(t, calls, 2, func(t *testing.T, at int) {
		cloud := account(t, fakes.Options{})
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		killing(ctx, cloud, at, kill, func(fakes.Call) bool { return true })
		stack, _ := standard().build()
		// How many calls waiting takes is a matter of time: the last may not come.
		_, _ = stack.Apply(ctx, cloud.Config())
		kill()
		apply(t, cloud, standard())
		require.Equal(t, want, kinds(cloud.Snapshot()), "no duplicate, no orphan")
		p := plan(t, cloud, standard())
		require.True(t, p.Empty(), "%s", p)
	})
}

// TestOneFaultAtAnyCall: the SDK repeats what was throttled or lost, and a create
// that was done twice is one thing.
func TestOneFaultAtAnyCall(t *testing.T) {
	t.Parallel()
	calls, want := undisturbed(t)
	for _, row := range []struct {
		name   string
		fault  fakes.Interceptor
		step   int
		reason string
	}{
		{"lost reply", fakes.LostReply(), 1, "what was done is asked for again: each operation is another case"},
		{"throttling", fakes.Throttling(), 5, "nothing was done: the SDK's matter"},
		{"server error", fakes.ServerError(), 7, "likewise"},
		{"time-out", fakes.TimingOut(), 7, "likewise"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			every(t, calls, row.step, func(t *testing.T, at int) {
				cloud := account(t, fakes.Options{})
				cloud.Inject(fakes.Match{Skip: at}, row.fault)
				stack, _ := standard().build()
				_, err := stack.Apply(t.Context(), patient(cloud))
				require.NoError(t, err, row.reason)
				require.Equal(t, want, withoutRevisions(kinds(cloud.Snapshot()), want), "no duplicate, no orphan")
			})
		})
	}
}

// TestALostReplyAndThenNothing: the call was done, its answer is lost, and the
// program ends. The next run finds what was made.
func TestALostReplyAndThenNothing(t *testing.T) {
	t.Parallel()
	calls, want := undisturbed(t)
	every(t, calls, 2, func(t *testing.T, at int) {
		cloud := account(t, fakes.Options{})
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		cloud.Inject(fakes.Match{Skip: at}, func(c context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			defer kill()
			return fakes.LostReply()(c, r, next)
		})
		stack, _ := standard().build()
		_, _ = stack.Apply(ctx, cloud.Config())
		apply(t, cloud, standard(), slipway.Concurrency(4))
		require.Equal(t, want, withoutRevisions(kinds(cloud.Snapshot()), want))
	})
}
