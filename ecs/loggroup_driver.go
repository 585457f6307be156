// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	logrules "github.com/slipway-go/slipway/internal/rules/logs"
)

func logClass(c LogClass) logstypes.LogGroupClass { return logstypes.LogGroupClass(c) }

// logGroups is the driver of log groups.
type logGroups struct {
	family
	awsid.Identity
}

// Before names what must be gone first: tasks would make the group anew.
func (logGroups) Before() []string { return []string{model.KindService, model.KindExpressService} }

// Effects: name, class and, by way of another call, the key are fixed.
func (logGroups) Effects() slipway.Effects {
	return slipway.Effects{Fields: map[string]slipway.Effect{
		"Create.LogGroupName":  slipway.NewName,
		"Create.LogGroupClass": slipway.NewName,
	}}
}

// Defaults fills in what CloudWatch Logs would.
func (logGroups) Defaults(s *model.LogGroup) {
	def(&s.Create.LogGroupClass, logstypes.LogGroupClassStandard)
	if s.Create.KmsKeyId == nil {
		s.Create.KmsKeyId = aws.String("")
	}
	if s.Create.Tags == nil {
		s.Create.Tags = map[string]string{}
	}
}

// Check returns all that CloudWatch Logs would reject.
func (logGroups) Check(refs slipway.Refs, s *model.LogGroup) []slipway.FieldError {
	found := rules.At("Create", logrules.CreateLogGroup.All(refs, &s.Create))
	if s.RetentionInDays == 0 {
		return found
	}
	return append(found, logrules.PutRetentionPolicy.All(refs, &awslogs.PutRetentionPolicyInput{RetentionInDays: &s.RetentionInDays})...)
}

func logsClient(c slipway.Call) *awslogs.Client { return slipway.Client(c, awslogs.NewFromConfig) }

// Read finds the group among those whose names begin with its.
func (d logGroups) Read(ctx context.Context, c slipway.Call, want *model.LogGroup) (*slipway.Live[model.LogGroup], error) {
	if !known(want.Create.LogGroupName) {
		return nil, nil
	}
	name := *want.Create.LogGroupName
	var found *slipway.Live[model.LogGroup]
	err := eachLogGroup(ctx, c, name, func(g logstypes.LogGroup) error {
		if aws.ToString(g.LogGroupName) != name {
			return nil
		}
		var err error
		found, err = d.rebuild(ctx, c, g)
		return err
	})
	return found, err
}

func eachLogGroup(ctx context.Context, c slipway.Call, prefix string, f func(logstypes.LogGroup) error) error {
	pages := awslogs.NewDescribeLogGroupsPaginator(logsClient(c), &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: set(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return awserr.Wrap(err, "describe log groups")
		}
		for _, g := range page.LogGroups {
			if err := f(g); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuild turns what is described into a state, with its tags.
func (logGroups) rebuild(ctx context.Context, c slipway.Call, g logstypes.LogGroup) (*slipway.Live[model.LogGroup], error) {
	arn := strings.TrimSuffix(aws.ToString(g.Arn), ":*")
	tags, err := logsClient(c).ListTagsForResource(ctx, &awslogs.ListTagsForResourceInput{ResourceArn: aws.String(arn)})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "list tags of "+arn)
	}
	own := maps.Clone(tags.Tags)
	owner := slipway.Owner{Stack: own[slipway.TagStack], Resource: own[slipway.TagResource]}
	delete(own, slipway.TagStack)
	delete(own, slipway.TagResource)
	return &slipway.Live[model.LogGroup]{
		State: model.LogGroup{
			Create: awslogs.CreateLogGroupInput{
				LogGroupName: g.LogGroupName, LogGroupClass: g.LogGroupClass, KmsKeyId: g.KmsKeyId, Tags: own,
			},
			RetentionInDays: aws.ToInt32(g.RetentionInDays),
		},
		Owner:   owner,
		Outputs: map[string][]string{"arn": {arn}, "name": {aws.ToString(g.LogGroupName)}},
	}, nil
}

// Put creates the group or changes what can be changed.
func (d logGroups) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.LogGroup], want *model.LogGroup) error {
	if have == nil {
		if err := d.create(ctx, c, want); err != nil {
			return err
		}
		have = &slipway.Live[model.LogGroup]{State: model.LogGroup{Create: want.Create}, Owner: c.Owner()}
	}
	if err := d.putKey(ctx, c, &have.State, want); err != nil {
		return err
	}
	if have.State.RetentionInDays != want.RetentionInDays {
		if err := d.putRetention(ctx, c, want); err != nil {
			return err
		}
	}
	return d.putTags(ctx, c, have, want)
}

