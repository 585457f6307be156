// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

func mounting(volumes ...ecs.Volume) ecs.FargateTaskDefinition {
	c := app("nginx:1")
	for i, v := range volumes {
		c = c.WithMount(v, "/"+string(rune('a'+i)))
	}
	return ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(c)
}

func serving(volumes ...ecs.Volume) ecs.FargateService {
	return ecs.NewFargateService("web", ecs.NewCluster("shop"), mounting(volumes...), vpc.Default())
}

// brought are the IDs of all that a resource brings, by way of what it brings too.
func brought(t *testing.T, r slipway.Resource) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for todo := []slipway.Resource{r}; len(todo) > 0; todo = todo[1:] {
		desired, err := todo[0].Build()
		require.NoError(t, err)
		for _, u := range desired.Uses {
			if !seen[u.ID().String()] {
				seen[u.ID().String()] = true
				todo = append(todo, u)
			}
		}
	}
	return seen
}

func TestADeclaredFileSystemIsBrought(t *testing.T) {
	t.Parallel()
	files := storage.NewFileSystem("files", vpc.Default())
	volume := ecs.EFSVolume{Name: "files", FileSystem: files}
	const rule = "vpc:SecurityGroupRule/efs-files/ingress/tcp/2049/ecs-shop-"
	for _, c := range []struct {
		name string
		of   slipway.Resource
		rule string
	}{
		{"a service", serving(volume), rule + "web"},
		{"a job", ecs.NewJob("web", ecs.NewCluster("shop"), mounting(volume), vpc.Default()), rule + "web"},
		{"given groups", serving(volume).WithSecurityGroup(vpc.GroupID("sg-1")), "vpc:SecurityGroupRule/efs-files/ingress/tcp/2049/sg-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := brought(t, c.of)
			require.True(t, all["efs:FileSystem/files"] && all["efs:MountTargets/files"], "%v", all)
			require.True(t, all[c.rule], "%v", all)
		})
	}
	foreign := ecs.EFSVolume{Name: "files", FileSystem: files.WithSecurityGroup(vpc.GroupID("sg-2"))}
	for id := range brought(t, serving(foreign)) {
		require.NotContains(t, id, "2049", "somebody else's group is left alone")
	}
	desired, err := mounting(volume).Build()
	require.NoError(t, err)
	require.Contains(t, desired.After, slipway.ID{Kind: "efs:MountTargets", Name: "files"}, "tasks wait for their mount targets")
	require.Empty(t, built[model.Service](t, serving(ecs.EFSVolume{Name: "f", FileSystem: storage.FileSystemID("fs-1")})).Zones)
	require.Equal(t, vpc.Default().Zones(), built[model.Service](t, serving(volume)).Zones)
}

func TestWhatMountingTakes(t *testing.T) {
	t.Parallel()
	files := storage.NewFileSystem("files", vpc.Default())
	point := files.AccessPoint("uploads")
	policy := func(v ecs.Volume) string {
		if r := roleOf(t, mounting(v), "web-task"); r != nil {
			return document(r)
		}
		return ""
	}
	declared := policy(ecs.EFSVolume{Name: "f", FileSystem: files})
	require.Contains(t, declared, `"elasticfilesystem:ClientMount","elasticfilesystem:ClientWrite"`)
	require.NotContains(t, declared, "ClientRootAccess")
	require.NotContains(t, declared, "Condition")
	require.Contains(t, policy(ecs.EFSVolume{Name: "f", FileSystem: files, RootAccess: true}), "elasticfilesystem:ClientRootAccess")
	limited := policy(ecs.EFSVolume{Name: "f", FileSystem: files, AccessPoint: point})
	require.Contains(t, limited, `"Condition":{"StringEquals":{"elasticfilesystem:AccessPointArn":"`+point.ARN()+`"}}`)
	require.Empty(t, policy(ecs.EFSVolume{Name: "f", FileSystem: storage.FileSystemID("fs-1")}), "not asked for")
	require.Contains(t, policy(ecs.EFSVolume{Name: "f", FileSystem: storage.FileSystemID("fs-1"), IAM: true}), ":file-system/fs-1")

	both := document(roleOf(t, mounting(ecs.EFSVolume{Name: "f", FileSystem: files, AccessPoint: point},
		ecs.EFSVolume{Name: "g", FileSystem: files, AccessPoint: storage.AccessPointID("fsap-1")}), "web-task"))
	require.Contains(t, both, point.ARN())
	require.Contains(t, both, "access-point/fsap-1")

	v := built[model.TaskDefinition](t, mounting(ecs.EFSVolume{Name: "f", FileSystem: files, AccessPoint: point})).Register.Volumes[0].EfsVolumeConfiguration
	require.Equal(t, ecstypes.EFSAuthorizationConfigIAMEnabled, v.AuthorizationConfig.Iam)
	require.Equal(t, ecstypes.EFSTransitEncryptionEnabled, v.TransitEncryption)
	require.Equal(t, point.AccessPointID(), *v.AuthorizationConfig.AccessPointId)
}

