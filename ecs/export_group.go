// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/internal/gosource"
	modelasg "github.com/slipway-go/slipway/internal/model/autoscaling"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// declaredGroup declares a group whose launch template the stack owns, too. What it does
// not say the plan tells.
func (x *exporter) declaredGroup(name string, s *modelasg.Group) (g expressed[autoscaling.Group], ok bool) {
	in := &s.Create
	from := in.LaunchTemplate
	if m := in.MixedInstancesPolicy; m != nil && m.LaunchTemplate != nil {
		from = m.LaunchTemplate.LaunchTemplateSpecification
	}
	network := x.networkOfGroup(s.Subnets)
	if from == nil {
		return g, false
	}
	template, ok := x.template(text(from.LaunchTemplateName), network)
	if !ok {
		return g, false
	}
	g = gosource.Call(x.p, autoscaling.NewGroup(name, template.V, network.V), "autoscaling.NewGroup", name, template, network)
	if least, most := orZero(in.MinSize), orZero(in.MaxSize); least != 1 || most != 1 {
		g = g.Then(g.V.WithSize(least, most), "WithSize", least, most)
	}
	if x.managed(name) {
		g = g.Then(g.V.WithExternalScaling(), "WithExternalScaling")
	}
	if m := in.MixedInstancesPolicy; m != nil {
		g = groupMix(g, m)
	}
	g = groupLife(g, s)
	g = groupHealth(g, s)
	for _, t := range in.Tags {
		if aws.ToBool(t.PropagateAtLaunch) {
			g = g.Then(g.V.WithPropagatedTag(text(t.Key), text(t.Value)), "WithPropagatedTag", text(t.Key), text(t.Value))
		} else {
			g = g.Then(g.V.WithTag(text(t.Key), text(t.Value)), "WithTag", text(t.Key), text(t.Value))
		}
	}
	return gosource.Define(x.body, g, name, name+"Group", "group"), true
}

// networkOfGroup is the look-up of the group's subnets.
func (x *exporter) networkOfGroup(subnets []string) expressed[vpc.Network] {
	candidates := x.networksOf(subnets, x.network.V.AssignsPublicIP())
	for _, n := range candidates {
		if n.V.ID() == x.network.V.ID() {
			return x.network
		}
	}
	if len(candidates) > 0 {
		return candidates[0]
	}
	return x.network.On(x.network.V.WithSubnets(subnets...), "WithSubnets", list(subnets)...)
}

// managed reports whether ECS scales the group.
func (x *exporter) managed(group string) bool {
	for _, id := range x.sortedOwned(model.KindCapacityProvider) {
		p := ownedState[model.CapacityProvider](x, id.Kind, id.Name)
		if p == nil || p.Create.AutoScalingGroupProvider == nil {
			continue
		}
		g := p.Create.AutoScalingGroupProvider
		if lastPart(text(g.AutoScalingGroupArn)) == group && g.ManagedScaling != nil && g.ManagedScaling.Status == ecstypes.ManagedScalingStatusEnabled {
			return true
		}
	}
	return false
}

// groupMix is what the instances are mixed of.
func groupMix(g expressed[autoscaling.Group], m *asgtypes.MixedInstancesPolicy) expressed[autoscaling.Group] {
	var types []autoscaling.InstanceType
	if m.LaunchTemplate != nil {
		for _, o := range m.LaunchTemplate.Overrides {
			weight, _ := strconv.Atoi(text(o.WeightedCapacity))
			if o.InstanceType != nil {
				types = append(types, autoscaling.InstanceType{Name: *o.InstanceType, Weight: weight})
			}
			if o.InstanceRequirements != nil {
				q := requirementsOf(o.InstanceRequirements)
				g = g.Then(g.V.WithRequirements(q), "WithRequirements", q)
			}
		}
	}
	if len(types) > 0 {
		g = g.Then(g.V.WithInstanceTypes(types...), "WithInstanceTypes", list(types)...)
	}
	d := m.InstancesDistribution
	if d == nil {
		return g
	}
	mix := autoscaling.Mix{
		OnDemandBase: orZero(d.OnDemandBaseCapacity), OnDemandPercent: orZero(d.OnDemandPercentageAboveBaseCapacity),
		OnDemand: autoscaling.OnDemandStrategy(text(d.OnDemandAllocationStrategy)), Spot: autoscaling.SpotStrategy(text(d.SpotAllocationStrategy)),
		SpotMaxPrice: text(d.SpotMaxPrice),
	}
	if mix.OnDemand == autoscaling.Prioritized {
		mix.OnDemand = ""
	}
	if mix.Spot == autoscaling.PriceCapacityOptimized {
		mix.Spot = ""
	}
	if mix.Spot == autoscaling.LowestPrice {
		mix.SpotPools = orZero(d.SpotInstancePools)
	}
	return g.Then(g.V.WithMix(mix), "WithMix", mix)
}

