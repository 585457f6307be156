// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// watched applies the stack and returns the fewest tasks of web that ran meanwhile.
func watched(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack) (fewest int32) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		defer stop()
		_, err := stack.Apply(t.Context(), cloud.Config())
		ended <- err
	}()
	fewest = service(t, cloud).RunningCount
	for ctx.Err() == nil {
		fewest = min(fewest, service(t, cloud).RunningCount)
		time.Sleep(time.Second)
	}
	require.NoError(t, <-ended)
	return fewest
}

// TestCapacityMovesToAnotherGroup: another group is another provider. The service is
// switched to it, and then the old one goes with its instances; there are never too few
// tasks.
func TestCapacityMovesToAnotherGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := grazing(t)
		other := plainHerd()
		other.nodes = "newer"
		p, err := other.lone().Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.Contains(t, p.String(), "~ ecs:Service/shop/web (rolls tasks)")
		require.EqualValues(t, 3, watched(t, cloud, other.lone()))
		applied(t, cloud, other.lone())
		groups, err := awsasg.NewFromConfig(cloud.Config()).DescribeAutoScalingGroups(t.Context(), &awsasg.DescribeAutoScalingGroupsInput{})
		require.NoError(t, err)
		require.Len(t, groups.AutoScalingGroups, 1)
		require.Equal(t, "newer", *groups.AutoScalingGroups[0].AutoScalingGroupName)
	})
}

// TestALaunchTypeThereAndBack: a service leaves its capacity provider for whatever instances
// there are, and returns.
func TestALaunchTypeThereAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := grazing(t)
		plain := plainHerd()
		plain.least, plain.loose = 3, true
		require.EqualValues(t, 3, watched(t, cloud, plain.lone()))
		require.Equal(t, ecstypes.LaunchTypeEc2, service(t, cloud).LaunchType)
		applied(t, cloud, plain.lone())
		require.EqualValues(t, 3, watched(t, cloud, plainHerd().lone()))
		require.Len(t, service(t, cloud).CapacityProviderStrategy, 1)
		applied(t, cloud, plainHerd().lone())
	})
}
