// SPDX-License-Identifier: Apache-2.0

// Package iam holds what IAM rejects.
package iam

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	validation = "ValidationError"
	apiDoc     = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_"
	quotaDoc   = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
	grammarDoc = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
)

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`)
	tagPattern  = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	arnPattern  = regexp.MustCompile(`^arn:[\w-]+:iam::(aws|\d{12}):policy/.+$`)
)

// constraint is AWS's message for a value outside the model's constraints.
func constraint(value, member, text string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s",
		value, member, text)
}

// camel is the name of a member as AWS's messages write it.
func camel(field string) string { return strings.ToLower(field[:1]) + field[1:] }

// required reports a member that is nil or empty.
func required(r *rules.Report, field string, value *string) bool {
	if aws.ToString(value) != "" {
		return true
	}
	text := fmt.Sprintf("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", camel(field))
	if value != nil {
		text = constraint("", camel(field), "have length greater than or equal to 1")
	}
	r.Add(rules.Problem{Path: field, Want: "a value", Text: text})
	return false
}

// name checks the name of a role, policy, user or profile.
func name(r *rules.Report, field string, value *string, most int) {
	if !required(r, field, value) || slipway.HasRef(*value) {
		return
	}
	if utf8.RuneCountInString(*value) > most {
		r.Add(rules.Problem{
			Path: field, Got: fmt.Sprintf("%d characters", utf8.RuneCountInString(*value)), Want: fmt.Sprintf("at most %d", most),
			Text: constraint(*value, camel(field), fmt.Sprintf("have length less than or equal to %d", most)),
		})
	}
	if !namePattern.MatchString(*value) {
		r.Add(rules.Problem{
			Path: field, Got: *value, Want: "letters, digits and _+=,.@-",
			Text: fmt.Sprintf("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
				camel(field)),
		})
	}
}

const maxPath = 512

func pathValue(r *rules.Report, value *string) {
	if value == nil || slipway.HasRef(*value) {
		return
	}
	if !pathPattern.MatchString(*value) || len(*value) > maxPath {
		r.Add(rules.Problem{
			Path: "Path", Got: *value, Want: "at most 512 characters that begin and end with a slash",
			Text: "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric " +
				"characters and/or / characters.",
		})
	}
}

const maxDescription = 1000

func description(r *rules.Report, value *string) {
	if n := utf8.RuneCountInString(aws.ToString(value)); n > maxDescription {
		r.Add(rules.Problem{
			Path: "Description", Got: fmt.Sprintf("%d characters", n), Want: fmt.Sprintf("at most %d", maxDescription),
			Text: constraint(*value, "description", fmt.Sprintf("have length less than or equal to %d", maxDescription)),
		})
	}
}

// Bounds of a role's longest session, in seconds.
const (
	minSession = 3600
	maxSession = 43200
)

func session(r *rules.Report, value *int32) {
	switch {
	case value == nil:
	case *value < minSession:
		r.Add(rules.Problem{
			Path: "MaxSessionDuration", Got: fmt.Sprintf("%d s", *value), Want: "3600 s to 43200 s",
			Text: constraint(strconv.Itoa(int(*value)), "maxSessionDuration", "have value greater than or equal to 3600"),
		})
	case *value > maxSession:
		r.Add(rules.Problem{
			Path: "MaxSessionDuration", Got: fmt.Sprintf("%d s", *value), Want: "3600 s to 43200 s",
			Text: constraint(strconv.Itoa(int(*value)), "maxSessionDuration", "have value less than or equal to 43200"),
		})
	}
}

// Bounds of tags.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func tags(r *rules.Report, all []iamtypes.Tag) {
	if len(all) > maxTags {
		r.Add(rules.Problem{
			Path: "Tags", Got: fmt.Sprintf("%d tags", len(all)), Want: fmt.Sprintf("at most %d", maxTags),
			Text: constraint("", "tags", fmt.Sprintf("have length less than or equal to %d", maxTags)),
		})
	}
	seen := map[string]bool{}
	for i, t := range all {
		path, key := rules.Elem("Tags", t.Key, i), aws.ToString(t.Key)
		if seen[strings.ToLower(key)] {
			r.Add(rules.Problem{
				Path: path, Got: key, Want: "each key once; case does not matter", Code: "InvalidInput",
				Text: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
			})
		}
		seen[strings.ToLower(key)] = true
		tag(r, path, key, aws.ToString(t.Value))
	}
}

func tag(r *rules.Report, path, key, value string) {
	switch {
	case slipway.HasRef(key + value):
	case key == "" || utf8.RuneCountInString(key) > maxTagKey || !tagPattern.MatchString(key):
		r.Add(rules.Problem{
			Path: path + ".Key", Got: key, Want: "1 to 128 letters, digits, spaces and _.:/=+-@",
			Text: constraint(key, "tags.1.member.key", `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`),
		})
	case utf8.RuneCountInString(value) > maxTagValue || !tagPattern.MatchString(value):
		r.Add(rules.Problem{
			Path: path + ".Value", Got: value, Want: "at most 256 letters, digits, spaces and _.:/=+-@",
			Text: constraint(value, "tags.1.member.value", `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`),
		})
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		r.Add(rules.Problem{
			Path: path + ".Key", Got: key, Want: "a key that does not begin with aws:", Code: "InvalidInput",
			Text: "Tag keys that start with aws: are reserved for system use.",
		})
	}
}

// policyARN checks the ARN of a managed policy.
func policyARN(r *rules.Report, field string, value *string) {
	if value == nil || slipway.HasRef(*value) || arnPattern.MatchString(*value) {
		return
	}
	r.Add(rules.Problem{
		Path: field, Got: *value, Want: "the ARN of a managed policy", Code: "InvalidInput",
		Text: "ARN " + *value + " is not valid.",
	})
}
