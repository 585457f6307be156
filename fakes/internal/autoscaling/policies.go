// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func registerPolicies(s *sim.Service, f *Fake) {
	sim.Handle(s, "PutScalingPolicy", f.putPolicy,
		onGroups("PutScalingPolicy", func(in *awsasg.PutScalingPolicyInput) *string { return in.AutoScalingGroupName }),
		sim.Refuses[awsasg.PutScalingPolicyInput]("MinAdjustmentStep", "PredictiveScalingConfiguration",
			"TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics", "TargetTrackingConfiguration.CustomizedMetricSpecification.Period"))
	sim.Handle(s, "DeletePolicy", f.deletePolicy,
		onGroups("DeletePolicy", func(in *awsasg.DeletePolicyInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribePolicies", f.describePolicies)
	sim.Handle(s, "ExecutePolicy", f.executePolicy,
		onGroups("ExecutePolicy", func(in *awsasg.ExecutePolicyInput) *string { return in.AutoScalingGroupName }))
}

func (f *Fake) putPolicy(c *sim.Call, in *awsasg.PutScalingPolicyInput) (*awsasg.PutScalingPolicyOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.PutScalingPolicy, r, in, typed); err != nil {
		return nil, err
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	name := *in.PolicyName
	arn := aws.String(c.ARN("autoscaling", fmt.Sprintf("scalingPolicy:%s:autoScalingGroupName/%s:policyName/%s", c.UUID("asg-policy", c.Region, g.name(), name), g.name(), name)))
	if old, ok := g.policies[name]; ok {
		arn = old.PolicyARN
		g.forgetAlarms(old)
	}
	p := asgtypes.ScalingPolicy{
		PolicyARN: arn, PolicyName: in.PolicyName, PolicyType: aws.String(rules.PolicyType(in)), AutoScalingGroupName: g.settings.AutoScalingGroupName,
		AdjustmentType: in.AdjustmentType, Cooldown: in.Cooldown, Enabled: cmp.Or(in.Enabled, aws.Bool(true)), EstimatedInstanceWarmup: in.EstimatedInstanceWarmup,
		MetricAggregationType: in.MetricAggregationType, MinAdjustmentMagnitude: in.MinAdjustmentMagnitude, ScalingAdjustment: in.ScalingAdjustment,
		StepAdjustments: in.StepAdjustments, TargetTrackingConfiguration: in.TargetTrackingConfiguration,
	}
	if *p.PolicyType == rules.StepScaling {
		p.MetricAggregationType = cmp.Or(p.MetricAggregationType, aws.String("Average"))
	}
	if p.TargetTrackingConfiguration != nil {
		if err := g.track(&p); err != nil {
			return nil, err
		}
	}
	g.policies[name] = p
	return &awsasg.PutScalingPolicyOutput{PolicyARN: arn, Alarms: p.Alarms}, nil
}

// policyNamed finds a policy by name or ARN.
func (g *group) policyNamed(nameOrARN *string) (asgtypes.ScalingPolicy, bool) {
	for _, p := range g.policies {
		if *p.PolicyName == aws.ToString(nameOrARN) || *p.PolicyARN == aws.ToString(nameOrARN) {
			return p, true
		}
	}
	return asgtypes.ScalingPolicy{}, false
}

// policy finds a policy; a name needs its group, an ARN does not.
func (f *Fake) policy(c *sim.Call, in, nameOrARN *string) (*group, asgtypes.ScalingPolicy, error) {
	r := f.regions.In(c)
	groups := r.sorted(nil)
	if in != nil {
		g, err := r.find(in)
		if err != nil {
			return nil, asgtypes.ScalingPolicy{}, err
		}
		groups = append(groups[:0:0], g)
	}
	for _, g := range groups {
		if p, ok := g.policyNamed(nameOrARN); ok && (in != nil || *p.PolicyARN == aws.ToString(nameOrARN)) {
			return g, p, nil
		}
	}
	return nil, asgtypes.ScalingPolicy{}, invalid("PolicyName not found: " + aws.ToString(nameOrARN))
}

func (f *Fake) deletePolicy(c *sim.Call, in *awsasg.DeletePolicyInput) (*awsasg.DeletePolicyOutput, error) {
	g, p, err := f.policy(c, in.AutoScalingGroupName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	g.forgetAlarms(p)
	delete(g.policies, *p.PolicyName)
	return &awsasg.DeletePolicyOutput{}, nil
}

func (f *Fake) describePolicies(c *sim.Call, in *awsasg.DescribePoliciesInput) (*awsasg.DescribePoliciesOutput, error) {
	r := f.regions.In(c)
	groups := r.sorted(nil)
	if in.AutoScalingGroupName != nil {
		g, err := r.find(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var all []asgtypes.ScalingPolicy
	for _, g := range groups {
		for _, name := range slices.Sorted(maps.Keys(g.policies)) {
			p := g.policies[name]
			if (len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, name) || slices.Contains(in.PolicyNames, *p.PolicyARN)) &&
				(len(in.PolicyTypes) == 0 || slices.Contains(in.PolicyTypes, *p.PolicyType)) {
				all = append(all, p)
			}
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxRecords, pageGroups, pageGroupsMost)
	return &awsasg.DescribePoliciesOutput{ScalingPolicies: cut, NextToken: next}, err
}

func (f *Fake) executePolicy(c *sim.Call, in *awsasg.ExecutePolicyInput) (*awsasg.ExecutePolicyOutput, error) {
	g, p, err := f.policy(c, in.AutoScalingGroupName, in.PolicyName)
	if err != nil {
		return nil, err
	}
	stepped := *p.PolicyType == rules.StepScaling
	switch {
	case *p.PolicyType == rules.TargetTracking:
		return nil, invalid("ExecutePolicy is not supported for policies of type TargetTrackingScaling")
	case stepped && (in.MetricValue == nil || in.BreachThreshold == nil):
		return nil, invalid("MetricValue and BreachThreshold are required for policies of type StepScaling")
	}
	if aws.ToBool(in.HonorCooldown) && !stepped {
		if err := g.busy(); err != nil {
			return nil, err
		}
	}
	n := g.adjusted(p, aws.ToFloat64(in.MetricValue)-aws.ToFloat64(in.BreachThreshold))
	g.wants(g.within(n), "a user request executed policy "+*p.PolicyName)
	return &awsasg.ExecutePolicyOutput{}, nil
}
