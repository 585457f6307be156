// SPDX-License-Identifier: Apache-2.0

package failures_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	efsrules "github.com/slipway-go/slipway/internal/rules/efs"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// efsCases are the cases of this file's area, by id.
var efsCases = map[string]func(t *testing.T, c Case){
	"efs-access-denied-by-policy": func(t *testing.T, _ Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(nil)
		s.mountTargets(id)
		client := awsefs.NewFromConfig(s.cloud.Config())
		_, err := client.PutFileSystemPolicy(t.Context(), &awsefs.PutFileSystemPolicyInput{FileSystemId: &id, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/other"},"Action":"elasticfilesystem:ClientMount"}]}`)})
		require.NoError(t, err)
		s.mounts(id)
		s.stoppedWith(ecstypes.AssignPublicIpEnabled, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ",
			"b'mount.nfs4: access denied by server while mounting "+id+".efs.us-east-1.amazonaws.com:/'",
			" : unsuccessful EFS utils command execution; code: 32")
	},
	"efs-no-mount-target-dns": func(t *testing.T, _ Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(nil)
		s.mounts(id)
		s.stoppedWith(ecstypes.AssignPublicIpEnabled, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ",
			`Failed to resolve "`+id+`.efs.us-east-1.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target`,
			"unsuccessful EFS utils command execution; code: 1")
	},
	"efs-availability-zone-invalid": func(t *testing.T, c Case) {
		caught(t, c, efsrules.CreateFileSystem, &awsefs.CreateFileSystemInput{
			CreationToken: aws.String("x"), AvailabilityZoneName: aws.String("eu-west-1"),
		}, c.Message)
		client := awsefs.NewFromConfig(fakes.New(fakes.Options{}).Config())
		_, err := client.CreateFileSystem(t.Context(), &awsefs.CreateFileSystemInput{AvailabilityZoneName: aws.String("eu-west-1a")})
		answered(t, c, err, c.Message)
		_, err = slipway.NewStack("shop", storage.NewFileSystem("files", vpc.Default()).WithOneZone("eu-west-1a")).
			Plan(t.Context(), fakes.New(fakes.Options{}).Config())
		require.ErrorIs(t, err, slipway.ErrInvalid, "the plan knows which zones the network has")
	},
	"efs-delete-with-mount-targets": func(t *testing.T, c Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(nil)
		s.mountTargets(id)
		_, err := awsefs.NewFromConfig(s.cloud.Config()).DeleteFileSystem(t.Context(), &awsefs.DeleteFileSystemInput{FileSystemId: &id})
		answered(t, c, err, "cannot be deleted because it has mount targets. You must delete the mount targets, and then try again.")
	},
	"efs-mount-target-conflict": func(t *testing.T, c Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(nil)
		s.mountTargets(id)
		answered(t, c, s.mountTarget(id, 0, nil), c.Message)
	},
	"efs-mount-target-ip-outside-subnet": func(t *testing.T, c Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(nil)
		outside := func(in *awsefs.CreateMountTargetInput) { in.IpAddress = aws.String("10.9.9.9") }
		answered(t, c, s.mountTarget(id, 0, outside), c.Message)
	},
	"efs-mount-target-too-many-security-groups": func(t *testing.T, c Case) {
		in := &awsefs.CreateMountTargetInput{}
		for i := range 6 {
			in.SecurityGroups = append(in.SecurityGroups, fmt.Sprintf("sg-0000000000000000%d", i))
		}
		caught(t, c, efsrules.CreateMountTarget, in, c.Message)
		s := newStage(t, fakes.Timing{})
		answered(t, c, s.mountTarget(s.fileSystem(nil), 0, func(to *awsefs.CreateMountTargetInput) { to.SecurityGroups = in.SecurityGroups }), c.Message)
	},
	"efs-one-zone-max-io": func(t *testing.T, c Case) {
		caught(t, c, efsrules.CreateFileSystem, &awsefs.CreateFileSystemInput{
			CreationToken: aws.String("x"), AvailabilityZoneName: aws.String("us-east-1a"), PerformanceMode: efstypes.PerformanceModeMaxIo,
		}, c.Message)
	},
	"efs-one-zone-mount-target-wrong-az": func(t *testing.T, c Case) {
		s := newStage(t, fakes.Timing{})
		id := s.fileSystem(func(in *awsefs.CreateFileSystemInput) { in.AvailabilityZoneName = aws.String("us-east-1a") })
		answered(t, c, s.mountTarget(id, 1, nil), c.Message)
	},
	"efs-provisioned-without-throughput": func(t *testing.T, c Case) {
		caught(t, c, efsrules.CreateFileSystem, &awsefs.CreateFileSystemInput{
			CreationToken: aws.String("x"), ThroughputMode: efstypes.ThroughputModeProvisioned,
		}, c.Message)
	},
	"ecs-infrastructure-role-not-assumable": func(t *testing.T, c Case) {
		s := newStage(t, fakes.Timing{})
		s.define(func(in *awsecs.RegisterTaskDefinitionInput, _ *ecstypes.ContainerDefinition) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("data"), ConfiguredAtLaunch: aws.Bool(true)}}
		})
		made, err := awsiam.NewFromConfig(s.cloud.Config()).CreateRole(t.Context(), &awsiam.CreateRoleInput{
			RoleName: aws.String("infrastructure"), AssumeRolePolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		})
		require.NoError(t, err)
		role := made.Role.Arn
		err = s.service(func(in *awsecs.CreateServiceInput) {
			in.VolumeConfigurations = []ecstypes.ServiceVolumeConfiguration{{
				Name: aws.String("data"), ManagedEBSVolume: &ecstypes.ServiceManagedEBSVolumeConfiguration{RoleArn: role, SizeInGiB: aws.Int32(1)},
			}}
		})
		answered(t, c, err, "'. Please verify that the role being passed has the proper trust relationship with Amazon ECS.")
		require.ErrorContains(t, err, "ECS was unable to assume the configured ECS Infrastructure Role '"+*role+"'")
	},
}

