// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// behindBoth is a service behind an Application and a Network Load Balancer.
func behindBoth() ecs.FargateService {
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	nlb := elb.NewNetwork("front", vpc.Default())
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), c, http).
		WithRoute(nlb.TCP(80), c, http).
		WithRoute(nlb.TLS(443, "arn:aws:acm:us-east-1:123456789012:certificate/1"), c, http)
}

func TestServiceBehindBothKindsOfBalancers(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	service := behindBoth()
	stack := slipway.NewStack("shop", service)
	result, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Equal(t, ecs.Succeeded, slipway.Output(result, service).Outcome)
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)

	api := awselb.NewFromConfig(cloud.Config())
	out, err := api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Len(t, out.LoadBalancers, 2)
	for _, b := range out.LoadBalancers {
		for _, scheme := range []string{"http", "https"} {
			if b.Type == "application" && scheme == "https" {
				continue
			}
			r, err := nethttp.NewRequestWithContext(t.Context(), nethttp.MethodGet, scheme+"://"+*b.DNSName+"/", nil)
			require.NoError(t, err)
			answer, err := cloud.Config().HTTPClient.Do(r)
			require.NoError(t, err, "%s by %s", b.Type, scheme)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, nethttp.StatusOK, answer.StatusCode)
			require.Contains(t, string(body), ":8080", "a task answers")
		}
	}
	require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	out, err = api.DescribeLoadBalancers(t.Context(), &awselb.DescribeLoadBalancersInput{})
	require.NoError(t, err)
	require.Empty(t, out.LoadBalancers)
}

func TestNetworkBalancerWithoutGroups(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).
		WithRoute(elb.NewNetwork("front", vpc.Default()).WithoutSecurityGroup().TCP(80).WithClientIP(true), c, http)
	stack := slipway.NewStack("shop", service)
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err, "the tasks admit the clients, and so the health checks")
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)
}

func TestNilRouteIsTold(t *testing.T) {
	t.Parallel()
	c := app("nginx:1")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	service := ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default())
	require.ErrorContains(t, service.WithRoute(nil, c, http).Validate(), "LoadBalancers[0]: got nil")
	require.Empty(t, service.WithRoute(nil, c, http).URL())
	require.True(t, strings.HasPrefix(behindBoth().URL(), "http://"))
}

// TestExportBehindNetworkBalancer: the source has the routes of both sorts of balancers.
func TestExportBehindNetworkBalancer(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack := slipway.NewStack("shop", behindBoth())
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	source, err := ecs.Export(t.Context(), cloud.Config(), behindBoth())
	require.NoError(t, err, "%s", source)
	require.Contains(t, string(source), `WithRoute(balancer.Route("/*")`)
	require.Contains(t, string(source), `elb.NewNetwork("front"`)
	require.Contains(t, string(source), `.TLS(443, "arn:aws:acm:us-east-1:123456789012:certificate/1")`)
}