// requirementsOf are those by which AWS chooses among all types.
func requirementsOf(q *asgtypes.InstanceRequirements) autoscaling.Requirements {
	r := autoscaling.Requirements{
		Allowed: q.AllowedInstanceTypes, Excluded: q.ExcludedInstanceTypes, Manufacturers: q.CpuManufacturers,
		CurrentGeneration: slices.Equal(q.InstanceGenerations, []asgtypes.InstanceGeneration{asgtypes.InstanceGenerationCurrent}),
		Burstable:         q.BurstablePerformance == asgtypes.BurstablePerformanceIncluded,
		LocalStorage:      q.LocalStorage == asgtypes.LocalStorageRequired,
	}
	if n := q.VCpuCount; n != nil {
		r.MinVCPUs, r.MaxVCPUs = orZero(n.Min), orZero(n.Max)
	}
	if n := q.MemoryMiB; n != nil {
		r.MinMemory, r.MaxMemory = orZero(n.Min), orZero(n.Max)
	}
	if n := q.AcceleratorCount; n != nil {
		r.MinGPUs = orZero(n.Min)
	}
	return r
}

// groupLife is how instances come and go.
func groupLife(g expressed[autoscaling.Group], s *modelasg.Group) expressed[autoscaling.Group] {
	in := &s.Create
	for _, p := range s.WarmPool {
		pool := autoscaling.WarmPool{State: p.PoolState, MinSize: orZero(p.MinSize), MaxPrepared: max(orZero(p.MaxGroupPreparedCapacity), 0)}
		pool.Reuse = p.InstanceReusePolicy != nil && aws.ToBool(p.InstanceReusePolicy.ReuseOnScaleIn)
		if pool.State == asgtypes.WarmPoolStateStopped {
			pool.State = ""
		}
		g = g.Then(g.V.WithWarmPool(pool), "WithWarmPool", pool)
	}
	for _, h := range in.LifecycleHookSpecificationList {
		hook := autoscaling.LifecycleHook{
			Name: text(h.LifecycleHookName), On: autoscaling.Transition(text(h.LifecycleTransition)), Timeout: seconds64(h.HeartbeatTimeout),
			Continue: text(h.DefaultResult) == "CONTINUE", Notify: text(h.NotificationTargetARN), Metadata: text(h.NotificationMetadata),
		}
		g = g.Then(g.V.WithLifecycleHook(hook), "WithLifecycleHook", hook)
	}
	if aws.ToBool(in.NewInstancesProtectedFromScaleIn) {
		g = g.Then(g.V.WithScaleInProtection(), "WithScaleInProtection")
	}
	if aws.ToBool(in.CapacityRebalance) {
		g = g.Then(g.V.WithCapacityRebalance(), "WithCapacityRebalance")
	}
	if d := seconds64(in.MaxInstanceLifetime); d != 0 {
		g = g.Then(g.V.WithMaxInstanceLifetime(d), "WithMaxInstanceLifetime", d)
	}
	if p := in.TerminationPolicies; len(p) > 0 && !slices.Equal(p, []string{"Default"}) {
		policies := make([]autoscaling.TerminationPolicy, len(p))
		for i := range p {
			policies[i] = autoscaling.TerminationPolicy(p[i])
		}
		g = g.Then(g.V.WithTerminationPolicies(policies...), "WithTerminationPolicies", list(policies)...)
	}
	if len(s.Suspended) > 0 {
		processes := make([]autoscaling.Process, len(s.Suspended))
		for i, p := range s.Suspended {
			processes[i] = autoscaling.Process(p)
		}
		g = g.Then(g.V.WithSuspended(processes...), "WithSuspended", list(processes)...)
	}
	return g
}

// defaultPause is how long AWS waits between simple scaling activities.
const defaultPause = 300 * time.Second

// groupHealth is how the group judges its instances, and what it measures.
func groupHealth(g expressed[autoscaling.Group], s *modelasg.Group) expressed[autoscaling.Group] {
	in := &s.Create
	var checks []autoscaling.HealthCheck
	for name := range strings.SplitSeq(text(in.HealthCheckType), ",") {
		if name != "" && name != "EC2" {
			checks = append(checks, autoscaling.HealthCheck(name))
		}
	}
	if grace := seconds64(in.HealthCheckGracePeriod); grace != 0 || len(checks) > 0 {
		g = g.Then(g.V.WithHealthCheck(grace, checks...), "WithHealthCheck", append([]any{grace}, list(checks)...)...)
	}
	if in.DefaultInstanceWarmup != nil && *in.DefaultInstanceWarmup >= 0 {
		d := seconds64(in.DefaultInstanceWarmup)
		g = g.Then(g.V.WithDefaultWarmup(d), "WithDefaultWarmup", d)
	}
	if d := seconds64(in.DefaultCooldown); in.DefaultCooldown != nil && d != defaultPause {
		g = g.Then(g.V.WithCooldown(d), "WithCooldown", d)
	}
	if m := in.InstanceMaintenancePolicy; m != nil && aws.ToInt32(m.MinHealthyPercentage) >= 0 {
		maintenance := autoscaling.Maintenance{MinHealthy: orZero(m.MinHealthyPercentage), MaxHealthy: orZero(m.MaxHealthyPercentage)}
		g = g.Then(g.V.WithMaintenance(maintenance), "WithMaintenance", maintenance)
	}
	if len(s.Metrics) > 0 {
		metrics := make([]autoscaling.GroupMetricName, len(s.Metrics))
		for i, m := range slices.Sorted(slices.Values(s.Metrics)) {
			metrics[i] = autoscaling.GroupMetricName(m)
		}
		g = g.Then(g.V.WithMetrics(metrics...), "WithMetrics", list(metrics)...)
	}
	return g
}
