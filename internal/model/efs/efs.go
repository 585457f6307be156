// SPDX-License-Identifier: Apache-2.0

// Package efs holds the states of EFS's kinds.
package efs

import (
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
)

// Kinds.
const (
	KindFileSystem   = "efs:FileSystem"   // outputs: id, arn, dns
	KindMountTargets = "efs:MountTargets" // outputs: filesystem, ids, addresses, zones (one each)
	KindAccessPoint  = "efs:AccessPoint"  // outputs: id, arn
)

// TagForceDelete marks file systems that may be deleted with their files.
const TagForceDelete = "slipway:force-delete"

// EmptySize is the metered size of a file system without files, in bytes.
// https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html
const EmptySize = 6144

// FileSystem is a file system with what belongs to it.
type FileSystem struct {
	Create    awsefs.CreateFileSystemInput
	Lifecycle []efstypes.LifecyclePolicy
	// Policy is the resource policy in JSON; empty for AWS's own, which lets in
	// whoever reaches a mount target.
	Policy *string
	// Protection is ENABLED, or DISABLED for the destination of a replication.
	Protection efstypes.ReplicationOverwriteProtection
	// ForceDelete: it may be deleted with its files. AWS keeps it as a tag.
	ForceDelete bool
}

// MountTargets are all mount targets of a file system: one in each zone. AWS keeps
// no tags of them: they belong to whom the file system belongs.
type MountTargets struct {
	// Create is what they have in common: the file system and the security groups.
	Create awsefs.CreateMountTargetInput
	// VPC that they are in.
	VPC string
	// Zones that have one. Subnets are where: the n-th is in the n-th zone, and there
	// may be more.
	Zones, Subnets []string
	// Only is the zone of a One Zone file system, to which Zones is narrowed down.
	Only string
}

// AccessPoint is an access point.
type AccessPoint struct {
	Create awsefs.CreateAccessPointInput
}
