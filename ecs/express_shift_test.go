// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	nethttp "net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// gateway is a service of Express Mode of that image.
func gateway(image string) ecs.ExpressService {
	return ecs.NewExpressService("web", ecs.ImageRef("public.ecr.aws/shop/"+image)).WithHealthCheckPath("/health")
}

// studio is a cloud with such a service of web:1, which answers 200; web:2 answers 202,
// web:bad 404 to all but its health checks, and web:broken does not run.
type studio struct {
	clinic
	url string
}

// expressed runs the test in a bubble with such a service.
func expressed(t *testing.T, test func(s studio)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := clinic{T: t, cloud: fakes.New(fakes.Options{Timing: fakes.Realistic})}
		for image, status := range map[string]int{"web:1": blue, "web:2": green, "web:bad": nethttp.StatusNotFound} {
			c.cloud.Image("public.ecr.aws/shop/"+image, fakes.Program{Logs: []string{"I am " + image}, Status: func(path string, _ time.Duration) int {
				if path == "/health" {
					return nethttp.StatusOK
				}
				return status
			}})
		}
		c.cloud.Image("public.ecr.aws/shop/web:broken", fakes.Program{Exit: &fakes.Exit{Code: 1}})
		result, err := slipway.NewStack("shop", gateway("web:1")).Apply(t.Context(), c.cloud.Config())
		c.must(nil, err)
		test(studio{c, slipway.Output(result, gateway("web:1")).URL})
	})
}

// visited has a request come every second from now on, until it is stopped.
func (s studio) visited() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for ctx.Err() == nil {
			r, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, s.url, nil)
			if err != nil {
				return
			}
			if out, err := s.cloud.Config().HTTPClient.Do(r); err == nil {
				_ = out.Body.Close()
			}
			time.Sleep(time.Second)
		}
	}()
	return func() {
		cancel()
		<-gone
	}
}

// image is the one that the service shows.
func (s studio) image() string {
	s.Helper()
	out, err := awsecs.NewFromConfig(s.cloud.Config()).DescribeExpressGatewayService(s.Context(), &awsecs.DescribeExpressGatewayServiceInput{
		ServiceArn: aws.String("arn:aws:ecs:us-east-1:123456789012:service/default/web"),
	})
	require.NoError(s, err)
	require.Len(s, out.Service.ActiveConfigurations, 1)
	return strings.TrimPrefix(*out.Service.ActiveConfigurations[0].PrimaryContainer.Image, "public.ecr.aws/shop/")
}

// expressService names it without a declaration.
var expressService = ecs.ServiceNamed("default", "web")

// notes keeps what is told.
type notes struct{ lines []string }

// Observe notes messages.
func (n *notes) Observe(_ context.Context, e slipway.Event) {
	if m, ok := e.(slipway.Message); ok {
		n.lines = append(n.lines, m.Text)
	}
}

func (n *notes) tells(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		require.True(t, slices.ContainsFunc(n.lines, func(l string) bool { return strings.Contains(l, part) }), "%q in %q", part, n.lines)
	}
}

// TestExpressApplyFollowsTheCanary: it tells of the parts, the stages and the shares, and
// takes the six minutes of the bake times.
func TestExpressApplyFollowsTheCanary(t *testing.T) {
	t.Parallel()
	expressed(t, func(s studio) {
		var told notes
		began := time.Now()
		require.NoError(s, apply(s.T, s.cloud, gateway("web:2").WithHealthCheckPath("/health?2"), slipway.Observe(&told)))
		require.Greater(s, time.Since(began), 6*time.Minute)
		told.tells(s.T, "listener rule is ACTIVE", "stage PRODUCTION_TRAFFIC_SHIFT", " gets 5 % of the traffic", "stage BAKE_TIME", " gets 100 % of the traffic")
		require.Equal(s, 100, s.share(s.url, false))
		require.Equal(s, "web:2", s.image())
	})
}

