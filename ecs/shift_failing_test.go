// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
)

// TestShiftIsSuperseded: the next deployment first clears away the one before it.
func TestShiftIsSuperseded(t *testing.T) {
	t.Parallel()
	shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
		done := c.started("web:2", ecs.Canary{Percent: 20, CanaryBake: time.Hour})
		time.Sleep(time.Minute)
		require.Equal(c, 20, c.share(url, false))
		require.NoError(c, apply(c.T, c.cloud, shifting("web:1", ecs.BlueGreen{})))
		var superseded *ecs.DeploymentError
		require.ErrorAs(c, <-done, &superseded)
		require.Equal(c, ecs.Superseded, superseded.Outcome)
		require.Zero(c, c.share(url, false))
		require.Zero(c, c.share(url, true))
		require.Equal(c, int32(2), c.described().RunningCount)

		events, err := c.watched(c.Context(), superseded.By)
		require.NoError(c, err)
		require.Equal(c, ecs.Succeeded, of[ecs.DeploymentEnded](events)[0].Outcome)
	})
}

// TestShiftIsLeftAsItIs where it is not to go back: the old tasks keep the traffic.
func TestShiftIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
		var failed *ecs.DeploymentError
		require.ErrorAs(c, apply(c.T, c.cloud, shifting("web:bad", ecs.BlueGreen{WithoutRollback: true})), &failed)
		require.Equal(c, ecs.Failed, failed.Outcome)
		time.Sleep(time.Hour)
		require.Zero(c, c.share(url, false))
		require.Equal(c, int32(2), c.described().RunningCount)
		require.NoError(c, apply(c.T, c.cloud, shifting("web:2", ecs.BlueGreen{})), "the next one goes on from there")
		require.Equal(c, 100, c.share(url, false))
		c.unchanged(shifting("web:2", ecs.BlueGreen{}))
	})
}

// TestShiftNeedsItsRole: without leave to change the listener rule, ECS can shift traffic
// neither forth nor back.
func TestShiftNeedsItsRole(t *testing.T) {
	t.Parallel()
	shifted(t, ecs.BlueGreen{}, func(c clinic, url string) {
		done := c.started("web:2", ecs.Canary{Percent: 20, CanaryBake: 10 * time.Minute})
		time.Sleep(time.Minute)
		c.must(awsiam.NewFromConfig(c.cloud.Config()).DetachRolePolicy(c.Context(), &awsiam.DetachRolePolicyInput{
			RoleName:  aws.String("shop-web-traffic-us-east-1"),
			PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"),
		}))
		var failed *ecs.DeploymentError
		require.ErrorAs(c, <-done, &failed)
		require.Equal(c, ecs.Failed, failed.Outcome)
		require.Contains(c, failed.Reason, "elasticloadbalancing:ModifyRule")
		require.Equal(c, 20, c.share(url, false), "the traffic is where it was")
	})
}
