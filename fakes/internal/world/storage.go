// SPDX-License-Identifier: Apache-2.0

package world

// Attacher is met by the EC2 fake, for EFS.
type Attacher interface {
	// AttachAt is [Network.Attach] with a private address of one's choice.
	AttachAt(region, subnet, address string, groups []string, owner, description string) (Interface, error)
	// SetGroups changes the security groups of an interface.
	SetGroups(region, id string, groups []string)
	// ResolvesNames reports whether the VPC has DNS, so that mount targets have names.
	ResolvesNames(region, vpc string) bool
}

// Directories are met by the EFS fake.
type Directories interface {
	// HasDirectory reports whether a file system has a directory.
	HasDirectory(region, fileSystem, path string) bool
}

// Volume is an EBS volume.
type Volume struct {
	ID, Zone, Type, Snapshot, KMSKey string
	// Size in GiB, throughput in MiB/s.
	Size, IOPS, Throughput int32
	Encrypted              bool
	// FileSystem that it was formatted with: "xfs", "ext4" and so on.
	FileSystem string
	Tags       map[string]string
}

// Volumes are met by the EC2 fake, for the volumes of ECS tasks.
type Volumes interface {
	// CreateVolume makes a volume for a task; the error is AWS's, such as
	// InvalidSnapshot.NotFound.
	CreateVolume(region string, v Volume, task string) (Volume, error)
	// AttachVolume attaches it to the task.
	AttachVolume(region, id, task string)
	// DetachVolume detaches it, and DeleteVolume deletes it; one that is gone is fine.
	DetachVolume(region, id string)
	DeleteVolume(region, id string)
}
