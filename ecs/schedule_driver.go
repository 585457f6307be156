// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	"github.com/slipway-go/slipway/internal/cron"
	model "github.com/slipway-go/slipway/internal/model/scheduler"
	"github.com/slipway-go/slipway/internal/rules"
	schedulerrules "github.com/slipway-go/slipway/internal/rules/scheduler"
)

// schedules is the driver of schedules. AWS keeps no tags of them: whose they are is
// told by their group.
type schedules struct {
	family
	awsid.Identity
}

func schedulerClient(c slipway.Call) *awsscheduler.Client {
	return slipway.Client(c, awsscheduler.NewFromConfig)
}

// Before returns nothing: nothing stands on a schedule.
func (schedules) Before() []string { return nil }

// Effects: UpdateSchedule replaces all but the names.
func (schedules) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Create.Name": slipway.NewName, "Create.GroupName": slipway.NewName},
		Keys: map[string]string{
			"Create.Target.EcsParameters.CapacityProviderStrategy": "CapacityProvider",
		},
		Sets: []string{
			"Create.Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration.Subnets",
			"Create.Target.EcsParameters.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
		},
		Documents: []string{"Create.Target.Input"},
		Ignore:    []string{"Create.ClientToken"},
	}
}

// The defaults of retry policies.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
const (
	defaultEventAge      = 86400
	defaultTargetRetries = 185
)

// Defaults fills in what EventBridge Scheduler would.
func (schedules) Defaults(s *model.Schedule) {
	in := &s.Create
	retries := targetRetries(in.Target)
	fill(in)
	in.Target.RetryPolicy.MaximumRetryAttempts = &retries // of which zero is one to choose
	def(&in.State, schedulertypes.ScheduleStateEnabled)
	def(&in.ActionAfterCompletion, schedulertypes.ActionAfterCompletionNone)
	defTo(&in.ScheduleExpressionTimezone, "UTC")
	defTo(&in.Target.RetryPolicy.MaximumEventAgeInSeconds, defaultEventAge)
	defTo(&in.Target.EcsParameters.TaskCount, 1)
	def(&in.FlexibleTimeWindow.Mode, schedulertypes.FlexibleTimeWindowModeOff)
}

func targetRetries(t *schedulertypes.Target) int32 {
	if t == nil || t.RetryPolicy == nil || t.RetryPolicy.MaximumRetryAttempts == nil {
		return defaultTargetRetries
	}
	return *t.RetryPolicy.MaximumRetryAttempts
}

// Check returns all that EventBridge Scheduler would reject.
func (schedules) Check(refs slipway.Refs, s *model.Schedule) []slipway.FieldError {
	return rules.At("Create", schedulerrules.CreateSchedule.All(refs, &s.Create))
}

// Read gets the schedule, and its group's tags.
func (d schedules) Read(ctx context.Context, c slipway.Call, want *model.Schedule) (*slipway.Live[model.Schedule], error) {
	if !known(want.Create.Name) || !known(want.Create.GroupName) {
		return nil, nil
	}
	live, err := d.get(ctx, c, *want.Create.GroupName, *want.Create.Name)
	if live != nil && live.State.Create.StartDate == nil && begun(live, want.Create.StartDate) {
		live.State.Create.StartDate = want.Create.StartDate
	}
	return live, err
}

// modified is the output that says when the schedule was made, or last replaced.
const modified = "modified"

// begun reports whether the schedule was last put after that start, so that it could
// not be sent and bounds nothing.
func begun(live *slipway.Live[model.Schedule], start *time.Time) bool {
	at, err := time.Parse(time.RFC3339, output(live, modified))
	return err == nil && start != nil && start.Before(at)
}

func (schedules) get(ctx context.Context, c slipway.Call, group, name string) (*slipway.Live[model.Schedule], error) {
	out, err := schedulerClient(c).GetSchedule(ctx, &awsscheduler.GetScheduleInput{GroupName: &group, Name: &name})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "get schedule "+name)
	}
	of, err := getGroup(ctx, c, group)
	if err != nil || of == nil {
		return nil, err
	}
	live := &slipway.Live[model.Schedule]{
		State: model.Schedule{Create: awsscheduler.CreateScheduleInput{
			Name: out.Name, GroupName: out.GroupName, ScheduleExpression: out.ScheduleExpression, ScheduleExpressionTimezone: out.ScheduleExpressionTimezone,
			Description: out.Description, Target: out.Target, StartDate: out.StartDate, EndDate: out.EndDate, FlexibleTimeWindow: out.FlexibleTimeWindow,
			State: out.State, ActionAfterCompletion: out.ActionAfterCompletion, KmsKeyArn: out.KmsKeyArn,
		}},
		Outputs: map[string][]string{
			"arn": {aws.ToString(out.Arn)}, "name": {name}, "group": {group}, modified: {aws.ToTime(out.LastModificationDate).Format(time.RFC3339)},
		},
	}
	if of.Owner.Stack != "" {
		live.Owner = slipway.Owner{Stack: of.Owner.Stack, Resource: slipway.ID{Kind: model.KindSchedule, Name: name}.String()}
	}
	return live, nil
}

