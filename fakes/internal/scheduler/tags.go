// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "TagResource", f.tag, onARN("TagResource", func(in *awsscheduler.TagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "UntagResource", f.untag, onARN("UntagResource", func(in *awsscheduler.UntagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "ListTagsForResource", f.listTags,
		onARN("ListTagsForResource", func(in *awsscheduler.ListTagsForResourceInput) *string { return in.ResourceArn }))
}

func onARN[I any](action string, arn func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "scheduler:" + action, Resource: aws.ToString(arn(in))}}
	})
}

// tagged finds the group of an ARN. Schedules have no tags.
func (f *Fake) tagged(c *sim.Call, arn *string) (*group, error) {
	for _, g := range f.regions.In(c).groups {
		if g.arn == aws.ToString(arn) {
			return g, nil
		}
	}
	return nil, missing("Schedule group " + aws.ToString(arn) + " does not exist.")
}

func (f *Fake) tag(c *sim.Call, in *awsscheduler.TagResourceInput) (*awsscheduler.TagResourceOutput, error) {
	g, err := f.tagged(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		g.tags = append(without(g.tags, []string{*t.Key}), t)
	}
	return &awsscheduler.TagResourceOutput{}, nil
}

func (f *Fake) untag(c *sim.Call, in *awsscheduler.UntagResourceInput) (*awsscheduler.UntagResourceOutput, error) {
	g, err := f.tagged(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	g.tags = without(g.tags, in.TagKeys)
	return &awsscheduler.UntagResourceOutput{}, nil
}

func without(tags []schedulertypes.Tag, keys []string) []schedulertypes.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t schedulertypes.Tag) bool { return slices.Contains(keys, aws.ToString(t.Key)) })
}

func (f *Fake) listTags(c *sim.Call, in *awsscheduler.ListTagsForResourceInput) (*awsscheduler.ListTagsForResourceOutput, error) {
	g, err := f.tagged(c, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &awsscheduler.ListTagsForResourceOutput{Tags: g.tags}, nil
}

// things are the groups and schedules, without times.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	for _, r := range f.regions.All() {
		for _, name := range slices.Sorted(maps.Keys(r.groups)) {
			g := r.groups[name]
			if name != defaultGroup {
				all = append(all, sim.Thing{Region: r.name, Type: "schedule-group", ID: name, State: g.tags})
			}
			for _, s := range slices.Sorted(maps.Keys(g.schedules)) {
				all = append(all, sim.Thing{Region: r.name, Type: "schedule", ID: name + "/" + s, State: g.schedules[s].in})
			}
		}
	}
	return all
}
