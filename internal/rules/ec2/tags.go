// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	tagsMost     = 50
	tagKeyMost   = 128
	tagValueMost = 256
)

// tagMeta is the rule of tags given at creation.
var tagMeta = rules.Meta{ID: "ec2-tags", Code: invalidValue,
	Doc: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html"}

func checkTagSpecifications(r *rules.Report, specs []ec2types.TagSpecification) {
	for i := range specs {
		kind := string(specs[i].ResourceType)
		CheckTags(r, rules.Elem("TagSpecifications", &kind, i)+".Tags", specs[i].Tags)
	}
}

// CheckTags reports tags that AWS rejects: at most 50, keys of 1 to 128
// characters that do not start with "aws:", values of at most 256.
func CheckTags(r *rules.Report, path string, tags []ec2types.Tag) {
	if len(tags) > tagsMost {
		r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%d tags", len(tags)), Want: "at most 50 tags", Code: "TagLimitExceeded",
			Text: fmt.Sprintf("The maximum number of Tags for a resource has been reached: %d", tagsMost)})
	}
	for i, t := range tags {
		checkTag(r, rules.Elem(path, t.Key, i), aws.ToString(t.Key), aws.ToString(t.Value))
	}
}

func checkTag(r *rules.Report, path, key, value string) {
	switch {
	case key == "":
		r.Add(rules.Problem{Path: path + ".Key", Want: "a key", Code: missingParameter,
			Text: "The request must contain the parameter Tag key"})
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		r.Add(rules.Problem{Path: path + ".Key", Got: key, Want: `a key that does not start with "aws:"`,
			Text: fmt.Sprintf("Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use", key)})
	case utf8.RuneCountInString(key) > tagKeyMost:
		r.Add(rules.Problem{Path: path + ".Key", Got: key, Want: "at most 128 characters",
			Text: "Tag key exceeds the maximum length of 128 characters"})
	case utf8.RuneCountInString(value) > tagValueMost:
		r.Add(rules.Problem{Path: path + ".Value", Got: value, Want: "at most 256 characters",
			Text: "Tag value exceeds the maximum length of 256 characters"})
	}
}
