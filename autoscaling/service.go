// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"maps"
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/override"
)

// ECSService names the service that scales.
type ECSService struct {
	// Cluster and Service are names, or placeholders for them.
	Cluster, Service string
	// LoadBalancerSuffix and TargetGroupSuffix are the last parts of the ARNs of
	// the service's balancer and target group, "app/..." and "targetgroup/...",
	// or placeholders for them; empty for a service without a route.
	LoadBalancerSuffix, TargetGroupSuffix string
	// After is the declared service, which must exist first; zero for a service
	// that exists already.
	After slipway.ID
}

// ServiceScaling is the scaling of one ECS service. It is a [slipway.Resource].
type ServiceScaling struct {
	scaling Scaling
	service ECSService
}

// ID names the scaling after its service.
func (s ServiceScaling) ID() slipway.ID {
	name := s.service.Cluster + "/" + s.service.Service
	if s.service.After.Name != "" {
		name = s.service.After.Name
	}
	return slipway.ID{Kind: model.KindScaling, Name: name}
}

// ARN returns the ARN of the scalable target, as a placeholder.
func (s ServiceScaling) ARN() string { return slipway.Ref(s.ID(), "arn") }

// Resources returns the scaling itself.
func (s ServiceScaling) Resources() []slipway.Resource { return []slipway.Resource{s} }

// Build returns the scalable target with its policies.
func (s ServiceScaling) Build() (slipway.Desired, error) {
	state, overridden, problems := s.state()
	for i := range problems {
		problems[i].Path = s.ID().String() + " " + problems[i].Path
	}
	if err := slipway.JoinFields(problems); err != nil {
		return slipway.Desired{}, err
	}
	d := slipway.Desired{Kind: scalingKind(), State: &state, Overridden: overridden}
	if s.service.After.Kind != "" {
		d.After = []slipway.ID{s.service.After}
	}
	return d, nil
}

// Validate reports all that AWS would reject.
func (s ServiceScaling) Validate() error {
	state, _, problems := s.state()
	problems = append(problems, driver{}.Check(nil, &state)...)
	for i := range problems {
		problems[i].Path = s.ID().String() + " " + problems[i].Path
	}
	return slipway.JoinFields(problems)
}

// state builds the state, and says what of it is overridden and what is wrong.
func (s ServiceScaling) state() (state model.Scaling, overridden []string, problems []slipway.FieldError) {
	target := awsaas.RegisterScalableTargetInput{
		ServiceNamespace:  aastypes.ServiceNamespaceEcs,
		ScalableDimension: aastypes.ScalableDimensionECSServiceDesiredCount,
		ResourceId:        aws.String("service/" + s.service.Cluster + "/" + s.service.Service),
		SuspendedState: &aastypes.SuspendedState{
			DynamicScalingInSuspended:  aws.Bool(s.scaling.suspended.ScaleIn),
			DynamicScalingOutSuspended: aws.Bool(s.scaling.suspended.ScaleOut),
			ScheduledScalingSuspended:  aws.Bool(s.scaling.suspended.Scheduled),
		},
		Tags: maps.Clone(s.scaling.tags),
	}
	var found []slipway.FieldError
	target.MinCapacity, found = capacity("Target.MinCapacity", s.scaling.min)
	problems = append(problems, found...)
	target.MaxCapacity, found = capacity("Target.MaxCapacity", s.scaling.max)
	problems = append(problems, found...)
	overridden = override.Run("Target.", &target, s.scaling.overrides...)
	policies, found := s.policies(&target)
	return model.Scaling{Target: target, Policies: policies}, overridden, append(problems, found...)
}

// policies builds the policies of the target.
func (s ServiceScaling) policies(t *awsaas.RegisterScalableTargetInput) (
	policies []awsaas.PutScalingPolicyInput, problems []slipway.FieldError,
) {
	names := map[string]bool{}
	for i, p := range s.scaling.policies {
		path := fmt.Sprintf("Policies[%d]", i)
		if p == nil {
			problems = append(problems, slipway.FieldError{Path: path, Got: "nil", Want: "a policy"})
			continue
		}
		in, found := p.put(s.service)
		in.ServiceNamespace, in.ScalableDimension, in.ResourceId = t.ServiceNamespace, t.ScalableDimension, t.ResourceId
		name := aws.ToString(in.PolicyName)
		if name != "" {
			path = "Policies[" + name + "]"
		}
		for _, f := range found {
			f.Path = path + "." + f.Path
			problems = append(problems, f)
		}
		if names[name] {
			problems = append(problems, slipway.FieldError{
				Path: path + ".PolicyName", Got: strconv.Quote(name), Want: "a name that no other policy of the service has",
				Doc: policyDoc, Rule: "aas-policy-name-unique",
			})
		}
		names[name] = true
		policies = append(policies, in)
	}
	return policies, problems
}

func capacity(path string, n int) (*int32, []slipway.FieldError) {
	if n > math.MaxInt32 || n < math.MinInt32 {
		return nil, []slipway.FieldError{{Path: path, Got: strconv.Itoa(n), Want: "a number of 32 bits", Rule: "aas-capacity"}}
	}
	return aws.Int32(int32(n)), nil
}
