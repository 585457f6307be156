// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// TestFaultsOfEveryCall throttles, and loses the reply to, the first call of each operation
// that a service needs from nothing, over a change, to nothing.
func TestFaultsOfEveryCall(t *testing.T) {
	t.Parallel()
	first := secretless()
	second := first.WithCount(2).WithExec().WithTag("team", "shop")
	life := func(t *testing.T, cloud *fakes.Cloud) {
		t.Helper()
		for _, s := range []ecs.FargateService{first, second} {
			require.NoError(t, apply(t, cloud, s))
			plan, err := slipway.NewStack("shop", s).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.Empty(t, plan.Changes, "%s", plan)
		}
		require.NoError(t, slipway.NewStack("shop", second).Destroy(t.Context(), cloud.Config()))
	}
	clean := fakes.New(fakes.Options{})
	life(t, clean)
	operations := map[fakes.Match]bool{}
	for _, call := range clean.Calls() {
		operations[fakes.Match{Service: call.Service, Operation: call.Operation}] = true
	}
	require.Greater(t, len(operations), 20)
	for match := range operations {
		for name, fault := range map[string]fakes.Interceptor{
			"throttled": fakes.Throttling(), "lost": fakes.LostReply(),
		} {
			t.Run(match.Service+" "+match.Operation+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					cloud := fakes.New(fakes.Options{})
					cloud.Inject(match, fault)
					began := time.Now()
					life(t, cloud)
					require.Less(t, time.Since(began), 5*time.Minute)
				})
			})
		}
	}
}

func secretless() ecs.FargateService { return web(app("nginx:1")) }

// TestDenialIsNotRepeated: what will not get better is told at once.
func TestDenialIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateCluster", "RegisterTaskDefinition", "CreateService", "DescribeServiceDeployments", "DescribeServices"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			cloud.Inject(fakes.Match{Service: "ECS", Operation: operation, Times: fakes.Always},
				fakes.Failing("AccessDeniedException", "User is not authorized"))
			err := apply(t, cloud, worker("worker:1"))
			require.ErrorIs(t, err, slipway.ErrDenied)
			require.ErrorContains(t, err, "User is not authorized")
		})
	}
}
