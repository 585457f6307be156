// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// refreshes are those of the group nodes, the newest first.
func (g ground) refreshes() []asgtypes.InstanceRefresh {
	g.t.Helper()
	out, err := awsasg.NewFromConfig(g.cloud.Config()).DescribeInstanceRefreshes(g.t.Context(), &awsasg.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: aws.String("nodes"),
	})
	require.NoError(g.t, err)
	return out.InstanceRefreshes
}

// slowGround has instances that take their time.
func slowGround(t *testing.T) ground {
	t.Helper()
	return ground{t, fakes.New(fakes.Options{Timing: fakes.Timing{Instance: 20 * time.Second}})}
}

// full leaves no capacity for new instances from the next refresh on.
func (g ground) full() {
	g.cloud.Inject(fakes.Match{Service: "Auto Scaling", Operation: "StartInstanceRefresh"},
		func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			g.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: "m5.large"}}})
			return out, err
		})
}

// roomy gives the capacity back.
func (g ground) roomy() { g.cloud.EC2(fakes.EC2Limits{}) }

// monitored is nodes with another version of the template.
func monitored() autoscaling.Group {
	return autoscaling.NewGroup("nodes", node().WithDetailedMonitoring(), vpc.Default()).WithSize(0, 4).WithDesired(2)
}

func (g ground) requireVersion(want string) {
	g.t.Helper()
	require.Len(g.t, g.group().Instances, 2)
	for _, i := range g.group().Instances {
		require.Equal(g.t, want, *i.LaunchTemplate.Version)
	}
}

func TestAChangedTemplateReplacesInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.apply(nodes())
		require.Empty(t, g.refreshes(), "a new group needs none")
		g.apply(monitored())
		g.steady(monitored())
		g.requireVersion("2")
		require.Len(t, g.refreshes(), 1)
		g.apply(monitored().WithTag("a", "b").WithSize(0, 3))
		require.Len(t, g.refreshes(), 1, "other changes replace nothing")
	})
}

func TestInstancesStayWithoutARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.apply(nodes())
		left := monitored().WithoutInstanceRefresh()
		g.apply(left)
		g.steady(left)
		g.requireVersion("1")
		require.Equal(t, "2", *g.group().LaunchTemplate.Version)
		require.Empty(t, g.refreshes())
		plan := g.plan(monitored()).String()
		require.Contains(t, plan, "Current: false -> true")
		g.apply(monitored())
		g.requireVersion("2")
	})
}

func TestARefreshThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.apply(nodes())
		g.cloud.Inject(fakes.Match{Service: "Auto Scaling", Operation: "StartInstanceRefresh"},
			func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
				g.cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Type: "m5.large"}}})
				return next()
			})
		_, err := g.stack(monitored()).Apply(t.Context(), g.cloud.Config())
		require.ErrorIs(t, err, slipway.ErrFailed)
		require.ErrorContains(t, err, *g.refreshes()[0].StatusReason)
		g.roomy()
		require.False(t, g.plan(monitored()).Empty(), "what failed is yet to be done")
		g.apply(monitored())
		g.requireVersion("2")
	})
}

func TestARefreshWithRollbackBringsTheTemplate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := slowGround(t)
		safe := autoscaling.InstanceRefresh{AutoRollback: true}
		g.apply(nodes().WithInstanceRefresh(safe))
		g.full()
		_, err := g.stack(monitored().WithInstanceRefresh(safe)).Apply(t.Context(), g.cloud.Config())
		require.ErrorIs(t, err, slipway.ErrFailed)
		require.Equal(t, "1", *g.group().LaunchTemplate.Version, "the group keeps its template until the refresh succeeds")
		g.roomy()
		g.apply(monitored().WithInstanceRefresh(safe))
		g.steady(monitored().WithInstanceRefresh(safe))
		require.Equal(t, "2", *g.refreshes()[0].DesiredConfiguration.LaunchTemplate.Version)
		g.requireVersion("2")
	})
}

func TestARefreshOfAnOlderTemplateIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := slowGround(t)
		g.apply(nodes())
		g.full()
		ctx, kill := context.WithTimeout(t.Context(), time.Minute)
		defer kill()
		_, err := g.stack(monitored()).Apply(ctx, g.cloud.Config())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		g.roomy()
		newer := autoscaling.NewGroup("nodes", node().WithEBSOptimized(true), vpc.Default()).WithSize(0, 4).WithDesired(2)
		g.apply(newer)
		require.Len(t, g.refreshes(), 2)
		require.Equal(t, asgtypes.InstanceRefreshStatusCancelled, g.refreshes()[1].Status)
		g.requireVersion("3")
		g.steady(newer)
	})
}

func TestRefreshIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		killed(t, func(g ground) { g.apply(nodes()) }, applied(monitored()), func(g ground, n int) {
			g.steady(monitored())
			g.requireVersion("2")
			require.Len(t, g.refreshes(), 1, "killed after call %d", n)
		})
	})
}

func TestARefreshWithRollbackIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		safe := monitored().WithInstanceRefresh(autoscaling.InstanceRefresh{AutoRollback: true})
		killed(t, func(g ground) { g.apply(nodes()) }, applied(safe), func(g ground, n int) {
			g.steady(safe)
			g.requireVersion("2")
			require.Len(t, g.refreshes(), 1, "killed after call %d", n)
		})
	})
}

// While a refresh brings a template, AWS takes no other one for the group.
func TestARefreshWithRollbackIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := slowGround(t)
		g.apply(nodes())
		g.full()
		ctx, kill := context.WithTimeout(t.Context(), time.Minute)
		defer kill()
		_, err := g.stack(monitored().WithInstanceRefresh(autoscaling.InstanceRefresh{AutoRollback: true})).Apply(ctx, g.cloud.Config())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		g.roomy()
		newer := autoscaling.NewGroup("nodes", node().WithEBSOptimized(true), vpc.Default()).WithSize(0, 4).WithDesired(2)
		g.apply(newer)
		require.Equal(t, asgtypes.InstanceRefreshStatusCancelled, g.refreshes()[1].Status)
		g.requireVersion("3")
		g.steady(newer)
	})
}
