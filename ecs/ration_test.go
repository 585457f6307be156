// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// routed is a stack of a service with that many routes.
func routed(name string, paths ...string) slipway.Stack {
	container := app("nginx:1")
	task := ecs.NewFargateTaskDefinition(name, ecs.VCPU/4, 512*ecs.MiB).WithContainer(container)
	service := ecs.NewFargateService(name, ecs.NewCluster("shop"), task, vpc.Default())
	balancer := elb.NewApplication("shop", vpc.Default())
	for _, p := range paths {
		service = service.WithRoute(balancer.Route(p), container, http)
	}
	return slipway.NewStack("shop", service)
}

// TestPreflightOfQuotas: what is there and what is to be made together fit the quota, or
// do not; so the same stack can be applied, or cannot.
func TestPreflightOfQuotas(t *testing.T) {
	t.Parallel()
	const elbs, vpcs, ecss = "elasticloadbalancing", "vpc", "ecs"
	for _, row := range []struct {
		name, service, code string
		// enough is the quota that lets the stack be applied where there is nothing.
		enough int
		text   string
	}{
		{"load balancers", elbs, "L-53DA6B97", 1, `quota "Application Load Balancers per Region" is 0, of which 0 are used, and 1 more are needed`},
		{"target groups", elbs, "L-B22855CB", 2, `quota "Target Groups per Region" is 1, of which 0 are used, and 2 more are needed`},
		{"target groups of a load balancer", elbs, "L-822D1B1B", 2, `is 1, of which 0 are used on load balancer shop, and 2 more are needed`},
		{"listeners", elbs, "L-B6DF7632", 1, `is 0, of which 0 are used on load balancer shop, and 1 more are needed`},
		{"rules", elbs, "L-7EED9B64", 2, `quota "Rules per Application Load Balancer" is 1, of which 0 are used on load balancer shop, and 2 more are needed`},
		{"security groups", vpcs, "L-E79EC296", 3, `quota "VPC security groups per Region" is 2, of which 1 are used, and 2 more are needed`},
		{"clusters", ecss, "L-21C621EB", 1, `quota "Clusters per account" is 0, of which 0 are used, and 1 more are needed`},
		{"services", ecss, "L-9EF96962", 1, `quota "Services per cluster" is 0, of which 0 are used on cluster shop, and 1 more are needed`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud, stack := fakes.New(fakes.Options{}), routed("web", "/a", "/b")
				ctx, cfg := t.Context(), cloud.Config()

				require.NoError(t, cloud.Quota(row.service, row.code, row.enough-1))
				before := cloud.Snapshot()
				report, err := stack.Preflight(ctx, cfg)
				require.NoError(t, err)
				require.ErrorContains(t, report.Err(), row.text)
				require.Equal(t, before, cloud.Snapshot(), "it only reads")
				var failed *slipway.PreflightError
				require.ErrorAs(t, report.Err(), &failed)
				require.Len(t, failed.Failed, 1)
				require.Equal(t, slipway.QuotaExceeded, failed.Failed[0].Cause.Code)
				require.NotEmpty(t, failed.Failed[0].ID.Kind)
				require.Contains(t, failed.Failed[0].Cause.Evidence[0], "quota "+row.code+" of "+row.service)

				require.NoError(t, cloud.Quota(row.service, row.code, row.enough))
				report, err = stack.Preflight(ctx, cfg)
				require.NoError(t, err)
				require.NoError(t, report.Err(), "it is just enough")
				_, err = stack.Apply(ctx, cfg)
				require.NoError(t, err, "and it is what the simulation keeps to")

				report, err = stack.Preflight(ctx, cfg)
				require.NoError(t, err)
				require.NoError(t, report.Err(), "nothing more is needed")
				require.NotContains(t, report.String(), "leaves room", "so nothing is asked")
			})
		})
	}
}

// TestPreflightOfQuotasOfWhatIsThere: what others use counts.
func TestPreflightOfQuotasOfWhatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		ctx, cfg := t.Context(), cloud.Config()
		_, err := routed("web", "/a").Apply(ctx, cfg)
		require.NoError(t, err)
		require.NoError(t, cloud.Quota("elasticloadbalancing", "L-7EED9B64", 2))
		require.NoError(t, cloud.Quota("elasticloadbalancing", "L-822D1B1B", 2))

		report, err := routed("web", "/a", "/b").Preflight(ctx, cfg)
		require.NoError(t, err)
		require.NoError(t, report.Err(), "one more fits")
		require.Contains(t, report.String(), `quota "Rules per Application Load Balancer" leaves room for 1 more on load balancer shop`)
		report, err = routed("web", "/a", "/b", "/c").Preflight(ctx, cfg)
		require.NoError(t, err)
		require.ErrorContains(t, report.Err(), `quota "Rules per Application Load Balancer" is 2, of which 1 are used on load balancer shop, and 2 more are needed`)
		require.ErrorContains(t, report.Err(), `quota "Target Groups per Application Load Balancer" is 2, of which 1 are used on load balancer shop, and 2 more are needed`)
		require.ErrorContains(t, report.Err(), "AWS does not raise this quota")
		_, err = routed("web", "/a", "/b", "/c").Apply(ctx, cfg)
		require.ErrorContains(t, err, "TooMany", "nor can it be applied")
	})
}

// TestPreflightOfQuotasThatMayNotBeRead: what is not known is no failure.
func TestPreflightOfQuotasThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	cloud.Inject(fakes.Match{Service: "Service Quotas", Times: fakes.Always}, fakes.Failing("AccessDeniedException", "no"))
	report, err := routed("web", "/a").Preflight(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Contains(t, report.String(), `unknown  quota "Clusters per account" leaves room for 1 more: AccessDeniedException: no`)
}

// TestPreflightOfQuotasByDefault: Service Quotas has no applied value of some quotas.
func TestPreflightOfQuotasByDefault(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	cloud.Inject(fakes.Match{Service: "Service Quotas", Operation: "GetServiceQuota", Times: fakes.Always}, fakes.Failing("NoSuchResourceException", "none"))
	report, err := routed("web", "/a").Preflight(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.NoError(t, report.Err())
	require.Contains(t, report.String(), `ok       quota "Clusters per account" leaves room for 1 more`)
}