// Put creates the schedule, or replaces it. A start that has passed is refused, and
// left out then: it bounds nothing any more.
func (schedules) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.Schedule], want *model.Schedule) error {
	in := sentSchedule(&want.Create)
	if have == nil && removedBy(in, time.Now()) {
		return slipway.FieldError{
			Path: c.ID.String() + " Create.ScheduleExpression", Got: aws.ToString(in.ScheduleExpression) + ", which is due no more",
			Want: "a time to come; a schedule that has run and was removed is to be taken out of the stack, too",
		}
	}
	return retried(ctx, c, roleNotReady, func(ctx context.Context) error {
		err := putSchedule(ctx, c, have == nil, in)
		if err != nil && in.StartDate != nil && strings.Contains(err.Error(), "StartDate you specify cannot be earlier") {
			in.StartDate = nil
			err = putSchedule(ctx, c, have == nil, in)
		}
		return err
	})
}

// removedBy reports whether AWS would have removed the schedule by then, for it is due
// no more.
func removedBy(in *awsscheduler.CreateScheduleInput, now time.Time) bool {
	zone, err := schedulerrules.Zone(in.ScheduleExpressionTimezone)
	if err != nil || in.ActionAfterCompletion != schedulertypes.ActionAfterCompletionDelete {
		return false
	}
	when, err := cron.Parse(aws.ToString(in.ScheduleExpression), zone)
	if err != nil {
		return false
	}
	next := when.Next(now, now)
	return next.IsZero() || in.EndDate != nil && !when.Once() && next.After(*in.EndDate)
}

func putSchedule(ctx context.Context, c slipway.Call, create bool, in *awsscheduler.CreateScheduleInput) error {
	if create {
		_, err := schedulerClient(c).CreateSchedule(ctx, in)
		return awserr.Wrap(err, "create schedule "+aws.ToString(in.Name))
	}
	_, err := schedulerClient(c).UpdateSchedule(ctx, &awsscheduler.UpdateScheduleInput{
		FlexibleTimeWindow: in.FlexibleTimeWindow, Name: in.Name, ScheduleExpression: in.ScheduleExpression, Target: in.Target,
		ActionAfterCompletion: in.ActionAfterCompletion, Description: in.Description, EndDate: in.EndDate, GroupName: in.GroupName,
		KmsKeyArn: in.KmsKeyArn, ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, StartDate: in.StartDate, State: in.State,
	})
	return awserr.Wrap(err, "update schedule "+aws.ToString(in.Name))
}

// sentSchedule is the input without the blanks that Defaults has filled in.
func sentSchedule(in *awsscheduler.CreateScheduleInput) *awsscheduler.CreateScheduleInput {
	sent := *in
	strip(&sent)
	return &sent
}

// Delete deletes the schedule.
func (schedules) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.Schedule]) error {
	_, err := schedulerClient(c).DeleteSchedule(ctx, &awsscheduler.DeleteScheduleInput{Name: have.State.Create.Name, GroupName: have.State.Create.GroupName})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil
	}
	return awserr.Wrap(err, "delete schedule "+output(have, "name"))
}

// Tag does nothing: a schedule belongs to whom its group belongs.
func (schedules) Tag(context.Context, slipway.Call, *slipway.Live[model.Schedule]) error { return nil }

// List finds the schedules in the groups that the stack owns.
func (d schedules) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.Schedule], error) {
	groups, err := scheduleGroups{}.List(ctx, c)
	if err != nil {
		return nil, err
	}
	var own []*slipway.Live[model.Schedule]
	for _, g := range groups {
		pages := awsscheduler.NewListSchedulesPaginator(schedulerClient(c), &awsscheduler.ListSchedulesInput{GroupName: g.State.Create.Name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, awserr.Wrap(err, "list schedules")
			}
			for _, s := range page.Schedules {
				live, err := d.get(ctx, c, aws.ToString(s.GroupName), aws.ToString(s.Name))
				if err != nil {
					return nil, err
				}
				if live != nil {
					own = append(own, live)
				}
			}
		}
	}
	return own, nil
}

// Permissions says what a caller needs.
func (schedules) Permissions(have *slipway.Live[model.Schedule], want *model.Schedule) []slipway.Permission {
	if have == nil && want == nil {
		return []slipway.Permission{anywhere("scheduler:ListSchedules", "scheduler:GetSchedule")}
	}
	state := want
	if state == nil {
		state = &have.State
	}
	schedule := ownARN("scheduler", "schedule/"+aws.ToString(state.Create.GroupName)+"/"+aws.ToString(state.Create.Name))
	actions := []string{"scheduler:GetSchedule"}
	switch {
	case want == nil:
		return []slipway.Permission{{Actions: append(actions, "scheduler:DeleteSchedule"), Resources: []string{schedule}}}
	case have == nil:
		actions = append(actions, "scheduler:CreateSchedule")
	default:
		actions = append(actions, "scheduler:UpdateSchedule")
	}
	all := []slipway.Permission{{Actions: actions, Resources: []string{schedule}}}
	if t := want.Create.Target; t != nil && t.RoleArn != nil {
		all = append(all, slipway.Permission{
			Actions: []string{"iam:PassRole"}, Resources: []string{*t.RoleArn},
			Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"scheduler.amazonaws.com"}}},
		})
	}
	return all
}
