// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	maxImageIDs   = 100
	maxLayers     = 100
	maxManifest   = 4_194_304 // bytes
	maxRepoPolicy = 10_240
	maxLifecycle  = 30_720
	tagExpression = `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
)

var (
	digestPattern = regexp.MustCompile(`^sha256:[a-f0-9]{64}$`)
	tagPattern    = regexp.MustCompile(`^` + tagExpression + `$`)
)

// IsDigest reports whether s has the form "sha256:" and 64 hex digits.
func IsDigest(s string) bool { return digestPattern.MatchString(s) }

// IsTag reports whether s can be the tag of an image.
func IsTag(s string) bool { return tagPattern.MatchString(s) }

// PutImage is what ECR rejects in a manifest before it looks at the repository.
var PutImage = rules.Of[awsecr.PutImageInput]{
	{
		Meta: rules.Meta{ID: "ecr-image-tag", Code: codeParameter, Doc: reference + "API_PutImage.html"},
		Check: func(r *rules.Report, in *awsecr.PutImageInput) {
			if in.ImageTag == nil || IsTag(*in.ImageTag) {
				return
			}
			r.Add(rules.Problem{
				Path: "ImageTag", Got: fmt.Sprintf("%q", *in.ImageTag), Want: "1 to 128 letters, digits, . _ and -, not beginning with . or -",
				Text: constraint("imageTag", "must satisfy regular expression '"+tagExpression+"'"),
			})
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-image-digest", Code: codeParameter, Doc: reference + "API_PutImage.html"},
		Check: func(r *rules.Report, in *awsecr.PutImageInput) {
			if in.ImageDigest == nil || IsDigest(*in.ImageDigest) {
				return
			}
			r.Add(rules.Problem{
				Path: "ImageDigest", Got: fmt.Sprintf("%q", *in.ImageDigest), Want: "sha256: and 64 hex digits",
				Text: constraint("imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"),
			})
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-image-manifest", Code: codeParameter, Doc: reference + "API_PutImage.html"},
		Check: func(r *rules.Report, in *awsecr.PutImageInput) {
			m := aws.ToString(in.ImageManifest)
			if len(m) <= maxManifest && json.Valid([]byte(m)) {
				return
			}
			r.Add(rules.Problem{
				Path: "ImageManifest", Got: fmt.Sprintf("%d bytes", len(m)), Want: fmt.Sprintf("JSON of at most %d bytes", maxManifest),
				Text: constraint("ImageManifest", "Invalid JSON syntax"),
			})
		},
	},
}

// BatchGetImage is what ECR rejects before it looks at the repository.
var BatchGetImage = rules.Of[awsecr.BatchGetImageInput]{
	{
		Meta: rules.Meta{ID: "ecr-image-ids", Code: codeParameter, Doc: reference + "API_BatchGetImage.html"},
		Check: func(r *rules.Report, in *awsecr.BatchGetImageInput) {
			checkImageIDs(r, in.ImageIds)
		},
	},
}

// BatchDeleteImage is what ECR rejects before it looks at the repository.
var BatchDeleteImage = rules.Of[awsecr.BatchDeleteImageInput]{
	{
		Meta: rules.Meta{ID: "ecr-image-ids", Code: codeParameter, Doc: reference + "API_BatchDeleteImage.html"},
		Check: func(r *rules.Report, in *awsecr.BatchDeleteImageInput) {
			checkImageIDs(r, in.ImageIds)
		},
	},
}

// BatchCheckLayerAvailability is what ECR rejects before it looks at the repository.
var BatchCheckLayerAvailability = rules.Of[awsecr.BatchCheckLayerAvailabilityInput]{
	{
		Meta: rules.Meta{ID: "ecr-layer-digests", Code: codeParameter, Doc: reference + "API_BatchCheckLayerAvailability.html"},
		Check: func(r *rules.Report, in *awsecr.BatchCheckLayerAvailabilityInput) {
			checkCount(r, "LayerDigests", "layerDigests", len(in.LayerDigests), maxLayers)
		},
	},
}

// ListImageReferrers is what ECR rejects before it looks at the repository.
var ListImageReferrers = rules.Of[awsecr.ListImageReferrersInput]{
	{
		Meta: rules.Meta{ID: "ecr-subject", Code: codeParameter, Doc: reference + "API_ListImageReferrers.html"},
		Check: func(r *rules.Report, in *awsecr.ListImageReferrersInput) {
			if in.SubjectId != nil && IsDigest(aws.ToString(in.SubjectId.ImageDigest)) {
				return
			}
			r.Add(rules.Problem{
				Path: "SubjectId.ImageDigest", Got: "no digest", Want: "sha256: and 64 hex digits",
				Text: constraint("subjectId.imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"),
			})
		},
	},
}

func checkImageIDs(r *rules.Report, ids []ecrtypes.ImageIdentifier) {
	checkCount(r, "ImageIds", "imageIds", len(ids), maxImageIDs)
}

func checkCount(r *rules.Report, path, parameter string, got, most int) {
	if got >= 1 && got <= most {
		return
	}
	r.Add(rules.Problem{
		Path: path, Got: strconv.Itoa(got), Want: fmt.Sprintf("1 to %d", most),
		Text: constraint(parameter, fmt.Sprintf("must have length between 1 and %d", most)),
	})
}
