// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// protect protects tasks for an hour; it returns the reasons of the failures.
func (b *bench) protect(tasks ...ecstypes.Task) []string {
	b.tb.Helper()
	in := &awsecs.UpdateTaskProtectionInput{Cluster: aws.String("main"), ProtectionEnabled: true, ExpiresInMinutes: aws.Int32(60)}
	for _, t := range tasks {
		in.Tasks = append(in.Tasks, *t.TaskArn)
	}
	out, err := b.client.UpdateTaskProtection(b.tb.Context(), in)
	require.NoError(b.tb, err)
	var reasons []string
	for _, f := range out.Failures {
		reasons = append(reasons, *f.Reason)
	}
	return reasons
}

// TestProtectionBlocksDeployment: while protected tasks keep a deployment from its end, no
// others can be protected.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func TestProtectionBlocksDeployment(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{Schedule: 5 * time.Second, Provision: 30 * time.Second})
	b.cluster()
	b.define("web", nil)
	b.create(2, nil)
	b.wait(5 * time.Minute)
	old := b.tasks(ecstypes.DesiredStatusRunning)
	require.Empty(t, b.protect(old[0]))
	b.update(func(in *awsecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	b.wait(10 * time.Second)
	require.Empty(t, b.protect(old[0]), "the new tasks are not there yet")
	b.wait(5 * time.Minute)
	require.Len(t, b.tasks(ecstypes.DesiredStatusRunning), 3, "one of the old tasks is protected")
	require.Equal(t, ecstypes.DeploymentRolloutStateInProgress, b.service("web").Deployments[0].RolloutState)
	require.Equal(t, []string{"DEPLOYMENT_BLOCKED"}, b.protect(b.tasks(ecstypes.DesiredStatusRunning)[0]))
	b.wait(time.Hour)
	require.Equal(t, ecstypes.DeploymentRolloutStateCompleted, b.service("web").Deployments[0].RolloutState)
	require.Empty(t, b.protect(b.tasks(ecstypes.DesiredStatusRunning)...))
}
