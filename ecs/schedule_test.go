// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// fullSchedule says everything that a schedule can on the fakes.
func fullSchedule() ecs.Schedule {
	return ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", report()).WithTimeZone("Europe/Berlin").WithWindow(10*time.Minute).
		WithPeriod(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)).
		WithRetries(3, time.Hour).WithDescription("every night").WithDisabled().WithRemoval()
}

func TestScheduleIsApplied(t *testing.T) {
	t.Parallel()
	for name, schedule := range map[string]ecs.Schedule{
		"plain": ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", report()), "full": fullSchedule(),
		"no retries": ecs.NewSchedule("nightly", "rate(1 day)", report().WithSpot()).WithRetries(0, time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			stack := slipway.NewStack("batch", schedule)
			_, err := stack.Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			plan, err := stack.Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.True(t, plan.Empty(), plan)
			err = stack.Destroy(t.Context(), cloud.Config())
			require.NoError(t, err)
			groups, err := awsscheduler.NewFromConfig(cloud.Config()).ListScheduleGroups(t.Context(), &awsscheduler.ListScheduleGroupsInput{})
			require.NoError(t, err)
			require.Len(t, groups.ScheduleGroups, 1, "AWS's own")
		})
	}
}

func TestScheduleChanges(t *testing.T) {
	t.Parallel()
	base := ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", report())
	cloud := fakes.New(fakes.Options{})
	current := base
	for name, changed := range map[string]ecs.Schedule{
		"expression": ecs.NewSchedule("nightly", "cron(0 4 * * ? *)", report()), "zone": base.WithTimeZone("Asia/Tokyo"), "window": base.WithWindow(time.Hour),
		"retries": base.WithRetries(0, time.Hour), "disabled": base.WithDisabled(), "description": base.WithDescription("x"),
		"job": ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", report().WithPublicIP(false)),
	} {
		for _, next := range []ecs.Schedule{base, changed, base} {
			plan, err := slipway.NewStack("batch", next).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(next) == fmt.Sprint(current) && plan.Empty(), plan.Empty(), "%s: %s", name, plan)
			_, err = slipway.NewStack("batch", next).Apply(t.Context(), cloud.Config())
			require.NoError(t, err)
			plan, err = slipway.NewStack("batch", next).Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			require.True(t, plan.Empty(), "%s: %s", name, plan)
			current = next
		}
	}
}

// TestScheduleRuns: the role that was derived is enough, the overrides arrive, and the
// job runs when it is due and not otherwise.
func TestScheduleRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // it is midnight, 1 January 2000
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{After: time.Minute}})
		schedule := ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", report()).WithTimeZone("Europe/Berlin")
		_, err := slipway.NewStack("batch", schedule).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		time.Sleep(time.Hour + 50*time.Minute)
		require.Empty(t, ranAll(t, cloud), "it is 2:50 in Berlin")
		time.Sleep(11 * time.Minute)
		tasks := ranAll(t, cloud)
		require.Len(t, tasks, 1)
		require.Equal(t, []string{"/report", "-full"}, tasks[0].Overrides.ContainerOverrides[0].Command)
		require.Equal(t, "512", *tasks[0].Cpu)
		require.Equal(t, "finance", *tasks[0].Tags[0].Value)
		time.Sleep(24 * time.Hour)
		require.Len(t, ranAll(t, cloud), 1, "ECS has forgotten the first")

		_, err = slipway.NewStack("batch", schedule.WithDisabled()).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		time.Sleep(24 * time.Hour)
		require.Empty(t, ranAll(t, cloud))
	})
}

// ranAll are the tasks that ECS knows of in the cluster.
func ranAll(t *testing.T, cloud *fakes.Cloud) (all []ecstypes.Task) {
	t.Helper()
	client := awsecs.NewFromConfig(cloud.Config())
	for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		listed, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("batch"), DesiredStatus: status})
		require.NoError(t, err)
		if len(listed.TaskArns) == 0 {
			continue
		}
		out, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{
			Cluster: aws.String("batch"), Tasks: listed.TaskArns, Include: []ecstypes.TaskField{ecstypes.TaskFieldTags},
		})
		require.NoError(t, err)
		all = append(all, out.Tasks...)
	}
	return all
}

