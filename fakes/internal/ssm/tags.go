// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssm "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "AddTagsToResource", f.tag,
		on("AddTagsToResource", func(in *awsssm.AddTagsToResourceInput) []string { return one(in.ResourceId) }))
	sim.Handle(s, "RemoveTagsFromResource", f.untag,
		on("RemoveTagsFromResource", func(in *awsssm.RemoveTagsFromResourceInput) []string { return one(in.ResourceId) }))
	sim.Handle(s, "ListTagsForResource", f.listTags,
		on("ListTagsForResource", func(in *awsssm.ListTagsForResourceInput) []string { return one(in.ResourceId) }))
}

// tagged finds what tags are about: parameters only.
func (f *Fake) tagged(c *sim.Call, kind ssmtypes.ResourceTypeForTagging, id *string) (*parameter, error) {
	if kind != ssmtypes.ResourceTypeForTaggingParameter {
		return nil, sim.NotModelled("tags of SSM's %s are not modelled", kind)
	}
	p, err := f.own(c, id)
	if err != nil {
		return nil, &ssmtypes.InvalidResourceId{Message: aws.String("The resource ID \"" + aws.ToString(id) +
			"\" is not valid. Verify the ID and try again.")}
	}
	return p, nil
}

func (p *parameter) without(keys []string) []ssmtypes.Tag {
	return slices.DeleteFunc(slices.Clone(p.tags), func(t ssmtypes.Tag) bool { return slices.Contains(keys, aws.ToString(t.Key)) })
}

func (f *Fake) tag(c *sim.Call, in *awsssm.AddTagsToResourceInput) (*awsssm.AddTagsToResourceOutput, error) {
	p, err := f.tagged(c, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		p.tags = append(p.without([]string{aws.ToString(t.Key)}), t)
	}
	return &awsssm.AddTagsToResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awsssm.RemoveTagsFromResourceInput) (*awsssm.RemoveTagsFromResourceOutput, error) {
	p, err := f.tagged(c, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	p.tags = p.without(in.TagKeys)
	return &awsssm.RemoveTagsFromResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awsssm.ListTagsForResourceInput) (*awsssm.ListTagsForResourceOutput, error) {
	p, err := f.tagged(c, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &awsssm.ListTagsForResourceOutput{TagList: p.tags}, nil
}
