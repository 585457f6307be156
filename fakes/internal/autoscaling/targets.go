// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/rules"
	asgrules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func registerTargets(s *sim.Service, f *Fake) {
	sim.Handle(s, "AttachLoadBalancerTargetGroups", f.attachTargets,
		onGroups("AttachLoadBalancerTargetGroups", func(in *awsasg.AttachLoadBalancerTargetGroupsInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DetachLoadBalancerTargetGroups", f.detachTargets,
		onGroups("DetachLoadBalancerTargetGroups", func(in *awsasg.DetachLoadBalancerTargetGroupsInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeLoadBalancerTargetGroups", f.describeTargets)
	sim.Handle(s, "AttachTrafficSources", f.attachSources,
		onGroups("AttachTrafficSources", func(in *awsasg.AttachTrafficSourcesInput) *string { return in.AutoScalingGroupName }),
		sim.Refuses[awsasg.AttachTrafficSourcesInput]("SkipZonalShiftValidation"))
	sim.Handle(s, "DetachTrafficSources", f.detachSources,
		onGroups("DetachTrafficSources", func(in *awsasg.DetachTrafficSourcesInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeTrafficSources", f.describeSources)
}

// targets are the target groups that instances are registered with.
func (g *group) targets() []string {
	if g.suspends("AddToLoadBalancer") {
		return nil
	}
	return g.settings.TargetGroupARNs
}

// target is the instance as a target of a group: at the group's own port.
func (m *member) target(arn string) world.Target {
	t, _ := m.g.r.f.needs.Targets.TargetGroup(m.g.r.name, arn)
	return world.Target{ID: m.id, Port: t.Port}
}

// drains reports whether a balancer still knows the instance.
func (m *member) drains(arn string) bool {
	state, _, _ := m.g.r.f.needs.Targets.Health(m.g.r.name, arn, m.target(arn))
	return state != ""
}

// targetChanged follows the health of targets, and their end.
func (f *Fake) targetChanged(region, _ string, t world.Target, state, _, _ string) {
	m := f.of(region).members[t.ID]
	switch {
	case m == nil:
	case state == "" && m.state == asgtypes.LifecycleStateTerminating:
		if !slices.ContainsFunc(m.g.targets(), m.drains) {
			m.drained()
		}
	case state == "unhealthy" && m.serves():
		m.balancersSay()
	}
}

// attachGroups registers the instances in service with target groups.
func (g *group) attachGroups(arns []string) error {
	report := rules.Of[[]string]{{
		Meta:  rules.Meta{Code: "ValidationError"},
		Check: func(r *rules.Report, in *[]string) { asgrules.CheckTargets(r, *in) },
	}}
	if err := sim.Check(report, g.r, &arns, typed); err != nil {
		return err
	}
	for _, arn := range arns {
		if slices.Contains(g.settings.TargetGroupARNs, arn) {
			continue
		}
		g.settings.TargetGroupARNs = append(slices.Clip(g.settings.TargetGroupARNs), arn)
		g.settings.TrafficSources = append(slices.Clip(g.settings.TrafficSources),
			asgtypes.TrafficSourceIdentifier{Identifier: aws.String(arn), Type: aws.String("elbv2")})
		for _, m := range g.members {
			if m.serves() && !g.suspends("AddToLoadBalancer") {
				g.r.f.needs.Targets.Register(g.r.name, arn, m.target(arn))
			}
		}
	}
	return nil
}

func (g *group) detachGroups(arns []string) error {
	for _, arn := range arns {
		if !slices.Contains(g.settings.TargetGroupARNs, arn) {
			return invalid("Trying to remove Target Groups that are not part of the group")
		}
	}
	for _, arn := range arns {
		for _, m := range g.members {
			g.r.f.needs.Targets.Deregister(g.r.name, arn, m.target(arn))
		}
		g.settings.TargetGroupARNs = slices.DeleteFunc(slices.Clone(g.settings.TargetGroupARNs), func(a string) bool { return a == arn })
		g.settings.TrafficSources = slices.DeleteFunc(slices.Clone(g.settings.TrafficSources), func(t asgtypes.TrafficSourceIdentifier) bool {
			return *t.Identifier == arn
		})
	}
	return nil
}

// attachSource attaches a traffic source; only target groups are modelled.
func (g *group) attachSource(t asgtypes.TrafficSourceIdentifier) error {
	if kind := aws.ToString(t.Type); kind != "" && kind != "elbv2" {
		return sim.NotModelled("traffic sources of type %q of Auto Scaling groups are not modelled", kind)
	}
	return g.attachGroups([]string{aws.ToString(t.Identifier)})
}

func (f *Fake) attachTargets(c *sim.Call, in *awsasg.AttachLoadBalancerTargetGroupsInput) (*awsasg.AttachLoadBalancerTargetGroupsOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	return &awsasg.AttachLoadBalancerTargetGroupsOutput{}, g.attachGroups(in.TargetGroupARNs)
}

func (f *Fake) detachTargets(c *sim.Call, in *awsasg.DetachLoadBalancerTargetGroupsInput) (*awsasg.DetachLoadBalancerTargetGroupsOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	return &awsasg.DetachLoadBalancerTargetGroupsOutput{}, g.detachGroups(in.TargetGroupARNs)
}

const pageTargets = 100

// sourceState: "Added" once all are registered, "InService" once one is healthy.
func (g *group) sourceState(arn string) string {
	for _, m := range g.members {
		if state, _, _ := g.r.f.needs.Targets.Health(g.r.name, arn, m.target(arn)); state == "healthy" {
			return "InService"
		}
	}
	return "Added"
}

func (f *Fake) describeTargets(
	c *sim.Call, in *awsasg.DescribeLoadBalancerTargetGroupsInput,
) (*awsasg.DescribeLoadBalancerTargetGroupsOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var all []asgtypes.LoadBalancerTargetGroupState
	for _, arn := range g.settings.TargetGroupARNs {
		all = append(all, asgtypes.LoadBalancerTargetGroupState{LoadBalancerTargetGroupARN: aws.String(arn), State: aws.String(g.sourceState(arn))})
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageTargets, pageTargets)
	return &awsasg.DescribeLoadBalancerTargetGroupsOutput{LoadBalancerTargetGroups: cut, NextToken: next}, err
}

func (f *Fake) attachSources(c *sim.Call, in *awsasg.AttachTrafficSourcesInput) (*awsasg.AttachTrafficSourcesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	for _, t := range in.TrafficSources {
		if err == nil {
			err = g.attachSource(t)
		}
	}
	return &awsasg.AttachTrafficSourcesOutput{}, err
}

func (f *Fake) detachSources(c *sim.Call, in *awsasg.DetachTrafficSourcesInput) (*awsasg.DetachTrafficSourcesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, t := range in.TrafficSources {
		arns = append(arns, aws.ToString(t.Identifier))
	}
	return &awsasg.DetachTrafficSourcesOutput{}, g.detachGroups(arns)
}

func (f *Fake) describeSources(c *sim.Call, in *awsasg.DescribeTrafficSourcesInput) (*awsasg.DescribeTrafficSourcesOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var all []asgtypes.TrafficSourceState
	for _, t := range g.settings.TrafficSources {
		if kind := aws.ToString(in.TrafficSourceType); kind == "" || kind == *t.Type {
			all = append(all, asgtypes.TrafficSourceState{Identifier: t.Identifier, Type: t.Type, State: aws.String(g.sourceState(*t.Identifier))})
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroups)
	return &awsasg.DescribeTrafficSourcesOutput{TrafficSources: cut, NextToken: next}, err
}
