// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

type ebs = ecstypes.ServiceManagedEBSVolumeConfiguration

func plainVolume() *ebs {
	return &ebs{RoleArn: aws.String(role), SizeInGiB: aws.Int32(10)}
}

// volumesRows break the rules of EBS volumes. Sizes and IOPS are those of
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceManagedEBSVolumeConfiguration.html
func volumesRows() []serviceRow {
	with := func(change func(*ebs)) func(*service) {
		return func(in *service) {
			in.TaskDefinition = aws.String("launch")
			v := plainVolume()
			change(v)
			in.VolumeConfigurations = append(in.VolumeConfigurations, ecstypes.ServiceVolumeConfiguration{Name: aws.String("v"), ManagedEBSVolume: v})
		}
	}
	legal := with(func(*ebs) {})
	typed := func(name string, size int32, iops *int32) func(*service) {
		return with(func(v *ebs) { v.VolumeType, v.SizeInGiB, v.Iops = &name, &size, iops })
	}
	const at = "VolumeConfigurations[v].ManagedEBSVolume"
	throughput := func(kind string, n int32) func(*service) {
		return with(func(v *ebs) { v.VolumeType, v.Throughput = &kind, &n })
	}
	rate := func(snapshot string, n int32) func(*service) {
		return with(func(v *ebs) { v.SnapshotId, v.VolumeInitializationRate = &snapshot, &n })
	}
	tag := func(key string) func(*service) {
		return with(func(v *ebs) {
			v.TagSpecifications = []ecstypes.EBSTagSpecification{{ResourceType: "volume", Tags: []ecstypes.Tag{{Key: &key}}}}
		})
	}
	onInstances := func(in *service) { in.LaunchType = ecstypes.LaunchTypeEc2 }
	return []serviceRow{
		{"ecs-ebs-daemon", "DAEMON", all(legal, func(in *service) { in.SchedulingStrategy = ecstypes.SchedulingStrategyDaemon }), legal, "VolumeConfigurations", invalid, "DAEMON"},
		{"ecs-ebs-one", "two", all(legal, legal), legal, "VolumeConfigurations", invalid, "at most 1"},
		{"ecs-ebs-role", "none", with(func(v *ebs) { v.RoleArn = nil }), legal, at + ".RoleArn", invalid, "roleArn"},
		{"ecs-ebs-source", "neither", with(func(v *ebs) { v.SizeInGiB = nil }), rate("snap-1", 100), at, invalid, "size or a snapshot"},
		{"ecs-ebs-type", "gp4", typed("gp4", 10, nil), typed("gp2", 10, nil), at + ".VolumeType", invalid, ""},
		{"ecs-ebs-size", "gp3 of 0", typed("gp3", 0, nil), typed("gp3", 1, nil), at + ".SizeInGiB", invalid, "between 1 and 16384"},
		{"ecs-ebs-size", "gp3 of 16385", typed("gp3", 16385, nil), typed("gp3", 16384, nil), at + ".SizeInGiB", invalid, ""},
		{"ecs-ebs-size", "io2 of 3", typed("io2", 3, aws.Int32(100)), typed("io2", 4, aws.Int32(100)), at + ".SizeInGiB", invalid, ""},
		{"ecs-ebs-size", "st1 of 124", typed("st1", 124, nil), typed("st1", 125, nil), at + ".SizeInGiB", invalid, ""},
		{"ecs-ebs-size", "standard of 1025", typed("standard", 1025, nil), typed("standard", 1024, nil), at + ".SizeInGiB", invalid, ""},
		{"ecs-ebs-iops", "io1 without", typed("io1", 10, nil), typed("io1", 10, aws.Int32(100)), at + ".Iops", invalid, "must be specified"},
		{"ecs-ebs-iops", "sc1 with", typed("sc1", 125, aws.Int32(100)), typed("sc1", 125, nil), at + ".Iops", invalid, "not supported"},
		{"ecs-ebs-iops", "gp3 of 2999", typed("gp3", 10, aws.Int32(2999)), typed("gp3", 10, aws.Int32(3000)), at + ".Iops", invalid, ""},
		{"ecs-ebs-iops", "io2 of 256001", typed("io2", 10, aws.Int32(256001)), typed("io2", 10, aws.Int32(256000)), at + ".Iops", invalid, ""},
		{"ecs-ebs-throughput", "gp2", throughput("gp2", 125), throughput("gp3", 125), at + ".Throughput", invalid, "not supported"},
		{"ecs-ebs-throughput", "1001", throughput("gp3", 1001), throughput("gp3", 1000), at + ".Throughput", invalid, ""},
		{"ecs-ebs-rate", "no snapshot", rate("", 100), rate("snap-1", 100), at + ".VolumeInitializationRate", invalid, "snapshotId"},
		{"ecs-ebs-rate", "301", rate("snap-1", 301), rate("snap-1", 300), at + ".VolumeInitializationRate", invalid, ""},
		{"ecs-ebs-filesystem", "zfs", with(func(v *ebs) { v.FilesystemType = "zfs" }), with(func(v *ebs) { v.FilesystemType = "ext4" }), at + ".FilesystemType", invalid, ""},
		{"ecs-ebs-tags", "reserved", tag("AmazonECSManaged"), tag("AmazonECSManagedBy"), at + ".TagSpecifications[0].Tags", invalid, ""},
		{"ecs-ebs-magnetic-fargate", "standard", typed("standard", 10, nil), all(typed("standard", 10, nil), onInstances), at + ".VolumeType", invalid, "Fargate"},
		{"ecs-volume-at-launch", "not configured", runs("launch"), legal, "VolumeConfigurations", invalid, "'v'"},
	}
}

// TestVolumesOfTasksAndUpdates: the rules are the same for RunTask; an update that gives
// no volumes keeps those that there are.
func TestVolumesOfTasksAndUpdates(t *testing.T) {
	t.Parallel()
	task := func(from ecstypes.PropagateTags) *awsecs.RunTaskInput {
		return &awsecs.RunTaskInput{
			TaskDefinition: aws.String("launch"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: plainService().NetworkConfiguration,
			VolumeConfigurations: []ecstypes.TaskVolumeConfiguration{{
				Name: aws.String("v"), ManagedEBSVolume: &ecstypes.TaskManagedEBSVolumeConfiguration{
					RoleArn: aws.String(role), SizeInGiB: aws.Int32(1), TagSpecifications: []ecstypes.EBSTagSpecification{{PropagateTags: from}},
				},
			}},
		}
	}
	require.Empty(t, broken(ecsrules.RunTask, world(), task(""), "ecs-ebs-tags"))
	require.NotEmpty(t, broken(ecsrules.RunTask, world(), task(ecstypes.PropagateTagsService), "ecs-ebs-tags"), "there is no service")
	require.Empty(t, broken(ecsrules.RunTask, world(), task(""), "ecs-volume-at-launch"))

	to := func(name string, volumes []ecstypes.ServiceVolumeConfiguration) *awsecs.UpdateServiceInput {
		return &awsecs.UpdateServiceInput{Service: aws.String("web"), TaskDefinition: &name, VolumeConfigurations: volumes}
	}
	given := []ecstypes.ServiceVolumeConfiguration{{Name: aws.String("v"), ManagedEBSVolume: plainVolume()}}
	require.NotEmpty(t, broken(ecsrules.UpdateService, world(), to("launch", nil), "ecs-volume-at-launch"))
	require.Empty(t, broken(ecsrules.UpdateService, world(), to("launch", given), "ecs-volume-at-launch"))
	require.NotEmpty(t, broken(ecsrules.UpdateService, world(), to("web", given), "ecs-volume-at-launch"))
}