func (logGroups) create(ctx context.Context, c slipway.Call, want *model.LogGroup) error {
	in := want.Create
	if aws.ToString(in.KmsKeyId) == "" {
		in.KmsKeyId = nil
	}
	in.Tags = maps.Clone(in.Tags)
	if in.Tags == nil {
		in.Tags = map[string]string{}
	}
	maps.Copy(in.Tags, c.Tags())
	_, err := logsClient(c).CreateLogGroup(ctx, &in)
	return awserr.Wrap(err, "create log group "+aws.ToString(in.LogGroupName))
}

func (logGroups) putKey(ctx context.Context, c slipway.Call, have, want *model.LogGroup) error {
	before, after := aws.ToString(have.Create.KmsKeyId), aws.ToString(want.Create.KmsKeyId)
	if before == after {
		return nil
	}
	if after == "" {
		_, err := logsClient(c).DisassociateKmsKey(ctx, &awslogs.DisassociateKmsKeyInput{LogGroupName: want.Create.LogGroupName})
		return awserr.Wrap(err, "disassociate key")
	}
	_, err := logsClient(c).AssociateKmsKey(ctx, &awslogs.AssociateKmsKeyInput{
		LogGroupName: want.Create.LogGroupName, KmsKeyId: aws.String(after),
	})
	return awserr.Wrap(err, "associate key")
}

func (logGroups) putRetention(ctx context.Context, c slipway.Call, want *model.LogGroup) error {
	if want.RetentionInDays == 0 {
		_, err := logsClient(c).DeleteRetentionPolicy(ctx, &awslogs.DeleteRetentionPolicyInput{LogGroupName: want.Create.LogGroupName})
		return awserr.Wrap(err, "delete retention policy")
	}
	_, err := logsClient(c).PutRetentionPolicy(ctx, &awslogs.PutRetentionPolicyInput{
		LogGroupName: want.Create.LogGroupName, RetentionInDays: aws.Int32(want.RetentionInDays),
	})
	return awserr.Wrap(err, "put retention policy")
}

func (logGroups) putTags(ctx context.Context, c slipway.Call, have *slipway.Live[model.LogGroup], want *model.LogGroup) error {
	arn := output(have, "arn")
	before, after := have.State.Create.Tags, maps.Clone(want.Create.Tags)
	if arn == "" {
		return nil
	}
	var gone []string
	for k := range before {
		if _, ok := after[k]; !ok {
			gone = append(gone, k)
		}
	}
	maps.DeleteFunc(after, func(k, v string) bool { return before[k] == v })
	if len(after) > 0 {
		_, err := logsClient(c).TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: aws.String(arn), Tags: after})
		if err != nil {
			return awserr.Wrap(err, "tag "+arn)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	_, err := logsClient(c).UntagResource(ctx, &awslogs.UntagResourceInput{ResourceArn: aws.String(arn), TagKeys: gone})
	return awserr.Wrap(err, "untag "+arn)
}

// Delete deletes the group with all that was written to it.
func (logGroups) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.LogGroup]) error {
	_, err := logsClient(c).DeleteLogGroup(ctx, &awslogs.DeleteLogGroupInput{LogGroupName: have.State.Create.LogGroupName})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil
	}
	return awserr.Wrap(err, "delete log group "+output(have, "name"))
}

// Tag marks the group.
func (logGroups) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.LogGroup]) error {
	_, err := logsClient(c).TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: aws.String(output(have, "arn")), Tags: c.Tags()})
	return awserr.Wrap(err, "tag "+output(have, "arn"))
}

// List finds the groups that the stack owns.
func (d logGroups) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.LogGroup], error) {
	var own []*slipway.Live[model.LogGroup]
	err := eachLogGroup(ctx, c, "", func(g logstypes.LogGroup) error {
		live, err := d.rebuild(ctx, c, g)
		if err == nil && live != nil && live.Owner.Stack == c.Stack {
			own = append(own, live)
		}
		return err
	})
	return own, err
}

// Permissions says what a caller needs.
func (logGroups) Permissions(have *slipway.Live[model.LogGroup], want *model.LogGroup) []slipway.Permission {
	var name string
	switch {
	case want != nil:
		name = aws.ToString(want.Create.LogGroupName)
	case have != nil:
		name = output(have, "name")
	default:
		return []slipway.Permission{anywhere("logs:DescribeLogGroups", "logs:ListTagsForResource")}
	}
	group := ownARN("logs", "log-group:"+name)
	actions := []string{"logs:ListTagsForResource"}
	switch {
	case want == nil:
		actions = append(actions, "logs:DeleteLogGroup")
	case have == nil:
		actions = append(actions, "logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource")
	default:
		actions = append(actions, "logs:AssociateKmsKey", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey",
			"logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource")
	}
	return []slipway.Permission{anywhere("logs:DescribeLogGroups"), {Actions: actions, Resources: []string{group, group + ":*"}}}
}
