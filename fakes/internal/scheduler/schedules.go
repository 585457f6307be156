// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/cron"
	rules "github.com/slipway-go/slipway/internal/rules/scheduler"
)

// schedule is a schedule, armed for the next time it is due.
type schedule struct {
	group             *group
	arn               string
	token             string // that it was created with: to create it again with the same is no conflict
	in                awsscheduler.CreateScheduleInput
	created, modified time.Time
	when              *cron.Schedule
	// life counts what it was armed with; what was planned for an earlier one is void.
	life int
}

func name(group, schedule *string) string {
	return "schedule/" + or(group, defaultGroup) + "/" + aws.ToString(schedule)
}

func (f *Fake) scheduleOperations(s *sim.Service) {
	sim.Handle(s, "CreateSchedule", f.create, sim.Needs(func(c *sim.Call, in *awsscheduler.CreateScheduleInput) []sim.Access {
		return needs(c, "CreateSchedule", name(in.GroupName, in.Name), in.Target)
	}), sim.Refuses[awsscheduler.CreateScheduleInput](notModelled...))
	sim.Handle(s, "UpdateSchedule", f.update, sim.Needs(func(c *sim.Call, in *awsscheduler.UpdateScheduleInput) []sim.Access {
		return needs(c, "UpdateSchedule", name(in.GroupName, in.Name), in.Target)
	}), sim.Refuses[awsscheduler.UpdateScheduleInput](notModelled...))
	sim.Handle(s, "GetSchedule", f.get, on("GetSchedule", func(in *awsscheduler.GetScheduleInput) string { return name(in.GroupName, in.Name) }))
	sim.Handle(s, "DeleteSchedule", f.remove, on("DeleteSchedule", func(in *awsscheduler.DeleteScheduleInput) string { return name(in.GroupName, in.Name) }))
	sim.Handle(s, "ListSchedules", f.list)
}

// notModelled are targets other than tasks of ECS, and queues.
var notModelled = []string{
	"Target.DeadLetterConfig", "Target.EventBridgeParameters", "Target.KinesisParameters", "Target.SageMakerPipelineParameters",
	"Target.SqsParameters", "KmsKeyArn",
}

func needs(c *sim.Call, action, resource string, t *schedulertypes.Target) []sim.Access {
	list := []sim.Access{{Action: "scheduler:" + action, Resource: c.ARN("scheduler", resource)}}
	if t != nil && t.RoleArn != nil {
		list = append(list, sim.Access{Action: "iam:PassRole", Resource: *t.RoleArn}.With("iam:PassedToService", principal))
	}
	return list
}

func (f *Fake) create(c *sim.Call, in *awsscheduler.CreateScheduleInput) (*awsscheduler.CreateScheduleOutput, error) {
	if err := sim.Check(rules.CreateSchedule, nil, in, typed); err != nil {
		return nil, err
	}
	g, err := f.regions.In(c).find(in.GroupName)
	if err != nil {
		return nil, err
	}
	if same, ok := g.schedules[*in.Name]; ok && in.ClientToken != nil && same.token == *in.ClientToken {
		return &awsscheduler.CreateScheduleOutput{ScheduleArn: &same.arn}, nil
	} else if ok {
		return nil, conflict("Schedule " + *in.Name + " already exists.")
	}
	s := &schedule{group: g, arn: f.regions.In(c).arn("schedule/" + g.name + "/" + *in.Name), created: c.Now(), token: aws.ToString(in.ClientToken)}
	if err := f.set(c, s, in); err != nil {
		return nil, err
	}
	g.schedules[*in.Name] = s
	f.begin(c.Region, s)
	return &awsscheduler.CreateScheduleOutput{ScheduleArn: &s.arn}, nil
}