func (s *stage) fileSystem(change func(*awsefs.CreateFileSystemInput)) string {
	s.t.Helper()
	in := &awsefs.CreateFileSystemInput{CreationToken: aws.String("files")}
	if change != nil {
		change(in)
	}
	out, err := awsefs.NewFromConfig(s.cloud.Config()).CreateFileSystem(s.t.Context(), in)
	require.NoError(s.t, err)
	return *out.FileSystemId
}

// mountTarget makes one in the n-th subnet of the default VPC.
func (s *stage) mountTarget(id string, n int, change func(*awsefs.CreateMountTargetInput)) error {
	s.t.Helper()
	_, subnets, _ := s.network("")
	in := &awsefs.CreateMountTargetInput{FileSystemId: &id, SubnetId: &subnets[n]}
	if change != nil {
		change(in)
	}
	_, err := awsefs.NewFromConfig(s.cloud.Config()).CreateMountTarget(s.t.Context(), in)
	return err
}

// mountTargets makes one in each zone that tasks run in.
func (s *stage) mountTargets(id string) {
	s.t.Helper()
	for n := range 2 {
		require.NoError(s.t, s.mountTarget(id, n, nil))
	}
}

// mounts has the task definition mount the file system.
func (s *stage) mounts(id string) {
	s.t.Helper()
	s.define(func(in *awsecs.RegisterTaskDefinitionInput, c *ecstypes.ContainerDefinition) {
		in.Volumes = []ecstypes.Volume{{Name: aws.String("files"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{FileSystemId: &id}}}
		c.MountPoints = []ecstypes.MountPoint{{SourceVolume: aws.String("files"), ContainerPath: aws.String("/files")}}
	})
}
