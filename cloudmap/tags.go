// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// tagList returns tags in the SDK's form, sorted by key.
func tagList(tags map[string]string) []sdtypes.Tag {
	list := []sdtypes.Tag{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, sdtypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func tagMap(list []sdtypes.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// ownerOf reads the tags of ownership.
func ownerOf(tags map[string]string) slipway.Owner {
	return slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]}
}

// foreign returns the tags that are neither Slipway's nor AWS's own.
func foreign(tags map[string]string) []sdtypes.Tag {
	own := maps.Clone(tags)
	maps.DeleteFunc(own, func(key, _ string) bool { return strings.HasPrefix(key, "slipway:") || strings.HasPrefix(key, "aws:") })
	return tagList(own)
}

// tagsOf lists the tags of a thing; gone is true if it is not there any more.
func tagsOf(ctx context.Context, c slipway.Call, arn *string) (tags map[string]string, gone bool, err error) {
	out, err := client(c).ListTagsForResource(ctx, &awssd.ListTagsForResourceInput{ResourceARN: arn})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, awserr.Wrap(err, "list the tags of "+aws.ToString(arn))
	}
	return tagMap(out.Tags), false, nil
}

// retag changes the tags of a thing from have to want.
func retag(ctx context.Context, c slipway.Call, arn string, have, want map[string]string) error {
	set, gone := driver.Retag(have, want)
	if len(set) > 0 {
		if _, err := client(c).TagResource(ctx, &awssd.TagResourceInput{ResourceARN: &arn, Tags: tagList(set)}); err != nil {
			return awserr.Wrap(err, "tag "+arn)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := client(c).UntagResource(ctx, &awssd.UntagResourceInput{ResourceARN: &arn, TagKeys: gone})
	return awserr.Wrap(err, "untag "+arn)
}

// ownerTags are the tags that say whose a thing is.
func ownerTags(o slipway.Owner) map[string]string {
	tags := map[string]string{slipway.TagStack: o.Stack, slipway.TagResource: o.Resource}
	maps.DeleteFunc(tags, func(_, value string) bool { return value == "" })
	return tags
}

// namespaceTags are all tags of a namespace: the user's, the owner's, and its VPC.
func namespaceTags(s *model.Namespace, owner slipway.Owner) map[string]string {
	tags := tagMap(*partsOf(s).tags)
	maps.Copy(tags, ownerTags(owner))
	if s.Private != nil && aws.ToString(s.Private.Vpc) != "" {
		tags[model.TagVPC] = *s.Private.Vpc
	}
	return tags
}

// serviceTags are all tags of a service.
func serviceTags(s *model.Service, owner slipway.Owner) map[string]string {
	tags := tagMap(s.Create.Tags)
	maps.Copy(tags, ownerTags(owner))
	return tags
}
