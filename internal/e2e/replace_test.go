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

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// replaced is a shop whose container listens on a port: another port is another target
// group.
func replaced(port int, image string, route elb.ServiceRoute) (slipway.Stack, ecs.FargateService) {
	return replacedIn(vpc.Default(), port, image, route)
}

func replacedIn(network vpc.Network, port int, image string, route elb.ServiceRoute) (slipway.Stack, ecs.FargateService) {
	http := ecs.TCP("http", port)
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:"+image)).WithPort(http)
	web := ecs.NewFargateService("web", ecs.NewCluster("shop"),
		ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app), network).
		WithCount(2).WithRoute(route, app, http)
	return slipway.NewStack("shop", web), web
}

// web is a route of an Application Load Balancer, plain one of a Network Load Balancer.
func web() elb.Route {
	return elb.NewApplication("shop", vpc.Default()).Route("/*").WithDeregistrationDelay(time.Minute)
}

func plain() elb.NetworkRoute {
	return elb.NewNetwork("shop", vpc.Default()).TCP(80).WithDeregistrationDelay(time.Minute)
}

// opened is a cloud with the shop in its first version, and where it is reached.
func opened(t *testing.T, route elb.ServiceRoute) (cloud *fakes.Cloud, url string) {
	t.Helper()
	cloud = fakes.New(fakes.Options{Timing: fakes.Realistic})
	stack, web := replaced(8080, "1", route)
	result, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	return cloud, strings.Replace(slipway.Output(result, web).URL, "tcp://", "http://", 1)
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
	for name, route := range map[string]elb.ServiceRoute{"rule": web(), "listener": plain()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud, url := opened(t, route)
				stack, _ := replaced(9090, "2", route)
				p, err := stack.Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.Equal(t, 2, strings.Count(p.String(), "in steps: what is replaced stays in use"), "%s", p)
				require.Empty(t, p.Warnings)

				stop := asking(t, cloud, url)
				_, err = stack.Apply(t.Context(), cloud.Config())
				require.Empty(t, stop())
				require.NoError(t, err)
				arrived(t, cloud, stack)
				require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
			})
		})
	}
}

// arrived checks that nothing is left to do, and nothing of what was on the way.
func arrived(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack) {
	t.Helper()
	p, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
	require.Len(t, service(t, cloud).LoadBalancers, 1)
	require.Equal(t, 1, kinds(cloud.Snapshot())["elasticloadbalancing us-east-1 target-group"])
}

// TestReplacingATargetGroupIsResumed ends the program after any write.
func TestReplacingATargetGroupIsResumed(t *testing.T) {
	t.Parallel()
	writes := 0
	synctest.Test(t, func(t *testing.T) {
		cloud, _ := opened(t, web())
		cloud.ForgetCalls()
		stack, _ := replaced(9090, "2", web())
		_, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		writes = len(cloud.Calls().Writes())
	})
	every(t, writes, 1, func(t *testing.T, at int) {
		synctest.Test(t, func(t *testing.T) {
			cloud, url := opened(t, web())
			stop := asking(t, cloud, url)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			killing(ctx, cloud, at, kill, fakes.Call.Write)
			stack, _ := replaced(9090, "2", web())
			_, err := stack.Apply(ctx, cloud.Config(), slipway.Concurrency(1))
			require.Error(t, err)
			_, err = stack.Apply(t.Context(), cloud.Config())
			require.Empty(t, stop())
			require.NoError(t, err)
			arrived(t, cloud, stack)
		})
	})
}

// TestDestroyInTheMiddleOfAReplacement: both groups are in use then.
func TestDestroyInTheMiddleOfAReplacement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, _ := opened(t, web())
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		killing(ctx, cloud, 0, kill, func(c fakes.Call) bool { return c.Operation == "UpdateService" })
		stack, _ := replaced(9090, "2", web())
		_, err := stack.Apply(ctx, cloud.Config())
		require.Error(t, err)
		require.Equal(t, 2, kinds(cloud.Snapshot())["elasticloadbalancing us-east-1 target-group"])
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
		cloud.Advance(forgotten)
		require.Subset(t, linkedRoles, cloud.Snapshot().Since(fakes.New(fakes.Options{}).Snapshot()))
	})
}

