// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// Continue has a deployment go on that is paused at a [PauseHook]. hook is its ID, as
// [DeploymentError] and [DeploymentEnded] have it; if empty, it is the one that the
// deployment waits for. It does not wait for the deployment: [Watch] does. If the
// deployment is not paused the error matches [slipway.ErrNotFound].
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/continue-service-deployment.html
func Continue(ctx context.Context, cfg aws.Config, deploymentARN, hook string) error {
	return resume(ctx, cfg, deploymentARN, hook, ecstypes.DeploymentLifecycleHookActionContinue)
}

// TurnBack has a deployment be rolled back that is paused at a [PauseHook]; otherwise it
// is as [Continue].
func TurnBack(ctx context.Context, cfg aws.Config, deploymentARN, hook string) error {
	return resume(ctx, cfg, deploymentARN, hook, ecstypes.DeploymentLifecycleHookActionRollback)
}

func resume(ctx context.Context, cfg aws.Config, deploymentARN, hook string, action ecstypes.DeploymentLifecycleHookAction) error {
	f, err := newFollower(ctx, cfg, deploymentARN)
	if err != nil {
		return err
	}
	if hook == "" {
		if hook, err = pausedAt(ctx, f.call, f.arn); err != nil {
			return err
		}
	}
	_, err = client(f.call).ContinueServiceDeployment(ctx, &awsecs.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: aws.String(f.arn), HookId: aws.String(hook), Action: action,
	})
	return awserr.Wrap(err, "continue service deployment "+lastPart(f.arn))
}

// pausedAt is the hook that the deployment waits for.
func pausedAt(ctx context.Context, c slipway.Call, deploymentARN string) (string, error) {
	out, err := client(c).DescribeServiceDeployments(ctx, &awsecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{deploymentARN}})
	if err != nil {
		return "", awserr.Wrap(err, "describe service deployment")
	}
	for i := range out.ServiceDeployments {
		if hook := awaited(&out.ServiceDeployments[i]); hook != "" {
			return hook, nil
		}
	}
	return "", fmt.Errorf("%w: a hook at which service deployment %s is paused", slipway.ErrNotFound, lastPart(deploymentARN))
}
