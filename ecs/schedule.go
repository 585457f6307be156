// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	modelecs "github.com/slipway-go/slipway/internal/model/ecs"
	model "github.com/slipway-go/slipway/internal/model/scheduler"
	"github.com/slipway-go/slipway/internal/override"
)

// Schedule declares when EventBridge Scheduler runs a job. It brings the role that
// runs it, and the schedule group of its stack, "slipway-<stack>": schedules have no tags,
// so all that is in the group is the stack's.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html
type Schedule struct {
	name        string
	expression  string
	job         jobCore
	zone        string
	window      time.Duration
	start, end  time.Time
	retries     *int
	age         time.Duration
	deadLetter  string
	role        iam.RoleRef
	disabled    bool
	removed     bool
	description string
	overrides   []func(*awsscheduler.CreateScheduleInput)
}

// NewSchedule declares a schedule of that name, up to 64 letters, digits, hyphens,
// underscores and dots. The expression is AWS's: cron(minutes hours day-of-month month
// day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss), in UTC. A rate begins
// when the schedule is made.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func NewSchedule(name, expression string, job ScheduledJob) Schedule {
	s := Schedule{name: name, expression: expression}
	if job != nil {
		s.job = job.scheduled()
	}
	return s
}

// ScheduledJob is what a [Schedule] runs: a [Job] or an [EC2Job]. The set is sealed.
type ScheduledJob interface {
	slipway.Resource

	scheduled() jobCore
}

func (j Job) scheduled() jobCore { return j.core }

func (j EC2Job) scheduled() jobCore { return j.core }

// WithTimeZone evaluates the expression in a time zone of the IANA database, such as
// "Europe/Berlin". Hours that a change to summer time skips are skipped; those that come
// twice count once.
func (s Schedule) WithTimeZone(name string) Schedule {
	s.zone = name
	return s
}

// WithWindow lets the job begin up to so long after it is due, 1 minute to 24 hours, in
// whole minutes.
func (s Schedule) WithWindow(d time.Duration) Schedule {
	s.window = d
	return s
}

// WithPeriod bounds when a recurring schedule is in force; a zero time is no bound. AWS
// takes no start that is more than 5 minutes past: when the schedule is changed later it
// is left out, and a rate begins anew.
func (s Schedule) WithPeriod(start, end time.Time) Schedule {
	s.start, s.end = start, end
	return s
}

// WithRetries sets how often starting the job is tried again, 0 to 185, and for how
// long, 1 minute to 24 hours; 185 and 24 hours if not called. It is about starting the
// task; a task that fails is not run again.
func (s Schedule) WithRetries(most int, age time.Duration) Schedule {
	s.retries, s.age = &most, age
	return s
}

// WithDeadLetters sends what could not be started to a queue of Amazon SQS, by ARN. The
// role is allowed to.
func (s Schedule) WithDeadLetters(queueARN string) Schedule {
	s.deadLetter = queueARN
	return s
}

// WithRole replaces the role that is derived. A declared role is given what it needs.
func (s Schedule) WithRole(r iam.RoleRef) Schedule {
	s.role = r
	return s
}

// WithDisabled keeps the schedule, and runs nothing.
func (s Schedule) WithDisabled() Schedule {
	s.disabled = true
	return s
}

// WithRemoval has AWS delete the schedule once it has run for the last time. Take it out
// of the stack by then: applying one that is due no more is an error.
func (s Schedule) WithRemoval() Schedule {
	s.removed = true
	return s
}

// WithDescription describes the schedule, in up to 512 characters.
func (s Schedule) WithDescription(text string) Schedule {
	s.description = text
	return s
}

// WithOverride changes the input of CreateSchedule; the plan shows what.
func (s Schedule) WithOverride(f func(*awsscheduler.CreateScheduleInput)) Schedule {
	s.overrides = append(slices.Clip(s.overrides), f)
	return s
}

// ID names the schedule.
func (s Schedule) ID() slipway.ID { return slipway.ID{Kind: model.KindSchedule, Name: s.name} }

// Validate reports everything that AWS would reject, without asking it.
func (s Schedule) Validate() error { return validate(s, schedules{}) }

// Build returns the wanted state.
func (s Schedule) Build() (slipway.Desired, error) {
	built, err := s.job.Build()
	if err != nil {
		return slipway.Desired{}, err
	}
	job, ok := built.State.(*modelecs.Job)
	if !ok {
		return slipway.Desired{}, slipway.FieldError{Path: s.ID().String(), Got: "no job", Want: "a job", Rule: "ecs-builder"}
	}
	if len(job.Run.VolumeConfigurations) > 0 {
		return slipway.Desired{}, slipway.FieldError{
			Path: s.ID().String() + " Target.EcsParameters", Got: "a job with an EBS volume", Want: "one without: schedules cannot configure volumes",
			Doc: "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_EcsParameters.html", Rule: "ecs-builder",
		}
	}
	group := scheduleGroup{}
	role, err := s.grants(&job.Run, group)
	if err != nil {
		return slipway.Desired{}, err
	}
	in, err := s.input(&job.Run, role)
	if err != nil {
		return slipway.Desired{}, err
	}
	overridden := override.Run("Create.", in, s.overrides...)
	uses := slices.Concat([]slipway.Resource{s.job, group}, role.Resources())
	return slipway.Desired{Kind: scheduleKind(), State: &model.Schedule{Create: *in}, Uses: uses, Overridden: overridden}, nil
}

