// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ec2"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// TestVolumes makes volumes as ECS does, and looks at them as users do.
func TestVolumes(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	fake := ec2.New(s, world.Timing{}, ec2.Needs{})
	service := fake.Services()[0]
	do := func(operation string, in any) (any, error) {
		return service.Operation(operation).Call(&sim.Call{Sim: s, Region: "us-east-1", Account: s.Account(), Partition: "aws", Operation: operation}, in)
	}
	code := func(err error) string {
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		return api.ErrorCode()
	}
	volumes := func(ids ...string) []ec2types.Volume {
		out, err := do("DescribeVolumes", &awsec2.DescribeVolumesInput{VolumeIds: ids})
		require.NoError(t, err)
		described, ok := out.(*awsec2.DescribeVolumesOutput)
		require.True(t, ok)
		return described.Volumes
	}
	s.Do(func() {
		made, err := fake.CreateVolume("us-east-1", world.Volume{
			Zone: "us-east-1a", Type: "gp3", Size: 10, IOPS: 3000, FileSystem: "ext4", Tags: map[string]string{"AmazonECSManaged": "true"},
		}, "task-1")
		require.NoError(t, err)
		fake.AttachVolume("us-east-1", made.ID, "task-1")
		got := volumes(made.ID)[0]
		require.Equal(t, ec2types.VolumeStateInUse, got.State)
		require.Equal(t, "task-1", *got.Attachments[0].AssociatedResource)
		require.Equal(t, "AmazonECSManaged", *got.Tags[0].Key)
		_, err = do("DeleteVolume", &awsec2.DeleteVolumeInput{VolumeId: &made.ID})
		require.Equal(t, "VolumeInUse", code(err))

		fake.DetachVolume("us-east-1", made.ID)
		out, err := do("CreateSnapshot", &awsec2.CreateSnapshotInput{VolumeId: &made.ID})
		require.NoError(t, err)
		snapshot, ok := out.(*awsec2.CreateSnapshotOutput)
		require.True(t, ok)
		_, err = do("DeleteVolume", &awsec2.DeleteVolumeInput{VolumeId: &made.ID})
		require.NoError(t, err)
		require.Empty(t, volumes())
		_, err = do("DescribeVolumes", &awsec2.DescribeVolumesInput{VolumeIds: []string{made.ID}})
		require.Equal(t, "InvalidVolume.NotFound", code(err))

		copied, err := fake.CreateVolume("us-east-1", world.Volume{Zone: "us-east-1b", Snapshot: *snapshot.SnapshotId, FileSystem: "xfs"}, "task-2")
		require.NoError(t, err)
		require.EqualValues(t, 10, copied.Size, "that of the snapshot")
		require.Equal(t, "ext4", copied.FileSystem)
		_, err = fake.CreateVolume("us-east-1", world.Volume{Zone: "us-east-1b", Snapshot: *snapshot.SnapshotId, Size: 9}, "task-3")
		require.Equal(t, "InvalidParameterValue", code(err), "smaller than the snapshot")
		_, err = do("DeleteSnapshot", &awsec2.DeleteSnapshotInput{SnapshotId: snapshot.SnapshotId})
		require.NoError(t, err)
		_, err = fake.CreateVolume("us-east-1", world.Volume{Zone: "us-east-1b", Snapshot: *snapshot.SnapshotId}, "task-4")
		require.Equal(t, "InvalidSnapshot.NotFound", code(err))
		listed, err := do("DescribeSnapshots", &awsec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
		require.NoError(t, err)
		require.Empty(t, listed.(*awsec2.DescribeSnapshotsOutput).Snapshots)
		fake.DeleteVolume("us-east-1", copied.ID)
		fake.DetachVolume("us-east-1", copied.ID)
		require.Empty(t, volumes())
	})
}
