// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) handleTags() {
	sim.Handle(f.api, "TagResource", f.tagResource, sim.Needs(func(_ *sim.Call, in *awsecs.TagResourceInput) []sim.Access {
		return withTags("ecs:TagResource", value(in.ResourceArn), in.Tags)[:1]
	}))
	sim.Handle(f.api, "UntagResource", f.untagResource, sim.Needs(func(_ *sim.Call, in *awsecs.UntagResourceInput) []sim.Access {
		return []sim.Access{{Action: "ecs:UntagResource", Resource: value(in.ResourceArn), Context: map[string][]string{"aws:TagKeys": in.TagKeys}}}
	}))
	sim.Handle(f.api, "ListTagsForResource", f.listTags, sim.Needs(func(_ *sim.Call, in *awsecs.ListTagsForResourceInput) []sim.Access {
		return []sim.Access{{Action: "ecs:ListTagsForResource", Resource: value(in.ResourceArn)}}
	}))
}

// tagsOf finds the tags of whatever the ARN names.
func (r *region) tagsOf(arn string) (*[]ecstypes.Tag, error) {
	if !strings.HasPrefix(arn, r.arn("")) {
		return nil, invalid("Invalid ARN: %s", arn)
	}
	kind, name, _ := strings.Cut(strings.TrimPrefix(arn, r.arn("")), "/")
	cluster, rest, _ := strings.Cut(name, "/")
	cl := r.clusters[cluster]
	switch {
	case kind == "task-definition":
		if d := r.taskDefinition(name); d != nil {
			return &d.tags, nil
		}
		return nil, invalid("The specified task definition is not found.")
	case kind == "capacity-provider":
		if p := r.provider(name); p != nil {
			return &p.tags, nil
		}
		return nil, providerNotFound(name)
	case cl == nil || cl.status == inactive:
		return nil, clusterNotFound()
	case kind == "cluster":
		return &cl.tags, nil
	case kind == "service":
		if s := cl.services[rest]; s != nil && s.status != inactive {
			return &s.tags, nil
		}
		return nil, invalid("The specified service is not found.")
	case kind == "container-instance":
		if n := cl.nodes[rest]; n != nil && n.status != inactive {
			return &n.tags, nil
		}
		return nil, nodeNotFound()
	case kind == "task":
		if t := cl.tasks[rest]; t != nil && t.status != stopped {
			return &t.tags, nil
		}
		return nil, invalid("The specified task is not found.")
	}
	return nil, invalid("Invalid ARN: %s", arn)
}

// maxTags is how many tags a resource has at the most.
const maxTags = 50

func (f *Fake) tagResource(c *sim.Call, in *awsecs.TagResourceInput) (*awsecs.TagResourceOutput, error) {
	tags, err := f.of(c).tagsOf(value(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	next := slices.Clone(*tags)
	for _, t := range in.Tags {
		if strings.HasPrefix(strings.ToLower(value(t.Key)), "aws:") {
			return nil, invalid("Tag keys starting with 'aws:' are reserved for system use.")
		}
		i := slices.IndexFunc(next, func(o ecstypes.Tag) bool { return value(o.Key) == value(t.Key) })
		if i >= 0 {
			next[i] = t
		} else {
			next = append(next, t)
		}
	}
	if len(next) > maxTags {
		return nil, invalid("The maximum number of tags for a resource is %d.", maxTags)
	}
	*tags = next
	return &awsecs.TagResourceOutput{}, nil
}

func (f *Fake) untagResource(c *sim.Call, in *awsecs.UntagResourceInput) (*awsecs.UntagResourceOutput, error) {
	tags, err := f.of(c).tagsOf(value(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	*tags = slices.DeleteFunc(slices.Clone(*tags), func(t ecstypes.Tag) bool { return slices.Contains(in.TagKeys, value(t.Key)) })
	return &awsecs.UntagResourceOutput{}, nil
}

func (f *Fake) listTags(c *sim.Call, in *awsecs.ListTagsForResourceInput) (*awsecs.ListTagsForResourceOutput, error) {
	tags, err := f.of(c).tagsOf(value(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	return &awsecs.ListTagsForResourceOutput{Tags: orEmpty(*tags)}, nil
}
