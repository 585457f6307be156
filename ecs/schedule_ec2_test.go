// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	modelscheduler "github.com/slipway-go/slipway/internal/model/scheduler"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// crew is a cluster of two instances, and a job for them.
func crew() (ecs.Cluster, ecs.EC2Job) {
	template := ecs.NewInstanceTemplate("crew", ecs.NewCluster("batch"), ecs.AL2023, vpc.Default()).WithInstanceType("m5.large")
	group := autoscaling.NewGroup("crew", template.LaunchTemplate(), vpc.Default()).WithSize(2, 2).WithExternalScaling()
	provider := ecs.NewGroupProvider("crew", group)
	cluster := ecs.NewCluster("batch").WithCapacityProvider(provider)
	work := ecs.NewContainer("work", ecs.ImageRef("report:1")).WithMemoryReservation(64 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("report").WithContainer(work)
	return cluster, ecs.NewEC2Job("report", cluster, task, vpc.Default()).WithCommand(work, "/report").WithTag("team", "finance").
		WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type == m5.large")).WithPlacementConstraint(ecs.DistinctInstance{}).
		WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackMemory).WithPlacementStrategy(ecs.RandomPlacement{})
}

func TestScheduleOfEC2JobSaysWhere(t *testing.T) {
	t.Parallel()
	_, job := crew()
	got := built[modelscheduler.Schedule](t, ecs.NewSchedule("nightly", "rate(1 day)", job)).Create.Target.EcsParameters
	require.Equal(t, schedulertypes.LaunchTypeEc2, got.LaunchType)
	require.Nil(t, got.NetworkConfiguration, "its network is the instance's")
	require.Equal(t, []schedulertypes.PlacementConstraint{
		{Type: "memberOf", Expression: aws.String("attribute:ecs.instance-type == m5.large")}, {Type: "distinctInstance"},
	}, got.PlacementConstraints)
	require.Equal(t, []schedulertypes.PlacementStrategy{
		{Type: "spread", Field: aws.String("attribute:ecs.availability-zone")}, {Type: "binpack", Field: aws.String("memory")}, {Type: "random"},
	}, got.PlacementStrategy)
	shared := ecs.NewSchedule("nightly", "rate(1 day)", job.WithCapacity(ecs.InstanceCapacity{Provider: ecs.ProviderNamed("gpus"), Weight: 1}))
	got = built[modelscheduler.Schedule](t, shared).Create.Target.EcsParameters
	require.Empty(t, got.LaunchType)
	require.Equal(t, "gpus", *got.CapacityProviderStrategy[0].CapacityProvider)
}

func TestScheduleOfEC2JobRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{})
		cloud.Image("report:1", fakes.Program{Exit: &fakes.Exit{After: time.Minute}})
		cluster, job := crew()
		stack := slipway.NewStack("batch", cluster, ecs.NewSchedule("hourly", "cron(0 * * * ? *)", job))
		_, err := stack.Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		plan, err := stack.Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.True(t, plan.Empty(), "%s", plan)
		time.Sleep(time.Hour)
		ran := ranAll(t, cloud)
		require.Len(t, ran, 1, "the role that was derived is enough")
		require.NotEmpty(t, ran[0].ContainerInstanceArn, "it ran on an instance")
		require.Equal(t, []string{"/report"}, ran[0].Overrides.ContainerOverrides[0].Command)
		require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
	})
}

func TestSchedulePlacementIsChecked(t *testing.T) {
	t.Parallel()
	_, job := crew()
	require.NoError(t, ecs.NewSchedule("nightly", "rate(1 day)", job).Validate())
	for range 4 {
		job = job.WithPlacementStrategy(ecs.SpreadByInstance)
	}
	require.ErrorContains(t, ecs.NewSchedule("nightly", "rate(1 day)", job).Validate(), "PlacementStrategy: got 7, want at most 5")
	require.ErrorContains(t, ecs.NewSchedule("nightly", "rate(1 day)", nil).Validate(), "got nil, want a cluster")
}

// TestFileSystemsAdmitInstancesOfJobs: tasks without a network interface mount from the
// instance.
func TestFileSystemsAdmitInstancesOfJobs(t *testing.T) {
	t.Parallel()
	files := storage.NewFileSystem("files", vpc.Default())
	c := ecs.NewContainer("work", ecs.ImageRef("report:1")).WithMemoryReservation(64*ecs.MiB).
		WithMount(ecs.EFSVolume{Name: "files", FileSystem: files}, "/files")
	own := vpc.NewSecurityGroup("instances", "Instances.", vpc.Default())
	provider := ecs.NewGroupProvider("nodes", nodes("nodes"))
	task := ecs.NewEC2TaskDefinition("report").WithContainer(c)
	base := ecs.NewEC2Job("report", growing(provider), task, vpc.Default())
	for _, test := range []struct {
		name string
		job  ecs.EC2Job
		from []string
	}{
		{"no group is known", base, nil},
		{"a group that was named", base.WithInstanceSecurityGroup(own), []string{"instances"}},
		{"the group behind a provider", base.WithCapacity(ecs.InstanceCapacity{Provider: provider, Weight: 1}), []string{"ecs-nodes"}},
		{"an existing group", base.WithInstanceSecurityGroup(vpc.GroupID("sg-1")), []string{"sg-1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			desired, err := test.job.Build()
			require.NoError(t, err)
			var from []string
			for _, u := range desired.Uses {
				name := u.ID().Name
				if u.ID().Kind == modelvpc.KindSecurityGroupRule {
					from = append(from, name[strings.LastIndex(name, "/")+1:])
				}
			}
			require.Equal(t, test.from, from)
		})
	}
	require.ErrorContains(t, base.WithInstanceSecurityGroup(nil).Validate(), "InstanceSecurityGroups[0]: got nil")
}

// A job that runs every night on instances with a GPU.
func ExampleNewSchedule_ec2() {
	train := ecs.NewContainer("train", ecs.ImageRef("train:1")).WithMemoryReservation(1 * ecs.GiB)
	task := ecs.NewEC2TaskDefinition("train").WithContainer(ecs.OnEC2(train).WithGPU(1))
	job := ecs.NewEC2Job("train", ecs.ClusterNamed("ml"), task, vpc.Default()).
		WithPlacementConstraint(ecs.MemberOf("attribute:ecs.instance-type =~ g5.*"))

	cloud := fakes.New(fakes.Options{})
	_, err := slipway.NewStack("training", ecs.NewCluster("ml"), ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", job)).
		Apply(context.Background(), cloud.Config())
	fmt.Println(err)
	got, err := awsscheduler.NewFromConfig(cloud.Config()).GetSchedule(context.Background(), &awsscheduler.GetScheduleInput{
		GroupName: aws.String("slipway-training"), Name: aws.String("nightly"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.Target.EcsParameters.LaunchType, *got.Target.EcsParameters.PlacementConstraints[0].Expression)
	// Output:
	// <nil>
	// EC2 attribute:ecs.instance-type =~ g5.*
}