func TestScheduleProblems(t *testing.T) {
	t.Parallel()
	for want, schedule := range map[string]ecs.Schedule{
		"cron(0 3 * * * *)":       ecs.NewSchedule("nightly", "cron(0 3 * * * *)", report()),
		"has to be ?":             ecs.NewSchedule("nightly", "cron(0 3 * * * *)", report()),
		"no time":                 ecs.NewSchedule("no time", "rate(1 day)", report()),
		"Mars/Olympus":            ecs.NewSchedule("nightly", "rate(1 day)", report()).WithTimeZone("Mars/Olympus"),
		"1 to 1440 minutes":       ecs.NewSchedule("nightly", "rate(1 day)", report()).WithWindow(48 * time.Hour),
		"0 to 185":                ecs.NewSchedule("nightly", "rate(1 day)", report()).WithRetries(200, time.Hour),
		"60 to 86400 s":           ecs.NewSchedule("nightly", "rate(1 day)", report()).WithRetries(2, time.Second),
		"later than StartDate":    ecs.NewSchedule("nightly", "rate(1 day)", report()).WithPeriod(time.Unix(200, 0), time.Unix(100, 0)),
		"got nil, want a cluster": ecs.NewSchedule("nightly", "rate(1 day)", ecs.Job{}),
		"none with mode OFF": fullSchedule().WithOverride(func(in *awsscheduler.CreateScheduleInput) {
			in.FlexibleTimeWindow.Mode = schedulertypes.FlexibleTimeWindowModeOff
		}),
		"the task to run": fullSchedule().WithOverride(func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:ecs:us-east-1:1:cluster/x")
			in.Target.EcsParameters = nil
		}),
		"at most 512":       fullSchedule().WithDescription(fmt.Sprintf("%600d", 1)),
		"Target.Input: got": fullSchedule().WithOverride(func(in *awsscheduler.CreateScheduleInput) { in.Target.Input = aws.String("{") }),
	} {
		require.ErrorContains(t, schedule.Validate(), want)
	}
	require.NoError(t, fullSchedule().Validate())
}

func TestScheduleWithRoles(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	role := iam.NewRole("runner")
	schedule := ecs.NewSchedule("nightly", "rate(1 day)", report()).WithRole(role)
	_, err := slipway.NewStack("batch", schedule).Apply(t.Context(), cloud.Config())
	require.NoError(t, err, "a declared role is given trust and permissions")
	require.NoError(t, ecs.NewSchedule("nightly", "rate(1 day)", report()).WithRole(iam.RoleARN("arn:aws:iam::123456789012:role/own")).Validate())
}

// A job that runs every night.
func ExampleNewSchedule() {
	work := ecs.NewContainer("work", ecs.ImageRef("report:1"))
	task := ecs.NewFargateTaskDefinition("report", ecs.VCPU/4, 512*ecs.MiB).WithContainer(work)
	job := ecs.NewJob("report", ecs.NewCluster("batch"), task, vpc.Default())
	nightly := ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", job).WithTimeZone("Europe/Berlin").WithRetries(2, time.Hour)

	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("reports", nightly).Apply(context.Background(), cloud.Config())
	fmt.Println(err)
	got, err := awsscheduler.NewFromConfig(cloud.Config()).GetSchedule(context.Background(), &awsscheduler.GetScheduleInput{
		GroupName: aws.String("slipway-reports"), Name: aws.String("nightly"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*got.ScheduleExpression, *got.ScheduleExpressionTimezone, got.State)
	// Output:
	// <nil>
	// cron(0 3 * * ? *) Europe/Berlin ENABLED
}
