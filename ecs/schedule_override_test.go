// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

// TestScheduleOverridesAll: what a job overrides arrives, and its role may be passed.
func TestScheduleOverridesAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{})
		_, err := slipway.NewStack("roles", iam.NewRole("other-work").WithTrust(ecsTasks)).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		role := "arn:aws:iam::123456789012:role/slipway/roles/other-work"
		job := report().WithOverride(func(in *awsecs.RunTaskInput) {
			in.Overrides.TaskRoleArn, in.Overrides.EphemeralStorage = &role, &ecstypes.EphemeralStorage{SizeInGiB: 40}
			in.Overrides.ContainerOverrides[0].MemoryReservation = aws.Int32(256)
		})
		stack := slipway.NewStack("batch", ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", job))
		_, err = stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		plan, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)
		time.Sleep(3*time.Hour + time.Minute)
		tasks := ranAll(t, cloud)
		require.Len(t, tasks, 1)
		require.Equal(t, role, *tasks[0].Overrides.TaskRoleArn)
		require.Equal(t, int32(40), tasks[0].Overrides.EphemeralStorage.SizeInGiB)
		require.Equal(t, int32(256), *tasks[0].Overrides.ContainerOverrides[0].MemoryReservation)
	})
}
