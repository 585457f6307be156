// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Volume is storage that containers mount: a [BindMount], an [EFSVolume] or an
// [EBSVolume]. The set is sealed. The task definition declares a volume when a container mounts it.
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
