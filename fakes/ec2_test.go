// SPDX-License-Identifier: Apache-2.0

package fakes_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

const newestLinux = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

// launch starts one m5.large in the first zone, on Spot or not.
func launch(ctx context.Context, cloud *fakes.Cloud, spot bool) (ec2types.Instance, error) {
	in := &awsec2.RunInstancesInput{
		ImageId: aws.String(newestLinux), InstanceType: ec2types.InstanceTypeM5Large, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		Placement: &ec2types.Placement{AvailabilityZone: aws.String("us-east-1a")},
	}
	if spot {
		in.InstanceMarketOptions = &ec2types.InstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot}
	}
	quick := func(o *awsec2.Options) { o.RetryMaxAttempts = 1 }
	out, err := awsec2.NewFromConfig(cloud.Config(), quick).RunInstances(ctx, in)
	if err != nil {
		return ec2types.Instance{}, err
	}
	return out.Instances[0], nil
}

// stateOf is the state of an instance, and why it is in it.
func stateOf(ctx context.Context, cloud *fakes.Cloud, id *string) string {
	out, err := awsec2.NewFromConfig(cloud.Config()).DescribeInstances(ctx, &awsec2.DescribeInstancesInput{InstanceIds: []string{*id}})
	if err != nil {
		return err.Error()
	}
	i := out.Reservations[0].Instances[0]
	if i.StateReason == nil {
		return string(i.State.Name)
	}
	return fmt.Sprintf("%s (%s)", i.State.Name, *i.StateReason.Code)
}

func ExampleCloud_EC2() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	cloud.EC2(fakes.EC2Limits{Full: []fakes.CapacityPool{{Zone: "us-east-1a", Type: "m5.large"}}})
	_, err := launch(ctx, cloud, false)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		fmt.Println(api.ErrorCode())
	}
	cloud.EC2(fakes.EC2Limits{})
	i, err := launch(ctx, cloud, false)
	fmt.Println(i.InstanceType, i.State.Name, err)
	// Output:
	// InsufficientInstanceCapacity
	// m5.large pending <nil>
}

func ExampleCloud_KillInstance() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	i, err := launch(ctx, cloud, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cloud.KillInstance(*i.InstanceId))
	fmt.Println(stateOf(ctx, cloud, i.InstanceId))
	// Output:
	// <nil>
	// terminated (Server.InternalError)
}

func ExampleCloud_LoseZone() {
	ctx := context.Background()
	cloud := fakes.New(fakes.Options{})
	i, err := launch(ctx, cloud, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cloud.LoseZone("us-east-1a"), stateOf(ctx, cloud, i.InstanceId))
	_, err = launch(ctx, cloud, false)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		fmt.Println(api.ErrorCode())
	}
	fmt.Println(cloud.RestoreZone("us-east-1a"))
	_, err = launch(ctx, cloud, false)
	fmt.Println(err)
	// Output:
	// <nil> terminated (Server.InternalError)
	// InsufficientInstanceCapacity
	// <nil>
	// <nil>
}

func TestSpotInstancesAreInterrupted(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	i, err := launch(t.Context(), cloud, true)
	require.NoError(t, err)
	require.NoError(t, cloud.InterruptSpot(*i.InstanceId))
	cloud.Advance(time.Minute)
	require.Equal(t, "running", stateOf(t.Context(), cloud, i.InstanceId), "it has two minutes")
	cloud.Advance(time.Minute)
	require.Equal(t, "terminated (Server.SpotInstanceTermination)", stateOf(t.Context(), cloud, i.InstanceId))
	require.Error(t, cloud.InterruptSpot(*i.InstanceId))
	require.Error(t, cloud.KillInstance(*i.InstanceId))
	require.Error(t, cloud.LoseZone("mars-1a"))
	require.Error(t, cloud.RestoreZone("us-east-1a"))
}

// TestTasksOfALostZone: they end with it, their service starts others elsewhere, and goes
// nowhere while no zone is left.
func TestTasksOfALostZone(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{Timing: fakes.Timing{Drain: true}})
	client, err := startSpot(t.Context(), cloud)
	require.NoError(t, err)
	cloud.Advance(time.Second)
	tasks := func(status ecstypes.DesiredStatus) []ecstypes.Task {
		list, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop"), DesiredStatus: status})
		require.NoError(t, err)
		if len(list.TaskArns) == 0 {
			return nil
		}
		out, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: list.TaskArns})
		require.NoError(t, err)
		return out.Tasks
	}
	lost := *tasks(ecstypes.DesiredStatusRunning)[0].AvailabilityZone
	require.NoError(t, cloud.LoseZone(lost))
	cloud.Advance(time.Second)
	stopped := tasks(ecstypes.DesiredStatusStopped)
	require.Len(t, stopped, 1)
	require.Equal(t, lost, *stopped[0].AvailabilityZone)
	require.Equal(t, ecstypes.TaskStopCodeTerminationNotice, stopped[0].StopCode)
	require.EqualValues(t, 137, *stopped[0].Containers[0].ExitCode, "it was not asked")
	for _, task := range tasks(ecstypes.DesiredStatusRunning) {
		require.NotEqual(t, lost, *task.AvailabilityZone)
	}
	_, running, err := said(t.Context(), client)
	require.NoError(t, err)
	require.EqualValues(t, 2, running)

	for _, zone := range []string{"us-east-1a", "us-east-1b", "us-east-1c"} {
		if zone != lost {
			require.NoError(t, cloud.LoseZone(zone))
		}
	}
	cloud.Advance(time.Second)
	event, running, err := said(t.Context(), client)
	require.NoError(t, err)
	require.Zero(t, running)
	require.Contains(t, event, "Capacity is unavailable at this time")
	require.NoError(t, cloud.RestoreZone(lost))
	cloud.Advance(10 * time.Minute)
	_, running, err = said(t.Context(), client)
	require.NoError(t, err)
	require.EqualValues(t, 2, running, "the service has gone on trying")
}
