// SPDX-License-Identifier: Apache-2.0

package scheduler_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// office has a cluster, a task definition, and a role that may run it.
type office struct {
	*testing.T
	cloud     *fakes.Cloud
	scheduler *awsscheduler.Client
	ecs       *awsecs.Client
	iam       *awsiam.Client
	subnet    string
}

const (
	account = "123456789012"
	cluster = "arn:aws:ecs:us-east-1:" + account + ":cluster/batch"
	runner  = "arn:aws:iam::" + account + ":role/runner"
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// opened runs a test in a bubble, where it is midnight, 1 January 2000.
func opened(t *testing.T, test func(o office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cfg := cloud.Config()
		o := office{T: t, cloud: cloud, scheduler: awsscheduler.NewFromConfig(cfg), ecs: awsecs.NewFromConfig(cfg), iam: awsiam.NewFromConfig(cfg)}
		cloud.Image("report:1", fakes.Program{})
		_, err := o.ecs.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("batch")})
		require.NoError(t, err)
		_, err = o.ecs.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
			Family: aws.String("report"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
			RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
			ContainerDefinitions:    []ecstypes.ContainerDefinition{{Name: aws.String("work"), Image: aws.String("report:1")}},
		})
		require.NoError(t, err)
		_, err = o.iam.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("runner"), AssumeRolePolicyDocument: aws.String(trust)})
		require.NoError(t, err)
		o.allow("ecs:RunTask")
		subnets, err := awsec2.NewFromConfig(cfg).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
		require.NoError(t, err)
		o.subnet = *subnets.Subnets[0].SubnetId
		test(o)
	})
}