// input is that of CreateSchedule for a job.
func (s Schedule) input(run *awsecs.RunTaskInput, role iam.RoleRef) (*awsscheduler.CreateScheduleInput, error) {
	target := &schedulertypes.Target{
		Arn: aws.String(clusterARN(s.job.cluster)), RoleArn: aws.String(role.ARN()), EcsParameters: ecsParameters(run),
	}
	if run.Overrides != nil {
		overrides, err := json.Marshal(overrideDocument(run.Overrides))
		if err != nil {
			return nil, slipway.FieldError{Path: s.ID().String() + " Target.Input", Got: err.Error(), Want: "overrides"}
		}
		target.Input = aws.String(string(overrides))
	}
	if s.retries != nil {
		target.RetryPolicy = &schedulertypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(clamp(*s.retries)), MaximumEventAgeInSeconds: seconds(s.age)}
	}
	if s.deadLetter != "" {
		target.DeadLetterConfig = &schedulertypes.DeadLetterConfig{Arn: &s.deadLetter}
	}
	in := &awsscheduler.CreateScheduleInput{
		Name: &s.name, GroupName: aws.String(slipway.Ref(scheduleGroup{}.ID(), "name")), ScheduleExpression: &s.expression,
		ScheduleExpressionTimezone: set(s.zone), Description: set(s.description), Target: target, StartDate: moment(s.start), EndDate: moment(s.end),
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
	}
	if s.window != 0 {
		minutes := clamp(int((s.window + time.Minute - 1) / time.Minute))
		in.FlexibleTimeWindow = &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: &minutes}
	}
	if s.disabled {
		in.State = schedulertypes.ScheduleStateDisabled
	}
	if s.removed {
		in.ActionAfterCompletion = schedulertypes.ActionAfterCompletionDelete
	}
	return in, nil
}

// moment is a time in whole seconds, which is what the API has; nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// ecsParameters are what is run.
func ecsParameters(run *awsecs.RunTaskInput) *schedulertypes.EcsParameters {
	p := &schedulertypes.EcsParameters{
		TaskDefinitionArn: run.TaskDefinition, TaskCount: run.Count, Group: run.Group, LaunchType: schedulertypes.LaunchType(run.LaunchType),
		PlatformVersion: run.PlatformVersion, PropagateTags: schedulertypes.PropagateTags(run.PropagateTags), ReferenceId: run.ReferenceId,
	}
	if run.EnableExecuteCommand {
		p.EnableExecuteCommand = aws.Bool(true)
	}
	if run.EnableECSManagedTags {
		p.EnableECSManagedTags = aws.Bool(true)
	}
	for _, c := range run.CapacityProviderStrategy {
		p.CapacityProviderStrategy = append(p.CapacityProviderStrategy, schedulertypes.CapacityProviderStrategyItem{
			CapacityProvider: c.CapacityProvider, Base: c.Base, Weight: c.Weight,
		})
	}
	for _, c := range run.PlacementConstraints {
		p.PlacementConstraints = append(p.PlacementConstraints, schedulertypes.PlacementConstraint{
			Type: schedulertypes.PlacementConstraintType(c.Type), Expression: c.Expression,
		})
	}
	for _, by := range run.PlacementStrategy {
		p.PlacementStrategy = append(p.PlacementStrategy, schedulertypes.PlacementStrategy{
			Type: schedulertypes.PlacementStrategyType(by.Type), Field: by.Field,
		})
	}
	for _, t := range run.Tags {
		p.Tags = append(p.Tags, map[string]string{"key": aws.ToString(t.Key), "value": aws.ToString(t.Value)})
	}
	if n := run.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		v := n.AwsvpcConfiguration
		p.NetworkConfiguration = &schedulertypes.NetworkConfiguration{AwsvpcConfiguration: &schedulertypes.AwsVpcConfiguration{
			Subnets: v.Subnets, SecurityGroups: v.SecurityGroups, AssignPublicIp: schedulertypes.AssignPublicIp(v.AssignPublicIp),
		}}
	}
	return p
}

// containerDocument is how ECS writes what is overridden of a container.
type containerDocument struct {
	Name        *string            `json:"name"`
	Command     []string           `json:"command,omitempty"`
	Environment []variableDocument `json:"environment,omitempty"`
	CPU         *int32             `json:"cpu,omitempty"`
	Memory      *int32             `json:"memory,omitempty"`
	Reserved    *int32             `json:"memoryReservation,omitempty"`
}

type variableDocument struct {
	Name  *string `json:"name"`
	Value *string `json:"value"`
}

type taskDocument struct {
	Containers    []containerDocument `json:"containerOverrides,omitempty"`
	CPU           *string             `json:"cpu,omitempty"`
	Memory        *string             `json:"memory,omitempty"`
	ExecutionRole *string             `json:"executionRoleArn,omitempty"`
	TaskRole      *string             `json:"taskRoleArn,omitempty"`
	Storage       *storageDocument    `json:"ephemeralStorage,omitempty"`
}

type storageDocument struct {
	Size int32 `json:"sizeInGiB"`
}

// overrideDocument is the input of a schedule's target: what RunTask calls overrides.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
func overrideDocument(o *ecstypes.TaskOverride) taskDocument {
	d := taskDocument{CPU: o.Cpu, Memory: o.Memory, ExecutionRole: o.ExecutionRoleArn, TaskRole: o.TaskRoleArn}
	if o.EphemeralStorage != nil {
		d.Storage = &storageDocument{o.EphemeralStorage.SizeInGiB}
	}
	for _, c := range o.ContainerOverrides {
		one := containerDocument{Name: c.Name, Command: c.Command, CPU: c.Cpu, Memory: c.Memory, Reserved: c.MemoryReservation}
		for _, e := range c.Environment {
			one.Environment = append(one.Environment, variableDocument{e.Name, e.Value})
		}
		d.Containers = append(d.Containers, one)
	}
	return d
}
