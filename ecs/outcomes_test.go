// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// meddler does something once, when it hears of a deployment's progress.
type meddler struct {
	done   bool
	meddle func(ctx context.Context)
}

func (m *meddler) Observe(ctx context.Context, e slipway.Event) {
	if _, ok := e.(slipway.Progress); ok && !m.done {
		m.done = true
		m.meddle(ctx)
	}
}

func TestOutcomesOfDeployments(t *testing.T) {
	t.Parallel()
	rollBack := func(ctx context.Context, cloud *fakes.Cloud) error {
		client := awsecs.NewFromConfig(cloud.Config())
		out, err := client.ListServiceDeployments(ctx, &awsecs.ListServiceDeploymentsInput{
			Cluster: aws.String("shop"), Service: aws.String("worker"), Status: []ecstypes.ServiceDeploymentStatus{ecstypes.ServiceDeploymentStatusInProgress},
		})
		if err != nil {
			return err
		}
		_, err = client.StopServiceDeployment(ctx, &awsecs.StopServiceDeploymentInput{
			ServiceDeploymentArn: out.ServiceDeployments[0].ServiceDeploymentArn, StopType: ecstypes.StopServiceDeploymentStopTypeRollback,
		})
		return err
	}
	supersede := func(ctx context.Context, cloud *fakes.Cloud) error {
		_, err := awsecs.NewFromConfig(cloud.Config()).UpdateService(ctx, &awsecs.UpdateServiceInput{Cluster: aws.String("shop"), Service: aws.String("worker"), ForceNewDeployment: true})
		return err
	}
	stop := func(_ context.Context, cloud *fakes.Cloud) error {
		cloud.Inject(fakes.Match{Service: "ECS", Operation: "DescribeServiceDeployments", Times: 2}, func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			if described, ok := out.(*awsecs.DescribeServiceDeploymentsOutput); ok {
				described.ServiceDeployments[0].Status = ecstypes.ServiceDeploymentStatusStopped
			}
			return out, err
		})
		return nil
	}
	for _, test := range []struct {
		name    string
		meddle  func(context.Context, *fakes.Cloud) error
		outcome ecs.Outcome
		text    string
		cause   slipway.CauseCode
	}{
		{"somebody stops it", stop, ecs.Stopped, "was stopped", slipway.DeploymentStopped},
		{"somebody rolls it back", rollBack, ecs.RolledBack, "was rolled back", slipway.DeploymentStopped},
		{"somebody begins another", supersede, ecs.Superseded, "was superseded", slipway.DeploymentSuperseded},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
				require.NoError(t, apply(t, cloud, worker("worker:1")))
				m := &meddler{meddle: func(ctx context.Context) {
					require.NoError(t, test.meddle(ctx, cloud))
				}}
				err := apply(t, cloud, worker("worker:2"), slipway.Observe(m))
				require.ErrorIs(t, err, slipway.ErrFailed)
				var failed *ecs.DeploymentError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, test.outcome, failed.Outcome)
				require.ErrorContains(t, err, test.text)
				require.NotEmpty(t, failed.Deployment)
				require.NotEmpty(t, failed.Causes, "%s: %v", test.name, err)
				require.Equal(t, test.cause, failed.Causes[0].Code)
				require.NoError(t, apply(t, cloud, worker("worker:3")), "the next one succeeds")
			})
		})
	}
}

func TestFailureWithoutRollback(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	require.NoError(t, apply(t, cloud, worker("worker:1")))
	cloud.Image("worker:2", fakes.Program{Exit: &fakes.Exit{Code: 137, OutOfMemory: true}})
	err := apply(t, cloud, worker("worker:2").WithDeployment(ecs.Rolling{WithoutRollback: true}))
	var failed *ecs.DeploymentError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, ecs.Failed, failed.Outcome)
	require.Contains(t, failed.Tasks[0].Containers[0].Reason, "OutOfMemory")
	require.ErrorContains(t, err, "exit code 137")
}

// TestWhatTheObserverHears: each event once, in order, and progress that ends with
// all tasks.
func TestWhatTheObserverHears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		service := worker("worker:1")
		h := &hearer{}
		require.NoError(t, apply(t, cloud, service, slipway.Observe(h)))
		require.NotEmpty(t, h.messages)
		said := map[string]bool{}
		for i, m := range h.messages {
			require.Equal(t, service.ID(), m.ID)
			require.False(t, said[m.Time.String()+m.Text], "%s is told twice", m.Text)
			said[m.Time.String()+m.Text] = true
			if i > 0 {
				require.False(t, m.Time.Before(h.messages[i-1].Time), "in order")
			}
		}
		require.True(t, slices.ContainsFunc(h.messages, func(m slipway.Message) bool { return strings.Contains(m.Text, "has started 2 tasks") }))
		last := h.progress[len(h.progress)-1]
		require.Equal(t, slipway.Progress{ID: service.ID(), Done: 2, Total: 2, Unit: "tasks", Text: "2 of 2 tasks running"}, last)
	})
}

type hearer struct {
	messages []slipway.Message
	progress []slipway.Progress
}

func (h *hearer) Observe(_ context.Context, e slipway.Event) {
	switch e := e.(type) {
	case slipway.Message:
		h.messages = append(h.messages, e)
	case slipway.Progress:
		if e.Unit == "tasks" {
			h.progress = append(h.progress, e)
		}
	}
}

// TestErrorTellsOfTheTaskThatFailed, and not of those that ECS took away afterwards.
func TestErrorTellsOfTheTaskThatFailed(t *testing.T) {
	t.Parallel()
	away := ecs.StoppedTask{ARN: "task/shop/1", Code: "ServiceSchedulerInitiated", Reason: "Scaling activity initiated by (deployment ecs-svc/1)"}
	for _, row := range []struct {
		name  string
		tasks []ecs.StoppedTask
		want  string
	}{
		{"none", nil, "deployment of shop/web was rolled back: hook failed"},
		{"taken away", []ecs.StoppedTask{away}, "deployment of shop/web was rolled back: hook failed"},
		{
			"unhealthy", []ecs.StoppedTask{away, {ARN: "task/shop/2", Code: "ServiceSchedulerInitiated", Reason: "Task failed ELB health checks"}},
			"deployment of shop/web was rolled back: hook failed; task 2 stopped: Task failed ELB health checks",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			err := &ecs.DeploymentError{Service: slipway.ID{Kind: "ecs:Service", Name: "shop/web"}, Outcome: ecs.RolledBack, Reason: "hook failed.", Tasks: row.tasks}
			require.EqualError(t, err, row.want)
		})
	}
}
