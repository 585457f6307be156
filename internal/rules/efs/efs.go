// SPDX-License-Identifier: Apache-2.0

// Package efs holds what EFS rejects.
package efs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	badRequest = "BadRequest"
	validation = "ValidationException"
	preflight  = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/efs/"
	api        = "https://docs.aws.amazon.com/efs/latest/ug/"
)

// The bounds of file systems.
// https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
const (
	maxToken      = 64
	maxThroughput = 3414 // MiB/s, in the regions that have most
	maxTags       = 50
)

// zonePattern is that of the names of zones.
var zonePattern = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+[a-z]$`)

// CreateFileSystem holds the rules of file systems.
var CreateFileSystem = rules.Of[awsefs.CreateFileSystemInput]{
	{Meta: rules.Meta{ID: "efs-creation-token", Code: validation, Doc: api + "API_CreateFileSystem.html"}, Check: creationToken},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) { tags(r, in.Tags) }},
	{Meta: rules.Meta{
		ID: "efs-zone", Code: badRequest, Text: "Invalid Availability Zone Name provided.", Doc: preflight + "pf-efs-availability-zone-region",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if z := in.AvailabilityZoneName; z != nil && *z != "" && !zonePattern.MatchString(*z) {
			r.Add(rules.Problem{Path: "AvailabilityZoneName", Got: quote(*z), Want: "a zone of the region, such as us-east-1a"})
		}
	}},
	{Meta: rules.Meta{
		ID: "efs-one-zone-max-io", Code: badRequest, Text: "Unsupported performance mode provided.",
		Doc: preflight + "pf-efs-performance-mode",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if value(in.AvailabilityZoneName) != "" && in.PerformanceMode == efstypes.PerformanceModeMaxIo {
			r.Add(rules.Problem{Path: "PerformanceMode", Got: "maxIO in one zone", Want: "generalPurpose"})
		}
	}},
	{Meta: rules.Meta{
		ID: "efs-elastic-max-io", Code: badRequest, Doc: api + "performance.html", Warn: true,
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if in.ThroughputMode == efstypes.ThroughputModeElastic && in.PerformanceMode == efstypes.PerformanceModeMaxIo {
			r.Add(rules.Problem{Path: "PerformanceMode", Got: "maxIO with elastic throughput", Want: "generalPurpose"})
		}
	}},
	{Meta: provisionedMeta, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		provisioned(r, in.ThroughputMode, in.ProvisionedThroughputInMibps)
	}},
	{Meta: notProvisionedMeta, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		notProvisioned(r, in.ThroughputMode, in.ProvisionedThroughputInMibps)
	}},
	{Meta: rules.Meta{ID: "efs-throughput", Code: validation, Doc: api + "API_CreateFileSystem.html"}, Check: tooLittle},
	{Meta: rules.Meta{ID: "efs-throughput-quota", Doc: api + "limits.html", Warn: true}, Check: tooMuch},
	{Meta: rules.Meta{
		ID: "efs-key-encrypted", Code: badRequest, Doc: api + "API_CreateFileSystem.html",
		Text: "KmsKeyId can be specified only if Encrypted is true.",
	}, Check: func(r *rules.Report, in *awsefs.CreateFileSystemInput) {
		if value(in.KmsKeyId) != "" && !value(in.Encrypted) {
			r.Add(rules.Problem{Path: "KmsKeyId", Got: "a key without encryption", Want: "Encrypted"})
		}
	}},
}

// UpdateFileSystem holds the rules of changes of the throughput.
var UpdateFileSystem = rules.Of[awsefs.UpdateFileSystemInput]{
	{Meta: notProvisionedMeta, Check: func(r *rules.Report, in *awsefs.UpdateFileSystemInput) {
		if in.ThroughputMode != "" {
			notProvisioned(r, in.ThroughputMode, in.ProvisionedThroughputInMibps)
		}
	}},
}

var (
	provisionedMeta = rules.Meta{
		ID: "efs-provisioned", Code: badRequest,
		Text: "Provisioned throughput must be set for file systems that use provisioned throughput mode.",
		Doc:  preflight + "pf-efs-throughput-mode",
	}
	notProvisionedMeta = rules.Meta{
		ID: "efs-not-provisioned", Code: badRequest,
		Text: "Provisioned throughput can be set only for file systems that use provisioned throughput mode.",
		Doc:  api + "API_CreateFileSystem.html",
	}
	tagMeta = rules.Meta{ID: "efs-tags", Code: validation, Doc: api + "API_Tag.html"}
)

func creationToken(r *rules.Report, in *awsefs.CreateFileSystemInput) {
	token := value(in.CreationToken)
	if n := len(token); n < 1 || n > maxToken || strings.ContainsFunc(token, func(c rune) bool { return c > '~' }) {
		r.Add(rules.Problem{
			Path: "CreationToken", Got: quote(token), Want: "1 to 64 ASCII characters",
			Text: "1 validation error detected: Value '" + token + "' at 'creationToken' failed to satisfy constraint: " +
				"Member must have length less than or equal to 64",
		})
	}
}

func provisioned(r *rules.Report, mode efstypes.ThroughputMode, mibps *float64) {
	if mode == efstypes.ThroughputModeProvisioned && mibps == nil {
		r.Add(rules.Problem{Path: "ProvisionedThroughputInMibps", Got: "none", Want: "1 MiB/s or more"})
	}
}

func notProvisioned(r *rules.Report, mode efstypes.ThroughputMode, mibps *float64) {
	if mode != efstypes.ThroughputModeProvisioned && mibps != nil {
		r.Add(rules.Problem{Path: "ProvisionedThroughputInMibps", Got: "set", Want: "none in this throughput mode"})
	}
}

func tooLittle(r *rules.Report, in *awsefs.CreateFileSystemInput) {
	if m := in.ProvisionedThroughputInMibps; m != nil && *m < 1 {
		r.Add(rules.Problem{
			Path: "ProvisionedThroughputInMibps", Got: mibps(*m), Want: "1 MiB/s or more",
			Text: "1 validation error detected: Value '" + number(*m) + "' at 'provisionedThroughputInMibps' failed to satisfy constraint: " +
				"Member must have value greater than or equal to 1",
		})
	}
}

func tooMuch(r *rules.Report, in *awsefs.CreateFileSystemInput) {
	if m := in.ProvisionedThroughputInMibps; m != nil && *m > maxThroughput {
		r.Add(rules.Problem{Path: "ProvisionedThroughputInMibps", Got: mibps(*m), Want: "at most 3414 MiB/s, unless the quota was raised"})
	}
}

func tags(r *rules.Report, list []efstypes.Tag) {
	if len(list) > maxTags {
		r.Add(rules.Problem{Path: "Tags", Got: strconv.Itoa(len(list)), Want: "at most 50"})
	}
	seen := map[string]bool{}
	for i, t := range list {
		key, path := value(t.Key), rules.Elem("Tags", t.Key, i)
		switch {
		case len(key) < 1 || len(key) > 128 || strings.HasPrefix(key, "aws:"):
			r.Add(rules.Problem{Path: path + ".Key", Got: quote(key), Want: "1 to 128 characters that do not begin with aws:"})
		case len(value(t.Value)) > 256:
			r.Add(rules.Problem{Path: path + ".Value", Got: fmt.Sprintf("%d characters", len(*t.Value)), Want: "at most 256"})
		case seen[key]:
			r.Add(rules.Problem{Path: path, Got: quote(key) + " twice", Want: "each key once"})
		}
		seen[key] = true
	}
}

func quote(s string) string { return strconv.Quote(s) }

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func mibps(f float64) string { return number(f) + " MiB/s" }

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
