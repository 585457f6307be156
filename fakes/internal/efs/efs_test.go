// SPDX-License-Identifier: Apache-2.0

package efs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// open returns a cloud with a file system, and the default subnets.
func open(t *testing.T, o fakes.Options) (cloud *fakes.Cloud, client *awsefs.Client, id *string, subnets []string) {
	t.Helper()
	cloud = fakes.New(o)
	client = awsefs.NewFromConfig(cloud.Config())
	made, err := client.CreateFileSystem(t.Context(), &awsefs.CreateFileSystemInput{
		CreationToken: aws.String("files"), Tags: []efstypes.Tag{{Key: aws.String("Name"), Value: aws.String("uploads")}},
	})
	require.NoError(t, err)
	require.Equal(t, "uploads", *made.Name)
	require.Equal(t, efstypes.LifeCycleStateCreating, made.LifeCycleState)
	cloud.Advance(10 * time.Second)
	found, err := awsec2.NewFromConfig(cloud.Config()).DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	for _, s := range found.Subnets {
		subnets = append(subnets, *s.SubnetId)
	}
	return cloud, client, made.FileSystemId, subnets
}

func TestOneMountTargetAZone(t *testing.T) {
	t.Parallel()
	_, client, id, subnets := open(t, fakes.Options{})
	for _, subnet := range subnets {
		_, err := client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnet})
		require.NoError(t, err)
	}
	_, err := client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnets[0]})
	var conflict *efstypes.MountTargetConflict
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "mount target already exists in this AZ", conflict.ErrorMessage())

	pages := awsefs.NewDescribeMountTargetsPaginator(client, &awsefs.DescribeMountTargetsInput{
		FileSystemId: id, MaxItems: aws.Int32(2),
	})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		count += len(page.MountTargets)
	}
	require.Equal(t, len(subnets), count)
}

func TestDeletionTakesItsTime(t *testing.T) {
	t.Parallel()
	cloud, client, id, subnets := open(t, fakes.Options{Timing: fakes.Realistic})
	made, err := client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnets[0]})
	require.NoError(t, err)
	require.Equal(t, efstypes.LifeCycleStateCreating, made.LifeCycleState)
	cloud.Advance(2 * time.Minute)
	_, err = client.DeleteMountTarget(t.Context(), &awsefs.DeleteMountTargetInput{MountTargetId: made.MountTargetId})
	require.NoError(t, err)
	_, err = client.DeleteFileSystem(t.Context(), &awsefs.DeleteFileSystemInput{FileSystemId: id})
	var inUse *efstypes.FileSystemInUse
	require.ErrorAs(t, err, &inUse, "its mount target is still being deleted")
	require.Contains(t, inUse.ErrorMessage(), "cannot be deleted because it has mount targets")
	cloud.Advance(2 * time.Minute)
	_, err = client.DeleteFileSystem(t.Context(), &awsefs.DeleteFileSystemInput{FileSystemId: id})
	require.NoError(t, err)
	cloud.Advance(time.Minute)
	_, err = client.DescribeFileSystems(t.Context(), &awsefs.DescribeFileSystemsInput{FileSystemId: id})
	var missing *efstypes.FileSystemNotFound
	require.ErrorAs(t, err, &missing)
}

func TestTokensMakeOneFileSystem(t *testing.T) {
	t.Parallel()
	_, client, id, _ := open(t, fakes.Options{})
	_, err := client.CreateFileSystem(t.Context(), &awsefs.CreateFileSystemInput{CreationToken: aws.String("files")})
	var exists *efstypes.FileSystemAlreadyExists
	require.ErrorAs(t, err, &exists)
	require.Equal(t, *id, *exists.FileSystemId)
}

func TestRefusedInputs(t *testing.T) {
	t.Parallel()
	client := awsefs.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for name, c := range map[string]struct {
		in   awsefs.CreateFileSystemInput
		want string
	}{
		"provisioned without throughput": {
			awsefs.CreateFileSystemInput{ThroughputMode: efstypes.ThroughputModeProvisioned},
			"Provisioned throughput must be set for file systems that use provisioned throughput mode.",
		},
		"one zone with maxIO": {
			awsefs.CreateFileSystemInput{AvailabilityZoneName: aws.String("us-east-1a"), PerformanceMode: efstypes.PerformanceModeMaxIo},
			"Unsupported performance mode provided.",
		},
		"a zone of another region": {
			awsefs.CreateFileSystemInput{AvailabilityZoneName: aws.String("eu-west-1a")}, "Invalid Availability Zone Name provided.",
		},
	} {
		_, err := client.CreateFileSystem(t.Context(), &c.in)
		var bad *efstypes.BadRequest
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, c.want, bad.ErrorMessage(), name)
	}
}

