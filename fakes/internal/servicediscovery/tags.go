// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "TagResource", f.tag, onARN("TagResource", func(in *awssd.TagResourceInput) *string { return in.ResourceARN }))
	sim.Handle(s, "UntagResource", f.untag, onARN("UntagResource", func(in *awssd.UntagResourceInput) *string { return in.ResourceARN }))
	sim.Handle(s, "ListTagsForResource", f.listTags)
}

func onARN[I any](action string, arn func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "servicediscovery:" + action, Resource: aws.ToString(arn(in))}}
	})
}

// tagged are the tags of what has the ARN.
func (r *region) tagged(arn *string) (*[]sdtypes.Tag, error) {
	if n, ok := r.namespaces[idOf(arn)]; ok && n.arn == aws.ToString(arn) {
		return &n.tags, nil
	}
	if s, ok := r.services[idOf(arn)]; ok && s.arn == aws.ToString(arn) {
		return &s.tags, nil
	}
	return nil, &sdtypes.ResourceNotFoundException{Message: aws.String("Resource not found.")}
}

func without(tags []sdtypes.Tag, key string) []sdtypes.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t sdtypes.Tag) bool { return aws.ToString(t.Key) == key })
}

func (f *Fake) tag(c *sim.Call, in *awssd.TagResourceInput) (*awssd.TagResourceOutput, error) {
	tags, err := f.regions.In(c).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		*tags = append(without(*tags, aws.ToString(t.Key)), t)
	}
	return &awssd.TagResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awssd.UntagResourceInput) (*awssd.UntagResourceOutput, error) {
	tags, err := f.regions.In(c).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		*tags = without(*tags, key)
	}
	return &awssd.UntagResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awssd.ListTagsForResourceInput) (*awssd.ListTagsForResourceOutput, error) {
	tags, err := f.regions.In(c).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &awssd.ListTagsForResourceOutput{Tags: *tags}, nil
}
