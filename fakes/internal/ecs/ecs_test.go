// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ecs"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ = ecs.Needs{}
var _ = sim.Options{}
var _ = world.Timing{}

func TestSmoke(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {})
	out, err := b.client.CreateService(t.Context(), &awsecs.CreateServiceInput{
		ServiceName: aws.String("web"), TaskDefinition: aws.String("web"), DesiredCount: aws.Int32(2), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: b.network(), Cluster: aws.String("main"),
	})
	require.NoError(t, err)
	require.Equal(t, int32(2), out.Service.DesiredCount)
	for range 5 {
		_, err = b.client.ListClusters(t.Context(), &awsecs.ListClustersInput{})
		require.NoError(t, err)
	}
	s := b.service("web")
	for _, e := range s.Events {
		t.Log(*e.Message)
	}
	require.Equal(t, int32(2), s.RunningCount)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, s.Deployments[0].RolloutState)
}
