// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// TestRandomRolls rolls out over services of all sizes and percentages, now and
// then superseding a deployment, and demands that the bounds are kept and that
// every deployment with room comes to its end.
func TestRandomRolls(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			desired, low, high := 1+r.Int32N(12), r.Int32N(101), 100+r.Int32N(101)
			least, most := (desired*low+99)/100, desired*high/100
			b := newBench(t, world.Realistic)
			b.cluster()
			b.define("web", nil)
			b.create(desired, func(in *awsecs.CreateServiceInput) {
				in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: &low, MaximumPercent: &high}
			})
			b.wait(3 * time.Minute)
			b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
			for i := range 40 * desired {
				b.wait(time.Duration(1+r.IntN(4)) * time.Second)
				s := b.service("web")
				require.LessOrEqual(t, s.RunningCount+s.PendingCount, most)
				require.GreaterOrEqual(t, s.RunningCount, least)
				if i%50 == 20 && i < 200 {
					b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
				}
			}
			b.wait(time.Duration(desired) * 3 * time.Minute)
			s := b.service("web")
			if least == desired && most == desired {
				require.NotEqual(t, ecstypes.DeploymentRolloutStateCompleted, s.Deployments[0].RolloutState, "there is no room")
				return
			}
			require.Len(t, s.Deployments, 1, "desired %d, minimum %d, maximum %d", desired, least, most)
			require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, s.Deployments[0].RolloutState)
			require.Equal(t, desired, s.RunningCount)
			require.Equal(t, aws.String(arnBase+"task-definition/web:1"), s.TaskDefinition)
		})
	}
}