func TestAccessPointsPoliciesAndTags(t *testing.T) {
	t.Parallel()
	_, client, id, _ := open(t, fakes.Options{})
	point, err := client.CreateAccessPoint(t.Context(), &awsefs.CreateAccessPointInput{FileSystemId: id})
	require.NoError(t, err)
	require.Equal(t, "/", *point.RootDirectory.Path)
	_, err = client.DescribeFileSystemPolicy(t.Context(), &awsefs.DescribeFileSystemPolicyInput{FileSystemId: id})
	var none *efstypes.PolicyNotFound
	require.ErrorAs(t, err, &none)
	_, err = client.TagResource(t.Context(), &awsefs.TagResourceInput{
		ResourceId: point.AccessPointId, Tags: []efstypes.Tag{{Key: aws.String("Name"), Value: aws.String("p")}},
	})
	require.NoError(t, err)
	out, err := client.DescribeAccessPoints(t.Context(), &awsefs.DescribeAccessPointsInput{FileSystemId: id})
	require.NoError(t, err)
	require.Equal(t, "p", *out.AccessPoints[0].Name)
	_, err = client.PutLifecycleConfiguration(t.Context(), &awsefs.PutLifecycleConfigurationInput{
		FileSystemId: id, LifecyclePolicies: []efstypes.LifecyclePolicy{{}},
	})
	var bad *efstypes.BadRequest
	require.ErrorAs(t, err, &bad)
}

func TestThroughputChangesOnceADay(t *testing.T) {
	t.Parallel()
	cloud, client, id, _ := open(t, fakes.Options{})
	set := func(mode efstypes.ThroughputMode, mibps *float64) error {
		_, err := client.UpdateFileSystem(t.Context(), &awsefs.UpdateFileSystemInput{
			FileSystemId: id, ThroughputMode: mode, ProvisionedThroughputInMibps: mibps,
		}, func(o *awsefs.Options) { o.RetryMaxAttempts = 1 })
		return err
	}
	require.NoError(t, set(efstypes.ThroughputModeProvisioned, aws.Float64(10)))
	require.NoError(t, set("", aws.Float64(20)), "more is always fine")
	var soon *efstypes.TooManyRequests
	require.ErrorAs(t, set("", aws.Float64(10)), &soon, "less is not")
	require.ErrorAs(t, set(efstypes.ThroughputModeElastic, nil), &soon)
	var bad *efstypes.BadRequest
	require.ErrorAs(t, set(efstypes.ThroughputModeElastic, aws.Float64(10)), &bad)
	cloud.Advance(24 * time.Hour)
	require.NoError(t, set(efstypes.ThroughputModeElastic, nil))
}

func TestAddressesAndGroupsOfMountTargets(t *testing.T) {
	t.Parallel()
	cloud, client, id, subnets := open(t, fakes.Options{})
	ec2 := awsec2.NewFromConfig(cloud.Config())
	described, err := ec2.DescribeSubnets(t.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: subnets[:1]})
	require.NoError(t, err)
	address := strings.Replace(*described.Subnets[0].CidrBlock, ".0/20", ".77", 1)
	made, err := client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnets[0], IpAddress: &address})
	require.NoError(t, err)
	require.Equal(t, address, *made.IpAddress)

	other, err := client.CreateFileSystem(t.Context(), &awsefs.CreateFileSystemInput{CreationToken: aws.String("other"), Encrypted: aws.Bool(true)})
	require.NoError(t, err)
	require.Contains(t, *other.KmsKeyId, ":key/")
	_, err = client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: other.FileSystemId, SubnetId: &subnets[0], IpAddress: &address})
	var used *efstypes.IpAddressInUse
	require.ErrorAs(t, err, &used)

	group, err := ec2.CreateSecurityGroup(t.Context(), &awsec2.CreateSecurityGroupInput{GroupName: aws.String("nfs"), Description: aws.String("nfs")})
	require.NoError(t, err)
	_, err = client.ModifyMountTargetSecurityGroups(t.Context(), &awsefs.ModifyMountTargetSecurityGroupsInput{
		MountTargetId: made.MountTargetId, SecurityGroups: []string{*group.GroupId},
	})
	require.NoError(t, err)
	nic, err := ec2.DescribeNetworkInterfaces(t.Context(), &awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{*made.NetworkInterfaceId}})
	require.NoError(t, err)
	require.Equal(t, *group.GroupId, *nic.NetworkInterfaces[0].Groups[0].GroupId)
}

func TestPermissionsOfMountTargets(t *testing.T) {
	t.Parallel()
	cloud, _, id, subnets := open(t, fakes.Options{})
	roles := awsiam.NewFromConfig(cloud.Config())
	_, err := roles.CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 aws.String("deployer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	_, err = roles.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("deployer"), PolicyName: aws.String("efs"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"elasticfilesystem:*","Resource":"*"}]}`),
	})
	require.NoError(t, err)
	client := awsefs.NewFromConfig(cloud.ConfigAs("deployer"))
	_, err = client.CreateMountTarget(t.Context(), &awsefs.CreateMountTargetInput{FileSystemId: id, SubnetId: &subnets[0]})
	require.ErrorContains(t, err, "ec2:DescribeSubnets", "EFS acts on EC2 in the caller's name")
	_, err = client.DescribeAccessPoints(t.Context(), &awsefs.DescribeAccessPointsInput{FileSystemId: id})
	require.NoError(t, err)
}
