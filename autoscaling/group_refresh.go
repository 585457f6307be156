// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
)

// rollsBack reports whether a refresh that fails puts back what was, which takes that
// the refresh brings the new template.
func rollsBack(s *model.Group) bool {
	return s.Refresh != nil && s.Refresh.Preferences != nil && aws.ToBool(s.Refresh.Preferences.AutoRollback)
}

// desiredConfiguration is what a refresh with auto rollback brings; nil for others, which
// bring what the group has.
func desiredConfiguration(s *model.Group) *asgtypes.DesiredConfiguration {
	if !rollsBack(s) {
		return nil
	}
	return &asgtypes.DesiredConfiguration{LaunchTemplate: s.Create.LaunchTemplate, MixedInstancesPolicy: s.Create.MixedInstancesPolicy}
}

// refresh has instances replaced that are not current. A refresh that is under way is
// left to it if nothing has changed since, as after a run that was cut off; else it is
// cancelled first.
func (d groupDriver) refresh(ctx context.Context, c slipway.Call, was, want *model.Group) error {
	if want.Refresh == nil {
		return nil
	}
	name := want.Create.AutoScalingGroupName
	g, err := describeGroup(ctx, c, *name)
	if err != nil || g == nil || current(g, want) {
		return err
	}
	running, err := latestRefresh(ctx, c, name)
	if err != nil {
		return err
	}
	if running != nil && underWay(running.Status) {
		if brings(running, was, want) {
			return nil
		}
		if err := d.cancel(ctx, c, name); err != nil {
			return err
		}
	}
	in := *want.Refresh
	in.DesiredConfiguration = desiredConfiguration(want)
	return insist(ctx, c, "start instance refresh", func(ctx context.Context) error {
		_, err := asgClient(c).StartInstanceRefresh(ctx, &in)
		if awserr.Is(err, "InstanceRefreshInProgress") { // started by a call whose answer was lost
			return nil
		}
		return err
	})
}

// overtake clears the way for another template: while a refresh brings one, AWS refuses
// others. It is cancelled, unless it brings what is wanted.
func (d groupDriver) overtake(ctx context.Context, c slipway.Call, was, want *model.Group) (brought bool, err error) {
	name := want.Create.AutoScalingGroupName
	running, err := latestRefresh(ctx, c, name)
	if err != nil || running == nil || !underWay(running.Status) || running.DesiredConfiguration == nil {
		return false, err
	}
	if brings(running, was, want) {
		return true, nil
	}
	return false, d.cancel(ctx, c, name)
}

// brings reports whether a refresh that is under way makes instances current.
func brings(running *asgtypes.InstanceRefresh, was, want *model.Group) bool {
	if d := running.DesiredConfiguration; d != nil {
		to := &asgtypes.DesiredConfiguration{LaunchTemplate: byName(d.LaunchTemplate), MixedInstancesPolicy: mixedByName(d.MixedInstancesPolicy)}
		there := model.Group{Create: awsasg.CreateAutoScalingGroupInput{LaunchTemplate: to.LaunchTemplate, MixedInstancesPolicy: to.MixedInstancesPolicy}}
		return sameLaunch(&there, want)
	}
	return !rollsBack(want) && sameLaunch(was, want)
}

// sameLaunch reports whether two groups launch the same.
func sameLaunch(a, b *model.Group) bool {
	launch := func(s *model.Group) string {
		if s.Create.MixedInstancesPolicy == nil {
			return canonical(s.Create.LaunchTemplate)
		}
		in := awsasg.CreateAutoScalingGroupInput{MixedInstancesPolicy: &asgtypes.MixedInstancesPolicy{LaunchTemplate: s.Create.MixedInstancesPolicy.LaunchTemplate}}
		return canonical(in.MixedInstancesPolicy)
	}
	return launch(a) == launch(b)
}

func underWay(s asgtypes.InstanceRefreshStatus) bool {
	switch s { //nolint:exhaustive // the rest are over
	case asgtypes.InstanceRefreshStatusPending, asgtypes.InstanceRefreshStatusInProgress, asgtypes.InstanceRefreshStatusBaking,
		asgtypes.InstanceRefreshStatusCancelling, asgtypes.InstanceRefreshStatusRollbackInProgress:
		return true
	default:
		return false
	}
}

// latestRefresh returns the last refresh of the group, nil if there was none.
func latestRefresh(ctx context.Context, c slipway.Call, group *string) (*asgtypes.InstanceRefresh, error) {
	out, err := asgClient(c).DescribeInstanceRefreshes(ctx, &awsasg.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: group, MaxRecords: aws.Int32(1),
	})
	if err != nil {
		return nil, awserr.Wrap(err, "describe instance refreshes")
	}
	if len(out.InstanceRefreshes) == 0 {
		return nil, nil //nolint:nilnil // there was none
	}
	return &out.InstanceRefreshes[0], nil
}

// cancel cancels the refresh that is under way and waits until it is over.
func (groupDriver) cancel(ctx context.Context, c slipway.Call, group *string) error {
	_, err := asgClient(c).CancelInstanceRefresh(ctx, &awsasg.CancelInstanceRefreshInput{AutoScalingGroupName: group})
	if err != nil && !awserr.Is(err, "ActiveInstanceRefreshNotFound") {
		return awserr.Wrap(err, "cancel instance refresh")
	}
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		r, err := latestRefresh(ctx, c, group)
		return r == nil || !underWay(r.Status), err
	})
}

// watchRefresh waits for the refresh of a group whose instances are not current.
func (d groupDriver) watchRefresh(ctx context.Context, c slipway.Call, want *model.Group) error {
	group, told := want.Create.AutoScalingGroupName, int32(-1)
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		r, err := latestRefresh(ctx, c, group)
		if err != nil || r == nil {
			return true, err
		}
		if done := aws.ToInt32(r.PercentageComplete); done != told {
			told = done
			c.Emit(slipway.Progress{ID: c.ID, Done: int64(done), Total: 100, Unit: "%", Text: refreshText(r)})
		}
		switch r.Status { //nolint:exhaustive // the rest is under way
		case asgtypes.InstanceRefreshStatusSuccessful:
			return true, nil
		case asgtypes.InstanceRefreshStatusFailed, asgtypes.InstanceRefreshStatusCancelled, asgtypes.InstanceRefreshStatusRollbackFailed,
			asgtypes.InstanceRefreshStatusRollbackSuccessful:
			return false, awserr.Wrap(fmt.Errorf("%w: instance refresh %s is %s: %s", slipway.ErrFailed,
				aws.ToString(r.InstanceRefreshId), r.Status, refreshReason(r)), "refresh instances")
		default:
			return false, nil
		}
	})
}

func refreshText(r *asgtypes.InstanceRefresh) string {
	return fmt.Sprintf("instance refresh %s, %d %% done, %d instances to go", r.Status, aws.ToInt32(r.PercentageComplete), aws.ToInt32(r.InstancesToUpdate))
}

func refreshReason(r *asgtypes.InstanceRefresh) string {
	if r.RollbackDetails != nil && aws.ToString(r.RollbackDetails.RollbackReason) != "" {
		return *r.RollbackDetails.RollbackReason
	}
	if text := aws.ToString(r.StatusReason); text != "" {
		return text
	}
	return "AWS gives no reason"
}
