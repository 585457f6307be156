// SPDX-License-Identifier: Apache-2.0

package efs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/internal/rules/efs"
	"github.com/slipway-go/slipway/internal/rules/rulestest"
)

const (
	badRequest = "BadRequest"
	validation = "ValidationException"
)

type (
	system    = awsefs.CreateFileSystemInput
	systemRow = rulestest.Row[system]
)

func plainSystem() *system { return &system{CreationToken: aws.String("shop")} }

// both makes two changes.
func both[T any](a, b func(*T)) func(*T) {
	return func(in *T) {
		a(in)
		b(in)
	}
}

func tagged(n int, t efstypes.Tag) []efstypes.Tag {
	list := []efstypes.Tag{t}
	for i := 1; i < n; i++ {
		list = append(list, efstypes.Tag{Key: aws.String(strings.Repeat("k", i)), Value: aws.String("")})
	}
	return list
}

// TestEveryRuleOfFileSystems has the bounds of
// https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
func TestEveryRuleOfFileSystems(t *testing.T) {
	t.Parallel()
	token := func(s string) func(*system) { return func(in *system) { in.CreationToken = &s } }
	zone := func(s string) func(*system) { return func(in *system) { in.AvailabilityZoneName = &s } }
	maxIO := func(in *system) { in.PerformanceMode = efstypes.PerformanceModeMaxIo }
	mode := func(m efstypes.ThroughputMode) func(*system) { return func(in *system) { in.ThroughputMode = m } }
	mibps := func(n float64) func(*system) {
		return both(mode(efstypes.ThroughputModeProvisioned), func(in *system) { in.ProvisionedThroughputInMibps = &n })
	}
	key := func(encrypted bool) func(*system) {
		return func(in *system) { in.KmsKeyId, in.Encrypted = aws.String("k"), &encrypted }
	}
	tags := func(n int, key, value string) func(*system) {
		return func(in *system) { in.Tags = tagged(n, efstypes.Tag{Key: &key, Value: &value}) }
	}
	one, twice := zone("us-east-1a"), func(in *system) {
		in.Tags = []efstypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")}}
	}
	rulestest.Holds(t, efs.CreateFileSystem, nil, plainSystem, []systemRow{
		{Rule: "efs-creation-token", Name: "none", Breaks: token(""), Legal: token("t"), Path: "CreationToken", Code: validation},
		{Rule: "efs-creation-token", Name: "65 characters", Breaks: token(strings.Repeat("t", 65)), Legal: token(strings.Repeat("t", 64)), Path: "CreationToken", Code: validation, Text: "64"},
		{Rule: "efs-creation-token", Name: "another alphabet", Breaks: token("é"), Legal: token("~"), Path: "CreationToken", Code: validation},
		{Rule: "efs-tags", Name: "51", Breaks: tags(51, "x", ""), Legal: tags(50, "x", ""), Path: "Tags", Code: validation},
		{Rule: "efs-tags", Name: "a key of 129", Breaks: tags(1, strings.Repeat("k", 129), ""), Legal: tags(1, strings.Repeat("k", 128), ""), Path: "Tags[" + strings.Repeat("k", 129) + "].Key", Code: validation},
		{Rule: "efs-tags", Name: "reserved", Breaks: tags(1, "aws:x", ""), Legal: tags(1, "x", ""), Path: "Tags[aws:x].Key", Code: validation},
		{Rule: "efs-tags", Name: "a value of 257", Breaks: tags(1, "x", strings.Repeat("v", 257)), Legal: tags(1, "x", strings.Repeat("v", 256)), Path: "Tags[x].Value", Code: validation},
		{Rule: "efs-tags", Name: "a key twice", Breaks: twice, Legal: tags(2, "x", ""), Path: "Tags[a]", Code: validation},
		{Rule: "efs-zone", Name: "a region", Breaks: zone("us-east-1"), Legal: zone("us-gov-west-1b"), Path: "AvailabilityZoneName", Code: badRequest, Text: "Availability Zone"},
		{Rule: "efs-one-zone-max-io", Name: "both", Breaks: both(one, maxIO), Legal: maxIO, Path: "PerformanceMode", Code: badRequest},
		{
			Rule: "efs-elastic-max-io", Name: "both", Breaks: both(mode(efstypes.ThroughputModeElastic), maxIO),
			Legal: both(mode(efstypes.ThroughputModeBursting), maxIO), Path: "PerformanceMode", Code: badRequest,
		},
		{Rule: "efs-provisioned", Name: "how much is not said", Breaks: mode(efstypes.ThroughputModeProvisioned), Legal: mibps(1), Path: "ProvisionedThroughputInMibps", Code: badRequest},
		{
			Rule: "efs-not-provisioned", Name: "bursting", Breaks: func(in *system) { in.ProvisionedThroughputInMibps = aws.Float64(1) }, Legal: mibps(1),
			Path: "ProvisionedThroughputInMibps", Code: badRequest,
		},
		{Rule: "efs-throughput", Name: "half a MiB/s", Breaks: mibps(0.5), Legal: mibps(1), Path: "ProvisionedThroughputInMibps", Code: validation, Text: "'0.5'"},
		{Rule: "efs-throughput-quota", Name: "3415 MiB/s", Breaks: mibps(3415), Legal: mibps(3414), Path: "ProvisionedThroughputInMibps"},
		{Rule: "efs-key-encrypted", Name: "a key without encryption", Breaks: key(false), Legal: key(true), Path: "KmsKeyId", Code: badRequest},
	})
}

func TestEveryRuleOfChangedThroughput(t *testing.T) {
	t.Parallel()
	type change = awsefs.UpdateFileSystemInput
	to := func(m efstypes.ThroughputMode) func(*change) {
		return func(in *change) { in.ThroughputMode, in.ProvisionedThroughputInMibps = m, aws.Float64(8) }
	}
	rulestest.Holds(t, efs.UpdateFileSystem, nil, func() *change { return &change{} }, []rulestest.Row[change]{
		{Rule: "efs-not-provisioned", Name: "elastic", Breaks: to("elastic"), Legal: to("provisioned"), Path: "ProvisionedThroughputInMibps", Code: badRequest},
		{Rule: "efs-not-provisioned", Name: "but the mode may stay", Breaks: to("bursting"), Legal: to(""), Path: "ProvisionedThroughputInMibps", Code: badRequest},
	})
}
