// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

var update = flag.Bool("update", false, "write the golden files")

const key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

func plain() storage.FileSystem { return storage.NewFileSystem("files", vpc.Default()) }

// full are the fullest file systems: one zone excludes Max I/O.
func full() []storage.FileSystem {
	f := plain().WithCreationToken("token").WithProvisionedThroughput(100).WithKMS(key).WithBackup(true).
		WithLifecycle(storage.Lifecycle{InfrequentAccess: 1, Archive: 30, Back: true}).WithReplicationOverwrite().
		WithPolicy(iam.Policy{Statements: []iam.Statement{{
			Principals: []iam.Principal{iam.Anyone{}}, Actions: []string{"elasticfilesystem:ClientMount"}, Resources: []string{"*"},
		}}}).
		WithForceDelete().WithClients(vpc.CIDR("10.0.0.0/8")).WithTag("team", "shop")
	return []storage.FileSystem{f.WithMaxIO(), f.WithOneZone("us-east-1a")}
}

func fullPoint() storage.AccessPoint {
	return plain().AccessPoint("uploads").WithUser(1000, 1001, 1002).WithCreatedRoot("/shop/uploads", 1000, 1001, "0755").WithTag("team", "shop")
}

func built[T any](t *testing.T, r slipway.Resource) (*T, slipway.Desired) {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	state, ok := desired.State.(*T)
	require.True(t, ok, "%T", desired.State)
	return state, desired
}

func TestForks(t *testing.T) {
	t.Parallel()
	buildertest.Fork(t, plain(), vpc.GroupID("sg-1"), vpc.GroupID("sg-2"), vpc.CIDR("10.0.0.0/8"), vpc.CIDR("10.1.0.0/16"),
		iam.Policy{ID: "a"}, iam.Policy{ID: "b"}, storage.Lifecycle{Back: true}, storage.Lifecycle{InfrequentAccess: 7},
		func(in *awsefs.CreateFileSystemInput) { in.Tags = nil }, func(in *awsefs.CreateMountTargetInput) { in.SubnetId = nil })
	buildertest.Fork(t, fullPoint(), func(in *awsefs.CreateAccessPointInput) { in.Tags = nil })
}

func TestEveryFieldIsKnown(t *testing.T) {
	t.Parallel()
	var systems, targets []any
	for _, f := range full() {
		state, _ := built[model.FileSystem](t, f)
		systems = append(systems, state.Create)
		of, _ := built[model.MountTargets](t, f.Mountable()[0])
		targets = append(targets, of.Create)
	}
	buildertest.Drift(t, systems...)
	buildertest.Drift(t, targets...)
	point, _ := built[model.AccessPoint](t, fullPoint())
	buildertest.Drift(t, point.Create)
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{
		"filesystem": full()[0], "onezone": full()[1], "plain": plain(), "mounttargets": full()[1].Mountable()[0], "accesspoint": fullPoint(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desired, err := r.Build()
			require.NoError(t, err)
			got, err := json.MarshalIndent(desired.State, "", "  ")
			require.NoError(t, err)
			file := "testdata/" + name + ".json"
			if *update {
				require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got))
		})
	}
}

// uses are the IDs of all that a resource brings, by way of what it brings too.
func uses(t *testing.T, r slipway.Resource) []string {
	t.Helper()
	seen := map[slipway.ID]bool{r.ID(): true}
	var ids []string
	for todo := []slipway.Resource{r}; len(todo) > 0; {
		desired, err := todo[0].Build()
		require.NoError(t, err)
		todo = todo[1:]
		for _, u := range desired.Uses {
			if !seen[u.ID()] {
				seen[u.ID()] = true
				ids = append(ids, u.ID().String())
				todo = append(todo, u)
			}
		}
	}
	return ids
}

func TestWhatAFileSystemBrings(t *testing.T) {
	t.Parallel()
	own := []string{"efs:MountTargets/files", "vpc:Network/default", "vpc:SecurityGroup/efs-files"}
	require.ElementsMatch(t, own, uses(t, plain()))
	require.ElementsMatch(t, append(own, "vpc:SecurityGroupRule/efs-files/ingress/tcp/2049/10.0.0.0/8"),
		uses(t, plain().WithClients(vpc.CIDR("10.0.0.0/8"))))
	given := plain().WithSecurityGroup(vpc.GroupID("sg-1")).WithClients(vpc.CIDR("10.0.0.0/8"))
	require.ElementsMatch(t, own[:2], uses(t, given), "the rules of somebody else's group are left alone")
	require.ElementsMatch(t, append(own, "efs:FileSystem/files"), uses(t, fullPoint()))
	require.Empty(t, uses(t, storage.NewAccessPoint("a", storage.FileSystemID("fs-1"))))

	require.Equal(t, "${slipway:efs:FileSystem/files#id}", plain().FileSystemID())
	require.Equal(t, "${slipway:efs:FileSystem/files#dns}", plain().DNSName())
	existing := storage.FileSystemID("fs-1")
	require.Equal(t, "fs-1", existing.FileSystemID())
	require.Contains(t, existing.ARN(), ":file-system/fs-1")
	require.Empty(t, existing.Mountable())
	require.Empty(t, existing.SecurityGroups())
	point := storage.AccessPointID("fsap-1")
	require.Equal(t, "fsap-1", point.AccessPointID())
	require.Contains(t, point.ARN(), ":access-point/fsap-1")
	require.Nil(t, point.FileSystem())
}

