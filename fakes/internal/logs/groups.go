// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/logs"
)

// pageSize is how many groups or streams a page has unless told otherwise, and
// at most.
const pageSize = 50

func (f *Fake) groupOperations(s *sim.Service) {
	sim.Handle(s, "CreateLogGroup", f.createGroup,
		onGroup("CreateLogGroup", func(in *awslogs.CreateLogGroupInput) *string { return in.LogGroupName }))
	sim.Handle(s, "DeleteLogGroup", f.deleteGroup,
		onGroup("DeleteLogGroup", func(in *awslogs.DeleteLogGroupInput) *string { return in.LogGroupName }))
	sim.Handle(s, "DescribeLogGroups", f.describeGroups,
		onGroup("DescribeLogGroups", func(*awslogs.DescribeLogGroupsInput) *string { return nil }),
		sim.Refuses[awslogs.DescribeLogGroupsInput]("AccountIdentifiers", "IncludeLinkedAccounts"))
	sim.Handle(s, "ListLogGroups", f.listGroups,
		onGroup("ListLogGroups", func(*awslogs.ListLogGroupsInput) *string { return nil }),
		sim.Refuses[awslogs.ListLogGroupsInput](
			"AccountIdentifiers", "IncludeLinkedAccounts", "DataSources", "FieldIndexNames", "LogGroupTags"))
	sim.Handle(s, "PutRetentionPolicy", f.putRetention,
		onGroup("PutRetentionPolicy", func(in *awslogs.PutRetentionPolicyInput) *string { return in.LogGroupName }))
	sim.Handle(s, "DeleteRetentionPolicy", f.deleteRetention,
		onGroup("DeleteRetentionPolicy", func(in *awslogs.DeleteRetentionPolicyInput) *string { return in.LogGroupName }))
	sim.Handle(s, "AssociateKmsKey", f.associateKey,
		onGroup("AssociateKmsKey", func(in *awslogs.AssociateKmsKeyInput) *string { return in.LogGroupName }),
		sim.Refuses[awslogs.AssociateKmsKeyInput]("ResourceIdentifier"))
	sim.Handle(s, "DisassociateKmsKey", f.disassociateKey,
		onGroup("DisassociateKmsKey", func(in *awslogs.DisassociateKmsKeyInput) *string { return in.LogGroupName }),
		sim.Refuses[awslogs.DisassociateKmsKeyInput]("ResourceIdentifier"))
	sim.Handle(s, "PutLogGroupDeletionProtection", f.protectGroup,
		onGroup("PutLogGroupDeletionProtection",
			func(in *awslogs.PutLogGroupDeletionProtectionInput) *string { return in.LogGroupIdentifier }))
}

func (f *Fake) deleteGroup(c *sim.Call, in *awslogs.DeleteLogGroupInput) (*awslogs.DeleteLogGroupOutput, error) {
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(g.described.DeletionProtectionEnabled) {
		return nil, &logstypes.ValidationException{
			Message: aws.String("The log group cannot be deleted because deletion protection is enabled."),
		}
	}
	delete(f.regions.In(c).groups, aws.ToString(g.described.LogGroupName))
	return &awslogs.DeleteLogGroupOutput{}, nil
}

// describe is what Describe shows of a group.
func (g *group) describe() logstypes.LogGroup {
	d := g.described
	var stored int64
	for _, s := range g.streams {
		stored += s.bytes()
	}
	d.StoredBytes = &stored
	return d
}

// sorted returns the groups of the call's region by name.
func (f *Fake) sorted(c *sim.Call, keep func(name string, g *group) bool) []logstypes.LogGroup {
	groups := f.regions.In(c).groups
	var all []logstypes.LogGroup
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if keep(name, groups[name]) {
			all = append(all, groups[name].describe())
		}
	}
	return all
}

