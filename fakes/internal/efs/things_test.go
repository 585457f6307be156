// SPDX-License-Identifier: Apache-2.0

package efs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestSnapshotsHaveFileSystems(t *testing.T) {
	t.Parallel()
	cloud, client, id, subnets := open(t, fakes.Options{})
	name := "elasticfilesystem us-east-1 file-system " + aws.ToString(id)
	made := cloud.Snapshot()
	require.Contains(t, made.State(name), `"CreationTime":null`)

	target, err := client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnets[0]})
	require.NoError(t, err)
	point, err := client.CreateAccessPoint(t.Context(), &awsefs.CreateAccessPointInput{FileSystemId: id, ClientToken: aws.String("web")})
	require.NoError(t, err)
	require.Subset(t, cloud.Snapshot().Since(made), []string{
		"+ elasticfilesystem us-east-1 mount-target " + aws.ToString(target.MountTargetId),
		"+ elasticfilesystem us-east-1 access-point " + aws.ToString(point.AccessPointId),
	})
	other, _, _, _ := open(t, fakes.Options{})
	require.Equal(t, made.State(name), other.Snapshot().State(name))
}
