// SPDX-License-Identifier: Apache-2.0

package scaling

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/autoscaling"
)

const (
	pageTargets = 50
	// linkedService has the service-linked role that scales ECS services.
	linkedService = "ecs.application-autoscaling.amazonaws.com"
)

func (f *Fake) targetOperations(s *sim.Service) {
	sim.Handle(s, "RegisterScalableTarget", f.register)
	sim.Handle(s, "DeregisterScalableTarget", f.deregister)
	sim.Handle(s, "DescribeScalableTargets", f.describeTargets)
	sim.Handle(s, "DescribeScalingActivities", f.describeActivities)
}

// register makes a target or changes the one there: what is left out stays.
func (f *Fake) register(c *sim.Call, in *awsaas.RegisterScalableTargetInput) (*awsaas.RegisterScalableTargetOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.RegisterScalableTarget, r, in, typed); err != nil {
		return nil, err
	}
	if err := f.checkService(c, in); err != nil {
		return nil, err
	}
	key := rules.TargetRef(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)
	t, exists := r.targets[key]
	if !exists {
		t = f.newTarget(c, in)
		r.targets[key] = t
	} else if len(in.Tags) > 0 {
		return nil, invalid("Tags can be specified only when a scalable target is created. Use TagResource for an existing one.")
	}
	if err := t.change(in); err != nil {
		return nil, err
	}
	return &awsaas.RegisterScalableTargetOutput{ScalableTargetARN: t.described.ScalableTargetARN}, nil
}

// checkService looks for the ECS service. With a cluster's ARN in place of its
// name AWS does not, and then never scales it (aws-cdk#14297).
func (f *Fake) checkService(c *sim.Call, in *awsaas.RegisterScalableTargetInput) error {
	if in.ServiceNamespace != aastypes.ServiceNamespaceEcs {
		return sim.NotModelled("service namespace %s of Application Auto Scaling is not modelled", in.ServiceNamespace)
	}
	rest := strings.TrimPrefix(aws.ToString(in.ResourceId), "service/")
	if strings.HasPrefix(rest, "arn:") {
		return nil
	}
	cluster, name, _ := strings.Cut(rest, "/")
	if _, found := f.services.Service(c.Region, cluster, name); !found {
		return invalid("ECS service doesn't exist")
	}
	return nil
}

// newTarget makes a target. Unless a role was given, AWS's own is made and used.
func (f *Fake) newTarget(c *sim.Call, in *awsaas.RegisterScalableTargetInput) *target {
	role := in.RoleARN
	if role == nil {
		role = aws.String(f.access.ServiceLinkedRole(linkedService))
	}
	const idLength = 36
	return &target{
		described: aastypes.ScalableTarget{
			ServiceNamespace: in.ServiceNamespace, ResourceId: in.ResourceId, ScalableDimension: in.ScalableDimension,
			RoleARN: role, CreationTime: new(c.Now()),
			ScalableTargetARN: aws.String(c.ARN("application-autoscaling",
				"scalable-target/"+c.ID(idLength, "scalable-target", c.Region, aws.ToString(in.ResourceId)))),
			SuspendedState: &aastypes.SuspendedState{
				DynamicScalingInSuspended: aws.Bool(false), DynamicScalingOutSuspended: aws.Bool(false),
				ScheduledScalingSuspended: aws.Bool(false),
			},
		},
		tags: in.Tags, policies: map[string]aastypes.ScalingPolicy{}, schedules: map[string]aastypes.ScheduledAction{},
		waits: map[string]cooldown{},
	}
}

// change sets what the input has.
func (t *target) change(in *awsaas.RegisterScalableTargetInput) error {
	d := t.described
	for _, v := range []struct{ to, from **int32 }{{&d.MinCapacity, &in.MinCapacity}, {&d.MaxCapacity, &in.MaxCapacity}} {
		if *v.from != nil {
			*v.to = *v.from
		}
	}
	if aws.ToInt32(d.MinCapacity) > aws.ToInt32(d.MaxCapacity) {
		return invalid("Minimum capacity cannot be greater than maximum capacity")
	}
	if in.RoleARN != nil {
		d.RoleARN = in.RoleARN
	}
	if in.SuspendedState != nil {
		s := *d.SuspendedState
		for _, v := range []struct{ to, from **bool }{
			{&s.DynamicScalingInSuspended, &in.SuspendedState.DynamicScalingInSuspended},
			{&s.DynamicScalingOutSuspended, &in.SuspendedState.DynamicScalingOutSuspended},
			{&s.ScheduledScalingSuspended, &in.SuspendedState.ScheduledScalingSuspended},
		} {
			if *v.from != nil {
				*v.to = *v.from
			}
		}
		d.SuspendedState = &s
	}
	t.described = d
	return nil
}

// deregister takes policies and scheduled actions away with the target.
func (f *Fake) deregister(
	c *sim.Call, in *awsaas.DeregisterScalableTargetInput,
) (*awsaas.DeregisterScalableTargetOutput, error) {
	r := f.regions.In(c)
	if _, err := r.find(in.ServiceNamespace, in.ResourceId, in.ScalableDimension); err != nil {
		return nil, err
	}
	delete(r.targets, rules.TargetRef(in.ServiceNamespace, in.ResourceId, in.ScalableDimension))
	return &awsaas.DeregisterScalableTargetOutput{}, nil
}

// sorted returns the targets of the call's region that pass.
func (f *Fake) sorted(c *sim.Call, by filter) []*target {
	targets := f.regions.In(c).targets
	var all []*target
	for _, key := range slices.Sorted(maps.Keys(targets)) {
		if by.passes(targets[key]) {
			all = append(all, targets[key])
		}
	}
	return all
}

func (f *Fake) describeTargets(
	c *sim.Call, in *awsaas.DescribeScalableTargetsInput,
) (*awsaas.DescribeScalableTargetsOutput, error) {
	if in.ScalableDimension != "" && len(in.ResourceIds) == 0 {
		return nil, invalid("Resource id must be specified if scalable dimension is specified")
	}
	var all []aastypes.ScalableTarget
	for _, t := range f.sorted(c, filter{namespace: in.ServiceNamespace, dimension: in.ScalableDimension}) {
		if len(in.ResourceIds) == 0 || slices.Contains(in.ResourceIds, aws.ToString(t.described.ResourceId)) {
			all = append(all, t.described)
		}
	}
	cut, next, err := page(all, in.NextToken, in.MaxResults, pageTargets)
	return &awsaas.DescribeScalableTargetsOutput{ScalableTargets: cut, NextToken: next}, err
}
