// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelefs "github.com/slipway-go/slipway/internal/model/efs"
	placeholder "github.com/slipway-go/slipway/internal/place"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// EFSVolume is an EFS file system, or a directory of it. Data in transit is
// encrypted. Needs platform version 1.4.0.
//
// A declared file system is by itself part of the stack: its mount targets are ready
// before tasks start, its own security group admits the tasks', and the task role may
// mount it. The mount targets of an existing one must admit the tasks' security group
// on port 2049.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html
type EFSVolume struct {
	// Name of the volume, unique in the task definition.
	Name string
	// FileSystem that is mounted: a declared one, or one by [storage.FileSystemID].
	FileSystem storage.FileSystemRef
	// AccessPoint of the file system, through which it is mounted; none if nil.
	AccessPoint storage.AccessPointRef
	// RootDirectory of the file system that is mounted; "/" if empty. With an
	// access point it must be empty: the access point has its own.
	RootDirectory string
	// IAM has EFS check the task role, which then may mount the file system, and
	// write to it unless every mount of it is read-only. With a declared file system
	// that is always so.
	IAM bool
	// RootAccess lets the containers' root user be root on the file system too. Only
	// with IAM.
	RootAccess bool
	// TransitPort on which the encrypted traffic goes; ECS picks one if 0.
	TransitPort int
}

func (v EFSVolume) volumeName() string { return v.Name }

// byRole reports whether EFS checks the task role.
func (v EFSVolume) byRole() bool {
	_, declared := v.FileSystem.(storage.FileSystem)
	return v.IAM || v.RootAccess || declared
}

func (v EFSVolume) input() ecstypes.Volume {
	efs := &ecstypes.EFSVolumeConfiguration{
		TransitEncryption: ecstypes.EFSTransitEncryptionEnabled, TransitEncryptionPort: optional(v.TransitPort),
	}
	if v.FileSystem != nil {
		efs.FileSystemId = aws.String(v.FileSystem.FileSystemID())
	}
	if v.RootDirectory != "" {
		efs.RootDirectory = aws.String(v.RootDirectory)
	}
	if v.AccessPoint != nil || v.byRole() {
		efs.AuthorizationConfig = &ecstypes.EFSAuthorizationConfig{Iam: ecstypes.EFSAuthorizationConfigIAMDisabled}
	}
	if v.AccessPoint != nil {
		efs.AuthorizationConfig.AccessPointId = aws.String(v.AccessPoint.AccessPointID())
	}
	if v.byRole() {
		efs.AuthorizationConfig.Iam = ecstypes.EFSAuthorizationConfigIAMEnabled
	}
	return ecstypes.Volume{Name: aws.String(v.Name), EfsVolumeConfiguration: efs}
}

func (v EFSVolume) allow(need *needs, readOnly bool) {
	if v.FileSystem == nil {
		return
	}
	need.uses = slices.Concat(need.uses, v.FileSystem.Resources(), v.FileSystem.Mountable())
	point := ""
	if v.AccessPoint != nil {
		need.uses = append(need.uses, v.AccessPoint.Resources()...)
		point = v.AccessPoint.ARN()
	}
	if !v.byRole() {
		return
	}
	arn := v.FileSystem.ARN()
	need.taskRole.addThrough("elasticfilesystem:ClientMount", arn, point)
	if !readOnly {
		need.taskRole.addThrough("elasticfilesystem:ClientWrite", arn, point)
	}
	if v.RootAccess {
		need.taskRole.addThrough("elasticfilesystem:ClientRootAccess", arn, point)
	}
}

// problem is what is wrong with the volume that its input does not show.
func (v EFSVolume) problem() (got, want string) {
	if v.FileSystem == nil {
		return "nil", "a file system"
	}
	if v.AccessPoint == nil || v.AccessPoint.FileSystem() == nil {
		return "", ""
	}
	if of := v.AccessPoint.FileSystem().FileSystemID(); of != v.FileSystem.FileSystemID() {
		return "an access point of another file system", "one of the volume's own"
	}
	return "", ""
}

// mountRules open the declared security groups of the volumes' file systems for tasks
// in the groups.
func mountRules(volumes []EC2Volume, groups []vpc.GroupRef) []slipway.Resource {
	var all []slipway.Resource
	for _, v := range volumes {
		efs, ok := v.(EFSVolume)
		if !ok || efs.FileSystem == nil {
			continue
		}
		for _, to := range efs.FileSystem.SecurityGroups() {
			if _, declared := to.(vpc.SecurityGroup); !declared {
				continue
			}
			for _, from := range groups {
				all = append(all, vpc.Ingress(to, vpc.FromGroup(from), vpc.TCP(storage.NFS)))
			}
		}
	}
	return all
}

// mountedIn are the zones of the tasks' network, if they mount a file system of whose
// mount targets the stack knows.
func mountedIn(volumes []EC2Volume, n vpc.Network) []string {
	declared := slices.ContainsFunc(volumes, func(v EC2Volume) bool {
		efs, ok := v.(EFSVolume)
		return ok && efs.FileSystem != nil && len(efs.FileSystem.Mountable()) > 0
	})
	if !declared {
		return nil
	}
	return n.Zones()
}

const docMountTargets = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"

// unmountable reports zones in which tasks may run and a file system of theirs has no
// mount target: its name is not resolved there, and they fail to start.
func unmountable(refs slipway.Refs, taskDefinition *string, zones []string) []slipway.FieldError {
	if refs == nil || slices.ContainsFunc(zones, slipway.HasRef) {
		return nil
	}
	state, _, _ := refs.Get(model.KindTaskDefinition, aws.ToString(taskDefinition))
	task, ok := state.(*model.TaskDefinition)
	if !ok {
		return nil
	}
	var found []slipway.FieldError
	for _, v := range task.Register.Volumes {
		if v.EfsVolumeConfiguration == nil {
			continue
		}
		name, have := mountZones(refs, aws.ToString(v.EfsVolumeConfiguration.FileSystemId))
		missing := slices.DeleteFunc(slices.Clone(zones), func(z string) bool { return slices.Contains(have, z) })
		if len(have) > 0 && len(missing) > 0 {
			found = append(found, slipway.FieldError{
				Path: "NetworkConfiguration.AwsvpcConfiguration.Subnets", Got: "subnets in " + strings.Join(missing, ", "),
				Want: fmt.Sprintf("zones in which the file system %s has a mount target: %s", name, strings.Join(have, ", ")),
				Doc:  docMountTargets, Rule: "ecs-efs-zones",
			})
		}
	}
	return found
}

// mountZones are the zones in which a file system of the stack has a mount target; none
// where that is not known.
func mountZones(refs slipway.Refs, fileSystem string) (name string, zones []string) {
	name = fileSystem
	if parts, err := placeholder.Parse(fileSystem); err == nil && len(parts) == 1 && parts[0].IsRef {
		name = parts[0].Ref.Name
	}
	state, _, _ := refs.Get(modelefs.KindMountTargets, name)
	targets, ok := state.(*modelefs.MountTargets)
	switch {
	case !ok || slices.ContainsFunc(targets.Zones, slipway.HasRef):
		return name, nil
	case targets.Only != "":
		return name, []string{targets.Only}
	default:
		return name, targets.Zones
	}
}
