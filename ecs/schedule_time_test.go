// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
)

// planned applies a stack of one schedule, and demands that nothing is left to do.
func planned(t *testing.T, cloud *fakes.Cloud, schedule ecs.Schedule) {
	t.Helper()
	stack := slipway.NewStack("batch", schedule)
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
}

// kept is the schedule as AWS has it.
func kept(t *testing.T, cloud *fakes.Cloud) *awsscheduler.GetScheduleOutput {
	t.Helper()
	out, err := awsscheduler.NewFromConfig(cloud.Config()).GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{
		GroupName: aws.String("slipway-batch"), Name: aws.String("nightly"),
	})
	require.NoError(t, err)
	return out
}

// began are the times at which tasks began in so many days, in the zone.
func began(t *testing.T, cloud *fakes.Cloud, days int, zone string) (all []string) {
	t.Helper()
	in, err := time.LoadLocation(zone)
	require.NoError(t, err)
	seen := map[string]bool{}
	for range days * 48 {
		time.Sleep(30 * time.Minute)
		for _, task := range ranAll(t, cloud) {
			if !seen[*task.TaskArn] {
				seen[*task.TaskArn] = true
				all = append(all, task.CreatedAt.In(in).Format("02 15:04"))
			}
		}
	}
	return all
}

// TestScheduleWaitsForItsRole: the role is made in the same run, and takes its time.
func TestScheduleWaitsForItsRole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		planned(t, fakes.New(fakes.Options{Timing: fakes.Realistic}), ecs.NewSchedule("nightly", "rate(1 day)", report()))
	})
}

// TestScheduleThatHasBegun: AWS takes no start of the past. The schedule can be changed
// nonetheless, and made.
func TestScheduleThatHasBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		start := time.Now().UTC().Add(time.Hour)
		schedule := ecs.NewSchedule("nightly", "rate(1 day)", report()).WithPeriod(start, start.Add(240*time.Hour))
		planned(t, cloud, schedule)
		require.Equal(t, start, *kept(t, cloud).StartDate)
		planned(t, cloud, schedule.WithPeriod(start.Add(time.Hour), time.Time{}))
		require.Equal(t, start.Add(time.Hour), *kept(t, cloud).StartDate, "a start to come can be changed")
		planned(t, cloud, schedule)
		time.Sleep(48 * time.Hour)
		planned(t, cloud, schedule)
		require.Equal(t, start, *kept(t, cloud).StartDate, "and stays as long as nothing changes")
		planned(t, cloud, schedule.WithDescription("changed"))
		require.Nil(t, kept(t, cloud).StartDate)
		planned(t, cloud, schedule.WithPeriod(time.Now().Add(time.Hour), time.Time{}))
		require.NotNil(t, kept(t, cloud).StartDate, "a later start is sent")

		other := fakes.New(fakes.Options{})
		planned(t, other, schedule)
		require.Nil(t, kept(t, other).StartDate)
	})
}

// TestScheduleRunsOnce: AWS removes it then, and it is not made anew.
func TestScheduleRunsOnce(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"at(2000-01-01T02:00:00)", "cron(0 2 * * ? *)"} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
				schedule := ecs.NewSchedule("nightly", expression, report()).WithPeriod(time.Time{}, time.Now().Add(3*time.Hour)).WithRemoval()
				planned(t, cloud, schedule)
				require.Equal(t, []string{"01 02:00"}, began(t, cloud, 2, "UTC"))
				_, err := slipway.NewStack("batch", schedule).Apply(t.Context(), cloud.Config())
				require.ErrorIs(t, err, slipway.ErrInvalid)
				require.ErrorContains(t, err, "which is due no more")
				_, err = slipway.NewStack("batch", report()).Apply(t.Context(), cloud.Config())
				require.NoError(t, err)
				require.NoError(t, slipway.NewStack("batch", schedule).Destroy(t.Context(), cloud.Config()))
			})
		})
	}
}

