// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// principal is who assumes the roles of schedules.
const principal = "scheduler.amazonaws.com"

// assume becomes the role of a schedule. A role is protected by the ARN of the group.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func (f *Fake) assume(s *schedule, role string) (sim.Principal, error) {
	return f.access.Assume(role, principal, "scheduler", map[string][]string{
		"aws:SourceArn": {s.group.arn}, "aws:SourceAccount": {f.sim.Account()},
	})
}

// begin arms the schedule anew. A rate begins at its start date, or at once.
func (f *Fake) begin(region string, s *schedule) {
	s.life++
	if s.state() != schedulertypes.ScheduleStateEnabled {
		return
	}
	f.arm(region, s, f.sim.Now().Add(-time.Nanosecond))
}

// start is from when on a rate counts.
func (s *schedule) start() time.Time {
	if s.in.StartDate != nil {
		return *s.in.StartDate
	}
	return s.created
}

// arm plans the first time after a moment.
func (f *Fake) arm(region string, s *schedule, after time.Time) {
	if start := s.in.StartDate; start != nil && !s.when.Once() && after.Before(*start) {
		after = start.Add(-time.Nanosecond)
	}
	next := s.when.Next(after, s.start())
	if next.IsZero() || s.in.EndDate != nil && !s.when.Once() && next.After(*s.in.EndDate) {
		if s.after() == schedulertypes.ActionAfterCompletionDelete {
			s.drop()
		}
		return
	}
	life := s.life
	f.sim.At(next, func() {
		if s.life == life {
			f.invoke(region, s, f.sim.Now(), 0)
			f.arm(region, s, next)
		}
	})
}

// How long the first retry waits, and the others at most: each waits twice as long as
// the one before. AWS says no more than that it backs off exponentially.
const (
	firstRetry = time.Minute
	mostRetry  = time.Hour
)

// invoke runs the schedule's tasks, and tries again where that fails.
func (f *Fake) invoke(region string, s *schedule, due time.Time, attempt int32) {
	if f.run(region, s) == nil {
		return
	}
	policy := s.target().RetryPolicy
	wait := min(firstRetry<<min(attempt, 6), mostRetry)
	age := time.Duration(*policy.MaximumEventAgeInSeconds) * time.Second
	if attempt >= *policy.MaximumRetryAttempts || f.sim.Now().Add(wait).Sub(due) > age {
		return // it is dropped
	}
	life := s.life
	f.sim.After(wait, func() {
		if s.life == life {
			f.invoke(region, s, due, attempt+1)
		}
	})
}

// run runs the tasks as the schedule's role.
func (f *Fake) run(region string, s *schedule) error {
	as, err := f.assume(s, *s.in.Target.RoleArn)
	if err != nil {
		return err
	}
	in, err := s.input()
	if err != nil {
		return err
	}
	return f.tasks.Run(region, in, as)
}

// input is what RunTask is called with.
func (s *schedule) input() (*awsecs.RunTaskInput, error) {
	t, p := s.in.Target, s.in.Target.EcsParameters
	in := &awsecs.RunTaskInput{
		Cluster: t.Arn, TaskDefinition: p.TaskDefinitionArn, Count: p.TaskCount, EnableECSManagedTags: aws.ToBool(p.EnableECSManagedTags),
		EnableExecuteCommand: aws.ToBool(p.EnableExecuteCommand), Group: p.Group, LaunchType: ecstypes.LaunchType(p.LaunchType),
		PlatformVersion: p.PlatformVersion, PropagateTags: ecstypes.PropagateTags(p.PropagateTags), ReferenceId: p.ReferenceId,
	}
	for _, c := range p.CapacityProviderStrategy {
		in.CapacityProviderStrategy = append(in.CapacityProviderStrategy, ecstypes.CapacityProviderStrategyItem{
			CapacityProvider: c.CapacityProvider, Base: c.Base, Weight: c.Weight,
		})
	}
	for _, c := range p.PlacementConstraints {
		in.PlacementConstraints = append(in.PlacementConstraints, ecstypes.PlacementConstraint{
			Type: ecstypes.PlacementConstraintType(c.Type), Expression: c.Expression,
		})
	}
	for _, by := range p.PlacementStrategy {
		in.PlacementStrategy = append(in.PlacementStrategy, ecstypes.PlacementStrategy{
			Type: ecstypes.PlacementStrategyType(by.Type), Field: by.Field,
		})
	}
	for _, tag := range p.Tags {
		key, value := tag["key"], tag["value"]
		in.Tags = append(in.Tags, ecstypes.Tag{Key: &key, Value: &value})
	}
	if n := p.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		v := n.AwsvpcConfiguration
		in.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: v.Subnets, SecurityGroups: v.SecurityGroups, AssignPublicIp: ecstypes.AssignPublicIp(v.AssignPublicIp),
		}}
	}
	if t.Input != nil {
		in.Overrides = &ecstypes.TaskOverride{}
		if err := json.Unmarshal([]byte(*t.Input), in.Overrides); err != nil {
			return nil, fmt.Errorf("input of the schedule: %w", err)
		}
	}
	return in, nil
}
