// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/rules"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

func tagValues(tags []ec2types.Tag, key string) []string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return []string{aws.ToString(t.Value)}
		}
	}
	return nil
}

func tagKeys(tags []ec2types.Tag) []string {
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = aws.ToString(t.Key)
	}
	return keys
}

// withTags returns tags with more added or replaced, sorted by key.
func withTags(tags, more []ec2types.Tag) []ec2types.Tag {
	out := slices.DeleteFunc(slices.Clone(tags), func(t ec2types.Tag) bool {
		return slices.ContainsFunc(more, func(m ec2types.Tag) bool { return aws.ToString(m.Key) == aws.ToString(t.Key) })
	})
	for _, m := range more {
		out = append(out, ec2types.Tag{Key: m.Key, Value: aws.String(aws.ToString(m.Value))})
	}
	slices.SortFunc(out, func(a, b ec2types.Tag) int { return cmp.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) })
	return out
}

// specified returns the tags of a create call for a kind of thing. Those of
// another kind are refused as EC2 does.
func specified(specs []ec2types.TagSpecification, kind ec2types.ResourceType) ([]ec2types.Tag, error) {
	var tags []ec2types.Tag
	for _, s := range specs {
		if s.ResourceType != kind {
			return nil, sim.Errorf("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		tags = append(tags, s.Tags...)
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	return tags, nil
}

func checkTags(tags []ec2types.Tag) error {
	of := rules.Of[[]ec2types.Tag]{{
		Meta:  rules.Meta{ID: "ec2-tags", Code: "InvalidParameterValue"},
		Check: func(r *rules.Report, in *[]ec2types.Tag) { ruleset.CheckTags(r, "Tags", *in) },
	}}
	return sim.Check(of, nil, &tags, nil)
}

// tag adds tags to a thing.
func (r *region) tag(id string, tags []ec2types.Tag) {
	if len(tags) > 0 {
		r.tags[id] = withTags(r.tags[id], tags)
	}
}

// tagView describes tags, each with the thing that has it.
var tagView = view[ec2types.TagDescription]{
	id: func(t ec2types.TagDescription) string { return aws.ToString(t.ResourceId) },
	filters: map[string]func(ec2types.TagDescription) []string{
		"key":           one(func(t ec2types.TagDescription) *string { return t.Key }),
		"value":         one(func(t ec2types.TagDescription) *string { return t.Value }),
		"resource-id":   one(func(t ec2types.TagDescription) *string { return t.ResourceId }),
		"resource-type": text(func(t ec2types.TagDescription) ec2types.ResourceType { return t.ResourceType }),
	},
}

func registerTags(s *sim.Service, f *Fake) {
	handle(s, f, "CreateTags", (*region).createTags, sim.Needs(func(c *sim.Call, in *awsec2.CreateTagsInput) []sim.Access {
		return tagAccess(c, in.Resources, in.Tags)
	}))
	handle(s, f, "DeleteTags", (*region).deleteTags, sim.Needs(func(c *sim.Call, in *awsec2.DeleteTagsInput) []sim.Access {
		return tagAccess(c, in.Resources, in.Tags)
	}))
	handle(s, f, "DescribeTags", (*region).describeTags)
}

func (r *region) resources(ids []string) error {
	if len(ids) == 0 {
		return sim.Errorf("MissingParameter", "The request must contain the parameter resourceIdSet")
	}
	for _, id := range ids {
		k, ok := kindOf(id)
		if !ok {
			return sim.Errorf("InvalidID", "The ID '%s' is not valid", id)
		}
		if !k.exists(r, id) {
			return missing(k.prefix, id)
		}
	}
	return nil
}

func (r *region) createTags(in *awsec2.CreateTagsInput) (*awsec2.CreateTagsOutput, error) {
	if err := r.resources(in.Resources); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		if err := checkTags(withTags(r.tags[id], in.Tags)); err != nil {
			return nil, err
		}
	}
	for _, id := range in.Resources {
		r.tag(id, in.Tags)
	}
	return &awsec2.CreateTagsOutput{}, nil
}

// deleteTags removes tags by key, those with a value only if it is theirs, and
// all when none is named.
func (r *region) deleteTags(in *awsec2.DeleteTagsInput) (*awsec2.DeleteTagsOutput, error) {
	if err := r.resources(in.Resources); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		r.tags[id] = slices.DeleteFunc(slices.Clone(r.tags[id]), func(t ec2types.Tag) bool {
			return len(in.Tags) == 0 || slices.ContainsFunc(in.Tags, func(gone ec2types.Tag) bool {
				return aws.ToString(gone.Key) == aws.ToString(t.Key) && (gone.Value == nil || *gone.Value == aws.ToString(t.Value))
			})
		})
	}
	return &awsec2.DeleteTagsOutput{}, nil
}

func (r *region) describeTags(in *awsec2.DescribeTagsInput) (*awsec2.DescribeTagsOutput, error) {
	var all []ec2types.TagDescription
	for id, tags := range r.tags {
		k, _ := kindOf(id)
		for _, t := range tags {
			all = append(all, ec2types.TagDescription{ResourceId: aws.String(id), ResourceType: k.tagged, Key: t.Key, Value: t.Value})
		}
	}
	slices.SortFunc(all, func(a, b ec2types.TagDescription) int {
		return cmp.Or(cmp.Compare(*a.ResourceId, *b.ResourceId), cmp.Compare(*a.Key, *b.Key))
	})
	list, next, err := describe(r, tagView, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.DescribeTagsOutput{Tags: list, NextToken: next}, nil
}
