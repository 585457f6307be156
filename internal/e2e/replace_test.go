// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// ported is a shop behind a balancer whose container listens on a port: another port is
// another target group.
func ported(port int, image string, change func(elb.Route) elb.Route) (slipway.Stack, ecs.FargateService) {
	http := ecs.TCP("http", port)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:"+image)).WithPort(http)
	network := vpc.Default()
	route := elb.NewApplication("shop", network).Route("/*").WithDeregistrationDelay(time.Minute)
	if change != nil {
		route = change(route)
	}
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"),
		ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app), network).
		WithCount(2).WithRoute(route, app, http)
	return slipway.NewStack("shop", web), web
}

// asking sends a request every second until stop is called, which returns what failed.
func asking(t *testing.T, cloud *fakes.Cloud, url string) (stop func() []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	start, client := time.Now(), cloud.Config().HTTPClient
	var (
		failed []string
		done   sync.WaitGroup
	)
	done.Go(func() {
		for ctx.Err() == nil {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err == nil {
				var answer *http.Response
				if answer, err = client.Do(request); err == nil && answer.StatusCode != http.StatusOK {
					err = fmt.Errorf("status %s", answer.Status)
				}
			}
			if err != nil {
				failed = append(failed, fmt.Sprintf("after %v: %v", time.Since(start), err))
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	return func() []string {
		cancel()
		done.Wait()
		return failed
	}
}

// TestReplacingATargetGroupLosesNoRequest: AWS cannot change a target group's port.
func TestReplacingATargetGroupLosesNoRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		stack, web := ported(8080, "1", nil)
		result, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		url := slipway.Output(result, web).URL

		stack, _ = ported(9090, "2", nil)
		p, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.Equal(t, 2, strings.Count(p.String(), "in steps: what is replaced stays in use"), "%s", p)
		require.Empty(t, p.Warnings)

		stop := asking(t, cloud, url)
		_, err = stack.Apply(t.Context(), cloud.Config())
		require.Empty(t, stop())
		require.NoError(t, err)
		p, err = stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, p.Empty(), "%s", p)
		require.Len(t, service(t, cloud).LoadBalancers, 1)
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	})
}
