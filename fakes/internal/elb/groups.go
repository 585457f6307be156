// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

func (f *Fake) groupOperations(s *sim.Service) {
	sim.Handle(s, "CreateTargetGroup", f.createTargetGroup,
		sim.Refuses[awselb.CreateTargetGroupInput]("TargetControlPort"),
		sim.Needs(func(c *sim.Call, in *awselb.CreateTargetGroupInput) []sim.Access {
			arn := c.ARN("elasticloadbalancing", "targetgroup/"+aws.ToString(in.Name)+"/*")
			return creates("CreateTargetGroup", arn, arn, in.Tags)
		}))
	sim.Handle(s, "ModifyTargetGroup", f.modifyTargetGroup,
		needs("ModifyTargetGroup", func(in *awselb.ModifyTargetGroupInput) []string { return one(in.TargetGroupArn) }))
	sim.Handle(s, "DescribeTargetGroups", f.describeTargetGroups)
	sim.Handle(s, "DeleteTargetGroup", f.deleteTargetGroup,
		needs("DeleteTargetGroup", func(in *awselb.DeleteTargetGroupInput) []string { return one(in.TargetGroupArn) }))
	sim.Handle(s, "DescribeTargetGroupAttributes", f.describeTargetGroupAttributes)
	sim.Handle(s, "ModifyTargetGroupAttributes", f.modifyTargetGroupAttributes,
		needs("ModifyTargetGroupAttributes", func(in *awselb.ModifyTargetGroupAttributesInput) []string { return one(in.TargetGroupArn) }))
}

func (f *Fake) createTargetGroup(c *sim.Call, in *awselb.CreateTargetGroupInput) (*awselb.CreateTargetGroupOutput, error) {
	switch in.TargetType {
	case "", elbtypes.TargetTypeEnumIp, elbtypes.TargetTypeEnumInstance, elbtypes.TargetTypeEnumAlb:
	default:
		return nil, sim.NotModelled("target groups of type %s are not modelled", in.TargetType)
	}
	if err := check(f, c, elbrules.CreateTargetGroup, in); err != nil {
		return nil, err
	}
	model.FillTargetGroupInput(in)
	r, name := f.in(c), aws.ToString(in.Name)
	view := elbtypes.TargetGroup{
		TargetGroupName: in.Name, Protocol: in.Protocol, ProtocolVersion: in.ProtocolVersion, Port: in.Port, VpcId: in.VpcId,
		TargetType: in.TargetType, IpAddressType: in.IpAddressType, HealthCheckEnabled: in.HealthCheckEnabled,
		HealthCheckIntervalSeconds: in.HealthCheckIntervalSeconds, HealthCheckPath: in.HealthCheckPath,
		HealthCheckPort: in.HealthCheckPort, HealthCheckProtocol: in.HealthCheckProtocol,
		HealthCheckTimeoutSeconds: in.HealthCheckTimeoutSeconds, HealthyThresholdCount: in.HealthyThresholdCount,
		UnhealthyThresholdCount: in.UnhealthyThresholdCount, Matcher: in.Matcher,
	}
	if old := r.groupNamed(name); old != nil {
		if !sameGroup(old.view, view) {
			return nil, &elbtypes.DuplicateTargetGroupNameException{Message: aws.String(fmt.Sprintf(
				"A target group with the same name '%s' exists, but with different settings", name))}
		}
		return &awselb.CreateTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{old.view}}, nil
	}
	if err := r.roomForGroup(); err != nil {
		return nil, err
	}
	id := f.sim.ID(16, "targetgroup", c.Region, name)
	view.TargetGroupArn = aws.String(c.ARN("elasticloadbalancing", "targetgroup/"+name+"/"+id))
	r.groups = append(r.groups, &group{view: view, attributes: model.TargetGroupAttributes(in), tags: tagMap(in.Tags)})
	return &awselb.CreateTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{view}}, nil
}

// sameGroup reports whether creating the group again would change nothing.
func sameGroup(a, b elbtypes.TargetGroup) bool {
	return a.Protocol == b.Protocol && aws.ToString(a.ProtocolVersion) == aws.ToString(b.ProtocolVersion) &&
		aws.ToInt32(a.Port) == aws.ToInt32(b.Port) && aws.ToString(a.VpcId) == aws.ToString(b.VpcId) &&
		a.TargetType == b.TargetType && a.IpAddressType == b.IpAddressType &&
		aws.ToString(a.HealthCheckPath) == aws.ToString(b.HealthCheckPath) &&
		aws.ToString(a.HealthCheckPort) == aws.ToString(b.HealthCheckPort) && a.HealthCheckProtocol == b.HealthCheckProtocol &&
		aws.ToInt32(a.HealthCheckIntervalSeconds) == aws.ToInt32(b.HealthCheckIntervalSeconds) &&
		aws.ToInt32(a.HealthCheckTimeoutSeconds) == aws.ToInt32(b.HealthCheckTimeoutSeconds) &&
		aws.ToInt32(a.HealthyThresholdCount) == aws.ToInt32(b.HealthyThresholdCount) &&
		aws.ToInt32(a.UnhealthyThresholdCount) == aws.ToInt32(b.UnhealthyThresholdCount)
}

func (r *region) groupNamed(name string) *group {
	for _, g := range r.groups {
		if aws.ToString(g.view.TargetGroupName) == name {
			return g
		}
	}
	return nil
}