// update replaces all of the schedule: what is not given is as if it never was.
func (f *Fake) update(c *sim.Call, in *awsscheduler.UpdateScheduleInput) (*awsscheduler.UpdateScheduleOutput, error) {
	next := awsscheduler.CreateScheduleInput{
		FlexibleTimeWindow: in.FlexibleTimeWindow, Name: in.Name, ScheduleExpression: in.ScheduleExpression, Target: in.Target,
		ActionAfterCompletion: in.ActionAfterCompletion, ClientToken: in.ClientToken, Description: in.Description, EndDate: in.EndDate, GroupName: in.GroupName,
		KmsKeyArn: in.KmsKeyArn, ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, StartDate: in.StartDate, State: in.State,
	}
	if err := sim.Check(rules.CreateSchedule, nil, &next, typed); err != nil {
		return nil, err
	}
	s, err := f.find(c, in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	if err := f.set(c, s, &next); err != nil {
		return nil, err
	}
	f.begin(c.Region, s)
	return &awsscheduler.UpdateScheduleOutput{ScheduleArn: &s.arn}, nil
}

// startGrace is how far in the past a recurring schedule may begin. AWS's reference does
// not say so; its answer does, to updates, too.
// https://github.com/getmoto/moto/pull/8172
const startGrace = 5 * time.Minute

// set takes over an input that keeps the rules, unless the role is not to be assumed.
func (f *Fake) set(c *sim.Call, s *schedule, in *awsscheduler.CreateScheduleInput) error {
	if in.Target.EcsParameters == nil {
		return sim.NotModelled("schedules whose target is no cluster of ECS, as %s, are not modelled", aws.ToString(in.Target.Arn))
	}
	if _, err := f.assume(s, aws.ToString(in.Target.RoleArn)); err != nil {
		return invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
	}
	zone, err := rules.Zone(in.ScheduleExpressionTimezone)
	if err != nil {
		return invalid(err.Error())
	}
	when, err := cron.Parse(*in.ScheduleExpression, zone)
	if err != nil {
		return invalid(err.Error())
	}
	if in.StartDate != nil && !when.Once() && in.StartDate.Before(c.Now().Add(-startGrace)) {
		return invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
	}
	s.in, s.when, s.modified = *in, when, c.Now()
	s.in.ClientToken = nil
	return nil
}

func (f *Fake) find(c *sim.Call, group, schedule *string) (*schedule, error) {
	g, err := f.regions.In(c).find(group)
	if err != nil {
		return nil, err
	}
	s, ok := g.schedules[aws.ToString(schedule)]
	if !ok {
		return nil, missing("Schedule " + aws.ToString(schedule) + " does not exist.")
	}
	return s, nil
}

func (f *Fake) remove(c *sim.Call, in *awsscheduler.DeleteScheduleInput) (*awsscheduler.DeleteScheduleOutput, error) {
	s, err := f.find(c, in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	s.drop()
	return &awsscheduler.DeleteScheduleOutput{}, nil
}

func (s *schedule) drop() {
	s.life++
	delete(s.group.schedules, *s.in.Name)
}

func (f *Fake) get(c *sim.Call, in *awsscheduler.GetScheduleInput) (*awsscheduler.GetScheduleOutput, error) {
	s, err := f.find(c, in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	return &awsscheduler.GetScheduleOutput{
		ActionAfterCompletion: s.after(), Arn: &s.arn, CreationDate: &s.created, Description: s.in.Description, EndDate: s.in.EndDate,
		FlexibleTimeWindow: s.in.FlexibleTimeWindow, GroupName: &s.group.name, LastModificationDate: &s.modified, Name: s.in.Name,
		ScheduleExpression: s.in.ScheduleExpression, ScheduleExpressionTimezone: aws.String(or(s.in.ScheduleExpressionTimezone, "UTC")),
		StartDate: s.in.StartDate, State: s.state(), Target: s.target(),
	}, nil
}

func (s *schedule) state() schedulertypes.ScheduleState {
	if s.in.State == "" {
		return schedulertypes.ScheduleStateEnabled
	}
	return s.in.State
}

func (s *schedule) after() schedulertypes.ActionAfterCompletion {
	if s.in.ActionAfterCompletion == "" {
		return schedulertypes.ActionAfterCompletionNone
	}
	return s.in.ActionAfterCompletion
}

// The retry policy of a target without one.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
const (
	defaultAge     = 86400
	defaultRetries = 185
)

// target is the target with the defaults of its retry policy.
func (s *schedule) target() *schedulertypes.Target {
	t := *s.in.Target
	p := schedulertypes.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(defaultAge), MaximumRetryAttempts: aws.Int32(defaultRetries)}
	if given := t.RetryPolicy; given != nil {
		p.MaximumEventAgeInSeconds = aws.Int32(or32(given.MaximumEventAgeInSeconds, defaultAge))
		p.MaximumRetryAttempts = aws.Int32(or32(given.MaximumRetryAttempts, defaultRetries))
	}
	t.RetryPolicy = &p
	if t.EcsParameters != nil && t.EcsParameters.TaskCount == nil {
		e := *t.EcsParameters
		e.TaskCount = aws.Int32(1)
		t.EcsParameters = &e
	}
	return &t
}

func (f *Fake) list(c *sim.Call, in *awsscheduler.ListSchedulesInput) (*awsscheduler.ListSchedulesOutput, error) {
	r := f.regions.In(c)
	groups := slices.Sorted(maps.Keys(r.groups))
	if in.GroupName != nil {
		if _, err := r.find(in.GroupName); err != nil {
			return nil, err
		}
		groups = []string{*in.GroupName}
	}
	var all []schedulertypes.ScheduleSummary
	for _, group := range groups {
		g := r.groups[group]
		for _, n := range slices.Sorted(maps.Keys(g.schedules)) {
			s := g.schedules[n]
			if !strings.HasPrefix(n, aws.ToString(in.NamePrefix)) || in.State != "" && in.State != s.state() {
				continue
			}
			all = append(all, schedulertypes.ScheduleSummary{
				Arn: &s.arn, Name: &n, GroupName: &g.name, State: s.state(), CreationDate: &s.created, LastModificationDate: &s.modified,
				Target: &schedulertypes.TargetSummary{Arn: s.in.Target.Arn},
			})
		}
	}
	page, next, err := sim.Page(all, in.NextToken, int(min(or32(in.MaxResults, pageSize), pageSize)))
	if err != nil {
		return nil, invalid("Invalid NextToken.")
	}
	return &awsscheduler.ListSchedulesOutput{Schedules: page, NextToken: next}, nil
}
