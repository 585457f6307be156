// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/gosource"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
	modelvpc "github.com/slipway-go/slipway/internal/model/vpc"
)

// shares are those of a strategy.
func (x *exporter) shares(items []ecstypes.CapacityProviderStrategyItem) []expressed[share] {
	var all []expressed[share]
	for _, i := range items {
		if name := text(i.CapacityProvider); awsProvider(name) {
			c := Capacity{Provider: CapacityProvider(name), Base: int(i.Base), Weight: int(i.Weight)}
			all = append(all, gosource.Of[share](x.p, c, x.p.Literal(c)))
			continue
		}
		p := x.provider(text(i.CapacityProvider))
		c := InstanceCapacity{Provider: p.V, Base: int(i.Base), Weight: int(i.Weight)}
		fields := []gosource.Field{{Name: "Provider", Value: p}}
		if c.Base != 0 {
			fields = append(fields, gosource.Field{Name: "Base", Value: c.Base})
		}
		if c.Weight != 0 {
			fields = append(fields, gosource.Field{Name: "Weight", Value: c.Weight})
		}
		all = append(all, gosource.Of[share](x.p, c, x.p.Struct("ecs.InstanceCapacity", fields...)))
	}
	return all
}

// provider is a capacity provider by its name: as it is declared, if the stack owns it.
func (x *exporter) provider(name string) expressed[InstanceProvider] {
	id, thing, owned := x.ownedBy(model.KindCapacityProvider, "name", name)
	if known, ok := x.providers[id]; ok {
		return known
	}
	state, is := thing.State.(*model.CapacityProvider)
	if owned && is && state.Create.AutoScalingGroupProvider != nil {
		if p, ok := x.groupProvider(id, state); ok {
			x.providers[id] = gosource.As[InstanceProvider](p, p.V)
			return x.providers[id]
		}
	}
	p := ProviderNamed(name)
	return gosource.Call(x.p, p, "ecs.ProviderNamed", name)
}