// allow gives the role an action, and no other.
func (o office) allow(action string) {
	_, err := o.iam.PutRolePolicy(o.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("runner"), PolicyName: aws.String("run"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`),
	})
	require.NoError(o, err)
}

// schedule is the input of a schedule of that name and expression.
func (o office) schedule(name, expression string) *awsscheduler.CreateScheduleInput {
	return &awsscheduler.CreateScheduleInput{
		Name: &name, ScheduleExpression: &expression,
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
		Target: &schedulertypes.Target{
			Arn: aws.String(cluster), RoleArn: aws.String(runner), EcsParameters: &schedulertypes.EcsParameters{
				TaskDefinitionArn: aws.String("report"), LaunchType: schedulertypes.LaunchTypeFargate,
				NetworkConfiguration: &schedulertypes.NetworkConfiguration{AwsvpcConfiguration: &schedulertypes.AwsVpcConfiguration{
					Subnets: []string{o.subnet}, AssignPublicIp: schedulertypes.AssignPublicIpEnabled,
				}},
			},
		},
	}
}

func (o office) create(in *awsscheduler.CreateScheduleInput) {
	o.Helper()
	_, err := o.scheduler.CreateSchedule(o.Context(), in)
	require.NoError(o, err)
}

// running is how many tasks run.
func (o office) running() int {
	o.Helper()
	out, err := o.ecs.ListTasks(o.Context(), &awsecs.ListTasksInput{Cluster: aws.String("batch")})
	require.NoError(o, err)
	return len(out.TaskArns)
}

// after lets time pass and expects so many tasks.
func (o office) after(d time.Duration, want int, why string) {
	o.Helper()
	time.Sleep(d)
	require.Equal(o, want, o.running(), why)
}

func (o office) names() (all []string) {
	for pages := awsscheduler.NewListSchedulesPaginator(o.scheduler, &awsscheduler.ListSchedulesInput{MaxResults: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(o.Context())
		require.NoError(o, err)
		for _, s := range page.Schedules {
			all = append(all, *s.GroupName+"/"+*s.Name)
		}
	}
	return all
}

func TestRunsWhenDue(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		o.create(o.schedule("rate", "rate(1 hour)"))
		o.after(time.Minute, 1, "a rate begins at once")
		o.after(time.Hour, 2, "and goes on")
		_, err := o.scheduler.DeleteSchedule(o.Context(), &awsscheduler.DeleteScheduleInput{Name: aws.String("rate")})
		require.NoError(t, err)
		o.after(3*time.Hour, 2, "until it is deleted")

		once := o.schedule("once", "at(2000-01-01T09:00:00)")
		once.ScheduleExpressionTimezone, once.ActionAfterCompletion = aws.String("Europe/Berlin"), schedulertypes.ActionAfterCompletionDelete
		once.Target.EcsParameters.TaskCount = aws.Int32(2)
		o.create(once)
		require.Equal(t, []string{"default/once"}, o.names())
		o.after(3*time.Hour+58*time.Minute, 2, "it is 7:59")
		o.after(2*time.Minute, 4, "9:00 in Berlin is 8:00")
		require.Empty(t, o.names(), "it is completed")
	})
}

func TestBoundsOfTime(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		in := o.schedule("noon", "cron(0 12 * * ? *)")
		in.StartDate, in.EndDate = aws.Time(o.cloud.Now().AddDate(0, 0, 2)), aws.Time(o.cloud.Now().AddDate(0, 0, 4))
		o.create(in)
		o.after(47*time.Hour, 0, "it has not begun")
		o.after(24*time.Hour, 1, "on the third day")
		o.after(24*time.Hour, 2, "on the fourth")
		o.after(96*time.Hour, 2, "it has ended")
		in.State, in.StartDate, in.EndDate = schedulertypes.ScheduleStateDisabled, nil, nil
		_, err := o.scheduler.UpdateSchedule(o.Context(), &awsscheduler.UpdateScheduleInput{
			Name: in.Name, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target, State: in.State,
		})
		require.NoError(t, err)
		o.after(48*time.Hour, 2, "it is disabled")
	})
}

// TestStartsOfThePast: AWS takes none that is more than 5 minutes past, but for schedules
// that run once and have none.
func TestStartsOfThePast(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		in := o.schedule("noon", "cron(0 12 * * ? *)")
		in.StartDate = aws.Time(o.cloud.Now().Add(-4 * time.Minute))
		o.create(in)
		time.Sleep(2 * time.Minute)
		_, err := o.scheduler.UpdateSchedule(o.Context(), &awsscheduler.UpdateScheduleInput{
			Name: in.Name, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target, StartDate: in.StartDate,
		})
		var invalid *schedulertypes.ValidationException
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "The StartDate you specify cannot be earlier than 5 minutes ago.", *invalid.Message)
		once := o.schedule("once", "at(2000-01-02T00:00:00)")
		once.StartDate = in.StartDate
		o.create(once)
	})
}

// TestRetries: what cannot be started is tried again, as often and as long as is said.
func TestRetries(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		retries  int32
		age      int32
		withheld time.Duration
		want     int
	}{
		{"none", 0, 86400, time.Minute, 0},
		{"one is enough", 1, 86400, 30 * time.Second, 1},
		{"one is too few", 1, 86400, 10 * time.Minute, 0},
		{"several", 185, 86400, 10 * time.Minute, 1},
		{"several, but not for long", 185, 60, 10 * time.Minute, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			opened(t, func(o office) {
				in := o.schedule("once", "at(2000-01-01T01:00:00)")
				in.Target.RetryPolicy = &schedulertypes.RetryPolicy{MaximumRetryAttempts: &row.retries, MaximumEventAgeInSeconds: &row.age}
				o.create(in)
				o.allow("ecs:StopTask")
				o.after(time.Hour+row.withheld, 0, "the role may not run tasks")
				o.allow("ecs:RunTask")
				o.after(3*time.Hour, row.want, "it may again")
			})
		})
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		in := o.schedule("rate", "rate(1 hour)")
		in.Target.RoleArn = aws.String("arn:aws:iam::" + account + ":role/none")
		_, err := o.scheduler.CreateSchedule(o.Context(), in)
		require.ErrorContains(t, err, "must allow AWS EventBridge Scheduler to assume the role")
		in = o.schedule("rate", "rate(1 hour)")
		in.Target.RetryPolicy = &schedulertypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(0)}
		o.create(in)
		o.after(time.Minute, 1, "it runs")
		_, err = o.iam.UpdateAssumeRolePolicy(o.Context(), &awsiam.UpdateAssumeRolePolicyInput{
			RoleName: aws.String("runner"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		})
		require.NoError(t, err)
		o.after(2*time.Hour, 1, "the role trusts somebody else")
	})
}

func TestGroups(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		group := &awsscheduler.CreateScheduleGroupInput{Name: aws.String("mine"), Tags: []schedulertypes.Tag{{Key: aws.String("team"), Value: aws.String("x")}}}
		made, err := o.scheduler.CreateScheduleGroup(o.Context(), group)
		require.NoError(t, err)
		for i := range 5 {
			in := o.schedule(fmt.Sprintf("s%d", i), "rate(1 hour)")
			in.GroupName, in.StartDate = aws.String("mine"), aws.Time(o.cloud.Now().Add(time.Hour))
			o.create(in)
		}
		require.Equal(t, []string{"mine/s0", "mine/s1", "mine/s2", "mine/s3", "mine/s4"}, o.names())
		_, err = o.scheduler.TagResource(o.Context(), &awsscheduler.TagResourceInput{
			ResourceArn: made.ScheduleGroupArn, Tags: []schedulertypes.Tag{{Key: aws.String("team"), Value: aws.String("y")}, {Key: aws.String("more"), Value: aws.String("z")}},
		})
		require.NoError(t, err)
		_, err = o.scheduler.UntagResource(o.Context(), &awsscheduler.UntagResourceInput{ResourceArn: made.ScheduleGroupArn, TagKeys: []string{"more"}})
		require.NoError(t, err)
		tags, err := o.scheduler.ListTagsForResource(o.Context(), &awsscheduler.ListTagsForResourceInput{ResourceArn: made.ScheduleGroupArn})
		require.NoError(t, err)
		require.Len(t, tags.Tags, 1)
		require.Equal(t, "y", *tags.Tags[0].Value)
		_, err = o.scheduler.DeleteScheduleGroup(o.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("mine")})
		require.NoError(t, err)
		require.Empty(t, o.names())
		o.after(3*time.Hour, 0, "a group takes its schedules with it")
		_, err = o.scheduler.DeleteScheduleGroup(o.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("default")})
		require.ErrorContains(t, err, "default")
	})
}

// TestLostReplies: the SDK's own repetition of a create is no conflict; another create is.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		for _, operation := range []string{"CreateScheduleGroup", "CreateSchedule"} {
			o.cloud.Inject(fakes.Match{Operation: operation}, fakes.LostReply())
		}
		_, err := o.scheduler.CreateScheduleGroup(o.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("mine")})
		require.NoError(t, err)
		o.create(o.schedule("rate", "rate(1 hour)"))
		o.after(time.Minute, 1, "it is but one")
		var conflict *schedulertypes.ConflictException
		_, err = o.scheduler.CreateScheduleGroup(o.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("mine")})
		require.ErrorAs(t, err, &conflict)
		_, err = o.scheduler.CreateSchedule(o.Context(), o.schedule("rate", "rate(1 hour)"))
		require.ErrorAs(t, err, &conflict)
	})
}

func TestMissing(t *testing.T) {
	t.Parallel()
	opened(t, func(o office) {
		var missing *schedulertypes.ResourceNotFoundException
		in := o.schedule("rate", "rate(1 hour)")
		in.GroupName = aws.String("none")
		_, err := o.scheduler.CreateSchedule(o.Context(), in)
		require.ErrorAs(t, err, &missing)
		_, err = o.scheduler.GetSchedule(o.Context(), &awsscheduler.GetScheduleInput{Name: aws.String("none")})
		require.ErrorAs(t, err, &missing)
		in = o.schedule("rate", "rate(1 hour)")
		in.Target.DeadLetterConfig = &schedulertypes.DeadLetterConfig{Arn: aws.String("arn:aws:sqs:us-east-1:" + account + ":dead")}
		_, err = o.scheduler.CreateSchedule(o.Context(), in)
		require.ErrorContains(t, err, "Target.DeadLetterConfig", "what is not modelled is refused")
	})
}
