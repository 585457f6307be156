// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func registerTags(s *sim.Service, f *Fake) {
	sim.Handle(s, "CreateOrUpdateTags", f.putTags, sim.Needs(func(c *sim.Call, in *awsasg.CreateOrUpdateTagsInput) []sim.Access {
		return taggedGroups(c, "CreateOrUpdateTags", in.Tags)
	}))
	sim.Handle(s, "DeleteTags", f.deleteTags, sim.Needs(func(c *sim.Call, in *awsasg.DeleteTagsInput) []sim.Access {
		return taggedGroups(c, "DeleteTags", in.Tags)
	}))
	sim.Handle(s, "DescribeTags", f.describeTags)
}

func taggedGroups(c *sim.Call, action string, tags []asgtypes.Tag) []sim.Access {
	var all []sim.Access
	for _, t := range tags {
		all = append(all, sim.Access{
			Action: "autoscaling:" + action, Resource: c.ARN("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+aws.ToString(t.ResourceId)),
		})
	}
	return all
}

// setTag puts a tag in the place of the one of its key.
func (g *group) setTag(t asgtypes.Tag) {
	g.tags = append(slices.DeleteFunc(slices.Clone(g.tags), func(o asgtypes.Tag) bool { return *o.Key == *t.Key }), t)
}

func (f *Fake) putTags(c *sim.Call, in *awsasg.CreateOrUpdateTagsInput) (*awsasg.CreateOrUpdateTagsOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.CreateOrUpdateTags, r, in, typed); err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		if _, err := r.find(t.ResourceId); err != nil {
			return nil, err
		}
	}
	for _, t := range in.Tags {
		r.groups[*t.ResourceId].setTag(t)
	}
	return &awsasg.CreateOrUpdateTagsOutput{}, nil
}

// deleteTags takes no notice of what is not there.
func (f *Fake) deleteTags(c *sim.Call, in *awsasg.DeleteTagsInput) (*awsasg.DeleteTagsOutput, error) {
	r := f.regions.In(c)
	for _, t := range in.Tags {
		g, err := r.find(t.ResourceId)
		if err != nil {
			return nil, err
		}
		g.tags = slices.DeleteFunc(slices.Clone(g.tags), func(o asgtypes.Tag) bool {
			return *o.Key == aws.ToString(t.Key) && (t.Value == nil || *t.Value == aws.ToString(o.Value))
		})
	}
	return &awsasg.DeleteTagsOutput{}, nil
}

func (f *Fake) describeTags(c *sim.Call, in *awsasg.DescribeTagsInput) (*awsasg.DescribeTagsOutput, error) {
	var all []asgtypes.TagDescription
	for _, g := range f.regions.In(c).sorted(nil) {
		for _, t := range g.tags {
			d := g.tagged(t)
			ok, err := tagPasses(d, in.Filters)
			if err != nil {
				return nil, err
			}
			if ok {
				all = append(all, d)
			}
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroupsMost)
	return &awsasg.DescribeTagsOutput{Tags: cut, NextToken: next}, err
}

func tagPasses(d asgtypes.TagDescription, filters []asgtypes.Filter) (bool, error) {
	for _, f := range filters {
		var value string
		switch name := aws.ToString(f.Name); name {
		case "auto-scaling-group":
			value = *d.ResourceId
		case "key":
			value = *d.Key
		case "value":
			value = *d.Value
		case "propagate-at-launch":
			value = map[bool]string{true: "true", false: "false"}[*d.PropagateAtLaunch]
		default:
			return false, invalid("Filter type " + name + " is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch")
		}
		if !slices.Contains(f.Values, value) {
			return false, nil
		}
	}
	return true, nil
}