func (f *Fake) describeGroups(c *sim.Call, in *awslogs.DescribeLogGroupsInput) (*awslogs.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePattern != nil && in.LogGroupNamePrefix != nil {
		return nil, invalidf("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	all := f.sorted(c, func(name string, g *group) bool {
		named := func(id string) bool { return groupName(&id) == name }
		return strings.HasPrefix(name, aws.ToString(in.LogGroupNamePrefix)) &&
			strings.Contains(name, aws.ToString(in.LogGroupNamePattern)) &&
			(in.LogGroupClass == "" || g.described.LogGroupClass == in.LogGroupClass) &&
			(len(in.LogGroupIdentifiers) == 0 || slices.ContainsFunc(in.LogGroupIdentifiers, named))
	})
	page, next, err := pageOf(all, in.NextToken, in.Limit)
	return &awslogs.DescribeLogGroupsOutput{LogGroups: page, NextToken: next}, err
}

func (f *Fake) listGroups(c *sim.Call, in *awslogs.ListLogGroupsInput) (*awslogs.ListLogGroupsOutput, error) {
	all := f.sorted(c, func(name string, g *group) bool {
		return matchesName(name, aws.ToString(in.LogGroupNamePattern)) &&
			(in.LogGroupClass == "" || g.described.LogGroupClass == in.LogGroupClass)
	})
	page, next, err := pageOf(all, in.NextToken, in.Limit)
	out := &awslogs.ListLogGroupsOutput{NextToken: next}
	for _, g := range page {
		out.LogGroups = append(out.LogGroups, logstypes.LogGroupSummary{
			LogGroupArn: g.LogGroupArn, LogGroupName: g.LogGroupName, LogGroupClass: g.LogGroupClass,
		})
	}
	return out, err
}

// matchesName: alternatives divided by bars, each a part of the name, or its
// beginning after a caret.
func matchesName(name, pattern string) bool {
	for one := range strings.SplitSeq(pattern, "|") {
		if start, ok := strings.CutPrefix(one, "^"); ok && strings.HasPrefix(name, start) || !ok && strings.Contains(name, one) {
			return true
		}
	}
	return false
}

// pageOf cuts a page as Describe operations do, with their limit of 1 to 50.
func pageOf[E any](all []E, token *string, limit *int32) ([]E, *string, error) {
	size := pageSize
	if limit != nil {
		size = int(*limit)
	}
	if size < 1 || size > pageSize {
		return nil, nil, invalidf("1 validation error detected: Value at 'limit' failed to satisfy constraint: " +
			"Member must have value between 1 and 50")
	}
	page, next, err := sim.Page(all, token, size)
	if err != nil {
		return nil, nil, invalidf("The specified nextToken is invalid.")
	}
	return page, next, nil
}

func (f *Fake) putRetention(c *sim.Call, in *awslogs.PutRetentionPolicyInput) (*awslogs.PutRetentionPolicyOutput, error) {
	if err := sim.Check(rules.PutRetentionPolicy, nil, in, typed); err != nil {
		return nil, err
	}
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.described.RetentionInDays = in.RetentionInDays
	return &awslogs.PutRetentionPolicyOutput{}, nil
}

func (f *Fake) deleteRetention(c *sim.Call, in *awslogs.DeleteRetentionPolicyInput) (*awslogs.DeleteRetentionPolicyOutput, error) {
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.described.RetentionInDays = nil
	return &awslogs.DeleteRetentionPolicyOutput{}, nil
}

func (f *Fake) associateKey(c *sim.Call, in *awslogs.AssociateKmsKeyInput) (*awslogs.AssociateKmsKeyOutput, error) {
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.described.KmsKeyId = in.KmsKeyId
	return &awslogs.AssociateKmsKeyOutput{}, nil
}

func (f *Fake) disassociateKey(c *sim.Call, in *awslogs.DisassociateKmsKeyInput) (*awslogs.DisassociateKmsKeyOutput, error) {
	g, err := f.group(c, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.described.KmsKeyId = nil
	return &awslogs.DisassociateKmsKeyOutput{}, nil
}

func (f *Fake) protectGroup(
	c *sim.Call, in *awslogs.PutLogGroupDeletionProtectionInput,
) (*awslogs.PutLogGroupDeletionProtectionOutput, error) {
	g, err := f.group(c, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	g.described.DeletionProtectionEnabled = aws.Bool(aws.ToBool(in.DeletionProtectionEnabled))
	return &awslogs.PutLogGroupDeletionProtectionOutput{}, nil
}
