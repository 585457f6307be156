// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// targetGroups is the driver of elb:TargetGroup.
type targetGroups struct{ family }

type liveGroup = slipway.Live[model.TargetGroup]

// Before names what uses target groups.
func (targetGroups) Before() []string {
	return []string{"ecs:Service", model.KindListenerRule, model.KindListener}
}

// Defaults fills in AWS's health check and attributes.
func (targetGroups) Defaults(state *model.TargetGroup) {
	model.FillTargetGroup(state)
	manageTags(&state.Create.Tags)
}

// Effects: what CreateTargetGroup alone can set means a new group, which needs a
// new name. The name of a derived group changes with all that, so the one that is
// found under the old name is replaced.
func (targetGroups) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.Name":              slipway.Replace,
			"Create.Protocol":          slipway.NewName,
			"Create.ProtocolVersion":   slipway.NewName,
			"Create.Port":              slipway.NewName,
			"Create.VpcId":             slipway.NewName,
			"Create.TargetType":        slipway.NewName,
			"Create.IpAddressType":     slipway.NewName,
			"Create.TargetControlPort": slipway.NewName,
		},
		Keys: map[string]string{"Create.Tags": "Key"},
	}
}

// Read finds the group by name.
func (d targetGroups) Read(ctx context.Context, c slipway.Call, want *model.TargetGroup) (*liveGroup, error) {
	return readOne(ctx, c, want, d.ReadMany)
}

// ReadMany finds groups by name.
func (d targetGroups) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.TargetGroup) ([]*liveGroup, error) {
	in := &awselb.DescribeTargetGroupsInput{}
	if len(want) == 1 { // AWS answers with an error if any of several names is absent.
		in.Names = []string{aws.ToString(want[0].Create.Name)}
	}
	groups, err := d.describe(ctx, client(calls[0]), in)
	if err != nil {
		return nil, err
	}
	byName := map[string]elbtypes.TargetGroup{}
	for _, g := range groups {
		byName[aws.ToString(g.TargetGroupName)] = g
	}
	found := make([]*elbtypes.TargetGroup, len(want))
	for i, w := range want {
		if g, ok := byName[aws.ToString(w.Create.Name)]; ok {
			found[i] = &g
		}
	}
	return d.complete(ctx, client(calls[0]), found)
}

// List returns the stack's own groups.
func (d targetGroups) List(ctx context.Context, c slipway.Call) ([]*liveGroup, error) {
	api := client(c)
	groups, err := d.describe(ctx, api, &awselb.DescribeTargetGroupsInput{})
	if err != nil {
		return nil, err
	}
	return listOwned(ctx, c, groups, func(g elbtypes.TargetGroup) string { return aws.ToString(g.TargetGroupArn) }, d.complete)
}

func (targetGroups) describe(
	ctx context.Context, api *awselb.Client, in *awselb.DescribeTargetGroupsInput,
) ([]elbtypes.TargetGroup, error) {
	var all []elbtypes.TargetGroup
	for pages := awselb.NewDescribeTargetGroupsPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, wrap("describe target groups", err)
		}
		all = append(all, page.TargetGroups...)
	}
	return all, nil
}

