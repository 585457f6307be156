// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/vpc"
)

// FileSystemRef is a file system: a declared [FileSystem] or an existing one by
// [FileSystemID]. The set is sealed.
type FileSystemRef interface {
	// FileSystemID returns the ID or a placeholder for it.
	FileSystemID() string
	// ARN returns the ARN, as a placeholder or with some.
	ARN() string
	// SecurityGroups returns those of the mount targets, as far as they are known.
	SecurityGroups() []vpc.GroupRef
	// Mountable returns what must be there before it can be mounted: its mount
	// targets. Nothing is known of those of an existing one.
	Mountable() []slipway.Resource
	// Resources returns what must be declared with it: itself, unless it exists.
	Resources() []slipway.Resource

	fileSystem()
}

// FileSystemID is the existing file system of that ID, such as "fs-0123456789abcdef0".
// Its mount targets must be there and admit the tasks on port 2049.
type FileSystemID string

// FileSystemID returns the ID.
func (id FileSystemID) FileSystemID() string { return string(id) }

// ARN returns the ARN in the account and region of the stack.
func (id FileSystemID) ARN() string { return ownARN("file-system/" + string(id)) }

// SecurityGroups returns none: nothing is known of them.
func (FileSystemID) SecurityGroups() []vpc.GroupRef { return nil }

// Mountable returns nothing: the mount targets exist.
func (FileSystemID) Mountable() []slipway.Resource { return nil }

// Resources returns nothing: the file system exists.
func (FileSystemID) Resources() []slipway.Resource { return nil }

func (FileSystemID) fileSystem() {}

// AccessPointRef is an access point: a declared [AccessPoint] or an existing one by
// [AccessPointID]. The set is sealed.
type AccessPointRef interface {
	// AccessPointID returns the ID or a placeholder for it.
	AccessPointID() string
	// ARN returns the ARN, as a placeholder or with some.
	ARN() string
	// FileSystem returns the file system that it is one of; nil where only AWS knows.
	FileSystem() FileSystemRef
	// Resources returns what must be declared with it: itself, unless it exists.
	Resources() []slipway.Resource

	accessPoint()
}

// AccessPointID is the existing access point of that ID, such as
// "fsap-0123456789abcdef0".
type AccessPointID string

// AccessPointID returns the ID.
func (id AccessPointID) AccessPointID() string { return string(id) }

// ARN returns the ARN in the account and region of the stack.
func (id AccessPointID) ARN() string { return ownARN("access-point/" + string(id)) }

// FileSystem returns nil: only AWS knows.
func (AccessPointID) FileSystem() FileSystemRef { return nil }

// Resources returns nothing: the access point exists.
func (AccessPointID) Resources() []slipway.Resource { return nil }

func (AccessPointID) accessPoint() {}

// ownARN is the ARN of something of EFS in the account and region of the call.
func ownARN(resource string) string {
	return "arn:" + slipway.Self("partition") + ":elasticfilesystem:" + slipway.Self("region") + ":" + slipway.Self("account") + ":" + resource
}
