// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
)

func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// tagList returns tags in the SDK's form, sorted by key.
func tagList(tags map[string]string) []efstypes.Tag {
	list := []efstypes.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, efstypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func tagMap(list []efstypes.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// ownerOf reads the tags of ownership.
func ownerOf(list []efstypes.Tag) slipway.Owner {
	tags := tagMap(list)
	return slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]}
}

// foreign returns the tags that are neither Slipway's nor AWS's own.
func foreign(list []efstypes.Tag) []efstypes.Tag {
	tags := tagMap(list)
	maps.DeleteFunc(tags, func(key, _ string) bool {
		return strings.HasPrefix(key, "slipway:") || strings.HasPrefix(key, "aws:")
	})
	return tagList(tags)
}

// retag changes the tags of a thing from have to want.
func retag(ctx context.Context, c slipway.Call, id string, have, want map[string]string) error {
	set, gone := driver.Retag(have, want)
	if len(set) > 0 {
		if _, err := client(c).TagResource(ctx, &awsefs.TagResourceInput{ResourceId: &id, Tags: tagList(set)}); err != nil {
			return awserr.Wrap(err, "tag "+id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := client(c).UntagResource(ctx, &awsefs.UntagResourceInput{ResourceId: &id, TagKeys: gone})
	return awserr.Wrap(err, "untag "+id)
}
