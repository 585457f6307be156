// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecr"
)

// ownPrefix is that of the tags which are not the user's.
const ownPrefix = "slipway:"

// tagList returns tags in the SDK's form, sorted by key; nil when there are none.
func tagList(tags map[string]string) []ecrtypes.Tag {
	var list []ecrtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ecrtypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func tagMap(list []ecrtypes.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// users returns the tags that are neither slipway's nor AWS's own.
func users(tags map[string]string) map[string]string {
	rest := maps.Clone(tags)
	maps.DeleteFunc(rest, func(key, _ string) bool {
		return strings.HasPrefix(key, ownPrefix) || strings.HasPrefix(key, "aws:")
	})
	return rest
}

// wanted returns all tags that a repository of the state should have.
func wanted(c slipway.Call, s *model.Repository) map[string]string {
	tags := tagMap(s.Create.Tags)
	maps.Copy(tags, c.Tags())
	if s.ForceDelete {
		tags[model.TagForceDelete] = "true"
	}
	return tags
}
