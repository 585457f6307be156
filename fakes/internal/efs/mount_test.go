// SPDX-License-Identifier: Apache-2.0

package efs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/efs"
	"github.com/slipway-go/slipway/fakes/internal/iam"
	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// network has one VPC with a subnet in each of two zones; only the group sg-app
// reaches anything.
type network struct {
	world.Network
	world.Attacher

	off bool // no DNS
}

func (network) Subnet(_, id string) (world.Subnet, bool) {
	return world.Subnet{ID: id, VPC: "vpc-1", Zone: id + "-zone"}, true
}
func (network) DefaultGroup(string, string) string { return "sg-default" }
func (network) AttachAt(string, string, string, []string, string, string) (world.Interface, error) {
	return world.Interface{ID: "eni-1", PrivateIP: "10.0.0.9"}, nil
}
func (n network) ResolvesNames(string, string) bool { return !n.off }
func (network) Permits(_ string, from, _ []string, port int32) bool {
	return from[0] == "sg-app" && port == 2049
}

const onlyRoles = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/app"},` +
	`"Action":"elasticfilesystem:ClientMount"}]}`

func TestMount(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	fake := efs.New(s, world.Timing{}, iam.New(s, world.Timing{}), network{})
	service := fake.Services()[0]
	do := func(operation string, in any) any {
		call := &sim.Call{Sim: s, Region: "us-east-1", Account: s.Account(), Partition: "aws"}
		out, err := service.Operation(operation).Call(call, in)
		require.NoError(t, err)
		return out
	}
	s.Do(func() {
		made, ok := do("CreateFileSystem", &awsefs.CreateFileSystemInput{CreationToken: aws.String("x")}).(*awsefs.CreateFileSystemOutput)
		require.True(t, ok)
		id := *made.FileSystemId
		do("CreateMountTarget", &awsefs.CreateMountTargetInput{FileSystemId: &id, SubnetId: aws.String("a")})

		app := world.Interface{VPC: "vpc-1", Zone: "a-zone", Groups: []string{"sg-app"}}
		role := sim.Principal{
			ARN: "arn:aws:sts::123456789012:assumed-role/app/task", Role: "arn:aws:iam::123456789012:role/app", Account: "123456789012",
		}
		mount := func(from world.Interface, system, point string, iam bool) error {
			return fake.Mount("us-east-1", system, point, iam, from, role)
		}
		require.NoError(t, mount(app, id, "", false), "whoever reaches a file system without a policy may mount it")

		elsewhere, stranger := app, app
		elsewhere.Zone, stranger.Groups = "b-zone", []string{"sg-other"}
		require.ErrorContains(t, mount(elsewhere, id, "", false), `Failed to resolve "`+id+`.efs.us-east-1.amazonaws.com"`)
		require.ErrorContains(t, mount(app, "fs-0", "", false), "code: 1", "no such file system")
		require.ErrorContains(t, mount(stranger, id, "", false), "Connection timed out", "port 2049 is closed")
		require.ErrorContains(t, mount(app, id, "fsap-0", false), "access denied by server", "no such access point")

		do("PutFileSystemPolicy", &awsefs.PutFileSystemPolicyInput{FileSystemId: &id, Policy: aws.String(onlyRoles)})
		require.ErrorContains(t, mount(app, id, "", false), "mount.nfs4: access denied by server while mounting "+id, "anonymous")
		require.NoError(t, mount(app, id, "", true), "the file system's policy allows the role")
	})
}

// TestMountThroughAccessPoints: EFS makes the root directory of an access point that
// says how, and no other.
// https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html
func TestMountThroughAccessPoints(t *testing.T) {
	t.Parallel()
	s := sim.New(sim.Options{})
	dns := &network{}
	fake := efs.New(s, world.Timing{}, iam.New(s, world.Timing{}), dns)
	service := fake.Services()[0]
	do := func(operation string, in any) any {
		call := &sim.Call{Sim: s, Region: "us-east-1", Account: s.Account(), Partition: "aws"}
		out, err := service.Operation(operation).Call(call, in)
		require.NoError(t, err)
		return out
	}
	s.Do(func() {
		made, ok := do("CreateFileSystem", &awsefs.CreateFileSystemInput{CreationToken: aws.String("x")}).(*awsefs.CreateFileSystemOutput)
		require.True(t, ok)
		id := *made.FileSystemId
		do("CreateMountTarget", &awsefs.CreateMountTargetInput{FileSystemId: &id, SubnetId: aws.String("a")})
		point := func(path string, creation *efstypes.CreationInfo) string {
			out, ok := do("CreateAccessPoint", &awsefs.CreateAccessPointInput{
				ClientToken: aws.String(path), FileSystemId: &id, RootDirectory: &efstypes.RootDirectory{Path: &path, CreationInfo: creation},
			}).(*awsefs.CreateAccessPointOutput)
			require.True(t, ok)
			return *out.AccessPointId
		}
		owner := &efstypes.CreationInfo{OwnerUid: aws.Int64(1), OwnerGid: aws.Int64(1), Permissions: aws.String("755")}
		made755, bare := point("/shop/uploads", owner), point("/shop", nil)
		instance := world.Interface{VPC: "vpc-1", Zone: "a-zone", Groups: []string{"sg-app"}}
		mount := func(point string) error { return fake.Mount("us-east-1", id, point, true, instance, sim.Principal{}) }
		require.False(t, fake.HasDirectory("us-east-1", id, "/shop"))
		require.ErrorContains(t, mount(bare), "access denied by server", "nobody has made /shop")
		require.NoError(t, mount(made755))
		require.True(t, fake.HasDirectory("us-east-1", id, "/shop/uploads/"))
		require.NoError(t, mount(bare), "it was made on the way to /shop/uploads")
		require.False(t, fake.HasDirectory("us-east-1", "fs-0", "/"))

		dns.off = true
		require.ErrorContains(t, mount(bare), "Failed to resolve", "a VPC without DNS")
	})
}
