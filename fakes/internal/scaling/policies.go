// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

// The quotas of a scalable target, and the sizes of pages.
//
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html
const (
	maxPolicies   = 50
	maxSchedules  = 200
	pagePolicies  = 10
	pageSchedules = 50
)

func (f *Fake) policyOperations(s *sim.Service) {
	sim.Handle(s, "PutScalingPolicy", f.putPolicy)
	sim.Handle(s, "DeleteScalingPolicy", f.deletePolicy)
	sim.Handle(s, "DescribeScalingPolicies", f.describePolicies)
}

// putPolicy stores a policy. The list of its alarms is empty: the simulation has
// no alarms of target tracking, since nothing would evaluate them.
func (f *Fake) putPolicy(c *sim.Call, in *awsaas.PutScalingPolicyInput) (*awsaas.PutScalingPolicyOutput, error) {
	r := f.regions.In(c)
	if in.PolicyType == "" {
		in.PolicyType = aastypes.PolicyTypeStepScaling
	}
	if err := sim.Check(rules.PutScalingPolicy, r, in, typed); err != nil {
		return nil, err
	}
	t, err := r.find(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err != nil {
		return nil, err
	}
	name := aws.ToString(in.PolicyName)
	p, exists := t.policies[name]
	if !exists {
		if len(t.policies) >= maxPolicies {
			return nil, &aastypes.LimitExceededException{Message: aws.String(fmt.Sprintf(
				"The limit of %d scaling policies for the scalable target has been reached", maxPolicies))}
		}
		id := c.UUID("scaling-policy", c.Region, aws.ToString(in.ResourceId), name)
		p = aastypes.ScalingPolicy{
			PolicyARN: aws.String(c.ARN("autoscaling", fmt.Sprintf("scalingPolicy:%s:resource/%s/%s:policyName/%s",
				id, in.ServiceNamespace, aws.ToString(in.ResourceId), name))),
			CreationTime: new(c.Now()), Alarms: []aastypes.Alarm{},
		}
	}
	p.PolicyName, p.PolicyType = in.PolicyName, in.PolicyType
	p.ServiceNamespace, p.ResourceId, p.ScalableDimension = in.ServiceNamespace, in.ResourceId, in.ScalableDimension
	p.StepScalingPolicyConfiguration = in.StepScalingPolicyConfiguration
	p.TargetTrackingScalingPolicyConfiguration = in.TargetTrackingScalingPolicyConfiguration
	p.PredictiveScalingPolicyConfiguration = in.PredictiveScalingPolicyConfiguration
	t.policies[name] = p
	return &awsaas.PutScalingPolicyOutput{PolicyARN: p.PolicyARN, Alarms: p.Alarms}, nil
}

func (f *Fake) deletePolicy(c *sim.Call, in *awsaas.DeleteScalingPolicyInput) (*awsaas.DeleteScalingPolicyOutput, error) {
	t, err := f.regions.In(c).find(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	if err == nil && t.policies[aws.ToString(in.PolicyName)].PolicyName != nil {
		delete(t.policies, *in.PolicyName)
		delete(t.waits, *in.PolicyName)
		return &awsaas.DeleteScalingPolicyOutput{}, nil
	}
	return nil, notFound(fmt.Sprintf(
		"No scaling policy found for service namespace: %s, resource ID: %s, scalable dimension: %s, policy name: %s",
		in.ServiceNamespace, aws.ToString(in.ResourceId), in.ScalableDimension, aws.ToString(in.PolicyName)))
}

func (f *Fake) describePolicies(
	c *sim.Call, in *awsaas.DescribeScalingPoliciesInput,
) (*awsaas.DescribeScalingPoliciesOutput, error) {
	by := filter{in.ServiceNamespace, in.ResourceId, in.ScalableDimension}
	if err := by.check(); err != nil {
		return nil, err
	}
	var all []aastypes.ScalingPolicy
	for _, t := range f.sorted(c, by) {
		for _, name := range slices.Sorted(maps.Keys(t.policies)) {
			if len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, name) {
				all = append(all, t.policies[name])
			}
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults, pagePolicies)
	return &awsaas.DescribeScalingPoliciesOutput{ScalingPolicies: cut, NextToken: next}, err
}
