// SPDX-License-Identifier: Apache-2.0

package autoscaling_test

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

// refresher stands for the instance refreshes of a cloud's one group: it terminates the
// instances of old versions, whose place the group fills.
type refresher struct {
	ground
	mu      sync.Mutex
	started []*awsasg.StartInstanceRefreshInput
	latest  *asgtypes.InstanceRefresh
	// fails is why refreshes fail, and stuck that they never end.
	fails string
	stuck bool
	// begun is called when a refresh that is stuck has begun.
	begun func()
}

func withRefresh(g ground) *refresher {
	r := &refresher{ground: g}
	for operation, answer := range map[string]func(ctx context.Context, in any) (any, error){
		"StartInstanceRefresh": r.start, "DescribeInstanceRefreshes": r.describe, "CancelInstanceRefresh": r.cancel,
	} {
		g.cloud.Inject(fakes.Match{Service: "Auto Scaling", Operation: operation, Times: fakes.Always},
			func(ctx context.Context, req *fakes.Request, _ func() (any, error)) (any, error) {
				r.mu.Lock()
				defer r.mu.Unlock()
				return answer(ctx, req.Input)
			})
	}
	return r
}

func (r *refresher) start(ctx context.Context, in any) (any, error) {
	if r.latest != nil && r.latest.Status == asgtypes.InstanceRefreshStatusInProgress {
		return nil, &asgtypes.InstanceRefreshInProgressFault{Message: aws.String("An Instance Refresh is already in progress")}
	}
	input, _ := in.(*awsasg.StartInstanceRefreshInput)
	r.started = append(r.started, input)
	r.latest = &asgtypes.InstanceRefresh{
		InstanceRefreshId: aws.String("refresh"), Status: asgtypes.InstanceRefreshStatusInProgress, DesiredConfiguration: input.DesiredConfiguration,
	}
	if r.fails != "" {
		r.latest.Status, r.latest.StatusReason = asgtypes.InstanceRefreshStatusFailed, &r.fails
		return &awsasg.StartInstanceRefreshOutput{InstanceRefreshId: aws.String("refresh")}, nil
	}
	client := awsasg.NewFromConfig(r.cloud.Config())
	if d := input.DesiredConfiguration; d != nil {
		_, err := client.UpdateAutoScalingGroup(context.WithoutCancel(ctx), &awsasg.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: input.AutoScalingGroupName, LaunchTemplate: d.LaunchTemplate,
		})
		if err != nil {
			return nil, err
		}
	}
	if r.stuck {
		r.begun()
		return &awsasg.StartInstanceRefreshOutput{InstanceRefreshId: aws.String("refresh")}, nil
	}
	g := r.group()
	for _, i := range g.Instances {
		if *i.LaunchTemplate.Version != *g.LaunchTemplate.Version {
			_, err := client.TerminateInstanceInAutoScalingGroup(context.WithoutCancel(ctx), &awsasg.TerminateInstanceInAutoScalingGroupInput{
				InstanceId: i.InstanceId, ShouldDecrementDesiredCapacity: aws.Bool(false),
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return &awsasg.StartInstanceRefreshOutput{InstanceRefreshId: aws.String("refresh")}, nil
}

func (r *refresher) describe(context.Context, any) (any, error) {
	if r.latest == nil {
		return &awsasg.DescribeInstanceRefreshesOutput{}, nil
	}
	if r.latest.Status == asgtypes.InstanceRefreshStatusInProgress && !r.stuck && r.done() {
		r.latest.Status, r.latest.PercentageComplete = asgtypes.InstanceRefreshStatusSuccessful, aws.Int32(100)
	}
	return &awsasg.DescribeInstanceRefreshesOutput{InstanceRefreshes: []asgtypes.InstanceRefresh{*r.latest}}, nil
}

func (r *refresher) done() bool {
	g := r.group()
	for _, i := range g.Instances {
		if *i.LaunchTemplate.Version != *g.LaunchTemplate.Version || i.LifecycleState != asgtypes.LifecycleStateInService {
			return false
		}
	}
	return len(g.Instances) == int(*g.DesiredCapacity)
}

func (r *refresher) cancel(context.Context, any) (any, error) {
	r.latest.Status, r.stuck = asgtypes.InstanceRefreshStatusCancelled, false
	return &awsasg.CancelInstanceRefreshOutput{InstanceRefreshId: aws.String("refresh")}, nil
}

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
	g := newGround(t)
	r := withRefresh(g)
	g.apply(nodes())
	require.Empty(t, r.started, "a new group needs none")
	g.apply(monitored())
	g.steady(monitored())
	g.requireVersion("2")
	require.Len(t, r.started, 1)
	g.apply(monitored().WithTag("a", "b").WithSize(0, 3))
	require.Len(t, r.started, 1, "other changes replace nothing")
}

func TestInstancesStayWithoutARefresh(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	r := withRefresh(g)
	g.apply(nodes())
	left := monitored().WithoutInstanceRefresh()
	g.apply(left)
	g.steady(left)
	g.requireVersion("1")
	require.Equal(t, "2", *g.group().LaunchTemplate.Version)
	require.Empty(t, r.started)
	plan := g.plan(monitored()).String()
	require.Contains(t, plan, "Current: false -> true")
	g.apply(monitored())
	g.requireVersion("2")
}

func TestARefreshThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	r := withRefresh(g)
	g.apply(nodes())
	r.fails = "Instance refresh failed because of instances that did not become healthy"
	_, err := g.stack(monitored()).Apply(t.Context(), g.cloud.Config())
	require.ErrorIs(t, err, slipway.ErrFailed)
	require.ErrorContains(t, err, r.fails)
	r.fails = ""
	require.False(t, g.plan(monitored()).Empty(), "what failed is yet to be done")
	g.apply(monitored())
	g.requireVersion("2")
}

func TestARefreshWithRollbackBringsTheTemplate(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	r := withRefresh(g)
	safe := autoscaling.InstanceRefresh{AutoRollback: true}
	g.apply(nodes().WithInstanceRefresh(safe))
	r.fails = "no"
	_, err := g.stack(monitored().WithInstanceRefresh(safe)).Apply(t.Context(), g.cloud.Config())
	require.ErrorIs(t, err, slipway.ErrFailed)
	require.Equal(t, "1", *g.group().LaunchTemplate.Version, "the group keeps its template until the refresh succeeds")
	r.fails = ""
	g.apply(monitored().WithInstanceRefresh(safe))
	g.steady(monitored().WithInstanceRefresh(safe))
	require.Equal(t, "2", *r.started[len(r.started)-1].DesiredConfiguration.LaunchTemplate.Version)
	g.requireVersion("2")
}

func TestARefreshOfAnOlderTemplateIsCancelled(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	r := withRefresh(g)
	g.apply(nodes())
	ctx, kill := context.WithCancel(t.Context())
	r.stuck, r.begun = true, kill
	_, err := g.stack(monitored()).Apply(ctx, g.cloud.Config())
	require.Error(t, err)
	newer := autoscaling.NewGroup("nodes", node().WithEBSOptimized(true), vpc.Default()).WithSize(0, 4).WithDesired(2)
	g.apply(newer)
	require.Len(t, r.started, 2)
	g.requireVersion("3")
	g.steady(newer)
}

func TestRefreshIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	killed(t, func(g ground) { withRefresh(g); g.apply(nodes()) }, applied(monitored()), func(g ground, n int) {
		g.steady(monitored())
		g.requireVersion("2")
	})
}
