// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	ruleset "github.com/slipway-go/slipway/internal/rules/ec2"
)

// groupDriver keeps security groups.
type groupDriver struct{ family }

type liveGroup = slipway.Live[model.SecurityGroup]

// detachMost is how long the interfaces of what is gone may take to go too. Those
// of load balancers take some minutes.
const detachMost = 10 * time.Minute

// filterMost is the number of values that a filter may have, see
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html.
const filterMost = 200

// Defaults puts the tags in order.
func (groupDriver) Defaults(g *model.SecurityGroup) {
	// No tags are a wish for none: nil would leave those that there are.
	tags := tagList(specified(g.Create.TagSpecifications))
	g.Create.TagSpecifications = []ec2types.TagSpecification{{
		ResourceType: ec2types.ResourceTypeSecurityGroup, Tags: append([]ec2types.Tag{}, tags...),
	}}
}

// Check runs the rules of CreateSecurityGroup.
func (groupDriver) Check(refs slipway.Refs, g *model.SecurityGroup) []slipway.FieldError {
	return ruleset.CreateSecurityGroup.All(refs, &g.Create)
}

// Effects says that only the tags of a group can be changed.
func (groupDriver) Effects() slipway.Effects {
	return slipway.Effects{
		Default: slipway.NewName,
		Fields:  map[string]slipway.Effect{"Create.TagSpecifications": slipway.InPlace},
		Keys:    map[string]string{"Create.TagSpecifications": "ResourceType", "Create.TagSpecifications.Tags": "Key"},
		Ignore:  []string{"Create.DryRun"},
	}
}

// Before returns the kinds whose interfaces may be in a group, and its rules.
func (groupDriver) Before() []string {
	return []string{"ecs:Service", "ecs:ExpressService", "elb:LoadBalancer", "efs:MountTargets", model.KindSecurityGroupRule}
}

// Permissions returns what the calls need.
func (groupDriver) Permissions(have *liveGroup, want *model.SecurityGroup) []slipway.Permission {
	read := slipway.Permission{Actions: []string{"ec2:DescribeSecurityGroups"}, Resources: []string{"*"}}
	group := []string{arn("security-group/*")}
	switch {
	case want == nil && have == nil:
		return []slipway.Permission{read}
	case want == nil:
		return []slipway.Permission{read, {Actions: []string{"ec2:DeleteSecurityGroup"}, Resources: group}}
	case have == nil:
		return []slipway.Permission{
			read, {Actions: []string{"ec2:CreateSecurityGroup"}, Resources: append(group, arn("vpc/*"))}, tagAtCreation(group, "CreateSecurityGroup"),
		}
	default:
		return []slipway.Permission{read, {Actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resources: group}}
	}
}

func arn(resource string) string {
	return "arn:" + slipway.Self("partition") + ":ec2:" + slipway.Self("region") + ":" + slipway.Self("account") + ":" + resource
}

func tagAtCreation(resources []string, action string) slipway.Permission {
	return slipway.Permission{
		Actions: []string{"ec2:CreateTags"}, Resources: resources,
		Conditions: map[string]map[string][]string{"StringEquals": {"ec2:CreateAction": {action}}},
	}
}

// Read finds the group by name and VPC.
func (d groupDriver) Read(ctx context.Context, c slipway.Call, want *model.SecurityGroup) (*liveGroup, error) {
	many, err := d.ReadMany(ctx, []slipway.Call{c}, []*model.SecurityGroup{want})
	if err != nil {
		return nil, err
	}
	return many[0], nil
}

// ReadMany finds groups by their names and VPCs.
func (groupDriver) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.SecurityGroup) ([]*liveGroup, error) {
	live := make([]*liveGroup, len(want))
	places, byName := map[[2]string]int{}, map[string][]string{}
	for i, w := range want {
		name, vpc := aws.ToString(w.Create.GroupName), aws.ToString(w.Create.VpcId)
		if !slipway.HasRef(vpc) && !slipway.HasRef(name) {
			places[[2]string{vpc, name}] = i
			byName[vpc] = append(byName[vpc], name)
		}
	}
	for vpc, list := range byName {
		for chunk := range slices.Chunk(list, filterMost) {
			groups, err := describeGroups(ctx, calls[0], filter("vpc-id", vpc), filter("group-name", chunk...))
			if err != nil {
				return nil, err
			}
			for _, g := range groups {
				if i, ok := places[[2]string{vpc, aws.ToString(g.GroupName)}]; ok {
					live[i] = liveOf(g)
				}
			}
		}
	}
	return live, nil
}

