// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// InterruptSpot has Fargate Spot take the capacity of a task back. The warning of
// two minutes is SIGTERM; what has not ended by its stop timeout is killed.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
func (f *Fake) InterruptSpot(arn string) error {
	t := f.task(arn)
	switch {
	case t == nil:
		return fmt.Errorf("no task %q", arn)
	case t.provider != fargateSpot:
		return fmt.Errorf("task %s does not run on Fargate Spot", t.id)
	case !t.wanted():
		return fmt.Errorf("task %s is %s", t.id, t.status)
	}
	t.stop(ecstypes.TaskStopCodeSpotInterruption, "Your Spot Task was interrupted.")
	return nil
}

// task finds a task by ARN.
func (f *Fake) task(arn string) *task {
	const region = 3
	before, name, ok := strings.Cut(arn, ":task/")
	part := strings.Split(before, ":")
	if !ok || len(part) <= region {
		return nil
	}
	cl := f.in(part[region]).clusters[name[:max(strings.IndexByte(name, '/'), 0)]]
	if cl == nil {
		return nil
	}
	return cl.tasks[lastPart(name)]
}
