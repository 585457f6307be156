// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

func stackOf(resources ...slipway.Resource) slipway.Stack {
	return slipway.NewStack("shop", resources...)
}

func applied(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack, opts ...slipway.ApplyOption) *slipway.Result {
	t.Helper()
	result, err := stack.Apply(t.Context(), cloud.Config(), opts...)
	require.NoError(t, err)
	cloud.ForgetCalls()
	plan, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, plan.Empty(), "%s", plan)
	require.Empty(t, cloud.Calls().Writes())
	return result
}

func targetsOf(t *testing.T, cloud *fakes.Cloud, id string) map[string]efstypes.MountTargetDescription {
	t.Helper()
	out, err := awsefs.NewFromConfig(cloud.Config()).DescribeMountTargets(t.Context(), &awsefs.DescribeMountTargetsInput{FileSystemId: &id})
	require.NoError(t, err)
	all := map[string]efstypes.MountTargetDescription{}
	for _, m := range out.MountTargets {
		all[*m.AvailabilityZoneName] = m
	}
	return all
}

func TestZonesComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		id := slipway.Output(applied(t, cloud, stackOf(plain())), plain()).ID
		all := targetsOf(t, cloud, id)
		require.Len(t, all, 3)

		network := vpc.Default().WithSubnets(*all["us-east-1a"].SubnetId, *all["us-east-1b"].SubnetId)
		narrow := storage.NewFileSystem("files", network).
			WithSecurityGroup(vpc.NewSecurityGroup("efs-files", "Mount targets of the file system files", vpc.Default()))
		applied(t, cloud, stackOf(narrow))
		now := targetsOf(t, cloud, id)
		require.Len(t, now, 2)
		require.Equal(t, all["us-east-1a"].MountTargetId, now["us-east-1a"].MountTargetId)
		applied(t, cloud, stackOf(plain()))
		require.Len(t, targetsOf(t, cloud, id), 3)
	})
}

func TestASubnetMoreInAZoneChangesNothing(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	id := slipway.Output(applied(t, cloud, stackOf(plain())), plain()).ID
	vpcs, err := awsec2.NewFromConfig(cloud.Config()).DescribeVpcs(t.Context(), &awsec2.DescribeVpcsInput{})
	require.NoError(t, err)
	for _, cidr := range []string{"172.31.64.0/20", "172.31.80.0/20", "172.31.96.0/20"} {
		_, err := awsec2.NewFromConfig(cloud.Config()).CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{
			VpcId: vpcs.Vpcs[0].VpcId, CidrBlock: &cidr, AvailabilityZone: aws.String("us-east-1a"),
		})
		require.NoError(t, err)
	}
	before := targetsOf(t, cloud, id)
	applied(t, cloud, stackOf(plain()))
	require.Equal(t, before, targetsOf(t, cloud, id))
}

func TestAnotherVPC(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	id := slipway.Output(applied(t, cloud, stackOf(plain().WithSecurityGroup(vpc.NewSecurityGroup("a", "a", vpc.Default())))), plain()).ID
	client := awsec2.NewFromConfig(cloud.Config())
	made, err := client.CreateVpc(t.Context(), &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	_, err = client.CreateSubnet(t.Context(), &awsec2.CreateSubnetInput{
		VpcId: made.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/24"), AvailabilityZone: aws.String("us-east-1a"),
	})
	require.NoError(t, err)
	other := vpc.ByID(*made.Vpc.VpcId)
	moved := storage.NewFileSystem("files", other).WithSecurityGroup(vpc.NewSecurityGroup("b", "b", other))
	applied(t, cloud, stackOf(moved))
	all := targetsOf(t, cloud, id)
	require.Len(t, all, 1)
	require.Equal(t, *made.Vpc.VpcId, *all["us-east-1a"].VpcId)
}

func TestForeignFileSystemIsAdopted(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsefs.NewFromConfig(cloud.Config())
	made, err := client.CreateFileSystem(t.Context(), &awsefs.CreateFileSystemInput{CreationToken: aws.String("console-1"), Encrypted: aws.Bool(true)})
	require.NoError(t, err)
	files := plain().WithCreationToken("console-1")
	_, err = stackOf(files).Apply(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrConflict)
	result := applied(t, cloud, stackOf(files), slipway.Adopt(files.ID()))
	require.Equal(t, *made.FileSystemId, slipway.Output(result, files).ID)
	require.Len(t, targetsOf(t, cloud, *made.FileSystemId), 3)
}

// holding has DescribeFileSystems say that the file systems hold files.
func holding(cloud *fakes.Cloud) {
	cloud.Inject(fakes.Match{Service: "EFS", Operation: "DescribeFileSystems", Times: fakes.Always},
		func(_ context.Context, _ *fakes.Request, next func() (any, error)) (any, error) {
			out, err := next()
			if found, ok := out.(*awsefs.DescribeFileSystemsOutput); ok {
				for i := range found.FileSystems {
					found.FileSystems[i].SizeInBytes = &efstypes.FileSystemSize{Value: 1 << 20}
				}
			}
			return out, err
		})
}

func TestFilesAreNotLost(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	id := slipway.Output(applied(t, cloud, stackOf(plain())), plain()).ID
	holding(cloud)
	err := stackOf(plain()).Destroy(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "it holds files; apply the file system with WithForceDelete first")
	_, err = stackOf(vpc.NewSecurityGroup("x", "x", vpc.Default())).WithKinds(storage.Kinds()...).Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "it holds files", "pruning is no other thing")
	require.Len(t, targetsOf(t, cloud, id), 3, "nothing was begun")

	applied(t, cloud, stackOf(plain().WithForceDelete()))
	require.NoError(t, stackOf(plain().WithForceDelete()).Destroy(t.Context(), cloud.Config()))
}

// TestLostReplies loses the reply of each write once: the SDK repeats the call.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"CreateFileSystem", "CreateMountTarget", "CreateAccessPoint", "PutBackupPolicy", "DeleteMountTarget", "DeleteAccessPoint", "DeleteFileSystem"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				cloud.Inject(fakes.Match{Service: "EFS", Operation: operation, Times: 1}, fakes.LostReply())
				files := plain().WithBackup(true)
				stack := stackOf(files.AccessPoint("uploads"))
				result := applied(t, cloud, stack)
				require.Len(t, targetsOf(t, cloud, slipway.Output(result, files).ID), 3)
				require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
				out, err := awsefs.NewFromConfig(cloud.Config()).DescribeFileSystems(t.Context(), &awsefs.DescribeFileSystemsInput{})
				require.NoError(t, err)
				require.Empty(t, out.FileSystems)
			})
		})
	}
}

func TestItTakesAsLongAsAWSDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := fakes.New(fakes.Options{Timing: fakes.Realistic})
		start := time.Now()
		applied(t, cloud, stackOf(plain()))
		require.Less(t, time.Since(start), 2*time.Minute, "the mount targets are made side by side")
		require.NoError(t, stackOf(plain()).Destroy(t.Context(), cloud.Config()))
	})
}
