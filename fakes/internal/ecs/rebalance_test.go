// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// TestRebalance: a zone that comes later gets its share.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func TestRebalance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*awsecs.CreateServiceInput)
		want   []int32
	}{
		"by default": {nil, []int32{2, 2}},
		"off": {func(in *awsecs.CreateServiceInput) {
			in.AvailabilityZoneRebalancing = ecstypes.AvailabilityZoneRebalancingDisabled
		}, []int32{4, 0}},
		"no room for more than desired": {func(in *awsecs.CreateServiceInput) {
			in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MaximumPercent: aws.Int32(100), MinimumHealthyPercent: aws.Int32(50)}
		}, []int32{4, 0}},
		"packed first": {func(in *awsecs.CreateServiceInput) {
			in.PlacementStrategy = []ecstypes.PlacementStrategy{{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String("cpu")}}
		}, []int32{4, 0}},
		"a zone that will not do": {func(in *awsecs.CreateServiceInput) {
			in.PlacementConstraints = []ecstypes.PlacementConstraint{{
				Type: ecstypes.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone != us-east-1b"),
			}}
		}, []int32{4, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
			f.launch(1, nil)
			f.host(nil)
			f.place(4, c.change)
			f.wait(2 * time.Minute)
			f.launch(1, nil)
			f.wait(5 * time.Minute)
			require.Equal(t, c.want, f.running())
			if name == "by default" {
				require.Contains(t, f.events(), "(service web) is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b. AZ Rebalancing in progress.")
				require.Contains(t, f.events(), "(service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b.")
			}
		})
	}
}

// TestRebalanceGivesUp: a zone without room is not tried for ever.
func TestRebalanceGivesUp(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{})
	f.launch(1, func(i *world.Instance) { i.Type.VCPUs, i.Type.Memory = 8, 8192 })
	f.host(nil)
	f.place(4, nil)
	f.launch(1, func(i *world.Instance) { i.Type.VCPUs = 0 })
	f.wait(time.Hour)
	require.Equal(t, []int32{4, 0}, f.running())
	require.Less(t, len(f.events()), 30)
}

// A service is deleted with the tasks that were about to move.
func TestRebalancedServiceIsDeleted(t *testing.T) {
	t.Parallel()
	f := newFleet(t, world.Timing{Schedule: 5 * time.Second})
	f.launch(1, nil)
	f.host(nil)
	f.place(4, nil)
	f.wait(2 * time.Minute)
	f.launch(1, nil)
	begun := func() bool { return strings.Contains(strings.Join(f.events(), ""), "AZ Rebalancing in progress.") }
	for i := 0; i < 300 && !begun(); i++ {
		f.wait(time.Second)
	}
	require.True(t, begun())
	_, err := f.client.DeleteService(t.Context(), &awsecs.DeleteServiceInput{Cluster: aws.String("main"), Service: aws.String("web"), Force: aws.Bool(true)})
	require.NoError(t, err)
	f.wait(time.Minute)
	require.Equal(t, "INACTIVE", *f.service("web").Status)
}