func TestAnAccessPointIsNamedByWhatCannotChange(t *testing.T) {
	t.Parallel()
	a := plain().AccessPoint("uploads").WithUser(1000, 1000)
	require.Equal(t, a.ID(), a.WithTag("team", "shop").ID())
	require.NotEqual(t, a.ID(), a.WithUser(1000, 1001).ID())
	require.NotEqual(t, a.ID(), a.WithRoot("/x").ID())
	require.NotEqual(t, a.WithRoot("/x").ID(), a.WithCreatedRoot("/x", 1, 1, "0755").ID())
	require.NotEqual(t, a.ID(), a.WithOverride(func(in *awsefs.CreateAccessPointInput) { in.PosixUser.Uid = aws.Int64(5) }).ID())
	long := storage.NewFileSystem(strings.Repeat("x", 64), vpc.Default()).AccessPoint(strings.Repeat("y", 100))
	state, _ := built[model.AccessPoint](t, long)
	require.LessOrEqual(t, len(*state.Create.ClientToken), 64)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   interface{ Validate() error }
		want string
	}{
		{"plain", plain(), ""},
		{"full", plain().WithElasticThroughput().WithLifecycle(storage.Lifecycle{InfrequentAccess: 30, Archive: 90, Back: true}), ""},
		{"a long name", storage.NewFileSystem(strings.Repeat("x", 65), vpc.Default()), "CreationToken"},
		{"no name", storage.NewFileSystem("", vpc.Default()), "CreationToken"},
		{"a broken zone", plain().WithOneZone("us-east-1"), "AvailabilityZoneName"},
		{"Max I/O in one zone", plain().WithOneZone("us-east-1a").WithMaxIO(), "PerformanceMode: got maxIO in one zone"},
		{"too little throughput", plain().WithProvisionedThroughput(0.5), "ProvisionedThroughputInMibps: got 0.5 MiB/s"},
		{"archive without elastic throughput", plain().WithLifecycle(storage.Lifecycle{Archive: 90}), "LifecyclePolicies[0].TransitionToArchive: got with throughput mode bursting"},
		{"archive in one zone", plain().WithElasticThroughput().WithOneZone("us-east-1a").WithLifecycle(storage.Lifecycle{Archive: 90}), "in one zone"},
		{"unknown days", plain().WithLifecycle(storage.Lifecycle{InfrequentAccess: 2}), "LifecyclePolicies[0].TransitionToIA"},
		{"a key without encryption", plain().WithoutEncryption().WithOverride(func(in *awsefs.CreateFileSystemInput) { in.KmsKeyId = aws.String(key) }), "KmsKeyId"},
		{"a reserved tag", plain().WithTag("aws:x", "y"), "Tags[aws:x].Key"},
		{"six groups", plain().WithSecurityGroup(vpc.GroupID("1")).WithSecurityGroup(vpc.GroupID("2")).WithSecurityGroup(vpc.GroupID("3")).
			WithSecurityGroup(vpc.GroupID("4")).WithSecurityGroup(vpc.GroupID("5")).WithSecurityGroup(vpc.GroupID("6")), "SecurityGroups: got 6"},
		{"an address", plain().WithMountTargetOverride(func(in *awsefs.CreateMountTargetInput) { in.IpAddress = aws.String("::1") }), "IpAddress"},
		{"access point", fullPoint(), ""},
		{"five directories", plain().AccessPoint("a").WithCreatedRoot("/1/2/3/4/5", 0, 0, "755"), "RootDirectory.Path"},
		{"permissions", plain().AccessPoint("a").WithCreatedRoot("/1", 0, 0, "u+x"), "RootDirectory.CreationInfo.Permissions"},
		{"an owner", plain().AccessPoint("a").WithCreatedRoot("/1", -1, 1<<32, "755"), "RootDirectory.CreationInfo.OwnerUid"},
		{"a user", plain().AccessPoint("a").WithUser(1<<32, 0), "PosixUser.Uid"},
		{"17 groups", plain().AccessPoint("a").WithUser(1, 1, make([]int64, 17)...), "PosixUser.SecondaryGids"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.of.Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   any
		want string
	}{
		{"file system", &awsefs.CreateFileSystemInput{}, "CreationToken"},
		{"throughput", &awsefs.UpdateFileSystemInput{ThroughputMode: "bursting", ProvisionedThroughputInMibps: aws.Float64(1)}, "ProvisionedThroughputInMibps"},
		{"lifecycle", &awsefs.PutLifecycleConfigurationInput{LifecyclePolicies: []efstypes.LifecyclePolicy{{}}}, "got 0 transitions"},
		{"policy", &awsefs.PutFileSystemPolicyInput{Policy: aws.String("{")}, "Policy"},
		{"long policy", &awsefs.PutFileSystemPolicyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[]}` + strings.Repeat(" ", 20000))}, "Policy"},
		{"mount target", &awsefs.CreateMountTargetInput{IpAddress: aws.String("x")}, "IpAddress"},
		{"groups", &awsefs.ModifyMountTargetSecurityGroupsInput{SecurityGroups: make([]string, 6)}, "SecurityGroups"},
		{"access point", &awsefs.CreateAccessPointInput{}, "ClientToken"},
		{"unknown", &awsefs.DeleteFileSystemInput{}, "no rules for a *efs.DeleteFileSystemInput"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := storage.Check(c.in)
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestWarnings: what may be meant, or is not said by AWS's reference, does not fail.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]slipway.Resource{
		"Max I/O with elastic throughput": plain().WithMaxIO().WithElasticThroughput(),
		"throughput above the quota":      plain().WithProvisionedThroughput(5000),
		"archive before infrequent":       plain().WithElasticThroughput().WithLifecycle(storage.Lifecycle{InfrequentAccess: 90, Archive: 30}),
		"a directory that nobody makes":   plain().AccessPoint("a").WithRoot("/shop"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := slipway.NewStack("shop", r)
			require.NoError(t, stack.Validate())
		})
	}
}