// complete adds attributes and tags to what was described; nil stays nil.
func (d targetGroups) complete(
	ctx context.Context, api *awselb.Client, found []*elbtypes.TargetGroup,
) ([]*liveGroup, error) {
	arn := func(g *elbtypes.TargetGroup) string { return aws.ToString(g.TargetGroupArn) }
	return completeAll(ctx, api, found, arn, func(ctx context.Context, g *elbtypes.TargetGroup, tags []elbtypes.Tag) (*liveGroup, error) {
		out, err := api.DescribeTargetGroupAttributes(ctx, &awselb.DescribeTargetGroupAttributesInput{
			TargetGroupArn: g.TargetGroupArn,
		})
		if absent(err) {
			return nil, nil //nolint:nilnil // gone since it was described
		}
		if err != nil {
			return nil, wrap("describe target group attributes", err)
		}
		attributes := map[string]string{}
		for _, a := range out.Attributes {
			attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		return d.rebuild(g, attributes, tags), nil
	})
}

func (targetGroups) rebuild(g *elbtypes.TargetGroup, attributes map[string]string, tags []elbtypes.Tag) *liveGroup {
	owner, rest := ownerOf(tags)
	state := model.TargetGroup{Create: awselb.CreateTargetGroupInput{
		Name: g.TargetGroupName, Protocol: g.Protocol, ProtocolVersion: g.ProtocolVersion, Port: g.Port,
		VpcId: g.VpcId, TargetType: g.TargetType, IpAddressType: g.IpAddressType, TargetControlPort: g.TargetControlPort,
		HealthCheckEnabled: g.HealthCheckEnabled, HealthCheckIntervalSeconds: g.HealthCheckIntervalSeconds,
		HealthCheckPath: g.HealthCheckPath, HealthCheckPort: g.HealthCheckPort, HealthCheckProtocol: g.HealthCheckProtocol,
		HealthCheckTimeoutSeconds: g.HealthCheckTimeoutSeconds, HealthyThresholdCount: g.HealthyThresholdCount,
		UnhealthyThresholdCount: g.UnhealthyThresholdCount, Matcher: g.Matcher, Tags: rest,
	}, Attributes: attributes}
	arn := aws.ToString(g.TargetGroupArn)
	return &liveGroup{
		State: state, Owner: owner,
		Outputs: map[string][]string{
			"arn": {arn}, "name": {aws.ToString(g.TargetGroupName)}, "suffix": {suffix(arn)},
		},
	}
}

// Put creates the group or changes its health check, attributes and tags.
func (d targetGroups) Put(ctx context.Context, c slipway.Call, have *liveGroup, want *model.TargetGroup) error {
	state := *want
	d.Defaults(&state)
	if have == nil {
		return d.create(ctx, c, &state)
	}
	arn := output(have, "arn")
	if change := healthOf(&state.Create); !reflect.DeepEqual(change, healthOf(&have.State.Create)) {
		change.TargetGroupArn = aws.String(arn)
		if _, err := client(c).ModifyTargetGroup(ctx, &change); err != nil {
			return wrap("modify target group", err)
		}
	}
	if err := d.putAttributes(ctx, c, arn, have.State.Attributes, state.Attributes); err != nil {
		return err
	}
	return putTags(ctx, c, arn, have.Owner, have.State.Create.Tags, state.Create.Tags)
}

func (d targetGroups) create(ctx context.Context, c slipway.Call, state *model.TargetGroup) error {
	in := state.Create
	in.Tags = allTags(c, in.Tags)
	out, err := client(c).CreateTargetGroup(ctx, &in)
	if err != nil {
		return wrap("create target group", err)
	}
	for _, g := range out.TargetGroups {
		fresh := model.TargetGroupAttributes(&state.Create)
		if err := d.putAttributes(ctx, c, aws.ToString(g.TargetGroupArn), fresh, state.Attributes); err != nil {
			return err
		}
	}
	return nil
}

func (targetGroups) putAttributes(ctx context.Context, c slipway.Call, arn string, have, want map[string]string) error {
	changed := differing(have, want)
	if len(changed) == 0 {
		return nil
	}
	in := &awselb.ModifyTargetGroupAttributesInput{TargetGroupArn: aws.String(arn)}
	for _, t := range tagList(changed) {
		in.Attributes = append(in.Attributes, elbtypes.TargetGroupAttribute{Key: t.Key, Value: t.Value})
	}
	_, err := client(c).ModifyTargetGroupAttributes(ctx, in)
	return wrap("modify target group attributes", err)
}

// Delete deletes the group, as soon as nothing forwards to it any more.
func (targetGroups) Delete(ctx context.Context, c slipway.Call, have *liveGroup) error {
	if have == nil {
		return nil
	}
	arn := output(have, "arn")
	return untilFree(ctx, c, func(ctx context.Context) error {
		_, err := client(c).DeleteTargetGroup(ctx, &awselb.DeleteTargetGroupInput{TargetGroupArn: aws.String(arn)})
		return wrap("delete target group", err)
	})
}

// Tag marks the group as the stack's.
func (targetGroups) Tag(ctx context.Context, c slipway.Call, have *liveGroup) error {
	return tag(ctx, c, output(have, "arn"))
}

// Permissions are those of the calls above.
func (targetGroups) Permissions(have *liveGroup, want *model.TargetGroup) []slipway.Permission {
	change := []string{"ModifyTargetGroup", "ModifyTargetGroupAttributes", "AddTags", "RemoveTags"}
	all := reads("DescribeTargetGroups", "DescribeTargetGroupAttributes")
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, writes("targetgroup/*/*", "DeleteTargetGroup"))
	case have == nil:
		return append(all, writes("targetgroup/*/*", append(change, "CreateTargetGroup")...))
	default:
		return append(all, writes("targetgroup/*/*", change...))
	}
}

// healthOf picks what ModifyTargetGroup can change.
func healthOf(in *awselb.CreateTargetGroupInput) awselb.ModifyTargetGroupInput {
	return awselb.ModifyTargetGroupInput{
		HealthCheckEnabled: in.HealthCheckEnabled, HealthCheckIntervalSeconds: in.HealthCheckIntervalSeconds,
		HealthCheckPath: in.HealthCheckPath, HealthCheckPort: in.HealthCheckPort, HealthCheckProtocol: in.HealthCheckProtocol,
		HealthCheckTimeoutSeconds: in.HealthCheckTimeoutSeconds, HealthyThresholdCount: in.HealthyThresholdCount,
		UnhealthyThresholdCount: in.UnhealthyThresholdCount, Matcher: in.Matcher,
	}
}
