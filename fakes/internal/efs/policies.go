// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/efs"
)

func (f *Fake) policyOperations(s *sim.Service) {
	sim.Handle(s, "PutFileSystemPolicy", f.putPolicy,
		onSystem("PutFileSystemPolicy", func(in *awsefs.PutFileSystemPolicyInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DescribeFileSystemPolicy", f.describePolicy,
		onSystem("DescribeFileSystemPolicy", func(in *awsefs.DescribeFileSystemPolicyInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DeleteFileSystemPolicy", f.deletePolicy,
		onSystem("DeleteFileSystemPolicy", func(in *awsefs.DeleteFileSystemPolicyInput) *string { return in.FileSystemId }))
	sim.Handle(s, "PutBackupPolicy", f.putBackup,
		onSystem("PutBackupPolicy", func(in *awsefs.PutBackupPolicyInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DescribeBackupPolicy", f.describeBackup,
		onSystem("DescribeBackupPolicy", func(in *awsefs.DescribeBackupPolicyInput) *string { return in.FileSystemId }))
	sim.Handle(s, "PutLifecycleConfiguration", f.putLifecycle,
		onSystem("PutLifecycleConfiguration", func(in *awsefs.PutLifecycleConfigurationInput) *string { return in.FileSystemId }))
	sim.Handle(s, "DescribeLifecycleConfiguration", f.describeLifecycle, onSystem("DescribeLifecycleConfiguration",
		func(in *awsefs.DescribeLifecycleConfigurationInput) *string { return in.FileSystemId }))
}

func (f *Fake) putPolicy(c *sim.Call, in *awsefs.PutFileSystemPolicyInput) (*awsefs.PutFileSystemPolicyOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	if err := sim.Check(rules.PutFileSystemPolicy, nil, in, typed); err != nil {
		return nil, err
	}
	s.policy = in.Policy
	return &awsefs.PutFileSystemPolicyOutput{FileSystemId: in.FileSystemId, Policy: in.Policy}, nil
}

func (f *Fake) describePolicy(
	c *sim.Call, in *awsefs.DescribeFileSystemPolicyInput,
) (*awsefs.DescribeFileSystemPolicyOutput, error) {
	s, err := f.system(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	if s.policy == nil {
		return nil, &efstypes.PolicyNotFound{
			ErrorCode_: aws.String("PolicyNotFound"),
			Message:    aws.String("The specified file system has no policy: " + aws.ToString(in.FileSystemId)),
		}
	}
	return &awsefs.DescribeFileSystemPolicyOutput{FileSystemId: in.FileSystemId, Policy: s.policy}, nil
}

func (f *Fake) deletePolicy(
	c *sim.Call, in *awsefs.DeleteFileSystemPolicyInput,
) (*awsefs.DeleteFileSystemPolicyOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	s.policy = nil
	return &awsefs.DeleteFileSystemPolicyOutput{}, nil
}

func (f *Fake) putBackup(c *sim.Call, in *awsefs.PutBackupPolicyInput) (*awsefs.PutBackupPolicyOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	if in.BackupPolicy == nil {
		return nil, badRequest("BackupPolicy is required.")
	}
	s.backup = in.BackupPolicy.Status
	return &awsefs.PutBackupPolicyOutput{BackupPolicy: in.BackupPolicy}, nil
}

func (f *Fake) describeBackup(c *sim.Call, in *awsefs.DescribeBackupPolicyInput) (*awsefs.DescribeBackupPolicyOutput, error) {
	s, err := f.system(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	return &awsefs.DescribeBackupPolicyOutput{BackupPolicy: &efstypes.BackupPolicy{Status: s.backup}}, nil
}

func (f *Fake) putLifecycle(
	c *sim.Call, in *awsefs.PutLifecycleConfigurationInput,
) (*awsefs.PutLifecycleConfigurationOutput, error) {
	s, err := f.available(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	if err := sim.Check(rules.PutLifecycleConfiguration, refs{f, c}, in, typed); err != nil {
		return nil, err
	}
	s.lifecycle = slices.Clone(in.LifecyclePolicies)
	return &awsefs.PutLifecycleConfigurationOutput{LifecyclePolicies: s.lifecycle}, nil
}

func (f *Fake) describeLifecycle(
	c *sim.Call, in *awsefs.DescribeLifecycleConfigurationInput,
) (*awsefs.DescribeLifecycleConfigurationOutput, error) {
	s, err := f.system(c, in.FileSystemId)
	if err != nil {
		return nil, err
	}
	return &awsefs.DescribeLifecycleConfigurationOutput{LifecyclePolicies: s.lifecycle}, nil
}

func (f *Fake) tagOperations(s *sim.Service) {
	sim.Handle(s, "TagResource", func(c *sim.Call, in *awsefs.TagResourceInput) (*awsefs.TagResourceOutput, error) {
		return &awsefs.TagResourceOutput{}, f.retag(c, in.ResourceId, func(tags []efstypes.Tag) []efstypes.Tag {
			tags = slices.Clone(tags)
			for _, t := range in.Tags {
				tags = withTag(tags, t)
			}
			return tags
		})
	}, onThing("TagResource", func(in *awsefs.TagResourceInput) *string { return in.ResourceId }))
	sim.Handle(s, "UntagResource", func(c *sim.Call, in *awsefs.UntagResourceInput) (*awsefs.UntagResourceOutput, error) {
		return &awsefs.UntagResourceOutput{}, f.retag(c, in.ResourceId, func(tags []efstypes.Tag) []efstypes.Tag {
			return without(tags, in.TagKeys...)
		})
	}, onThing("UntagResource", func(in *awsefs.UntagResourceInput) *string { return in.ResourceId }))
	sim.Handle(s, "ListTagsForResource", f.listTags,
		onThing("ListTagsForResource", func(in *awsefs.ListTagsForResourceInput) *string { return in.ResourceId }))
}

func withTag(tags []efstypes.Tag, t efstypes.Tag) []efstypes.Tag {
	i := slices.IndexFunc(tags, func(old efstypes.Tag) bool { return aws.ToString(old.Key) == aws.ToString(t.Key) })
	if i < 0 {
		return append(tags, t)
	}
	tags[i] = t
	return tags
}

func without(tags []efstypes.Tag, keys ...string) []efstypes.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t efstypes.Tag) bool { return slices.Contains(keys, aws.ToString(t.Key)) })
}

// retag changes the tags of a file system or an access point.
func (f *Fake) retag(c *sim.Call, id *string, change func([]efstypes.Tag) []efstypes.Tag) error {
	r := f.regions.In(c)
	if p, ok := r.points[aws.ToString(id)]; ok {
		p.Tags = change(p.Tags)
		p.Name = nameTag(p.Tags)
		r.points[*id] = p
		return nil
	}
	s, err := f.system(c, id)
	if err != nil {
		return err
	}
	s.described.Tags = change(s.described.Tags)
	s.described.Name = nameTag(s.described.Tags)
	return nil
}

func (f *Fake) listTags(c *sim.Call, in *awsefs.ListTagsForResourceInput) (*awsefs.ListTagsForResourceOutput, error) {
	p, ok := f.regions.In(c).points[aws.ToString(in.ResourceId)]
	tags := p.Tags
	if !ok {
		s, err := f.system(c, in.ResourceId)
		if err != nil {
			return nil, err
		}
		tags = s.described.Tags
	}
	cut, next, err := page(tags, in.NextToken, in.MaxResults)
	return &awsefs.ListTagsForResourceOutput{Tags: cut, NextToken: next}, err
}
