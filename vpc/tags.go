// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
)

const ownPrefix = "slipway:"

// tagList returns tags in the SDK's form, sorted by key; nil when there are none.
func tagList(tags map[string]string) []ec2types.Tag {
	var list []ec2types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ec2types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return list
}

func tagMap(list []ec2types.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// tagSpecification returns tags as an input of a create call takes them.
func tagSpecification(kind ec2types.ResourceType, tags map[string]string) []ec2types.TagSpecification {
	if len(tags) == 0 {
		return nil
	}
	return []ec2types.TagSpecification{{ResourceType: kind, Tags: tagList(tags)}}
}

// specified returns the tags that specifications give to a kind of resource.
func specified(specs []ec2types.TagSpecification) map[string]string {
	tags := map[string]string{}
	for _, s := range specs {
		maps.Copy(tags, tagMap(s.Tags))
	}
	return tags
}

// foreign returns the tags without those of ownership; nil when none is left.
func foreign(list []ec2types.Tag) map[string]string {
	tags := tagMap(list)
	maps.DeleteFunc(tags, func(k, _ string) bool { return strings.HasPrefix(k, ownPrefix) || strings.HasPrefix(k, "aws:") })
	if len(tags) == 0 {
		return nil
	}
	return tags
}

func owner(list []ec2types.Tag) slipway.Owner {
	tags := tagMap(list)
	return slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]}
}

// merged returns tags together with those of ownership.
func merged(c slipway.Call, tags map[string]string) map[string]string {
	all := maps.Clone(c.Tags())
	maps.Copy(all, tags)
	return all
}

// retag changes the tags of a thing from have to want.
func retag(ctx context.Context, client *awsec2.Client, id string, have, want map[string]string) error {
	set, keys := driver.Retag(have, want)
	var gone []ec2types.Tag
	for _, k := range keys {
		gone = append(gone, ec2types.Tag{Key: &k})
	}
	if len(set) > 0 {
		_, err := client.CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(set)})
		if err != nil {
			return awserr.Wrap(err, "tag "+id)
		}
	}
	if len(gone) > 0 {
		_, err := client.DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{id}, Tags: gone})
		if err != nil {
			return awserr.Wrap(err, "untag "+id)
		}
	}
	return nil
}

// idMost is the longest ID in characters, for it is the value of a tag.
const idMost = 256

// tooLong reports an ID that the tag by which its thing is found again cannot hold.
// It is not cut short: an ID that is not the resource's own would belong to nobody.
func tooLong(id slipway.ID) error {
	n := utf8.RuneCountInString(id.String())
	if n <= idMost {
		return nil
	}
	return slipway.FieldError{
		Path: id.String(), Got: fmt.Sprintf("an ID of %d characters", n),
		Want: "at most 256, for it is the value of the tag " + slipway.TagResource + "; give the group a shorter name",
		Rule: "vpc-id-length", Doc: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions",
	}
}

// filter is one filter of a describe call.
func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: aws.String(name), Values: values}
}

func ownedBy(stack string) []ec2types.Filter {
	return []ec2types.Filter{filter("tag:"+slipway.TagStack, stack)}
}

// first returns the only value of an output, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