// List finds the groups that a stack owns.
func (groupDriver) List(ctx context.Context, c slipway.Call) ([]*liveGroup, error) {
	groups, err := describeGroups(ctx, c, ownedBy(c.Stack)...)
	if err != nil {
		return nil, err
	}
	live := make([]*liveGroup, len(groups))
	for i, g := range groups {
		live[i] = liveOf(g)
	}
	return live, nil
}

func describeGroups(ctx context.Context, c slipway.Call, filters ...ec2types.Filter) ([]ec2types.SecurityGroup, error) {
	var all []ec2types.SecurityGroup
	in := &awsec2.DescribeSecurityGroupsInput{Filters: filters}
	for pages := awsec2.NewDescribeSecurityGroupsPaginator(slipway.Client(c, awsec2.NewFromConfig), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "describe security groups")
		}
		all = append(all, page.SecurityGroups...)
	}
	return all, nil
}

func liveOf(g ec2types.SecurityGroup) *liveGroup {
	return &liveGroup{
		State: model.SecurityGroup{Create: awsec2.CreateSecurityGroupInput{
			GroupName: g.GroupName, Description: g.Description, VpcId: g.VpcId,
			TagSpecifications: tagSpecification(ec2types.ResourceTypeSecurityGroup, foreign(g.Tags)),
		}},
		Outputs: map[string][]string{"id": {aws.ToString(g.GroupId)}, "arn": {aws.ToString(g.SecurityGroupArn)}},
		Owner:   owner(g.Tags),
	}
}

// Put makes the group or changes its tags.
func (d groupDriver) Put(ctx context.Context, c slipway.Call, have *liveGroup, want *model.SecurityGroup) error {
	client, tags := slipway.Client(c, awsec2.NewFromConfig), specified(want.Create.TagSpecifications)
	if have == nil {
		in := want.Create
		in.TagSpecifications = tagSpecification(ec2types.ResourceTypeSecurityGroup, merged(c, tags))
		_, err := client.CreateSecurityGroup(ctx, &in)
		if !awserr.Is(err, "InvalidGroup.Duplicate") {
			return awserr.Wrap(err, "create security group "+aws.ToString(in.GroupName))
		}
		// A create whose reply was lost is repeated by the SDK, and EC2 takes no
		// token here: if the group is ours, this was one.
		found, readErr := d.Read(ctx, c, want)
		if readErr != nil || found == nil || found.Owner != c.Owner() {
			return awserr.Wrap(err, "create security group "+aws.ToString(in.GroupName))
		}
		have = found
	}
	return retag(ctx, client, first(have.Outputs["id"]), specified(have.State.Create.TagSpecifications), tags)
}

// Tag makes the group the stack's own.
func (groupDriver) Tag(ctx context.Context, c slipway.Call, have *liveGroup) error {
	return retag(ctx, slipway.Client(c, awsec2.NewFromConfig), first(have.Outputs["id"]), nil, c.Tags())
}

// Delete removes the group once nothing is in it any more.
func (groupDriver) Delete(ctx context.Context, c slipway.Call, have *liveGroup) error {
	client, id := slipway.Client(c, awsec2.NewFromConfig), first(have.Outputs["id"])
	ctx, cancel := context.WithTimeout(ctx, detachMost)
	defer cancel()
	var last error
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		_, err := client.DeleteSecurityGroup(ctx, &awsec2.DeleteSecurityGroupInput{GroupId: aws.String(id)})
		switch {
		case err == nil || awserr.Is(err, "InvalidGroup.NotFound"):
			return true, nil
		case awserr.Is(err, "DependencyViolation"):
			last = err
			c.Emit(slipway.Waiting{ID: c.ID, Reason: "something still uses security group " + id})
			return false, nil
		default:
			return false, awserr.Wrap(err, "delete security group "+id)
		}
	})
	return timedOut(err, last, "delete security group "+id)
}
