// SPDX-License-Identifier: Apache-2.0

// Package storage declares the file systems that containers share: those of EFS.
//
// A [FileSystem] brings what tasks need to mount it: a security group, and a mount
// target in each zone of its network. [FileSystem.AccessPoint] is a door to a
// directory of it, with a user of its own. A volume of package ecs takes both, and
// with them the permissions and the open port.
package storage
