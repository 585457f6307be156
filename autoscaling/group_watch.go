// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// failuresMost is how many launches in a row may fail, while nothing is launched, before
// the group is given up. AWS itself would go on trying.
const failuresMost = 3

// Watch waits until the refresh that was begun is over, and until as many instances are
// in service as the group desires. Activities are told as they come.
func (d groupDriver) Watch(ctx context.Context, c slipway.Call, want *model.Group) error {
	name := aws.ToString(want.Create.AutoScalingGroupName)
	g, err := describeGroup(ctx, c, name)
	if err != nil || g == nil {
		return err
	}
	refreshes := want.Refresh != nil && !current(g, want)
	if !refreshes && rollsBack(want) { // the group has the template once the refresh is over
		r, err := latestRefresh(ctx, c, &name)
		if err != nil {
			return err
		}
		refreshes = r != nil && underWay(r.Status)
	}
	if refreshes {
		if err := d.watchRefresh(ctx, c, want); err != nil {
			return err
		}
	}
	if slices.Contains(want.Suspended, string(Launch)) {
		return nil // nothing will come
	}
	w := &activityWatch{call: c, group: name}
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		g, err := describeGroup(ctx, c, name)
		if err != nil || g == nil {
			return true, err
		}
		if done := w.inService(g); done {
			return true, nil
		}
		return false, w.look(ctx)
	})
}

// activityWatch tells the activities of one group.
type activityWatch struct {
	call  slipway.Call
	group string
	// seen are the activities that were told, as they were then.
	seen map[string]asgtypes.ScalingActivityStatusCode
	told int
	// before are the ids of those that were over when it began.
	before []string
}

// inService reports whether the desired capacity is in service.
func (w *activityWatch) inService(g *asgtypes.AutoScalingGroup) bool {
	have, want := capacityOf(g.Instances), int(aws.ToInt32(g.DesiredCapacity))
	if have != w.told || w.seen == nil {
		w.told = have
		w.call.Emit(slipway.Progress{
			ID: w.call.ID, Done: int64(have), Total: int64(want), Unit: "instances", Text: fmt.Sprintf("%d of %d in service", have, want),
		})
	}
	return have >= want
}

// capacityOf is the weight of the instances that are in service, or held in standby.
func capacityOf(instances []asgtypes.Instance) (n int) {
	for _, i := range instances {
		if i.LifecycleState != asgtypes.LifecycleStateInService && i.LifecycleState != asgtypes.LifecycleStateStandby {
			continue
		}
		weight, err := strconv.Atoi(aws.ToString(i.WeightedCapacity))
		if err != nil {
			weight = 1
		}
		n += weight
	}
	return n
}

// look tells new activities, and gives up once the last ones have all failed. What was over
// at the first look says nothing of now.
func (w *activityWatch) look(ctx context.Context) error {
	out, err := asgClient(w.call).DescribeScalingActivities(ctx, &awsasg.DescribeScalingActivitiesInput{
		AutoScalingGroupName: aws.String(w.group), MaxRecords: aws.Int32(20),
	})
	if err != nil {
		return awserr.Wrap(err, "describe scaling activities")
	}
	if w.seen == nil {
		for _, a := range out.Activities {
			if a.EndTime != nil {
				w.before = append(w.before, aws.ToString(a.ActivityId))
			}
		}
	}
	w.tell(out.Activities)
	return persistent(slices.DeleteFunc(out.Activities, func(a asgtypes.Activity) bool {
		return slices.Contains(w.before, aws.ToString(a.ActivityId))
	}))
}

func (w *activityWatch) tell(newestFirst []asgtypes.Activity) {
	if w.seen == nil {
		w.seen = map[string]asgtypes.ScalingActivityStatusCode{}
	}
	for _, a := range slices.Backward(newestFirst) {
		id := aws.ToString(a.ActivityId)
		if w.seen[id] == a.StatusCode {
			continue
		}
		w.seen[id] = a.StatusCode
		text := string(a.StatusCode) + ": " + aws.ToString(a.Description)
		if m := aws.ToString(a.StatusMessage); m != "" {
			text += ": " + m
		}
		w.call.Emit(slipway.Message{ID: w.call.ID, Time: aws.ToTime(a.StartTime), Text: text})
	}
}

// persistent is an error once the newest activities, as many as are borne, have failed.
func persistent(newestFirst []asgtypes.Activity) error {
	failed := 0
	for _, a := range newestFirst {
		switch a.StatusCode { //nolint:exhaustive // the rest is under way
		case asgtypes.ScalingActivityStatusCodeFailed:
			failed++
		case asgtypes.ScalingActivityStatusCodeSuccessful:
			return nil
		default:
			continue
		}
		if failed == failuresMost {
			return fmt.Errorf("%w: the last %d launches failed: %s", slipway.ErrFailed, failed, aws.ToString(newestFailure(newestFirst).StatusMessage))
		}
	}
	return nil
}

func newestFailure(newestFirst []asgtypes.Activity) (a asgtypes.Activity) {
	for _, a := range newestFirst {
		if a.StatusCode == asgtypes.ScalingActivityStatusCodeFailed {
			return a
		}
	}
	return a
}
