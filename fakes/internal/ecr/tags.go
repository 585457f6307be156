// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"maps"
	"slices"
	"strings"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecr"
)

func (f *Fake) handleTags(s *sim.Service) {
	sim.Handle(s, "TagResource", f.tagResource, onResource(func(in *awsecr.TagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "UntagResource", f.untagResource, onResource(func(in *awsecr.UntagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "ListTagsForResource", f.listTags, onResource(func(in *awsecr.ListTagsForResourceInput) *string { return in.ResourceArn }))
}

// byARN finds a repository by its ARN.
func (f *Fake) byARN(c *sim.Call, arn *string) (*repository, error) {
	r := f.registries.In(c)
	name, ok := strings.CutPrefix(deref(arn), r.arn(""))
	if !ok {
		return nil, invalid("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'")
	}
	return r.repository(nil, &name)
}

func (f *Fake) tagResource(c *sim.Call, in *awsecr.TagResourceInput) (*awsecr.TagResourceOutput, error) {
	if err := sim.Check(rules.TagResource, nil, in, typed); err != nil {
		return nil, err
	}
	repo, err := f.byARN(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(repo.tags)
	maps.Copy(tags, tagMap(in.Tags))
	if len(tags) > rules.MaxTags {
		return nil, &ecrtypes.TooManyTagsException{Message: text("Too many tags. The maximum number of tags is %d", rules.MaxTags)}
	}
	repo.tags = tags
	return &awsecr.TagResourceOutput{}, nil
}

func (f *Fake) untagResource(c *sim.Call, in *awsecr.UntagResourceInput) (*awsecr.UntagResourceOutput, error) {
	repo, err := f.byARN(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags := maps.Clone(repo.tags)
	for _, key := range in.TagKeys {
		delete(tags, key)
	}
	repo.tags = tags
	return &awsecr.UntagResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awsecr.ListTagsForResourceInput) (*awsecr.ListTagsForResourceOutput, error) {
	repo, err := f.byARN(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	var tags []ecrtypes.Tag
	for _, key := range slices.Sorted(maps.Keys(repo.tags)) {
		value := repo.tags[key]
		tags = append(tags, ecrtypes.Tag{Key: &key, Value: &value})
	}
	return &awsecr.ListTagsForResourceOutput{Tags: tags}, nil
}

func tagMap(tags []ecrtypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[deref(t.Key)] = deref(t.Value)
	}
	return m
}
