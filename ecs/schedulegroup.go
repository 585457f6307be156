// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/scheduler"
	"github.com/slipway-go/slipway/internal/rules"
	schedulerrules "github.com/slipway-go/slipway/internal/rules/scheduler"
)

// scheduleGroup declares the group of a stack's schedules. It is what has the tags by
// which the stack knows them.
type scheduleGroup struct{}

// ID names the group.
func (scheduleGroup) ID() slipway.ID { return slipway.ID{Kind: model.KindGroup, Name: "schedules"} }

// groupName is the name, for which the stack stands.
func groupName() string { return "slipway-" + slipway.Self("stack") }

// arn follows from the name: roles have to name it before it is made.
func (scheduleGroup) arn() string { return ownARN("scheduler", "schedule-group/"+groupName()) }

// Build returns the wanted state.
func (scheduleGroup) Build() (slipway.Desired, error) {
	return slipway.Desired{
		Kind:  scheduleGroupKind(),
		State: &model.Group{Create: awsscheduler.CreateScheduleGroupInput{Name: aws.String(groupName())}},
	}, nil
}

// scheduleGroups is the driver of groups.
type scheduleGroups struct {
	family
	awsid.Identity
}

// Before names what must be gone first: a group takes its schedules with it.
func (scheduleGroups) Before() []string { return []string{model.KindSchedule} }

// Effects: nothing but the tags can be changed.
func (scheduleGroups) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{"Create.Name": slipway.NewName},
		Keys:   map[string]string{"Create.Tags": "Key"},
		Ignore: []string{"Create.ClientToken"},
	}
}

// Defaults does nothing: a group has none.
func (scheduleGroups) Defaults(*model.Group) {}

// Check returns all that EventBridge Scheduler would reject.
func (scheduleGroups) Check(refs slipway.Refs, g *model.Group) []slipway.FieldError {
	return rules.At("Create", schedulerrules.CreateScheduleGroup.All(refs, &g.Create))
}

// Read gets the group with its tags.
func (scheduleGroups) Read(ctx context.Context, c slipway.Call, want *model.Group) (*slipway.Live[model.Group], error) {
	if !known(want.Create.Name) {
		return nil, nil
	}
	return getGroup(ctx, c, *want.Create.Name)
}

func getGroup(ctx context.Context, c slipway.Call, name string) (*slipway.Live[model.Group], error) {
	out, err := schedulerClient(c).GetScheduleGroup(ctx, &awsscheduler.GetScheduleGroupInput{Name: &name})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awserr.Wrap(err, "get schedule group "+name)
	}
	tags, err := schedulerClient(c).ListTagsForResource(ctx, &awsscheduler.ListTagsForResourceInput{ResourceArn: out.Arn})
	if err != nil {
		return nil, awserr.Wrap(err, "list tags of schedule group "+name)
	}
	live := &slipway.Live[model.Group]{
		State:   model.Group{Create: awsscheduler.CreateScheduleGroupInput{Name: out.Name}},
		Outputs: map[string][]string{"arn": {aws.ToString(out.Arn)}, "name": {name}},
	}
	if out.State == schedulertypes.ScheduleGroupStateDeleting {
		live.Phase = slipway.Deleting
	}
	for _, t := range tags.Tags {
		switch aws.ToString(t.Key) {
		case slipway.TagStack:
			live.Owner.Stack = aws.ToString(t.Value)
		case slipway.TagResource:
			live.Owner.Resource = aws.ToString(t.Value)
		default:
			live.State.Create.Tags = append(live.State.Create.Tags, t)
		}
	}
	return live, nil
}

// Put creates the group. There is nothing to change but tags, and it has but the
// stack's.
func (g scheduleGroups) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.Group], want *model.Group) error {
	if have != nil {
		return g.Tag(ctx, c, have)
	}
	_, err := schedulerClient(c).CreateScheduleGroup(ctx, &awsscheduler.CreateScheduleGroupInput{Name: want.Create.Name, Tags: groupTags(c)})
	return awserr.Wrap(err, "create schedule group "+aws.ToString(want.Create.Name))
}

func groupTags(c slipway.Call) []schedulertypes.Tag {
	var all []schedulertypes.Tag
	for _, key := range []string{slipway.TagResource, slipway.TagStack} {
		value := c.Tags()[key]
		all = append(all, schedulertypes.Tag{Key: &key, Value: &value})
	}
	return all
}

// Delete deletes the group.
func (scheduleGroups) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.Group]) error {
	_, err := schedulerClient(c).DeleteScheduleGroup(ctx, &awsscheduler.DeleteScheduleGroupInput{Name: have.State.Create.Name})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil
	}
	return awserr.Wrap(err, "delete schedule group "+output(have, "name"))
}

// Tag marks the group.
func (scheduleGroups) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.Group]) error {
	_, err := schedulerClient(c).TagResource(ctx, &awsscheduler.TagResourceInput{ResourceArn: aws.String(output(have, "arn")), Tags: groupTags(c)})
	return awserr.Wrap(err, "tag schedule group "+output(have, "name"))
}

// List finds the groups that the stack owns.
func (scheduleGroups) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.Group], error) {
	var own []*slipway.Live[model.Group]
	pages := awsscheduler.NewListScheduleGroupsPaginator(schedulerClient(c), &awsscheduler.ListScheduleGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list schedule groups")
		}
		for _, g := range page.ScheduleGroups {
			live, err := getGroup(ctx, c, aws.ToString(g.Name))
			if err != nil {
				return nil, err
			}
			if live != nil && live.Owner.Stack == c.Stack {
				own = append(own, live)
			}
		}
	}
	return own, nil
}

// Permissions says what a caller needs.
func (scheduleGroups) Permissions(have *slipway.Live[model.Group], want *model.Group) []slipway.Permission {
	if have == nil && want == nil {
		return []slipway.Permission{anywhere("scheduler:ListScheduleGroups", "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource")}
	}
	var name string
	if want != nil {
		name = aws.ToString(want.Create.Name)
	} else {
		name = output(have, "name")
	}
	actions := []string{"scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"}
	if want == nil {
		actions = append(actions, "scheduler:DeleteScheduleGroup")
	} else {
		actions = append(actions, "scheduler:CreateScheduleGroup", "scheduler:TagResource")
	}
	return []slipway.Permission{{Actions: actions, Resources: []string{ownARN("scheduler", "schedule-group/"+name)}}}
}