// TestExpressRolledBackIsAFailure with its cause; the next Apply begins anew, and one of
// what runs already does not fail for it.
func TestExpressRolledBackIsAFailure(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		image, reason, evidence string
		cause                   slipway.CauseCode
	}{
		{"web:bad", "CloudWatch alarm", "more than 1 % of the answers were 4xx or 5xx", slipway.AlarmTriggered},
		{"web:broken", "circuit breaker", "exit code 1", slipway.ContainerExited},
	} {
		t.Run(test.image, func(t *testing.T) {
			t.Parallel()
			expressed(t, func(s studio) {
				defer s.visited()()
				err := apply(s.T, s.cloud, gateway(test.image))
				var failed *ecs.DeploymentError
				require.ErrorAs(s, err, &failed)
				require.ErrorIs(s, err, slipway.ErrFailed)
				require.Equal(s, ecs.RolledBack, failed.Outcome)
				require.Contains(s, failed.Reason, test.reason)
				require.Equal(s, test.cause, failed.Causes[0].Code)
				require.Contains(s, err.Error(), test.evidence)
				require.Equal(s, "web:1", s.image())
				require.Zero(s, s.share(s.url, false))

				time.Sleep(10 * time.Minute) // the alarm goes off again
				require.NoError(s, apply(s.T, s.cloud, gateway("web:1").WithTag("a", "b")), "only the tag was wanted")
				plan, err := slipway.NewStack("shop", gateway(test.image)).Plan(s.Context(), s.cloud.Config())
				require.NoError(s, err)
				require.NotEmpty(s, plan.Changes, "it is still to be done")
				require.NoError(s, apply(s.T, s.cloud, gateway("web:2")))
				require.Equal(s, 100, s.share(s.url, false))
			})
		})
	}
}

// TestExpressIsWatchedByItsRevision, from another process, whenever.
func TestExpressIsWatchedByItsRevision(t *testing.T) {
	t.Parallel()
	expressed(t, func(s studio) {
		ctx, leave := context.WithTimeout(s.Context(), 2*time.Minute)
		defer leave()
		_, err := slipway.NewStack("shop", gateway("web:2")).Apply(ctx, s.cloud.Config())
		require.ErrorIs(s, err, context.DeadlineExceeded, "whoever deploys leaves in the middle")

		plan, err := slipway.NewStack("shop", gateway("web:2")).Plan(s.Context(), s.cloud.Config())
		require.NoError(s, err)
		require.Empty(s, plan.Changes, "it is on its way: %s", plan)
		status, err := ecs.Status(s.Context(), s.cloud.Config(), expressService)
		require.NoError(s, err)
		require.Equal(s, "PRODUCTION_TRAFFIC_SHIFT", status.Stage)
		require.Equal(s, map[string]int{"healthy": 2}, status.Targets, "one of each revision")

		result, err := slipway.NewStack("shop", gateway("web:2")).Apply(s.Context(), s.cloud.Config())
		require.NoError(s, err, "the next run waits for what the first one began")
		require.Equal(s, "web:2", s.image())
		revision := slipway.Output(result, gateway("web:2")).Revision
		all, err := s.watched(s.Context(), revision)
		require.NoError(s, err)
		require.Equal(s, ecs.DeploymentEnded{Outcome: ecs.Succeeded}, all[len(all)-1])
		_, err = s.watched(s.Context(), revision[:len(revision)-1])
		require.ErrorIs(s, err, slipway.ErrNotFound)
	})
}

// TestExpressWatchTellsOfTheParts that ECS makes.
func TestExpressWatchTellsOfTheParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clinic{T: t, cloud: fakes.New(fakes.Options{Timing: fakes.Realistic})}
		ctx, leave := context.WithTimeout(t.Context(), 15*time.Second)
		defer leave()
		_, err := slipway.NewStack("shop", gateway("web:1")).Apply(ctx, c.cloud.Config())
		require.Error(t, err)
		status, err := ecs.Status(t.Context(), c.cloud.Config(), expressService)
		require.NoError(t, err)
		all, err := c.watched(t.Context(), status.Deployment)
		require.NoError(t, err)
		parts := of[ecs.ExpressPart](all)
		require.Contains(t, parts, ecs.ExpressPart{Part: "load balancer", Status: "ACTIVE"})
		require.Contains(t, parts, ecs.ExpressPart{Part: "scaling policy", Status: "ACTIVE"})
	})
}

