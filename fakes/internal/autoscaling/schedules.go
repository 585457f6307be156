// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

// action is a scheduled action, armed for the next time it is due.
type action struct {
	described asgtypes.ScheduledUpdateGroupAction
	recurs    *rules.Recurrence
	// gone: it has been replaced or deleted; what was planned for it is void.
	gone bool
}

func registerSchedules(s *sim.Service, f *Fake) {
	sim.Handle(s, "PutScheduledUpdateGroupAction", f.putSchedule,
		onGroups("PutScheduledUpdateGroupAction", func(in *awsasg.PutScheduledUpdateGroupActionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "BatchPutScheduledUpdateGroupAction", f.putSchedules,
		onGroups("BatchPutScheduledUpdateGroupAction", func(in *awsasg.BatchPutScheduledUpdateGroupActionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DeleteScheduledAction", f.deleteSchedule,
		onGroups("DeleteScheduledAction", func(in *awsasg.DeleteScheduledActionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "BatchDeleteScheduledAction", f.deleteSchedules,
		onGroups("BatchDeleteScheduledAction", func(in *awsasg.BatchDeleteScheduledActionInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeScheduledActions", f.describeSchedules)
}

// maxActions is the quota of a group.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
const maxActions = 125

func (f *Fake) putSchedule(c *sim.Call, in *awsasg.PutScheduledUpdateGroupActionInput) (*awsasg.PutScheduledUpdateGroupActionOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.PutScheduledUpdateGroupAction, r, in, typed); err != nil {
		return nil, err
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	return &awsasg.PutScheduledUpdateGroupActionOutput{}, g.schedule(c, in)
}

// schedule makes an action or replaces the one of its name.
func (g *group) schedule(c *sim.Call, in *awsasg.PutScheduledUpdateGroupActionInput) error {
	name := *in.ScheduledActionName
	start := cmp.Or(in.StartTime, in.Time)
	if in.Recurrence == nil && !start.After(g.now()) {
		return invalid("Given start time is in the past")
	}
	old, exists := g.actions[name]
	if !exists && len(g.actions) >= maxActions {
		return &asgtypes.LimitExceededFault{Message: aws.String("You have reached the limit of 125 scheduled actions for the Auto Scaling group")}
	}
	a := &action{described: asgtypes.ScheduledUpdateGroupAction{
		AutoScalingGroupName: g.settings.AutoScalingGroupName, ScheduledActionName: in.ScheduledActionName, MinSize: in.MinSize, MaxSize: in.MaxSize,
		DesiredCapacity: in.DesiredCapacity, StartTime: start, Time: start, EndTime: in.EndTime, Recurrence: in.Recurrence, TimeZone: in.TimeZone,
	}}
	if exists {
		old.gone = true
		a.described.ScheduledActionARN = old.described.ScheduledActionARN
	} else {
		a.described.ScheduledActionARN = aws.String(c.ARN("autoscaling", fmt.Sprintf("scheduledUpdateGroupAction:%s:autoScalingGroupName/%s:scheduledActionName/%s",
			c.UUID("asg-scheduled-action", c.Region, g.name(), name), g.name(), name)))
	}
	if in.Recurrence != nil {
		zone, err := rules.Zone(in.TimeZone)
		if err != nil {
			return invalid(err.Error())
		}
		if a.recurs, err = rules.ParseRecurrence(*in.Recurrence, zone); err != nil {
			return invalid(err.Error())
		}
	}
	g.actions[name] = a
	g.arm(a, g.now())
	return nil
}

// arm plans the next time that an action is due, after another. One that is never due
// again is forgotten.
func (g *group) arm(a *action, after time.Time) {
	at := aws.ToTime(a.described.StartTime)
	if a.recurs != nil && !at.After(after) {
		at = a.recurs.Next(after)
	}
	end := a.described.EndTime
	if at.IsZero() || !at.After(after) || end != nil && at.After(*end) {
		delete(g.actions, *a.described.ScheduledActionName)
		return
	}
	a.described.StartTime, a.described.Time = &at, &at
	g.r.f.sim.At(at, func() {
		if a.gone || g.r.groups[g.name()] != g || g.deleting {
			return
		}
		if !g.suspends("ScheduledActions") {
			g.act(a)
		}
		g.arm(a, at)
	})
}

// act executes an action. One whose numbers do not fit leaves the group as it is.
func (g *group) act(a *action) {
	d := a.described
	old := g.settings
	desired, err := g.resize(d.MinSize, d.MaxSize, d.DesiredCapacity)
	if err != nil {
		g.settings = old
		failed := g.record("Could not execute scheduled action "+*d.ScheduledActionName, "a scheduled action was due", "{}")
		g.close(failed, asgtypes.ScalingActivityStatusCodeFailed, message(err))
		return
	}
	sentences := []string{"the scheduled action " + *d.ScheduledActionName + " executed"}
	for _, n := range []struct {
		name     string
		from, to *int32
	}{
		{"min size", old.MinSize, g.settings.MinSize}, {"max size", old.MaxSize, g.settings.MaxSize},
	} {
		if *n.from != *n.to {
			sentences = append(sentences, fmt.Sprintf("Setting %s from %d to %d", n.name, *n.from, *n.to))
		}
	}
	g.told("")
	g.wants(int(desired), strings.Join(sentences, ". ")+".")
	g.plan()
}

// putSchedules makes those that it can.
func (f *Fake) putSchedules(c *sim.Call, in *awsasg.BatchPutScheduledUpdateGroupActionInput) (*awsasg.BatchPutScheduledUpdateGroupActionOutput, error) {
	r := f.regions.In(c)
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	out := &awsasg.BatchPutScheduledUpdateGroupActionOutput{}
	for _, a := range in.ScheduledUpdateGroupActions {
		one := &awsasg.PutScheduledUpdateGroupActionInput{
			AutoScalingGroupName: in.AutoScalingGroupName, ScheduledActionName: a.ScheduledActionName, DesiredCapacity: a.DesiredCapacity, EndTime: a.EndTime,
			MaxSize: a.MaxSize, MinSize: a.MinSize, Recurrence: a.Recurrence, StartTime: a.StartTime, TimeZone: a.TimeZone,
		}
		err := sim.Check(rules.PutScheduledUpdateGroupAction, r, one, typed)
		if err == nil {
			err = g.schedule(c, one)
		}
		if err != nil {
			out.FailedScheduledUpdateGroupActions = append(out.FailedScheduledUpdateGroupActions, asgtypes.FailedScheduledUpdateGroupActionRequest{
				ScheduledActionName: a.ScheduledActionName, ErrorCode: aws.String("ValidationError"), ErrorMessage: aws.String(message(err)),
			})
		}
	}
	return out, nil
}

// unschedule deletes an action.
func (g *group) unschedule(name *string) error {
	a, ok := g.actions[aws.ToString(name)]
	if !ok {
		return invalid("Scheduled action name not found")
	}
	a.gone = true
	delete(g.actions, *name)
	return nil
}

func (f *Fake) deleteSchedule(c *sim.Call, in *awsasg.DeleteScheduledActionInput) (*awsasg.DeleteScheduledActionOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	return &awsasg.DeleteScheduledActionOutput{}, g.unschedule(in.ScheduledActionName)
}

func (f *Fake) deleteSchedules(c *sim.Call, in *awsasg.BatchDeleteScheduledActionInput) (*awsasg.BatchDeleteScheduledActionOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	out := &awsasg.BatchDeleteScheduledActionOutput{}
	for _, name := range in.ScheduledActionNames {
		if err := g.unschedule(&name); err != nil {
			out.FailedScheduledActions = append(out.FailedScheduledActions, asgtypes.FailedScheduledUpdateGroupActionRequest{
				ScheduledActionName: &name, ErrorCode: aws.String("ValidationError"), ErrorMessage: aws.String(message(err)),
			})
		}
	}
	return out, nil
}

func (f *Fake) describeSchedules(c *sim.Call, in *awsasg.DescribeScheduledActionsInput) (*awsasg.DescribeScheduledActionsOutput, error) {
	r := f.regions.In(c)
	groups := r.sorted(nil)
	if in.AutoScalingGroupName != nil {
		g, err := r.find(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var all []asgtypes.ScheduledUpdateGroupAction
	for _, g := range groups {
		for _, name := range slices.Sorted(maps.Keys(g.actions)) {
			d := g.actions[name].described
			if (len(in.ScheduledActionNames) == 0 || slices.Contains(in.ScheduledActionNames, name)) &&
				(in.StartTime == nil || !d.StartTime.Before(*in.StartTime)) && (in.EndTime == nil || !d.StartTime.After(*in.EndTime)) {
				all = append(all, d)
			}
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroupsMost)
	return &awsasg.DescribeScheduledActionsOutput{ScheduledUpdateGroupActions: cut, NextToken: next}, err
}
