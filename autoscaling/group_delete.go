// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const (
	// emptyMost is how long instances may take to go by themselves, lifecycle hooks
	// included, before the group is deleted by force.
	emptyMost = 15 * time.Minute
	// protectionMost is how many instances a call of SetInstanceProtection takes, see
	// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceProtection.html.
	protectionMost = 50
)

// Delete has the group scale in to nothing, so that instances leave in order, and then
// deletes it, by force if some are left; and waits until it is gone. The alarms of its
// policies go first.
func (d groupDriver) Delete(ctx context.Context, c slipway.Call, have *liveGroup) error {
	name := aws.ToString(have.State.Create.AutoScalingGroupName)
	for _, p := range have.State.Policies {
		if err := deleteAlarms(ctx, c, p.Alarms); err != nil {
			return err
		}
	}
	g, err := describeGroup(ctx, c, name)
	if err != nil || g == nil {
		return err
	}
	if aws.ToString(g.Status) == "" {
		if err := d.empty(ctx, c, g); err != nil {
			return err
		}
		if err := d.remove(ctx, c, name); err != nil {
			return err
		}
	}
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		g, err := describeGroup(ctx, c, name)
		return g == nil, err
	})
}

// empty takes away what keeps instances, and waits until they have gone.
func (groupDriver) empty(ctx context.Context, c slipway.Call, g *asgtypes.AutoScalingGroup) error {
	name := g.AutoScalingGroupName
	if len(g.SuspendedProcesses) > 0 { // Terminate may be among them
		if _, err := asgClient(c).ResumeProcesses(ctx, &awsasg.ResumeProcessesInput{AutoScalingGroupName: name}); err != nil {
			return awserr.Wrap(err, "resume processes")
		}
	}
	err := insist(ctx, c, "scale auto scaling group to nothing", func(ctx context.Context) error {
		_, err := asgClient(c).UpdateAutoScalingGroup(ctx, &awsasg.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: name, MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
			NewInstancesProtectedFromScaleIn: aws.Bool(false),
		})
		return err
	})
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, emptyMost)
	defer cancel()
	left := -1
	err = slipway.Poll(bounded, func(ctx context.Context) (bool, error) {
		g, err := describeGroup(ctx, c, *name)
		if err != nil || g == nil {
			return true, err
		}
		if n := len(g.Instances); n != left {
			left = n
			c.Emit(slipway.Waiting{ID: c.ID, Reason: fmt.Sprintf("%d instances are leaving", n)})
		}
		return left == 0, unprotect(ctx, c, g)
	})
	if errors.Is(err, slipway.ErrTimeout) && ctx.Err() == nil {
		return nil // by force, then
	}
	return err
}

// unprotect clears the scale-in protection of the instances that have it. ECS may set it
// anew as long as a capacity provider has the group.
func unprotect(ctx context.Context, c slipway.Call, g *asgtypes.AutoScalingGroup) error {
	var ids []string
	for _, i := range g.Instances {
		if aws.ToBool(i.ProtectedFromScaleIn) && i.LifecycleState == asgtypes.LifecycleStateInService {
			ids = append(ids, aws.ToString(i.InstanceId))
		}
	}
	for some := range slices.Chunk(ids, protectionMost) {
		_, err := asgClient(c).SetInstanceProtection(ctx, &awsasg.SetInstanceProtectionInput{
			AutoScalingGroupName: g.AutoScalingGroupName, InstanceIds: some, ProtectedFromScaleIn: aws.Bool(false),
		})
		// One that leaves meanwhile is none of the group's any more.
		if err != nil && !awserr.Is(err, "ValidationError") {
			return awserr.Wrap(err, "clear scale-in protection")
		}
	}
	return nil
}

// remove deletes the group: by force if it has instances, or a warm pool, still.
func (groupDriver) remove(ctx context.Context, c slipway.Call, name string) error {
	return insist(ctx, c, "delete auto scaling group", func(ctx context.Context) error {
		g, err := describeGroup(ctx, c, name)
		if err != nil || g == nil {
			return err
		}
		force := len(g.Instances) > 0 || g.WarmPoolConfiguration != nil
		_, err = asgClient(c).DeleteAutoScalingGroup(ctx, &awsasg.DeleteAutoScalingGroupInput{
			AutoScalingGroupName: aws.String(name), ForceDelete: aws.Bool(force),
		})
		if awserr.Is(err, "ValidationError") { // said of a group that is gone, too
			if g, unseen := describeGroup(ctx, c, name); g == nil && unseen == nil {
				return nil
			}
		}
		return err
	})
}
