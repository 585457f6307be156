// SPDX-License-Identifier: Apache-2.0

package ec2autoscaling

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// Lengths of tags in characters, and how many a group has.
const (
	tagKeyMost   = 128
	tagValueMost = 256
	tagsMost     = 50
)

// CreateOrUpdateTags has the rules of the tags of groups.
var CreateOrUpdateTags = rules.Of[awsasg.CreateOrUpdateTagsInput]{
	{
		Meta: rules.Meta{ID: "asg-tag-group", Code: validation, Text: "You must specify a ResourceId of an Auto Scaling group, and the ResourceType auto-scaling-group.",
			Doc: api + "API_Tag.html"},
		Check: func(r *rules.Report, in *awsasg.CreateOrUpdateTagsInput) {
			for i, t := range in.Tags {
				if aws.ToString(t.ResourceId) == "" || aws.ToString(t.ResourceType) != "auto-scaling-group" {
					r.Add(rules.Problem{Path: rules.Elem("Tags", t.Key, i), Got: "another resource", Want: "ResourceId of a group and ResourceType auto-scaling-group"})
				}
			}
		},
	},
	{
		Meta:  rules.Meta{ID: "asg-tags", Code: validation, Doc: api + "API_Tag.html"},
		Check: func(r *rules.Report, in *awsasg.CreateOrUpdateTagsInput) { CheckTags(r, "Tags", in.Tags) },
	},
}

// CheckTags looks at the tags of one group.
func CheckTags(r *rules.Report, path string, tags []asgtypes.Tag) {
	if len(tags) > tagsMost {
		r.Add(rules.Problem{Path: path, Got: fmt.Sprintf("%d tags", len(tags)), Want: "at most 50",
			Text: "The number of tags exceeds the limit of 50."})
	}
	seen := map[string]bool{}
	for i, t := range tags {
		key, at := aws.ToString(t.Key), rules.Elem(path, t.Key, i)
		if seen[key] {
			r.Add(rules.Problem{Path: at, Got: "the key twice", Want: "each key once", Text: fmt.Sprintf("Duplicate tag key '%s' found.", key)})
		}
		seen[key] = true
		switch n := utf8.RuneCountInString(key); {
		case slipway.HasRef(key):
		case n < 1 || n > tagKeyMost:
			r.Add(rules.Problem{Path: at + ".Key", Got: fmt.Sprintf("%d characters", n), Want: "1 to 128 characters",
				Text: constraint(key, "key", "Member must have length between 1 and 128")})
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			r.Add(rules.Problem{Path: at + ".Key", Got: fmt.Sprintf("%q", key), Want: `a key that does not begin with "aws:"`,
				Text: "Tags with a key prefix of 'aws:' are reserved for system use."})
		}
		if n := utf8.RuneCountInString(aws.ToString(t.Value)); n > tagValueMost {
			r.Add(rules.Problem{Path: at + ".Value", Got: fmt.Sprintf("%d characters", n), Want: "at most 256 characters",
				Text: constraint("", "value", "Member must have length less than or equal to 256")})
		}
	}
}