func TestMistakesWithVolumes(t *testing.T) {
	t.Parallel()
	files, other := storage.NewFileSystem("files", vpc.Default()), storage.NewFileSystem("other", vpc.Default())
	job := func(v ecs.EBSVolume) ecs.Job {
		return ecs.NewJob("import", ecs.NewCluster("shop"), mounting(v), vpc.Default())
	}
	for _, c := range []struct {
		name string
		of   interface {
			Build() (slipway.Desired, error)
		}
		want string
	}{
		{"no file system", mounting(ecs.EFSVolume{Name: "f"}), "Volumes[f].EfsVolumeConfiguration: got nil, want a file system"},
		{"another's access point", mounting(ecs.EFSVolume{Name: "f", FileSystem: files, AccessPoint: other.AccessPoint("a")}), "an access point of another file system"},
		{"half a GiB", serving(ecs.EBSVolume{Name: "d", Size: 512 * ecs.MiB}), "VolumeConfigurations[d].ManagedEBSVolume.SizeInGiB: got 512 MiB, want whole GiB"},
		{"kept by a service", serving(ecs.EBSVolume{Name: "d", Size: ecs.GiB, Keep: true}), "Keep"},
		{"tags of no service", job(ecs.EBSVolume{Name: "d", Size: ecs.GiB, PropagateTags: ecs.TagsOfService}), "PropagateTags"},
		{"on a schedule", ecs.NewSchedule("nightly", "cron(0 3 * * ? *)", job(ecs.EBSVolume{Name: "d", Size: ecs.GiB})), "schedules cannot configure volumes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.of.Build()
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
	require.ErrorContains(t, serving(ecs.EBSVolume{Name: "d"}).Validate(), "got neither size nor snapshot")
	require.ErrorContains(t, serving(ecs.EBSVolume{Name: "d", Size: ecs.GiB}, ecs.EBSVolume{Name: "e", Size: ecs.GiB}).Validate(), "at most one volume")
}

func TestTheInfrastructureRole(t *testing.T) {
	t.Parallel()
	const policy = "AmazonECSInfrastructureRolePolicyForVolumes"
	data := ecs.EBSVolume{Name: "data", Size: 10 * ecs.GiB}
	derived := roleOf(t, serving(data), "shop-web-volumes")
	require.NotNil(t, derived)
	require.Contains(t, aws.ToString(derived.Create.AssumeRolePolicyDocument), `"ecs.amazonaws.com"`)
	require.Len(t, derived.Attached, 1)
	require.Contains(t, derived.Attached[0], policy)
	require.Empty(t, document(derived))

	data.KMSKey = key
	require.Contains(t, document(roleOf(t, serving(data), "shop-web-volumes")), "kms:GenerateDataKeyWithoutPlaintext")
	data.Role = iam.NewRole("infrastructure")
	require.Contains(t, roleOf(t, serving(data), "infrastructure").Attached[0], policy)
	data.Role = iam.RoleARN("arn:aws:iam::123456789012:role/mine")
	require.Equal(t, "arn:aws:iam::123456789012:role/mine", *built[model.Service](t, serving(data)).Create.VolumeConfigurations[0].ManagedEBSVolume.RoleArn)
}

func TestEveryFieldOfAJobsVolume(t *testing.T) {
	t.Parallel()
	v := fullVolume()
	v.Keep, v.PropagateTags = true, ""
	state := built[model.Job](t, ecs.NewJob("import", ecs.NewCluster("shop"), mounting(v), vpc.Default()))
	buildertest.Drift(t, state.Run.VolumeConfigurations[0])
}
