// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// trafficPolicy is AWS's own for the role that shifts traffic.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
func trafficPolicy() string {
	return "arn:" + slipway.Self("partition") + ":iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"
}

// serve puts the service behind one of its routes: by one target group, or by two where
// traffic is shifted. It returns the one that the first tasks register with.
func (b *serviceParts) serve(name string, r routed) elb.TargetGroup {
	if _, shifts := b.service.deployment.(shifter); !shifts {
		group, rule := r.route.Serve(name, clamp(r.port), b.service.network)
		b.register(group, r.container, r.port)
		b.first(rule)
		return group
	}
	pair := r.route.ForwardPair(name, clamp(r.port), b.service.network)
	role := iam.NewDerivedRole(shortened(b.fullName()+"-traffic", maxDerivedRole)).
		WithTrust(iam.ServicePrincipal{Service: "ecs.amazonaws.com"}).WithManagedPolicy(trafficPolicy())
	b.use(role.Resources()...)
	b.use(pair.Alternate.Resources()...)
	b.register(pair.Production, r.container, r.port)
	b.first(pair.Rule)
	a := &ecstypes.AdvancedConfiguration{
		AlternateTargetGroupArn: aws.String(pair.Alternate.ARN()), ProductionListenerRule: aws.String(pair.Rule.ARN()), RoleArn: aws.String(role.ARN()),
	}
	if pair.Test != nil {
		a.TestListenerRule = aws.String(pair.Test.ARN())
		b.first(pair.Test)
	}
	b.in.LoadBalancers[len(b.in.LoadBalancers)-1].AdvancedConfiguration = a
	return pair.Production
}

func (b *serviceParts) fullName() string { return b.service.clusterName() + "-" + b.service.name }

// hooks adds those of the deployment, with the roles by which they are called.
func (b *serviceParts) hooks() {
	d, shifts := b.service.deployment.(shifter)
	if !shifts {
		return
	}
	for _, h := range d.hooks() {
		in, role := h.input(b.fullName())
		if role != nil {
			b.use(role.Resources()...)
		}
		b.in.DeploymentConfiguration.LifecycleHooks = append(b.in.DeploymentConfiguration.LifecycleHooks, in)
	}
}

// passManagers is what it takes to hand ECS the roles by which it makes volumes, shifts
// traffic and calls hooks.
func passManagers(s *model.Service) []slipway.Permission {
	all := passVolumes(s)
	var roles []*string
	for _, lb := range s.Create.LoadBalancers {
		if lb.AdvancedConfiguration != nil {
			roles = append(roles, lb.AdvancedConfiguration.RoleArn)
		}
	}
	if d := s.Create.DeploymentConfiguration; d != nil {
		for _, h := range d.LifecycleHooks {
			roles = append(roles, h.RoleArn)
		}
	}
	for _, role := range roles {
		if aws.ToString(role) != "" {
			all = append(all, slipway.Permission{
				Actions: []string{"iam:PassRole"}, Resources: []string{*role},
				Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"ecs.amazonaws.com"}}},
			})
		}
	}
	return all
}

// lastColon is what follows the last colon: the name of a function in its ARN.
func lastColon(s string) string { return s[strings.LastIndexByte(s, ':')+1:] }

// defaultShift fills in what ECS would for deployments that shift traffic.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
func defaultShift(d, given *ecstypes.DeploymentConfiguration) {
	const canaryPercent, canaryBake, stepPercent, stepBake, hookMinutes = 5.0, 10, 10.0, 6, 1440
	switch d.Strategy {
	case ecstypes.DeploymentStrategyCanary:
		defTo(&d.CanaryConfiguration.CanaryPercent, canaryPercent)
		if given == nil || given.CanaryConfiguration == nil || given.CanaryConfiguration.CanaryBakeTimeInMinutes == nil {
			d.CanaryConfiguration.CanaryBakeTimeInMinutes = aws.Int32(canaryBake)
		}
	case ecstypes.DeploymentStrategyLinear:
		defTo(&d.LinearConfiguration.StepPercent, stepPercent)
		if given == nil || given.LinearConfiguration == nil || given.LinearConfiguration.StepBakeTimeInMinutes == nil {
			d.LinearConfiguration.StepBakeTimeInMinutes = aws.Int32(stepBake)
		}
	}
	for i := range d.LifecycleHooks {
		h := &d.LifecycleHooks[i]
		def(&h.TargetType, ecstypes.DeploymentLifecycleHookTargetTypeAwsLambda)
		def(&h.TimeoutConfiguration.Action, ecstypes.DeploymentLifecycleHookActionRollback)
		defTo(&h.TimeoutConfiguration.TimeoutInMinutes, hookMinutes)
	}
}

// sentShift puts back the bake times that are 0, which means none, not the default.
func sentShift(sent, d *ecstypes.DeploymentConfiguration) {
	if d.Strategy == ecstypes.DeploymentStrategyRolling {
		return
	}
	sent.BakeTimeInMinutes = d.BakeTimeInMinutes
	switch d.Strategy {
	case ecstypes.DeploymentStrategyCanary:
		c := *d.CanaryConfiguration
		sent.CanaryConfiguration = &c
	case ecstypes.DeploymentStrategyLinear:
		c := *d.LinearConfiguration
		sent.LinearConfiguration = &c
	}
}

// undriven reports deployment controllers that Slipway does not drive: with them ECS
// makes no service deployments, so that none can be followed.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html
func undriven(in *ecstypes.DeploymentController) []slipway.FieldError {
	if in == nil || in.Type == "" || in.Type == ecstypes.DeploymentControllerTypeEcs {
		return nil
	}
	want := "ECS: deployments of this controller are made by task sets of somebody else's, which no service deployment shows"
	if in.Type == ecstypes.DeploymentControllerTypeCodeDeploy {
		want = "ECS with BlueGreen, Canary or Linear: CodeDeploy makes the deployments of this controller, and no service deployment shows them"
	}
	return []slipway.FieldError{{
		Path: "DeploymentController.Type", Got: string(in.Type), Want: want,
		Doc: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html", Rule: "ecs-deployment-controller",
	}}
}
