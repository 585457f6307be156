// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

const (
	tagBatch = 20 // ARNs that DescribeTags takes
	maxTags  = 50 // of one thing
)

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "AddTags", f.addTags, needs("AddTags", func(in *awselb.AddTagsInput) []string { return in.ResourceArns }))
	sim.Handle(s, "RemoveTags", f.removeTags,
		needs("RemoveTags", func(in *awselb.RemoveTagsInput) []string { return in.ResourceArns }))
	sim.Handle(s, "DescribeTags", f.describeTags)
}

// tagsOf returns where the tags of a thing are kept.
func (r *region) tagsOf(arn string) (*map[string]string, error) {
	if b := r.balancer(arn); b != nil {
		return &b.tags, nil
	}
	if l := r.listener(arn); l != nil {
		return &l.tags, nil
	}
	if o := r.rule(arn); o != nil {
		return &o.tags, nil
	}
	if g := r.group(arn); g != nil {
		return &g.tags, nil
	}
	switch part := kindOf(arn); part {
	case "targetgroup":
		return nil, noGroup()
	case "listener":
		return nil, noListener()
	case "listener-rule":
		return nil, noRule()
	case "loadbalancer":
		return nil, noBalancer(arn)
	default:
		return nil, validation("'%s' is not a valid load balancer, target group, listener or rule ARN", arn)
	}
}

func (f *Fake) addTags(c *sim.Call, in *awselb.AddTagsInput) (*awselb.AddTagsOutput, error) {
	if err := check(f, c, elbrules.AddTags, in); err != nil {
		return nil, err
	}
	var all []*map[string]string
	for _, arn := range in.ResourceArns {
		tags, err := f.in(c).tagsOf(arn)
		if err != nil {
			return nil, err
		}
		if len(merged(*tags, tagMap(in.Tags))) > maxTags {
			return nil, &elbtypes.TooManyTagsException{Message: aws.String("The maximum number of tags for the resource has been reached")}
		}
		all = append(all, tags)
	}
	for _, tags := range all {
		*tags = merged(*tags, tagMap(in.Tags))
	}
	return &awselb.AddTagsOutput{}, nil
}

func (f *Fake) removeTags(c *sim.Call, in *awselb.RemoveTagsInput) (*awselb.RemoveTagsOutput, error) {
	for _, arn := range in.ResourceArns {
		tags, err := f.in(c).tagsOf(arn)
		if err != nil {
			return nil, err
		}
		left := maps.Clone(*tags)
		for _, k := range in.TagKeys {
			delete(left, k)
		}
		*tags = left
	}
	return &awselb.RemoveTagsOutput{}, nil
}

func (f *Fake) describeTags(c *sim.Call, in *awselb.DescribeTagsInput) (*awselb.DescribeTagsOutput, error) {
	if len(in.ResourceArns) > tagBatch {
		return nil, validation("Cannot have more than %d resources described", tagBatch)
	}
	out := &awselb.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		tags, err := f.in(c).tagsOf(arn)
		if err != nil {
			return nil, err
		}
		out.TagDescriptions = append(out.TagDescriptions, elbtypes.TagDescription{
			ResourceArn: aws.String(arn), Tags: pairs(*tags),
		})
	}
	return out, nil
}
