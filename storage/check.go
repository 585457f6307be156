// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/rules"
	efsrules "github.com/slipway-go/slipway/internal/rules/efs"
)

// Check reports what EFS would reject in an SDK input of yours: a pointer to the input
// of CreateFileSystem, UpdateFileSystem, PutLifecycleConfiguration,
// PutFileSystemPolicy, CreateMountTarget, ModifyMountTargetSecurityGroups or
// CreateAccessPoint.
func Check(in any) error {
	switch in := in.(type) {
	case *awsefs.CreateFileSystemInput:
		return rules.Errors(efsrules.CreateFileSystem.All(nil, in))
	case *awsefs.UpdateFileSystemInput:
		return rules.Errors(efsrules.UpdateFileSystem.All(nil, in))
	case *awsefs.PutLifecycleConfigurationInput:
		return rules.Errors(efsrules.PutLifecycleConfiguration.All(nil, in))
	case *awsefs.PutFileSystemPolicyInput:
		return rules.Errors(efsrules.PutFileSystemPolicy.All(nil, in))
	case *awsefs.CreateMountTargetInput:
		return rules.Errors(efsrules.CreateMountTarget.All(nil, in))
	case *awsefs.ModifyMountTargetSecurityGroupsInput:
		return rules.Errors(efsrules.ModifyMountTargetSecurityGroups.All(nil, in))
	case *awsefs.CreateAccessPointInput:
		return rules.Errors(efsrules.CreateAccessPoint.All(nil, in))
	default:
		return fmt.Errorf("%w: storage.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}

// self answers for the file system whose parts are looked at.
type self struct{ state *model.FileSystem }

const selfRef = "self"

// Get answers for the file system itself.
func (s self) Get(kind, ref string) (state any, found, known bool) {
	if kind == model.KindFileSystem && ref == selfRef {
		return s.state, true, true
	}
	return nil, false, false
}

// Check returns all that EFS would reject.
func (fileSystems) Check(refs slipway.Refs, s *model.FileSystem) []slipway.FieldError {
	found := rules.At("Create", efsrules.CreateFileSystem.All(refs, &s.Create))
	lifecycle := &awsefs.PutLifecycleConfigurationInput{FileSystemId: aws.String(selfRef), LifecyclePolicies: s.Lifecycle}
	found = append(found, efsrules.PutLifecycleConfiguration.All(self{s}, lifecycle)...)
	if p := aws.ToString(s.Policy); p != "" {
		found = append(found, efsrules.PutFileSystemPolicy.All(refs, &awsefs.PutFileSystemPolicyInput{Policy: &p})...)
	}
	return found
}

// Check returns all that EFS would reject, and a One Zone file system whose network
// has no subnet there.
func (targets) Check(refs slipway.Refs, s *model.MountTargets) []slipway.FieldError {
	found := rules.At("Create", efsrules.CreateMountTarget.All(refs, &s.Create))
	if s.Only == "" || slices.Contains(s.Zones, s.Only) || slices.ContainsFunc(s.Zones, slipway.HasRef) {
		return found
	}
	return append(found, slipway.FieldError{
		Path: "Zones", Got: "a network without a subnet in " + s.Only, Want: "one in the zone of the file system",
		Rule: "efs-zone-subnet", Code: "AvailabilityZonesMismatch", Text: "File System Availability Zone does not match.",
		Doc: "https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html",
	})
}

// Check returns all that EFS would reject.
func (accessPoints) Check(refs slipway.Refs, s *model.AccessPoint) []slipway.FieldError {
	return rules.At("Create", efsrules.CreateAccessPoint.All(refs, &s.Create))
}
