// SPDX-License-Identifier: Apache-2.0

// Package ecr holds what ECR rejects.
package ecr

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	reference = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/"

	codeParameter = "InvalidParameterException"
	codeTag       = "InvalidTagParameterException"

	minName, maxName = 2, 256
	// MaxExclusions is how many exclusion filters a repository has at most.
	MaxExclusions = 5
	maxFilter     = 128
	maxWildcards  = 2
	maxTagKey     = 128
	maxTagValue   = 256
	// MaxTags is how many tags a repository has at most.
	MaxTags = 50
)

var (
	repositoryName = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)
	filterPattern  = regexp.MustCompile(`^[0-9a-zA-Z._*-]{1,128}$`)
)

// CreateRepository is what ECR rejects in a new repository.
var CreateRepository = rules.Of[awsecr.CreateRepositoryInput]{
	{
		Meta: rules.Meta{ID: "ecr-repository-name", Code: codeParameter, Doc: reference + "API_CreateRepository.html"},
		Check: func(r *rules.Report, in *awsecr.CreateRepositoryInput) {
			checkName(r, in.RepositoryName)
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-repository-tags", Code: codeTag, Doc: reference + "API_Tag.html"},
		Check: func(r *rules.Report, in *awsecr.CreateRepositoryInput) {
			checkTags(r, in.Tags)
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-mutability", Code: codeParameter, Doc: reference + "API_PutImageTagMutability.html"},
		Check: func(r *rules.Report, in *awsecr.CreateRepositoryInput) {
			checkMutability(r, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters)
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-mutability-filter", Code: codeParameter, Doc: reference + "API_ImageTagMutabilityExclusionFilter.html"},
		Check: func(r *rules.Report, in *awsecr.CreateRepositoryInput) {
			checkFilters(r, in.ImageTagMutabilityExclusionFilters)
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-encryption", Code: codeParameter, Doc: reference + "API_EncryptionConfiguration.html"},
		Check: func(r *rules.Report, in *awsecr.CreateRepositoryInput) {
			checkEncryption(r, in.EncryptionConfiguration)
		},
	},
}

// PutImageTagMutability is what ECR rejects in a change of mutability.
var PutImageTagMutability = rules.Of[awsecr.PutImageTagMutabilityInput]{
	{
		Meta: rules.Meta{ID: "ecr-mutability", Code: codeParameter, Doc: reference + "API_PutImageTagMutability.html"},
		Check: func(r *rules.Report, in *awsecr.PutImageTagMutabilityInput) {
			checkMutability(r, in.ImageTagMutability, in.ImageTagMutabilityExclusionFilters)
		},
	},
	{
		Meta: rules.Meta{ID: "ecr-mutability-filter", Code: codeParameter, Doc: reference + "API_ImageTagMutabilityExclusionFilter.html"},
		Check: func(r *rules.Report, in *awsecr.PutImageTagMutabilityInput) {
			checkFilters(r, in.ImageTagMutabilityExclusionFilters)
		},
	},
}

// TagResource is what ECR rejects in tags.
var TagResource = rules.Of[awsecr.TagResourceInput]{
	{
		Meta: rules.Meta{ID: "ecr-repository-tags", Code: codeTag, Doc: reference + "API_Tag.html"},
		Check: func(r *rules.Report, in *awsecr.TagResourceInput) {
			checkTags(r, in.Tags)
		},
	},
}

// constraint is ECR's envelope for what is wrong with a parameter.
func constraint(parameter, what string) string {
	return fmt.Sprintf("Invalid parameter at '%s' failed to satisfy constraint: '%s'", parameter, what)
}

func checkName(r *rules.Report, name *string) {
	n := aws.ToString(name)
	if slipway.HasRef(n) {
		return
	}
	if len(n) < minName || len(n) > maxName {
		r.Add(rules.Problem{
			Path: "RepositoryName", Got: fmt.Sprintf("%q (%d characters)", n, len(n)), Want: fmt.Sprintf("%d to %d characters", minName, maxName),
			Text: constraint("repositoryName", fmt.Sprintf("must have length between %d and %d", minName, maxName)),
		})
	}
	if !repositoryName.MatchString(n) {
		r.Add(rules.Problem{
			Path: "RepositoryName", Got: fmt.Sprintf("%q", n), Want: "lower case letters and digits, with . _ - and / between them",
			Text: constraint("repositoryName", "must satisfy regular expression '"+strings.Trim(repositoryName.String(), "^$")+"'"),
		})
	}
}

func checkMutability(r *rules.Report, m ecrtypes.ImageTagMutability, filters []ecrtypes.ImageTagMutabilityExclusionFilter) {
	excluding := m == ecrtypes.ImageTagMutabilityImmutableWithExclusion || m == ecrtypes.ImageTagMutabilityMutableWithExclusion
	known := m == "" || excluding || m == ecrtypes.ImageTagMutabilityMutable || m == ecrtypes.ImageTagMutabilityImmutable
	const parameter = "imageTagMutabilityExclusionFilters"
	switch path := "ImageTagMutabilityExclusionFilters"; {
	case !known:
		r.Add(rules.Problem{
			Path: "ImageTagMutability", Got: string(m), Want: "MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION",
			Text: constraint("imageTagMutability",
				"Member must satisfy enum value set: [IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE, MUTABLE_WITH_EXCLUSION]"),
		})
	case !excluding && len(filters) > 0:
		if m == "" {
			m = ecrtypes.ImageTagMutabilityMutable
		}
		r.Add(rules.Problem{
			Path: path, Got: fmt.Sprintf("%d filters with %s", len(filters), m), Want: "none, or a mode WITH_EXCLUSION",
			Text: constraint(parameter, "ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set as "+string(m)),
		})
	case excluding && (len(filters) < 1 || len(filters) > MaxExclusions):
		r.Add(rules.Problem{
			Path: path, Got: fmt.Sprintf("%d filters", len(filters)), Want: fmt.Sprintf("1 to %d filters with %s", MaxExclusions, m),
			Text: constraint(parameter, fmt.Sprintf("must have length between 1 and %d", MaxExclusions)),
		})
	}
}

func checkFilters(r *rules.Report, filters []ecrtypes.ImageTagMutabilityExclusionFilter) {
	for i, f := range filters {
		path := rules.Elem("ImageTagMutabilityExclusionFilters", f.Filter, i)
		text := aws.ToString(f.Filter)
		if !filterPattern.MatchString(text) || strings.Count(text, "*") > maxWildcards {
			r.Add(rules.Problem{
				Path: path + ".Filter", Got: fmt.Sprintf("%q", text),
				Want: fmt.Sprintf("1 to %d letters, digits, . _ - and at most %d wildcards *", maxFilter, maxWildcards),
				Text: constraint("imageTagMutabilityExclusionFilters", "Member must satisfy regular expression pattern: "+filterPattern.String()),
			})
		}
		if f.FilterType != ecrtypes.ImageTagMutabilityExclusionFilterTypeWildcard {
			r.Add(rules.Problem{
				Path: path + ".FilterType", Got: string(f.FilterType), Want: "WILDCARD",
				Text: constraint("imageTagMutabilityExclusionFilters", "Member must satisfy enum value set: [WILDCARD]"),
			})
		}
	}
}

func checkEncryption(r *rules.Report, e *ecrtypes.EncryptionConfiguration) {
	if e == nil {
		return
	}
	switch e.EncryptionType {
	case ecrtypes.EncryptionTypeAes256:
		if e.KmsKey != nil {
			r.Add(rules.Problem{
				Path: "EncryptionConfiguration.KmsKey", Got: *e.KmsKey, Want: "no key with AES256",
				Text: constraint("encryptionConfiguration", "KmsKey cannot be specified when encryptionType is AES256"),
			})
		}
	case ecrtypes.EncryptionTypeKms, ecrtypes.EncryptionTypeKmsDsse:
	default:
		r.Add(rules.Problem{
			Path: "EncryptionConfiguration.EncryptionType", Got: string(e.EncryptionType), Want: "AES256, KMS or KMS_DSSE",
			Text: constraint("encryptionConfiguration.encryptionType", "Member must satisfy enum value set: [KMS_DSSE, KMS, AES256]"),
		})
	}
}

func checkTags(r *rules.Report, tags []ecrtypes.Tag) {
	if len(tags) > MaxTags {
		r.Add(rules.Problem{
			Path: "Tags", Got: fmt.Sprintf("%d tags", len(tags)), Want: fmt.Sprintf("at most %d tags", MaxTags), Code: "TooManyTagsException",
			Text: fmt.Sprintf("Too many tags. The maximum number of tags is %d", MaxTags),
		})
	}
	seen := map[string]bool{}
	for i, tag := range tags {
		key, value, path := aws.ToString(tag.Key), aws.ToString(tag.Value), rules.Elem("Tags", tag.Key, i)
		add := func(field, got, want string) {
			r.Add(rules.Problem{Path: path + "." + field, Got: got, Want: want, Text: constraint("tags", want)})
		}
		if len(key) < 1 || len(key) > maxTagKey {
			add("Key", fmt.Sprintf("%q", key), fmt.Sprintf("1 to %d characters", maxTagKey))
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			add("Key", fmt.Sprintf("%q", key), "a key that does not begin with aws:")
		}
		if len(value) > maxTagValue && !slipway.HasRef(value) {
			add("Value", fmt.Sprintf("%d characters", len(value)), fmt.Sprintf("at most %d characters", maxTagValue))
		}
		if seen[key] {
			add("Key", fmt.Sprintf("%q twice", key), "each key once")
		}
		seen[key] = true
	}
}
