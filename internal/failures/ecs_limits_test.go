// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// unplaced demands that the events of a service, and RunTask, give the case's reason.
func (s *stage) unplaced(c Case, limits fakes.FargateLimits) {
	s.t.Helper()
	_, message, ok := strings.Cut(c.Message, "was unable to place a task. Reason: ")
	require.True(s.t, ok)
	message = strings.TrimSuffix(message, ".")
	s.define(nil)
	s.cloud.Fargate(limits)
	require.NoError(s.t, s.service(func(in *awsecs.CreateServiceInput) { in.DesiredCount = aws.Int32(2) }))
	s.cloud.Advance(time.Minute)
	out, err := s.ecs.DescribeServices(s.t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(s.t, err)
	require.Less(s.t, out.Services[0].RunningCount, int32(2))
	require.True(s.t, slices.ContainsFunc(out.Services[0].Events, func(e ecstypes.ServiceEvent) bool {
		return strings.Contains(*e.Message, "(service web) was unable to place a task. Reason: "+message)
	}))

	_, _, network := s.network(ecstypes.AssignPublicIpEnabled)
	run, err := s.ecs.RunTask(s.t.Context(), &awsecs.RunTaskInput{
		Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: network,
	})
	require.NoError(s.t, err)
	require.Len(s.t, run.Failures, 1)
	require.Contains(s.t, *run.Failures[0].Reason, message)

	s.cloud.Fargate(fakes.FargateLimits{})
	s.cloud.Advance(time.Minute)
	out, err = s.ecs.DescribeServices(s.t.Context(), &awsecs.DescribeServicesInput{Cluster: aws.String("main"), Services: []string{"web"}})
	require.NoError(s.t, err)
	require.Equal(s.t, int32(2), out.Services[0].RunningCount)
}

// allZones are those of the region's default VPC.
var allZones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

func noCapacity(t *testing.T, c Case) {
	t.Helper()
	newStage(t, fakes.Timing{}).unplaced(c, fakes.FargateLimits{Full: allZones})
}

func noFargate(t *testing.T, c Case) {
	t.Helper()
	newStage(t, fakes.Timing{}).unplaced(c, fakes.FargateLimits{Without: allZones})
}

func vcpuQuota(t *testing.T, c Case) {
	t.Helper()
	newStage(t, fakes.Timing{}).unplaced(c, fakes.FargateLimits{VCPUs: 0.25})
}