// groupProvider declares a provider of a group that the stack owns, too.
func (x *exporter) groupProvider(id slipway.ID, s *model.CapacityProvider) (p expressed[GroupProvider], ok bool) {
	g := s.Create.AutoScalingGroupProvider
	group, ok := x.group(text(g.AutoScalingGroupArn))
	if !ok {
		x.leavef("capacity provider %s cannot be declared: its group %s is not the stack's, or cannot be declared either", id.Name, lastPart(text(g.AutoScalingGroupArn)))
		return p, false
	}
	p = gosource.Call(x.p, NewGroupProvider(id.Name, group.V), "ecs.NewGroupProvider", id.Name, group)
	switch m := managedScaling(g.ManagedScaling); {
	case g.ManagedScaling == nil || g.ManagedScaling.Status != ecstypes.ManagedScalingStatusEnabled:
		p = p.Then(p.V.WithoutManagedScaling(), "WithoutManagedScaling")
	case m != (ManagedScaling{}):
		fields := gosource.Fields(m)
		if m.Warmup != nil {
			d := *m.Warmup
			i := slices.IndexFunc(fields, func(f gosource.Field) bool { return f.Name == "Warmup" })
			fields[i].Value = gosource.Of(x.p, 0, "new("+x.p.Literal(d)+")")
		}
		p = p.Then(p.V.WithManagedScaling(m), "WithManagedScaling", gosource.Of(x.p, m, x.p.Struct("ecs.ManagedScaling", fields...)))
	}
	if g.ManagedTerminationProtection == ecstypes.ManagedTerminationProtectionEnabled {
		p = p.Then(p.V.WithTerminationProtection(), "WithTerminationProtection")
	}
	if g.ManagedDraining == ecstypes.ManagedDrainingDisabled {
		p = p.Then(p.V.WithoutManagedDraining(), "WithoutManagedDraining")
	}
	for _, t := range s.Create.Tags {
		p = p.Then(p.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
	}
	return gosource.Define(x.body, p, id.Name, id.Name+"Provider", "provider"), true
}

// managedScaling are the settings that are not AWS's defaults.
func managedScaling(m *ecstypes.ManagedScaling) ManagedScaling {
	if m == nil {
		return ManagedScaling{}
	}
	other := func(n *int32, usual int32) int {
		if aws.ToInt32(n) == usual {
			return 0
		}
		return orZero(n)
	}
	out := ManagedScaling{
		TargetCapacity: other(m.TargetCapacity, defaultTarget), MinStep: other(m.MinimumScalingStepSize, defaultMinStep),
		MaxStep: other(m.MaximumScalingStepSize, defaultMaxStep),
	}
	if m.InstanceWarmupPeriod != nil && *m.InstanceWarmupPeriod != defaultWarmup {
		warmup := seconds64(m.InstanceWarmupPeriod)
		out.Warmup = &warmup
	}
	return out
}

// clusterCapacity gives the cluster its providers and its default strategy.
func (x *exporter) clusterCapacity(c expressed[Cluster], s *model.Cluster) expressed[Cluster] {
	names, strategy := s.Create.CapacityProviders, s.Create.DefaultCapacityProviderStrategy
	if own := ownedState[model.ClusterCapacity](x, model.KindClusterCapacity, text(s.Create.ClusterName)); own != nil {
		names, strategy = own.Put.CapacityProviders, own.Put.DefaultCapacityProviderStrategy
	}
	shares := x.shares(strategy)
	for _, name := range names {
		defaults := func(i ecstypes.CapacityProviderStrategyItem) bool { return text(i.CapacityProvider) == name }
		if awsProvider(name) || slices.ContainsFunc(strategy, defaults) {
			continue
		}
		p := x.provider(name)
		c = c.Then(c.V.WithCapacityProvider(p.V), "WithCapacityProvider", p)
	}
	for _, s := range shares {
		switch share := s.V.(type) {
		case Capacity:
			c = c.Then(c.V.WithCapacity(share), "WithCapacity", s)
		case InstanceCapacity:
			c = c.Then(c.V.WithInstanceCapacity(share), "WithInstanceCapacity", s)
		}
	}
	return c
}

// instanceGroups names the security groups that the stack owns and that let in its
// balancers, besides those that the capacity providers bring.
func (x *exporter) instanceGroups(s expressed[serviceCore]) expressed[serviceCore] {
	if len(x.service.Create.LoadBalancers) == 0 {
		return s
	}
	brought := map[string]bool{}
	for _, on := range x.shares(x.service.Create.CapacityProviderStrategy) {
		for _, g := range instanceGroups(nil, []share{on.V}) {
			brought[g.GroupID()] = true
		}
	}
	balancers := x.balancerGroupsOf()
	var done []string
	for _, id := range x.sortedOwned(modelvpc.KindSecurityGroupRule) {
		r, ok := x.owned[id].State.(*modelvpc.SecurityGroupRule)
		if !ok || r.Egress || len(r.Permission.UserIdGroupPairs) == 0 || slices.Contains(done, r.Group) {
			continue
		}
		from := text(r.Permission.UserIdGroupPairs[0].GroupId)
		if owned, _, is := x.ownedBy(modelvpc.KindSecurityGroup, "id", r.Group); !is || brought[slipway.Ref(owned, "id")] || !slices.Contains(balancers, from) {
			continue
		}
		done = append(done, r.Group)
		g := x.securityGroup(r.Group)
		s = s.Then(s.V.withInstances(g.V), "WithInstanceSecurityGroup", g)
	}
	return s
}

// balancerGroupsOf are the security groups of all balancers that the stack owns.
func (x *exporter) balancerGroupsOf() []string {
	var all []string
	for _, id := range x.sortedOwned(modelelb.KindLoadBalancer) {
		if s := ownedState[modelelb.LoadBalancer](x, id.Kind, id.Name); s != nil {
			all = append(all, s.Create.SecurityGroups...)
		}
	}
	for _, id := range x.sortedOwned(modelelb.KindClassic) {
		if s := ownedState[modelelb.Classic](x, id.Kind, id.Name); s != nil {
			all = append(all, s.Create.SecurityGroups...)
		}
	}
	return all
}

// daemonDeployment is how a daemon is brought out; ok is false where nothing need be
// said.
func (x *exporter) daemonDeployment(c *ecstypes.DeploymentConfiguration, r exportedRolling) (d expressed[Deployment], ok bool) {
	v := DaemonRolling{
		WithoutCircuitBreaker: r.WithoutCircuitBreaker, WithoutRollback: r.WithoutRollback, Threshold: r.Threshold,
		CountAllFailures: r.CountAllFailures, Alarms: r.Alarms,
	}
	if c != nil {
		v.MinimumHealthyPercent = orZero(c.MinimumHealthyPercent)
	}
	fields := gosource.Fields(v)
	for i := range fields {
		if fields[i].Name == "Threshold" {
			fields[i].Value = gosource.Call(x.p, r.Threshold, r.threshold, r.value)
		}
	}
	return gosource.Of[Deployment](x.p, daemonDeployment(v), x.p.Struct("ecs.DaemonRolling", fields...)), len(fields) > 0
}

// group is an Auto Scaling group by its ARN, if the stack owns it.
func (x *exporter) group(arn string) (g expressed[InstanceGroup], ok bool) {
	id, thing, owned := x.ownedBy(modelasg.KindGroup, "arn", arn)
	if known, done := x.instances[id]; done {
		return known, true
	}
	state, is := thing.State.(*modelasg.Group)
	if !owned || !is {
		return g, false
	}
	made, ok := x.declaredGroup(id.Name, state)
	if !ok {
		return g, false
	}
	x.instances[id] = gosource.As[InstanceGroup](made, made.V)
	return x.instances[id], true
}
