// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/gosource"
	"github.com/slipway-go/slipway/storage"
)

// mountsOnEC2 reports whether the container mounts what only containers on EC2 do.
func (x *exporter) mountsOnEC2(d *ecstypes.ContainerDefinition) bool {
	for _, m := range d.MountPoints {
		if v, ok := x.volume(text(m.SourceVolume)); ok {
			if _, everywhere := v.V.(Volume); !everywhere {
				return true
			}
		}
	}
	return false
}

// mounted mounts a volume that the builders offer; else an override sets the mounts and
// the volume.
func (x *exporter) mounted(c expressed[Container], m ecstypes.MountPoint) expressed[Container] {
	v, ok := x.volume(text(m.SourceVolume))
	path, on := text(m.ContainerPath), OnEC2(c.V)
	switch {
	case !ok:
		return c
	case aws.ToBool(m.ReadOnly):
		return c.Then(on.WithReadOnlyMount(v.V, path).container, "WithReadOnlyMount", v, path)
	default:
		return c.Then(on.WithMount(v.V, path).container, "WithMount", v, path)
	}
}

// volume is a volume of the task definition that the builders offer.
func (x *exporter) volume(name string) (found expressed[EC2Volume], ok bool) {
	for i := range x.task.Register.Volumes {
		if v := &x.task.Register.Volumes[i]; text(v.Name) == name {
			return x.declaredVolume(v)
		}
	}
	return found, false
}

func (x *exporter) declaredVolume(v *ecstypes.Volume) (found expressed[EC2Volume], ok bool) {
	name, host := text(v.Name), v.Host != nil && v.Host.SourcePath != nil
	switch {
	case v.FsxWindowsFileServerVolumeConfiguration != nil, v.S3filesVolumeConfiguration != nil, !x.onEC2() && (host || v.DockerVolumeConfiguration != nil):
		return found, false
	case aws.ToBool(v.ConfiguredAtLaunch):
		return x.ebsVolume(name)
	case v.DockerVolumeConfiguration != nil:
		return x.plainVolume(dockerVolume(name, v.DockerVolumeConfiguration)), true
	case host:
		return x.plainVolume(HostVolume{Name: name, Path: text(v.Host.SourcePath)}), true
	case v.EfsVolumeConfiguration != nil:
		return x.plainVolume(efsVolume(name, v.EfsVolumeConfiguration)), true
	default:
		return x.plainVolume(BindMount{Name: name}), true
	}
}

func (x *exporter) plainVolume(v EC2Volume) expressed[EC2Volume] {
	return gosource.Of(x.p, v, x.p.Literal(v))
}

func efsVolume(name string, e *ecstypes.EFSVolumeConfiguration) EFSVolume {
	v := EFSVolume{Name: name, FileSystem: storage.FileSystemID(text(e.FileSystemId)), TransitPort: int(aws.ToInt32(e.TransitEncryptionPort))}
	if directory := text(e.RootDirectory); directory != defaultDirectory {
		v.RootDirectory = directory
	}
	if a := e.AuthorizationConfig; a != nil {
		v.IAM = a.Iam == ecstypes.EFSAuthorizationConfigIAMEnabled
		if id := text(a.AccessPointId); id != "" {
			v.AccessPoint = storage.AccessPointID(id)
		}
	}
	return v
}

func dockerVolume(name string, d *ecstypes.DockerVolumeConfiguration) DockerVolume {
	return DockerVolume{
		Name: name, Shared: d.Scope == ecstypes.ScopeShared, Autoprovision: aws.ToBool(d.Autoprovision), Driver: text(d.Driver),
		Options: d.DriverOpts, Labels: d.Labels,
	}
}

// ebsVolume is a volume that the service configures.
func (x *exporter) ebsVolume(name string) (found expressed[EC2Volume], ok bool) {
	for i := range x.service.Create.VolumeConfigurations {
		c := &x.service.Create.VolumeConfigurations[i]
		if text(c.Name) != name || c.ManagedEBSVolume == nil {
			continue
		}
		v := ebsVolumeOf(name, c.ManagedEBSVolume)
		fields := gosource.Fields(v)
		if role, given := x.role(c.ManagedEBSVolume.RoleArn, x.at.cluster+"-"+x.at.service+"-volumes"); given {
			v.Role = role.V
			fields = append(fields, gosource.Field{Name: "Role", Value: role})
		}
		return gosource.Of[EC2Volume](x.p, v, x.p.Struct("ecs.EBSVolume", fields...)), true
	}
	return found, false
}

func ebsVolumeOf(name string, m *ecstypes.ServiceManagedEBSVolumeConfiguration) EBSVolume {
	v := EBSVolume{
		Name: name, Size: Memory(aws.ToInt32(m.SizeInGiB)) * GiB, Snapshot: text(m.SnapshotId), InitializationRate: orZero(m.VolumeInitializationRate),
		Type: EBSType(text(m.VolumeType)), IOPS: orZero(m.Iops), Throughput: orZero(m.Throughput), FileSystem: EBSFileSystem(m.FilesystemType),
		Encrypted: aws.ToBool(m.Encrypted), KMSKey: text(m.KmsKeyId),
	}
	for _, spec := range m.TagSpecifications {
		v.PropagateTags = TagSource(spec.PropagateTags)
		for _, t := range spec.Tags {
			v.Tags = with(v.Tags, text(t.Key), text(t.Value))
		}
	}
	return v
}
