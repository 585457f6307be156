// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const maxTags = 50

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "TagResource", func(c *sim.Call, in *awslogs.TagResourceInput) (*awslogs.TagResourceOutput, error) {
		return &awslogs.TagResourceOutput{}, f.tag(c, in.ResourceArn, in.Tags)
	}, onARN("TagResource", func(in *awslogs.TagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "UntagResource", func(c *sim.Call, in *awslogs.UntagResourceInput) (*awslogs.UntagResourceOutput, error) {
		return &awslogs.UntagResourceOutput{}, f.untag(c, in.ResourceArn, in.TagKeys)
	}, onARN("UntagResource", func(in *awslogs.UntagResourceInput) *string { return in.ResourceArn }))
	sim.Handle(s, "ListTagsForResource",
		func(c *sim.Call, in *awslogs.ListTagsForResourceInput) (*awslogs.ListTagsForResourceOutput, error) {
			g, err := f.group(c, in.ResourceArn)
			if err != nil {
				return nil, err
			}
			return &awslogs.ListTagsForResourceOutput{Tags: g.tags}, nil
		}, onARN("ListTagsForResource", func(in *awslogs.ListTagsForResourceInput) *string { return in.ResourceArn }))
	f.legacyTagOperations(s)
}

// legacyTagOperations are the ones that AWS has deprecated: by name, not ARN.
func (f *Fake) legacyTagOperations(s *sim.Service) {
	sim.Handle(s, "TagLogGroup", func(c *sim.Call, in *awslogs.TagLogGroupInput) (*awslogs.TagLogGroupOutput, error) {
		return &awslogs.TagLogGroupOutput{}, f.tag(c, in.LogGroupName, in.Tags)
	}, onGroup("TagLogGroup", func(in *awslogs.TagLogGroupInput) *string { return in.LogGroupName }))
	sim.Handle(s, "UntagLogGroup", func(c *sim.Call, in *awslogs.UntagLogGroupInput) (*awslogs.UntagLogGroupOutput, error) {
		return &awslogs.UntagLogGroupOutput{}, f.untag(c, in.LogGroupName, in.Tags)
	}, onGroup("UntagLogGroup", func(in *awslogs.UntagLogGroupInput) *string { return in.LogGroupName }))
	sim.Handle(s, "ListTagsLogGroup",
		func(c *sim.Call, in *awslogs.ListTagsLogGroupInput) (*awslogs.ListTagsLogGroupOutput, error) {
			g, err := f.group(c, in.LogGroupName)
			if err != nil {
				return nil, err
			}
			return &awslogs.ListTagsLogGroupOutput{Tags: g.tags}, nil
		}, onGroup("ListTagsLogGroup", func(in *awslogs.ListTagsLogGroupInput) *string { return in.LogGroupName }))
}

// onARN: permissions to tag are on the group's ARN without ":*".
func onARN[I any](action string, arn func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(_ *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: "logs:" + action, Resource: aws.ToString(arn(in))}}
	})
}

func (f *Fake) tag(c *sim.Call, id *string, tags map[string]string) error {
	g, err := f.group(c, id)
	if err != nil {
		return err
	}
	all := maps.Clone(g.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	if len(all) > maxTags {
		return &logstypes.TooManyTagsException{Message: aws.String("The maximum number of tags has been reached")}
	}
	g.tags = all
	return nil
}

func (f *Fake) untag(c *sim.Call, id *string, keys []string) error {
	g, err := f.group(c, id)
	if err != nil {
		return err
	}
	all := maps.Clone(g.tags)
	for _, k := range keys {
		delete(all, k)
	}
	g.tags = all
	return nil
}
