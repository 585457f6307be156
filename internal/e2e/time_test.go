// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// diary keeps the events with the time of each.
type diary struct {
	waiting []slipway.Waiting
	done    map[slipway.ID]time.Duration
}

func (d *diary) Observe(_ context.Context, e slipway.Event) {
	switch e := e.(type) {
	case slipway.Waiting:
		d.waiting = append(d.waiting, e)
	case slipway.Done:
		if d.done == nil {
			d.done = map[slipway.ID]time.Duration{}
		}
		d.done[e.ID] = e.Took
	}
}

// TestNewRolesTakeAWhile: with AWS's durations, a role that was just made cannot
// be assumed for seconds; that is waited for, not an error.
func TestNewRolesTakeAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{Timing: fakes.Realistic})
		start := time.Now()
		apply(t, cloud, worker())
		require.Greater(t, time.Since(start), fakes.Realistic.Propagate)
		require.EqualValues(t, 2, service(t, cloud).RunningCount)
		require.True(t, plan(t, cloud, worker()).Empty())
	})
}

// TestApplyTakesTheCriticalPath: with AWS's durations, the whole takes what its
// longest chain takes: balancer, listener, rule, service, scaling.
func TestApplyTakesTheCriticalPath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{Timing: fakes.Realistic})
		var seen diary
		start := time.Now()
		apply(t, cloud, standard(), slipway.Observe(&seen))
		took := time.Since(start)
		var path time.Duration
		for id, d := range seen.done {
			switch id.Kind {
			case "elb:LoadBalancer", "elb:Listener", "elb:ListenerRule", "ecs:Service", "autoscaling:Scaling":
				path += d
			}
		}
		require.LessOrEqual(t, took, path+path/10, "nothing else is waited for")
		// What AWS itself takes: the balancer, and then tasks that become healthy.
		tasks := fakes.Realistic.Provision + fakes.Realistic.Pull + fakes.Realistic.Activate
		ideal := fakes.Realistic.LoadBalancer + tasks + fakes.Realistic.Schedule
		t.Logf("took %v, path %v, balancer and tasks alone %v", took, path, ideal)
		require.GreaterOrEqual(t, took, ideal-fakes.Realistic.Schedule)
	})
}

// TestADeadlineSaysWhatWasWaitedFor: ctx alone bounds the waiting.
func TestADeadlineSaysWhatWasWaitedFor(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		after   time.Duration
		shop    shop
		message string
		reason  string
	}{
		{"balancer", time.Minute, standard(), "create elb:LoadBalancer/shop", "it takes two minutes"},
		{"service", 15 * time.Second, worker(), "create ecs:Service/shop/web", "its tasks have not been started"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := account(t, fakes.Options{Timing: fakes.Realistic})
				ctx, cancel := context.WithTimeout(t.Context(), row.after)
				defer cancel()
				stack, _ := row.shop.build()
				start := time.Now()
				_, err := stack.Apply(ctx, cloud.Config())
				require.WithinDuration(t, start.Add(row.after), time.Now(), time.Millisecond, "it ends at once, but for the looks at the causes")
				require.ErrorIs(t, err, slipway.ErrTimeout, row.reason)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, row.message)
				require.ErrorContains(t, err, "last seen: ")
				apply(t, cloud, row.shop)
			})
		})
	}
}

// TestCallsInFlightAreBounded: at most one call for each resource that is worked
// on, and those that a driver makes at the same time.
func TestCallsInFlightAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := account(t, fakes.Options{})
		var active, most atomic.Int64
		cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
			now := active.Add(1)
			defer active.Add(-1)
			if (fakes.Call{Operation: r.Operation}).Write() {
				for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				}
			}
			time.Sleep(50 * time.Millisecond)
			return next()
		})
		apply(t, cloud, standard(), slipway.Concurrency(3))
		require.Greater(t, most.Load(), int64(1), "what does not depend on one another goes on at the same time")
		require.LessOrEqual(t, most.Load(), int64(3))
	})
}

// TestReadsAreBounded: a second plan makes a fixed number of reads, however many
// things of a kind there are where AWS describes many at once.
func TestReadsAreBounded(t *testing.T) {
	t.Parallel()
	reads := func(services int) (total int, batched map[string]int) {
		cloud := account(t, fakes.Options{})
		stack := fleet(services)
		_, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		cloud.ForgetCalls()
		p, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, p.Empty(), "%s", p)
		batched = map[string]int{}
		calls := cloud.Calls()
		require.Empty(t, calls.Writes().Names())
		for _, operation := range []string{"DescribeServices", "DescribeClusters", "DescribeSecurityGroups", "DescribeSecurityGroupRules", "DescribeLoadBalancers", "DescribeTargetGroups"} {
			batched[operation] = len(calls.Of("", operation))
		}
		return len(calls), batched
	}
	one, few := reads(1)
	eight, many := reads(8)
	fifteen, _ := reads(15)
	t.Logf("reads of a second plan: 1 service %d, 8 services %d, 15 services %d; %v %v", one, eight, fifteen, few, many)
	require.Equal(t, few, many, "batched")
	require.InDelta(t, eight-one, fifteen-eight, 7, "a fixed number for each service")
}

// TestPlansAndResultsAreDeterministic compares 20 runs whose calls come in other
// orders.
func TestPlansAndResultsAreDeterministic(t *testing.T) {
	t.Parallel()
	var plans, results []string
	for i := range 20 {
		synctest.Test(t, func(t *testing.T) {
			planned, applied := shuffled(t, i)
			plans, results = append(plans, planned), append(results, applied)
		})
	}
	require.Len(t, slices.Compact(plans), 1)
	require.Len(t, slices.Compact(results), 1)
}

// shuffled plans and applies the shop with latencies and concurrency that depend
// on the seed.
func shuffled(t *testing.T, seed int) (planned, applied string) {
	t.Helper()
	cloud := account(t, fakes.Options{})
	cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		time.Sleep(time.Duration((len(r.Operation)*7+seed*13)%5) * time.Millisecond)
		return next()
	})
	p := plan(t, cloud, standard())
	stack, _ := standard().build()
	result, err := stack.Apply(t.Context(), cloud.Config(), slipway.Concurrency(1+seed%7*3))
	require.NoError(t, err)
	for _, c := range result.Changes {
		applied += c.String()
	}
	return p.String() + p.Policy(), applied
}

// TestAppliesAtTheSameTime: two programs apply the same stack at once; both end,
// or say what stood in the way, and the next run finds nothing twice.
func TestAppliesAtTheSameTime(t *testing.T) {
	t.Parallel()
	_, want := undisturbed(t)
	cloud := account(t, fakes.Options{})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			stack, _ := standard().build()
			_, _ = stack.Apply(t.Context(), cloud.Config())
		})
	}
	both.Wait()
	apply(t, cloud, standard())
	require.Equal(t, want, withoutRevisions(kinds(cloud.Snapshot()), want))
}
