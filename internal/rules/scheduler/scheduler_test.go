// SPDX-License-Identifier: Apache-2.0

package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/require"

	schedulerrules "github.com/slipway-go/slipway/internal/rules/scheduler"
)

type input = awsscheduler.CreateScheduleInput

// valid runs a task every day.
func valid() *input {
	return &input{
		Name: aws.String("nightly"), ScheduleExpression: aws.String("rate(1 day)"),
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
		Target: &schedulertypes.Target{
			Arn: aws.String("arn:aws:ecs:us-east-1:123456789012:cluster/batch"), RoleArn: aws.String("arn:aws:iam::123456789012:role/run"),
			EcsParameters: &schedulertypes.EcsParameters{TaskDefinitionArn: aws.String("arn:aws:ecs:us-east-1:123456789012:task-definition/report")},
			RetryPolicy:   &schedulertypes.RetryPolicy{},
		},
	}
}

// TestEveryRule breaks each rule, and stays just within it.
func TestEveryRule(t *testing.T) {
	t.Parallel()
	name := func(s string) func(*input) { return func(in *input) { in.Name = &s } }
	group := func(s string) func(*input) { return func(in *input) { in.GroupName = &s } }
	zone := func(s string) func(*input) { return func(in *input) { in.ScheduleExpressionTimezone = &s } }
	when := func(s string) func(*input) { return func(in *input) { in.ScheduleExpression = &s } }
	window := func(minutes int32) func(*input) {
		return func(in *input) {
			in.FlexibleTimeWindow = &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: &minutes}
		}
	}
	dates := func(start, end int64) func(*input) {
		return func(in *input) { in.StartDate, in.EndDate = aws.Time(time.Unix(start, 0)), aws.Time(time.Unix(end, 0)) }
	}
	described := func(n int) func(*input) {
		return func(in *input) { in.Description = aws.String(strings.Repeat("x", n)) }
	}
	retries := func(n int32) func(*input) { return func(in *input) { in.Target.RetryPolicy.MaximumRetryAttempts = &n } }
	age := func(n int32) func(*input) {
		return func(in *input) { in.Target.RetryPolicy.MaximumEventAgeInSeconds = &n }
	}
	tasks := func(n int32) func(*input) { return func(in *input) { in.Target.EcsParameters.TaskCount = &n } }
	fargate := func(n *schedulertypes.NetworkConfiguration) func(*input) {
		return func(in *input) {
			in.Target.EcsParameters.LaunchType, in.Target.EcsParameters.NetworkConfiguration = schedulertypes.LaunchTypeFargate, n
		}
	}
	constrained := func(n, characters int) func(*input) {
		return func(in *input) {
			in.Target.EcsParameters.PlacementConstraints = slices.Repeat([]schedulertypes.PlacementConstraint{
				{Type: schedulertypes.PlacementConstraintTypeMemberOf, Expression: aws.String(strings.Repeat("x", characters))},
			}, n)
		}
	}
	placed := func(n int) func(*input) {
		return func(in *input) {
			in.Target.EcsParameters.PlacementStrategy = make([]schedulertypes.PlacementStrategy, n)
		}
	}
	shared := func(n int) func(*input) {
		return func(in *input) {
			in.Target.EcsParameters.CapacityProviderStrategy = make([]schedulertypes.CapacityProviderStrategyItem, n)
		}
	}
	says := func(s string) func(*input) { return func(in *input) { in.Target.Input = &s } }
	tested := map[string]bool{}
	for _, row := range []struct {
		rule, name    string
		breaks, legal func(*input)
		path          string
	}{
		{"scheduler-name", "65 characters", name(strings.Repeat("x", 65)), name(strings.Repeat("x", 64)), "Name"},
		{"scheduler-name", "a blank", name("a b"), name("a.b_c-1"), "Name"},
		{"scheduler-name", "of the group", group("a/b"), group("a"), "GroupName"},
		{"scheduler-timezone", "unknown", zone("Mars/Olympus"), zone("Europe/Berlin"), "ScheduleExpressionTimezone"},
		{"scheduler-timezone", "the machine's own", zone("Local"), zone("UTC"), "ScheduleExpressionTimezone"},
		{"scheduler-expression", "no days", when("cron(0 3 ? * ? *)"), when("cron(0 3 * * ? *)"), "ScheduleExpression"},
		{"scheduler-expression", "five fields", when("cron(0 3 * * ?)"), when("at(2030-01-01T00:00:00)"), "ScheduleExpression"},
		{"scheduler-window", "of nothing", window(0), window(1), "FlexibleTimeWindow.MaximumWindowInMinutes"},
		{"scheduler-window", "over a day", window(1441), window(1440), "FlexibleTimeWindow.MaximumWindowInMinutes"},
		{"scheduler-dates", "equal", dates(5, 5), dates(5, 6), "EndDate"},
		{"scheduler-description", "513 characters", described(513), described(512), "Description"},
		{"scheduler-retry", "186 times", retries(186), retries(185), "Target.RetryPolicy.MaximumRetryAttempts"},
		{"scheduler-retry", "under a minute", age(59), age(60), "Target.RetryPolicy.MaximumEventAgeInSeconds"},
		{"scheduler-retry", "over a day", age(86401), age(86400), "Target.RetryPolicy.MaximumEventAgeInSeconds"},
		{"scheduler-ecs", "no task", func(in *input) { in.Target.EcsParameters = nil }, nil, "Target.EcsParameters"},
		{"scheduler-ecs", "11 tasks", tasks(11), tasks(10), "Target.EcsParameters.TaskCount"},
		{"scheduler-ecs", "Fargate without subnets", fargate(nil), fargate(&schedulertypes.NetworkConfiguration{}), "Target.EcsParameters.NetworkConfiguration"},
		{"scheduler-placement", "11 constraints", constrained(11, 1), constrained(10, 1), "Target.EcsParameters.PlacementConstraints"},
		{"scheduler-placement", "2001 characters", constrained(1, 2001), constrained(1, 2000), "Target.EcsParameters.PlacementConstraints[0].Expression"},
		{"scheduler-placement", "6 strategies", placed(6), placed(5), "Target.EcsParameters.PlacementStrategy"},
		{"scheduler-placement", "7 providers", shared(7), shared(6), "Target.EcsParameters.CapacityProviderStrategy"},
		{"scheduler-input", "no JSON", says("{"), says("{}"), "Target.Input"},
	} {
		tested[row.rule] = true
		t.Run(row.rule+"/"+row.name, func(t *testing.T) {
			t.Parallel()
			in := valid()
			row.breaks(in)
			found := schedulerrules.CreateSchedule.All(nil, in)
			require.Len(t, found, 1)
			require.Equal(t, [3]string{row.rule, row.path, "ValidationException"}, [3]string{found[0].Rule, found[0].Path, found[0].Code})
			require.True(t, strings.HasPrefix(found[0].Doc, "https://"))
			in = valid()
			if row.legal != nil {
				row.legal(in)
			}
			require.Empty(t, schedulerrules.CreateSchedule.All(nil, in), "what is legal")
		})
	}
	for _, rule := range schedulerrules.CreateSchedule {
		require.True(t, tested[rule.ID], "%s has no row", rule.ID)
	}
}

func TestNamesOfGroups(t *testing.T) {
	t.Parallel()
	require.Len(t, schedulerrules.CreateScheduleGroup.All(nil, &awsscheduler.CreateScheduleGroupInput{Name: aws.String("a b")}), 1)
	require.Empty(t, schedulerrules.CreateScheduleGroup.All(nil, &awsscheduler.CreateScheduleGroupInput{Name: aws.String("slipway-batch")}))
}