// TestScheduleInSummerTime: hours that are skipped are, and those that come twice count
// once.
func TestScheduleInSummerTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		from  time.Time
		begin []string
	}{
		{"forward", time.Date(2000, 3, 25, 12, 0, 0, 0, time.UTC), []string{"27 02:30"}},
		{"back", time.Date(2000, 10, 28, 12, 0, 0, 0, time.UTC), []string{"29 02:30", "30 02:30"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(row.from))
				cloud := fakes.New(fakes.Options{})
				cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
				planned(t, cloud, ecs.NewSchedule("nightly", "cron(30 2 * * ? *)", report()).WithTimeZone("Europe/Berlin"))
				require.Equal(t, row.begin, began(t, cloud, 2, "Europe/Berlin"))
			})
		})
	}
}

// TestScheduleWhoseRoleIsCrippled: what could not be started is tried again, and runs
// once Apply has mended the role.
func TestScheduleWhoseRoleIsCrippled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{}})
		schedule := ecs.NewSchedule("nightly", "at(2000-01-01T02:00:00)", report()).WithRetries(5, time.Hour)
		planned(t, cloud, schedule)
		client, role := awsiam.NewFromConfig(cloud.Config()), aws.String("batch-nightly-schedule-us-east-1")
		policies, err := client.ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: role})
		require.NoError(t, err)
		for _, p := range policies.PolicyNames {
			_, err = client.DeleteRolePolicy(t.Context(), &awsiam.DeleteRolePolicyInput{RoleName: role, PolicyName: &p})
			require.NoError(t, err)
		}
		time.Sleep(2*time.Hour + 2*time.Minute)
		require.Empty(t, ranAll(t, cloud))
		planned(t, cloud, schedule)
		time.Sleep(30 * time.Minute)
		require.Len(t, ranAll(t, cloud), 1)
	})
}

// TestScheduleAndThoseOfOthers: a group that somebody else made is left alone, and so is
// a schedule of the same name in another group.
func TestScheduleAndThoseOfOthers(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsscheduler.NewFromConfig(cloud.Config())
	schedule := ecs.NewSchedule("nightly", "rate(1 day)", report())
	_, err := client.CreateScheduleGroup(t.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("slipway-batch")})
	require.NoError(t, err)
	_, err = slipway.NewStack("batch", schedule).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	_, err = client.DeleteScheduleGroup(t.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("slipway-batch")})
	require.NoError(t, err)

	planned(t, cloud, schedule)
	_, err = slipway.NewStack("other", schedule.WithDescription("other")).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict, "cluster and task definition are the first stack's")
	require.Nil(t, kept(t, cloud).Description)
	planned(t, cloud, ecs.NewSchedule("hourly", "rate(1 hour)", report()))
	listed, err := client.ListSchedules(t.Context(), &awsscheduler.ListSchedulesInput{})
	require.NoError(t, err)
	require.Len(t, listed.Schedules, 1, "what is declared no more is deleted")
	require.Equal(t, "hourly", *listed.Schedules[0].Name)
}

// TestScheduleWithDeadLetters: the role may write to the queue, and the simulation, which
// has none, says so.
func TestScheduleWithDeadLetters(t *testing.T) {
	t.Parallel()
	const queue = "arn:aws:sqs:us-east-1:123456789012:dead"
	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("batch", ecs.NewSchedule("nightly", "rate(1 day)", report()).WithDeadLetters(queue)).Apply(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "Target.DeadLetterConfig of Scheduler.CreateSchedule is not modelled")
	doc, err := awsiam.NewFromConfig(cloud.Config()).GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{
		RoleName: aws.String("batch-nightly-schedule-us-east-1"), PolicyName: onlyPolicy(t, cloud, "batch-nightly-schedule-us-east-1"),
	})
	require.NoError(t, err)
	require.Contains(t, *doc.PolicyDocument, "sqs%3ASendMessage")
}

func onlyPolicy(t *testing.T, cloud *fakes.Cloud, role string) *string {
	t.Helper()
	out, err := awsiam.NewFromConfig(cloud.Config()).ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	require.Len(t, out.PolicyNames, 1)
	return &out.PolicyNames[0]
}
