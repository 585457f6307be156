// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/vpc"
)

var http = ecs.TCP("http", 8080)

func app(image string) ecs.Container {
	return ecs.NewContainer("app", ecs.ImageRef(image)).WithPort(http)
}

// web is a service with all that a web service has.
func web(c ecs.Container) ecs.FargateService {
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).
		WithRoute(elb.NewApplication("shop", vpc.Default()).Route("/*"), c, http).
		WithScaling(autoscaling.Between(2, 4).WithPolicy(autoscaling.TargetTracking{
			Metric: autoscaling.CPUUtilization, Target: 60, ScaleInCooldown: time.Minute,
		}))
}

func TestServiceFromNothingToNothing(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	service := web(app("nginx:1"))
	stack := slipway.NewStack("shop", service)
	require.NoError(t, stack.Validate())

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	result, err := stack.Apply(ctx, cloud.Config(), slipway.Observe(events{t}))
	require.NoError(t, err)
	out := slipway.Output(result, service)
	require.Equal(t, ecs.Succeeded, out.Outcome)
	require.Contains(t, out.URL, "http://shop-")

	plan, err := stack.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	require.Empty(t, plan.Changes, "%s", plan)

	require.NoError(t, stack.Destroy(ctx, cloud.Config()))
}

type events struct{ t *testing.T }

func (e events) Observe(_ context.Context, event slipway.Event) { e.t.Logf("%T %+v", event, event) }