// TestExpressIsOperated as other services are.
func TestExpressIsOperated(t *testing.T) {
	t.Parallel()
	expressed(t, func(s studio) {
		ctx, cfg := s.Context(), s.cloud.Config()
		causes, err := ecs.Diagnose(ctx, cfg, expressService)
		require.NoError(s, err)
		require.Empty(s, causes, "it is well")
		var lines []string
		for line, err := range ecs.Logs(ctx, cfg, expressService) {
			require.NoError(s, err)
			lines = append(lines, line.Container+" "+line.Text)
		}
		require.Equal(s, []string{"Main I am web:1"}, lines)

		deployment, err := ecs.UpdateImage(ctx, cfg, expressService, "Main", ecs.ImageRef("public.ecr.aws/shop/web:2"))
		require.NoError(s, err)
		s.succeeds(deployment, nil)
		require.Equal(s, "web:2", s.image())
		plan, err := slipway.NewStack("shop", gateway("web:1")).Plan(ctx, cfg)
		require.NoError(s, err)
		require.NotEmpty(s, plan.Changes, "the plan shows it")
		plan, err = slipway.NewStack("shop", gateway("web:2")).Plan(ctx, cfg)
		require.NoError(s, err)
		require.Empty(s, plan.Changes, "%s", plan)

		s.succeeds(ecs.Rollback(ctx, cfg, expressService))
		require.Equal(s, "web:1", s.image())
		require.Zero(s, s.share(s.url, false))
		s.succeeds(ecs.Restart(ctx, cfg, expressService))
		require.NoError(s, ecs.Scale(ctx, cfg, expressService, 3))
		require.ErrorIs(s, ecs.Scale(ctx, cfg, expressService, 21), slipway.ErrInvalid, "the scaling of Express Mode has its bounds")

		deployment, err = ecs.UpdateImage(ctx, cfg, expressService, "Main", ecs.ImageRef("public.ecr.aws/shop/web:2"))
		require.NoError(s, err)
		time.Sleep(2 * time.Minute)
		require.InDelta(s, 5, s.share(s.url, false), 1)
		stopped, err := ecs.Stop(ctx, cfg, expressService)
		require.NoError(s, err)
		require.Equal(s, deployment, stopped)
		_, err = s.watched(ctx, deployment)
		require.Error(s, err)
		require.Equal(s, "web:1", s.image())
	})
}

// TestExpressIsNotExported: the source would be that of another kind of service.
func TestExpressIsNotExported(t *testing.T) {
	t.Parallel()
	expressed(t, func(s studio) {
		_, err := ecs.Export(s.Context(), s.cloud.Config(), expressService)
		require.ErrorIs(s, err, slipway.ErrInvalid)
		require.ErrorContains(s, err, "ecs.NewExpressService")
	})
}

// TestExpressLeastPermissions makes, changes and destroys with nothing but the policies
// that the plans print.
func TestExpressLeastPermissions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cloud := t.Context(), fakes.New(fakes.Options{})
		full := fullExpress().WithCluster(ecs.NewCluster("shop"))
		base := expressWeb().WithCluster(ecs.NewCluster("shop"))
		for _, name := range []string{"token", "registry"} {
			_, err := awssm.NewFromConfig(cloud.Config()).CreateSecret(ctx, &awssm.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
			require.NoError(t, err)
		}
		caller := deployer(t, cloud, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
		for i, service := range []ecs.ExpressService{base, full} {
			stack := slipway.NewStack("shop", service)
			plan, err := stack.Plan(ctx, cloud.Config())
			require.NoError(t, err)
			_, err = awsiam.NewFromConfig(cloud.Config()).PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{
				RoleName: aws.String("deployer"), PolicyName: aws.String("deploy"), PolicyDocument: aws.String(plan.Policy()),
			})
			require.NoError(t, err)
			_, err = stack.Apply(ctx, caller)
			require.NoError(t, err, "step %d: %s", i, plan.Policy())
		}
	})
}
