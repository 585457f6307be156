// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const maxTags = 50

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "TagResource", f.tag, onARN("TagResource", func(in *awsaas.TagResourceInput) *string { return in.ResourceARN }))
	sim.Handle(s, "UntagResource", f.untag,
		onARN("UntagResource", func(in *awsaas.UntagResourceInput) *string { return in.ResourceARN }))
	sim.Handle(s, "ListTagsForResource", f.listTags,
		onARN("ListTagsForResource", func(in *awsaas.ListTagsForResourceInput) *string { return in.ResourceARN }))
}

func onARN[I any](action string, arn func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "application-autoscaling:" + action, Resource: aws.ToString(arn(in))}}
	})
}

// tagged finds a target by its ARN.
func (f *Fake) tagged(c *sim.Call, arn *string) (*target, error) {
	for _, t := range f.regions.In(c).targets {
		if aws.ToString(t.described.ScalableTargetARN) == aws.ToString(arn) {
			return t, nil
		}
	}
	return nil, &aastypes.ResourceNotFoundException{
		Message: aws.String("No scalable target found for ARN: " + aws.ToString(arn)), ResourceName: arn,
	}
}

func (f *Fake) tag(c *sim.Call, in *awsaas.TagResourceInput) (*awsaas.TagResourceOutput, error) {
	t, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, in.Tags)
	if len(all) > maxTags {
		return nil, &aastypes.TooManyTagsException{
			Message: aws.String("The number of tags exceeds the limit of 50"), ResourceName: in.ResourceARN,
		}
	}
	t.tags = all
	return &awsaas.TagResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awsaas.UntagResourceInput) (*awsaas.UntagResourceOutput, error) {
	t, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.tags)
	for _, k := range in.TagKeys {
		delete(all, k)
	}
	t.tags = all
	return &awsaas.UntagResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awsaas.ListTagsForResourceInput) (*awsaas.ListTagsForResourceOutput, error) {
	t, err := f.tagged(c, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &awsaas.ListTagsForResourceOutput{Tags: t.tags}, nil
}
