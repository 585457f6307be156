// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
)

var (
	_ slipway.Permitter[model.FileSystem]   = fileSystems{}
	_ slipway.Permitter[model.MountTargets] = targets{}
	_ slipway.Permitter[model.AccessPoint]  = accessPoints{}

	_ slipway.Lister[model.FileSystem]   = fileSystems{}
	_ slipway.Lister[model.MountTargets] = targets{}
	_ slipway.Lister[model.AccessPoint]  = accessPoints{}

	_ slipway.Protector[model.FileSystem] = fileSystems{}
	_ slipway.Unmanager[model.FileSystem] = fileSystems{}
	_ slipway.Predictor[model.FileSystem] = fileSystems{}
)

// Predict returns what a policy can say of a file system before EFS has given it an ID.
func (fileSystems) Predict(*model.FileSystem) map[string][]string {
	return map[string][]string{"arn": {ownARN("file-system/*")}}
}

// Permissions says what a caller needs.
func (fileSystems) Permissions(have *liveSystem, want *model.FileSystem) []slipway.Permission {
	read := onAll("DescribeFileSystems", "DescribeLifecycleConfiguration", "DescribeFileSystemPolicy", "DescribeBackupPolicy")
	parts := []string{"PutLifecycleConfiguration", "PutBackupPolicy", "PutFileSystemPolicy", "UpdateFileSystemProtection", "TagResource"}
	switch {
	case have == nil && want == nil:
		return []slipway.Permission{read}
	case want == nil:
		return []slipway.Permission{read, on("file-system/*", "DeleteFileSystem")}
	case have == nil:
		return []slipway.Permission{
			read, onAll("CreateFileSystem"), on("file-system/*", append(parts, "UpdateFileSystem")...),
			linkedRole("elasticfilesystem.amazonaws.com"), linkedRole("backup.amazonaws.com"),
		}
	default:
		return []slipway.Permission{read, on("file-system/*", append(parts, "DeleteFileSystemPolicy", "UntagResource", "UpdateFileSystem")...)}
	}
}

// Permissions says what a caller needs: EFS makes interfaces in its name.
// https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
func (targets) Permissions(have *liveTargets, want *model.MountTargets) []slipway.Permission {
	read := onAll("DescribeFileSystems", "DescribeMountTargets", "DescribeMountTargetSecurityGroups")
	network := slipway.Permission{
		Actions:   []string{"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"},
		Resources: []string{"*"},
	}
	remove := slipway.Permission{Actions: []string{"ec2:DeleteNetworkInterface"}, Resources: []string{"*"}}
	modify := slipway.Permission{Actions: []string{"ec2:ModifyNetworkInterfaceAttribute"}, Resources: []string{"*"}}
	switch {
	case have == nil && want == nil:
		return []slipway.Permission{read}
	case want == nil:
		return []slipway.Permission{read, on("file-system/*", "DeleteMountTarget"), remove}
	case have == nil:
		return []slipway.Permission{read, on("file-system/*", "CreateMountTarget"), network}
	default:
		return []slipway.Permission{
			read, on("file-system/*", "CreateMountTarget", "DeleteMountTarget", "ModifyMountTargetSecurityGroups"), network, remove, modify,
		}
	}
}

// Permissions says what a caller needs.
func (accessPoints) Permissions(have *livePoint, want *model.AccessPoint) []slipway.Permission {
	read := onAll("DescribeAccessPoints")
	switch {
	case have == nil && want == nil:
		return []slipway.Permission{read}
	case want == nil:
		return []slipway.Permission{read, on("access-point/*", "DeleteAccessPoint")}
	case have == nil:
		return []slipway.Permission{read, on("file-system/*", "CreateAccessPoint"), on("access-point/*", "TagResource")}
	default:
		return []slipway.Permission{read, on("access-point/*", "TagResource", "UntagResource")}
	}
}

// on allows operations on things of this account and region.
func on(resource string, operations ...string) slipway.Permission {
	return slipway.Permission{Actions: actions(operations), Resources: []string{ownARN(resource)}}
}

// onAll allows operations wherever.
func onAll(operations ...string) slipway.Permission {
	return slipway.Permission{Actions: actions(operations), Resources: []string{"*"}}
}

func actions(operations []string) []string {
	all := make([]string, len(operations))
	for i, o := range operations {
		all[i] = "elasticfilesystem:" + o
	}
	return all
}

// linkedRole: the first file system of an account makes the service's own role.
func linkedRole(service string) slipway.Permission {
	return slipway.Permission{
		Actions:    []string{"iam:CreateServiceLinkedRole"},
		Resources:  []string{"arn:" + slipway.Self("partition") + ":iam::" + slipway.Self("account") + ":role/aws-service-role/" + service + "/*"},
		Conditions: map[string]map[string][]string{"StringEquals": {"iam:AWSServiceName": {service}}},
	}
}
