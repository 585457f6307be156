// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Volume is storage that containers mount, on Fargate and on EC2: a [BindMount], an
// [EFSVolume] or an [EBSVolume]. The set is sealed. The task definition declares a
// volume when a container mounts it.
type Volume interface {
	EC2Volume
	// everywhere: Fargate has it too.
	everywhere()
}

// EC2Volume is storage that containers on EC2 mount: a [Volume], a [HostVolume] or a
// [DockerVolume]. The set is sealed.
type EC2Volume interface {
	volumeName() string
	input() ecstypes.Volume
	// allow adds to the task role what mounting needs.
	allow(need *needs, readOnly bool)
}

// BindMount is scratch space that the containers of a task share. It is part of
// the ephemeral storage, or of the instance's disk, and ends with the task.
type BindMount struct {
	// Name of the volume, unique in the task definition.
	Name string
}

func (v BindMount) volumeName() string { return v.Name }

func (v BindMount) input() ecstypes.Volume { return ecstypes.Volume{Name: aws.String(v.Name)} }

func (BindMount) allow(*needs, bool) {}
func (BindMount) everywhere()        {}
func (EFSVolume) everywhere()        {}
func (EBSVolume) everywhere()        {}
