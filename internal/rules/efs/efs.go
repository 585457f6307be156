// SPDX-License-Identifier: Apache-2.0

// Package efs holds what EFS rejects.
package efs

import (
	"strconv"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	badRequest = "BadRequest"
	preflight  = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/efs/"
	maxGroups  = 5
)

// CreateFileSystem holds the rules of file systems.
var CreateFileSystem = rules.Of[awsefs.CreateFileSystemInput]{
	{Meta: rules.Meta{
		ID: "efs-one-zone-max-io", Code: badRequest, Text: "Unsupported performance mode provided.",
		Doc: preflight + "pf-efs-performance-mode",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if in.AvailabilityZoneName != nil && in.PerformanceMode == efstypes.PerformanceModeMaxIo {
			r.Add(rules.Problem{Path: "PerformanceMode", Got: "maxIO in one zone", Want: "generalPurpose"})
		}
	}},
	{Meta: rules.Meta{
		ID: "efs-provisioned", Code: badRequest,
		Text: "Provisioned throughput must be set for file systems that use provisioned throughput mode.",
		Doc:  preflight + "pf-efs-throughput-mode",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if in.ThroughputMode == efstypes.ThroughputModeProvisioned && in.ProvisionedThroughputInMibps == nil {
			r.Add(rules.Problem{Path: "ProvisionedThroughputInMibps", Got: "none", Want: "1 MiB/s or more"})
		}
	}},
	{Meta: rules.Meta{
		ID: "efs-not-provisioned", Code: badRequest,
		Text: "Provisioned throughput can be set only for file systems that use provisioned throughput mode.",
		Doc:  "https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if in.ThroughputMode != efstypes.ThroughputModeProvisioned && in.ProvisionedThroughputInMibps != nil {
			r.Add(rules.Problem{Path: "ProvisionedThroughputInMibps", Got: "set", Want: "none in this throughput mode"})
		}
	}},
}

// CreateMountTarget holds the rules of mount targets.
var CreateMountTarget = rules.Of[awsefs.CreateMountTargetInput]{
	{Meta: rules.Meta{
		ID: "efs-security-groups", Code: badRequest, Text: "The maximum number of security groups per interface has been reached.",
		Doc: preflight + "pf-efs-mount-target-network",
	}, Check: func(r *rules.Report, in *awsefs.CreateMountTargetInput) {
		if len(in.SecurityGroups) > maxGroups {
			r.Add(rules.Problem{Path: "SecurityGroups", Got: strconv.Itoa(len(in.SecurityGroups)), Want: "at most 5"})
		}
	}},
}
