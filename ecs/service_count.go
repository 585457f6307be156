// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// How long the number of tasks may stay as it is while another one is wanted:
// after ECS has complained, and if it says nothing.
const (
	patienceAfterComplaint = 2 * time.Minute
	patience               = 10 * time.Minute
)

// counting waits for the wanted number of tasks where no deployment does: a change
// of the count alone begins none.
type counting struct {
	*watch
	// away is how far the running tasks have been from the wanted number at the
	// least, and since when.
	away  int32
	still time.Time
}

// counted waits until as many tasks run as are wanted, unless something else moves
// the number. The service was looked at after Put.
func (w *watch) counted(ctx context.Context) error {
	if w.want.Scaled {
		return nil
	}
	w.until = time.Time{} // tasks that are started from now on count, too
	c := &counting{watch: w, away: -1}
	return slipway.Poll(ctx, c.step)
}

func (c *counting) step(ctx context.Context) (bool, error) {
	if c.away >= 0 { // the first look has been
		if err := c.look(ctx); err != nil {
			return false, err
		}
		c.hear(c.since, time.Time{})
	}
	away := c.missing()
	if away == 0 {
		return true, nil
	}
	c.progress(c.service.RunningCount, c.service.PendingCount)
	if c.away < 0 || away < c.away {
		c.away, c.still = away, time.Now()
	}
	complaint, hopeless := complaintOf(c.service)
	limit := patience
	if complaint != "" {
		limit = patienceAfterComplaint
	}
	if !hopeless && time.Since(c.still) < limit {
		return false, nil
	}
	return c.short(ctx, complaint)
}

// missing is by how many tasks the service differs from what is wanted. Early
// success is content with some of them.
func (w *watch) missing() int32 {
	desired, running := w.service.DesiredCount, w.service.RunningCount
	if e := w.want.Create.DeploymentConfiguration.EarlySuccessCriteria; e != nil && e.Enable {
		share := aws.ToInt32(e.HealthyPercent)
		return max((desired*share+everyTask-1)/everyTask-running, 0)
	}
	return max(desired-running, running-desired)
}

// short says why too few, or too many, tasks run.
func (c *counting) short(ctx context.Context, complaint string) (bool, error) {
	reason := fmt.Sprintf("%d of %d tasks run", c.service.RunningCount, c.service.DesiredCount)
	if complaint != "" {
		reason += ": " + complaint
	}
	tasks, err := c.stoppedTasks(ctx)
	if err != nil {
		return false, err
	}
	e := &DeploymentError{
		Service: c.call.ID, Deployment: c.arn, Outcome: Failed, Reason: reason, Events: c.events, Tasks: tasks,
	}
	c.diagnose(ctx, e)
	return false, e
}

// What service events say of a service that cannot start its tasks, and of one
// that has.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
const (
	saysSteady       = "has reached a steady state"
	saysInconsistent = "unable to consistently start tasks successfully"
	saysNoPlace      = "unable to place a task"
	saysNoLaunch     = "failed to launch a task"
)

// complaintOf is the newest event since the service was steady that says why tasks
// do not start; empty if there is none. It is hopeless once ECS has tried several
// times and waits longer and longer.
func complaintOf(s *ecstypes.Service) (complaint string, hopeless bool) {
	for i := range s.Events { // the newest first
		text := aws.ToString(s.Events[i].Message)
		if strings.Contains(text, saysSteady) {
			break
		}
		inconsistent := strings.Contains(text, saysInconsistent)
		hopeless = hopeless || inconsistent
		if complaint == "" && (inconsistent || strings.Contains(text, saysNoPlace) || strings.Contains(text, saysNoLaunch)) {
			complaint = text
		}
	}
	return complaint, hopeless
}