func (f *Fake) modifyTargetGroup(c *sim.Call, in *awselb.ModifyTargetGroupInput) (*awselb.ModifyTargetGroupOutput, error) {
	g := f.in(c).group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	if err := check(f, c, elbrules.ModifyTargetGroup, in); err != nil {
		return nil, err
	}
	v := &g.view
	replace(&v.HealthCheckEnabled, in.HealthCheckEnabled)
	replace(&v.HealthCheckIntervalSeconds, in.HealthCheckIntervalSeconds)
	replace(&v.HealthCheckPath, in.HealthCheckPath)
	replace(&v.HealthCheckPort, in.HealthCheckPort)
	replace(&v.HealthCheckTimeoutSeconds, in.HealthCheckTimeoutSeconds)
	replace(&v.HealthyThresholdCount, in.HealthyThresholdCount)
	replace(&v.UnhealthyThresholdCount, in.UnhealthyThresholdCount)
	replace(&v.Matcher, in.Matcher)
	if in.HealthCheckProtocol != "" {
		v.HealthCheckProtocol = in.HealthCheckProtocol
	}
	for _, t := range slices.Clone(g.targets) {
		f.reprobe(f.in(c), g, t)
	}
	return &awselb.ModifyTargetGroupOutput{TargetGroups: []elbtypes.TargetGroup{g.view}}, nil
}

func replace[T any](old **T, v *T) {
	if v != nil {
		*old = v
	}
}

func (f *Fake) describeTargetGroups(
	c *sim.Call, in *awselb.DescribeTargetGroupsInput,
) (*awselb.DescribeTargetGroupsOutput, error) {
	r := f.in(c)
	chosen, missing := r.groups, ""
	switch {
	case len(in.TargetGroupArns) > 0:
		chosen, missing = choose(in.TargetGroupArns, r.group)
	case len(in.Names) > 0:
		chosen, missing = choose(in.Names, r.groupNamed)
	case in.LoadBalancerArn != nil:
		if r.balancer(*in.LoadBalancerArn) == nil {
			return nil, noBalancer(*in.LoadBalancerArn)
		}
		chosen = slices.DeleteFunc(slices.Clone(r.groups), func(g *group) bool {
			return !slices.Contains(g.view.LoadBalancerArns, *in.LoadBalancerArn)
		})
	}
	if missing != "" {
		return nil, noGroup()
	}
	page, next, err := pageOf(chosen, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awselb.DescribeTargetGroupsOutput{NextMarker: next}
	for _, g := range page {
		out.TargetGroups = append(out.TargetGroups, g.view)
	}
	return out, nil
}

// deleteTargetGroup deletes a group unless something forwards to it, whatever
// targets it has. One that does not exist is fine.
func (f *Fake) deleteTargetGroup(c *sim.Call, in *awselb.DeleteTargetGroupInput) (*awselb.DeleteTargetGroupOutput, error) {
	r, arn := f.in(c), aws.ToString(in.TargetGroupArn)
	g := r.group(arn)
	if g == nil {
		return &awselb.DeleteTargetGroupOutput{}, nil
	}
	if len(g.view.LoadBalancerArns) > 0 {
		return nil, &elbtypes.ResourceInUseException{Message: aws.String(fmt.Sprintf(
			"Target group '%s' is currently in use by a listener or a rule", arn))}
	}
	for _, t := range g.targets {
		t.stop()
	}
	r.groups = slices.DeleteFunc(r.groups, func(o *group) bool { return o == g })
	return &awselb.DeleteTargetGroupOutput{}, nil
}

func (f *Fake) describeTargetGroupAttributes(
	c *sim.Call, in *awselb.DescribeTargetGroupAttributesInput,
) (*awselb.DescribeTargetGroupAttributesOutput, error) {
	g := f.in(c).group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	return &awselb.DescribeTargetGroupAttributesOutput{Attributes: groupAttributes(g.attributes)}, nil
}

func (f *Fake) modifyTargetGroupAttributes(
	c *sim.Call, in *awselb.ModifyTargetGroupAttributesInput,
) (*awselb.ModifyTargetGroupAttributesOutput, error) {
	g := f.in(c).group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, noGroup()
	}
	if err := check(f, c, elbrules.ModifyTargetGroupAttributes, in); err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for _, a := range in.Attributes {
		changed[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	g.attributes = merged(g.attributes, changed)
	return &awselb.ModifyTargetGroupAttributesOutput{Attributes: groupAttributes(g.attributes)}, nil
}

func groupAttributes(m map[string]string) []elbtypes.TargetGroupAttribute {
	var all []elbtypes.TargetGroupAttribute
	for _, p := range pairs(m) {
		all = append(all, elbtypes.TargetGroupAttribute{Key: p.Key, Value: p.Value})
	}
	return all
}

// delay is how long a deregistered target drains.
func (g *group) delay() time.Duration {
	n, err := strconv.Atoi(g.attributes[model.AttrDeregistrationDelay])
	if err != nil {
		return 0 // cannot be: the rules let only numbers in
	}
	return time.Duration(n) * time.Second
}

// preservesClients reports whether targets see the addresses of clients.
func (g *group) preservesClients() bool { return g.attributes[model.AttrClientIP] == "true" }

// TargetGroup returns what ECS asks of a group.
func (f *Fake) TargetGroup(region, arn string) (world.TargetGroup, bool) {
	g := f.of(region).group(arn)
	if g == nil {
		return world.TargetGroup{}, false
	}
	return world.TargetGroup{
		ARN: arn, Name: aws.ToString(g.view.TargetGroupName), VPC: aws.ToString(g.view.VpcId),
		TargetType: string(g.view.TargetType), Protocol: string(g.view.Protocol), Port: aws.ToInt32(g.view.Port),
		LoadBalancers: slices.Clone(g.view.LoadBalancerArns), Deregistration: g.delay(),
	}, true
}
