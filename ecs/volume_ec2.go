// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// HostVolume is a directory of the container instance, which outlives the task. Not on
// Fargate.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HostVolumeProperties.html
type HostVolume struct {
	// Name of the volume, unique in the task definition.
	Name string
	// Path on the instance, such as "/var/log/app". Docker makes the directory if it is
	// not there.
	Path string
}

func (v HostVolume) volumeName() string { return v.Name }

func (v HostVolume) input() ecstypes.Volume {
	return ecstypes.Volume{Name: aws.String(v.Name), Host: &ecstypes.HostVolumeProperties{SourcePath: aws.String(v.Path)}}
}

func (HostVolume) allow(*needs, bool) {}

// DockerVolume is a volume that Docker manages on the container instance. Not on
// Fargate.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DockerVolumeConfiguration.html
type DockerVolume struct {
	// Name of the volume, unique in the task definition.
	Name string
	// Shared volumes outlive their task, and are shared by all tasks of the instance
	// that name them. Others end with the task.
	Shared bool
	// Autoprovision makes the volume if it is not there. Only with Shared.
	Autoprovision bool
	// Driver of the volume, as `docker plugin ls` shows it; "local" if empty.
	Driver string
	// Options of the driver.
	Options map[string]string
	// Labels of the volume.
	Labels map[string]string
}

func (v DockerVolume) volumeName() string { return v.Name }

func (v DockerVolume) input() ecstypes.Volume {
	docker := &ecstypes.DockerVolumeConfiguration{
		Scope: ecstypes.ScopeTask, Driver: set(v.Driver), DriverOpts: maps.Clone(v.Options), Labels: maps.Clone(v.Labels),
		Autoprovision: on(v.Autoprovision),
	}
	if v.Shared {
		docker.Scope = ecstypes.ScopeShared
	}
	return ecstypes.Volume{Name: aws.String(v.Name), DockerVolumeConfiguration: docker}
}

func (DockerVolume) allow(*needs, bool) {}
