// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Realistic, func(c clinic) {
		c.must(nil, apply(c.T, c.cloud, c.patient(c.image).WithScaling(autoscaling.Between(2, 6))))
		time.Sleep(time.Minute)
		s, err := ecs.Status(c.Context(), c.cloud.Config(), shopWeb)
		require.NoError(c, err)
		require.True(c, s.Steady())
		require.Equal(c, []int{2, 2, 0, 2, 6}, []int{s.Desired, s.Running, s.Pending, s.Min, s.Max})
		require.Equal(c, "web:1", s.TaskDefinition)
		require.Equal(c, []ecs.ContainerStatus{{Name: "app", Image: "web:1"}}, s.Containers)
		require.Equal(c, ecs.Succeeded, s.Outcome)
		require.Len(c, s.Tasks, 2)
		require.Equal(c, "HEALTHY", s.Tasks[0].Health)
		require.Equal(c, map[string]int{"healthy": 2}, s.Targets)
		page := s.String()
		for _, want := range []string{"shop/web: 2 of 2 tasks running, scales between 2 and 6\n", "web:1 app=web:1\n", "RUNNING  HEALTHY  web:1  us-east-1", "targets: 2 healthy\n", "steady state"} {
			require.Contains(c, page, want)
		}

		c.cloud.Image("web:2", fakes.Program{Start: time.Minute})
		c.must(ecs.UpdateImage(c.Context(), c.cloud.Config(), shopWeb, "app", ecs.ImageRef("web:2")))
		time.Sleep(30 * time.Second)
		s, err = ecs.Status(c.Context(), c.cloud.Config(), shopWeb)
		require.NoError(c, err)
		require.False(c, s.Steady())
		require.Equal(c, ecs.InProgress, s.Outcome)
		require.Equal(c, "web:2", s.TaskDefinition)
		require.Greater(c, len(s.Tasks), 2, "old and new ones")
	})
}

// TestStatusOfWhatMayBeSeen: who may not read load balancers still sees the service.
func TestStatusOfWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	bubbled(t, fakes.Timing{}, func(c clinic) {
		cfg := deployer(c.T, c.cloud, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`)
		_, err := awselb.NewFromConfig(cfg).DescribeTargetHealth(c.Context(), &awselb.DescribeTargetHealthInput{TargetGroupArn: c.described().LoadBalancers[0].TargetGroupArn})
		require.ErrorIs(c, slipway.Classify(err), slipway.ErrDenied)
		s, err := ecs.Status(c.Context(), cfg, shopWeb)
		require.NoError(c, err)
		require.Equal(c, 2, s.Running)
		require.Empty(c, s.Targets)
		require.NotContains(c, s.String(), "targets:")
	})
}

// A status prints as a page.
func ExampleStatus() {
	ctx := context.Background()
	cloud, worker, err := deployed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	status, err := ecs.Status(ctx, cloud.Config(), worker)
	if err != nil {
		fmt.Println(err)
		return
	}
	first, _, _ := strings.Cut(status.String(), "\n")
	fmt.Println(first)
	fmt.Println(status.Steady(), status.Outcome)
	// Output:
	// shop/worker: 1 of 1 tasks running
	// true Succeeded
}