// TestAReplacedTargetGroupIsThereToGoBackTo: what fails is rolled back to a group that
// still has its requests, and the version before can be declared again.
func TestAReplacedTargetGroupIsThereToGoBackTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, url := opened(t, web())
		cloud.Image("public.ecr.aws/shop/web:2", fakes.Program{Exit: &fakes.Exit{Code: 3}})
		stop := asking(t, cloud, url)
		stack, _ := replaced(9090, "2", web())
		_, err := stack.Apply(t.Context(), cloud.Config())
		var failed *ecs.DeploymentError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, ecs.RolledBack, failed.Outcome)

		stack, _ = replaced(8080, "1", web())
		_, err = stack.Apply(t.Context(), cloud.Config())
		require.Empty(t, stop())
		require.NoError(t, err)
		arrived(t, cloud, stack)
	})
}

// TestATargetGroupThatTasksCannotShare: the health check of the new version is none of
// the old one's.
func TestATargetGroupThatTasksCannotShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, url := opened(t, web())
		stack, _ := replaced(9090, "2", web().WithHealthCheck(elb.HealthCheck{Path: "/ready"}))
		p, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.Len(t, p.Warnings, 1)
		require.ErrorContains(t, p.Warnings[0], "ecs:Service/shop/web Create.LoadBalancers: got elb:TargetGroup/shop-web replaced, "+
			"and the groups differ in HealthCheckPath, want a second route")
		stop := asking(t, cloud, url)
		_, err = stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		failed := stop()
		require.NotEmpty(t, failed, "the warning says so")
		require.Less(t, len(failed), 15, "but not for the minute in which the old tasks drain: %q", failed)
		arrived(t, cloud, stack)
	})
}

// TestReplacementsThatLoseRequestsAreWarnedOf plans what cannot be done in steps.
func TestReplacementsThatLoseRequestsAreWarnedOf(t *testing.T) {
	t.Parallel()
	five := func(port int) ecs.FargateService {
		http := ecs.TCP("http", port)
		app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithPort(http)
		all := ecs.NewFargateService("web", ecs.NewCluster("shop"),
			ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app), vpc.Default())
		for i := range 5 {
			all = all.WithRoute(elb.NewApplication("shop", vpc.Default()).Route(fmt.Sprintf("/%d/*", i)), app, http)
		}
		return all
	}
	shifting := func(port int) ecs.FargateService {
		_, service := replaced(port, "1", web())
		return service.WithDeployment(ecs.BlueGreen{})
	}
	for _, row := range []struct {
		name    string
		service func(port int) ecs.FargateService
		want    int
		warning string
	}{
		{"as many groups as there may be", five, 5, "the service has as many target groups as it may"},
		{"a pair, whose weights are the deployments'", shifting, 2, "deployments shift the traffic between two groups"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cfg := fakes.New(fakes.Options{}).Config()
			_, err := slipway.NewStack("shop", row.service(8080)).Apply(t.Context(), cfg)
			require.NoError(t, err)
			p, err := slipway.NewStack("shop", row.service(9090)).Plan(t.Context(), cfg)
			require.NoError(t, err)
			n := 0
			for _, w := range p.Warnings {
				if strings.Contains(w.Error(), row.warning) {
					n++
				}
			}
			require.Equal(t, row.want, n, "%s", p)
		})
	}
}

// TestAnotherLookUpOfTheVPCIsNoChange: the VPC is looked up in several ways.
func TestAnotherLookUpOfTheVPCIsNoChange(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	stack, _ := replaced(8080, "1", web())
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	client := awsec2.NewFromConfig(cloud.Config())
	found, err := client.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	var ids []string
	for _, s := range found.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	for name, network := range map[string]vpc.Network{
		"by ID": vpc.ByID(*found.Subnets[0].VpcId).Public(), "by its subnets": vpc.Default().WithSubnets(ids...),
	} {
		stack, _ := replacedIn(network, 8080, "1", web())
		p, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, p.Empty(), "%s: %s", name, p)
	}
}
