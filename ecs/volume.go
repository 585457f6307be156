// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Volume is storage that containers mount: a [BindMount] or an [EFSVolume]. The
// set is sealed. The task definition declares a volume when a container mounts it.
type Volume interface {
	volumeName() string
	input() ecstypes.Volume
	// allow adds to the task role what mounting needs.
	allow(need *needs, readOnly bool)
}

// BindMount is scratch space that the containers of a task share. It is part of
// the ephemeral storage and ends with the task.
type BindMount struct {
	// Name of the volume, unique in the task definition.
	Name string
}

func (v BindMount) volumeName() string { return v.Name }

func (v BindMount) input() ecstypes.Volume { return ecstypes.Volume{Name: aws.String(v.Name)} }

func (v BindMount) allow(*needs, bool) {}

// FileSystemID is an existing EFS file system, such as "fs-0123456789abcdef0".
type FileSystemID string

// EFSVolume is an EFS file system, or a directory of it. Data in transit is
// encrypted. The mount targets must admit the service's security group on port
// 2049. Needs platform version 1.4.0.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html
type EFSVolume struct {
	// Name of the volume, unique in the task definition.
	Name string
	// FileSystem that is mounted.
	FileSystem FileSystemID
	// AccessPoint is the ID of one, such as "fsap-0123456789abcdef0"; none if empty.
	AccessPoint string
	// RootDirectory of the file system that is mounted; "/" if empty. With an
	// access point it must be empty: the access point has its own.
	RootDirectory string
	// IAM has EFS check the task role, which then may mount the file system, and
	// write to it unless every mount of it is read-only.
	IAM bool
	// TransitPort on which the encrypted traffic goes; ECS picks one if 0.
	TransitPort int
}

func (v EFSVolume) volumeName() string { return v.Name }

func (v EFSVolume) input() ecstypes.Volume {
	efs := &ecstypes.EFSVolumeConfiguration{
		FileSystemId: aws.String(string(v.FileSystem)), TransitEncryption: ecstypes.EFSTransitEncryptionEnabled,
		TransitEncryptionPort: optional(v.TransitPort),
	}
	if v.RootDirectory != "" {
		efs.RootDirectory = aws.String(v.RootDirectory)
	}
	if v.AccessPoint != "" || v.IAM {
		efs.AuthorizationConfig = &ecstypes.EFSAuthorizationConfig{Iam: ecstypes.EFSAuthorizationConfigIAMDisabled}
	}
	if v.AccessPoint != "" {
		efs.AuthorizationConfig.AccessPointId = aws.String(v.AccessPoint)
	}
	if v.IAM {
		efs.AuthorizationConfig.Iam = ecstypes.EFSAuthorizationConfigIAMEnabled
	}
	return ecstypes.Volume{Name: aws.String(v.Name), EfsVolumeConfiguration: efs}
}

func (v EFSVolume) allow(need *needs, readOnly bool) {
	if !v.IAM {
		return
	}
	arn := ownARN("elasticfilesystem", "file-system/"+string(v.FileSystem))
	need.task("elasticfilesystem:ClientMount", arn)
	if !readOnly {
		need.task("elasticfilesystem:ClientWrite", arn)
	}
}
