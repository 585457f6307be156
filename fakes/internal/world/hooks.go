// SPDX-License-Identifier: Apache-2.0

package world

import (
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// HookEvent is what ECS hands to the Lambda function of a lifecycle hook.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
type HookEvent struct {
	// Stage of the deployment, such as "POST_TEST_TRAFFIC_SHIFT".
	Stage string
	// Service and Revision are the ARNs of the service and of the revision that is
	// brought out.
	Service, Revision string
	// Production and Test are the shares of traffic in percent, by ARN of the revision.
	Production, Test map[string]float64
}

// HookAnswer is what the function returns.
type HookAnswer struct {
	// Status is SUCCEEDED, FAILED, or IN_PROGRESS to be called again. Anything else has
	// failed.
	Status ecstypes.DeploymentLifecycleHookStatus
	// Delay until the next call if it is in progress; 0 means 30 s.
	Delay time.Duration
}
