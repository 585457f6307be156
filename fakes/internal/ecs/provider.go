// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// capacityProvider is one that stands for an Auto Scaling group, or for Managed Instances.
type capacityProvider struct {
	r         *region
	name, arn string
	group     string // name
	// settings are replaced, never edited, by updates.
	settings ecstypes.AutoScalingGroupProvider
	tags     []ecstypes.Tag
	status   ecstypes.CapacityProviderStatus
	update   ecstypes.CapacityProviderUpdateStatus
	clusters map[string]*cluster
	looking  bool
	// low counts looks in a row at which less was reserved than is aimed at.
	low int
	// managed is what Managed Instances have; nil where a group has the instances.
	managed *managedInstances
}

// ownProvider reports whether it is one of AWS's own.
func ownProvider(name string) bool { return name == fargate || name == fargateSpot }

func (f *Fake) handleOwnProviders() {
	sim.Handle(f.api, "CreateCapacityProvider", f.createProvider, sim.Needs(needsProvider))
	sim.Handle(f.api, "UpdateCapacityProvider", f.updateProvider, sim.Needs(needsProviderUpdate))
	sim.Handle(f.api, "DeleteCapacityProvider", f.deleteProvider, sim.Needs(onProvider("ecs:DeleteCapacityProvider",
		func(in *awsecs.DeleteCapacityProviderInput) *string { return in.CapacityProvider })))
}

// onProvider is the access to an operation on a capacity provider.
func onProvider[I any](action string, ref func(*I) *string) func(*sim.Call, *I) []sim.Access {
	return func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{{Action: action, Resource: c.ARN("ecs", "capacity-provider/"+lastPart(value(ref(in))))}}
	}
}

func (f *Fake) createProvider(c *sim.Call, in *awsecs.CreateCapacityProviderInput) (*awsecs.CreateCapacityProviderOutput, error) {
	r := f.of(c)
	if err := sim.Check(rules.CreateCapacityProvider, refs{r}, in, typed); err != nil {
		return nil, err
	}
	if in.AutoScalingGroupProvider == nil && in.ManagedInstancesProvider == nil {
		return nil, clientError("The specified capacity provider must have an Auto Scaling group provider.")
	}
	if old := r.provider(*in.Name); old != nil {
		return nil, clientError("The specified capacity provider already exists. To change the configuration of an existing capacity provider, " +
			"update the capacity provider.")
	}
	if in.ManagedInstancesProvider != nil {
		return f.createManaged(c, in)
	}
	p := &capacityProvider{
		r: r, name: *in.Name, arn: r.arn("capacity-provider/" + *in.Name), settings: *in.AutoScalingGroupProvider, tags: in.Tags,
		status: ecstypes.CapacityProviderStatusActive, clusters: map[string]*cluster{},
	}
	if err := p.accept(); err != nil {
		return nil, err
	}
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	r.providers[p.name] = p
	return &awsecs.CreateCapacityProviderOutput{CapacityProvider: p.view(true)}, nil
}

// provider finds a capacity provider of one's own that was not deleted.
func (r *region) provider(ref string) *capacityProvider {
	p := r.providers[lastPart(ref)]
	if p == nil || p.status == ecstypes.CapacityProviderStatusInactive {
		return nil
	}
	return p
}

// accept looks at the group and fills in what AWS does.
func (p *capacityProvider) accept() error {
	groups := p.r.f.needs.Groups
	if groups == nil {
		return sim.NotModelled("capacity providers need Auto Scaling groups, which are not modelled here")
	}
	g, ok := groups.Group(p.r.name, value(p.settings.AutoScalingGroupArn))
	if !ok {
		return clientError("The specified Auto Scaling group ARN is not valid. Specify a valid Auto Scaling group ARN and try again.")
	}
	for _, other := range p.r.providers {
		if other.group == g.Name && other.status == ecstypes.CapacityProviderStatusActive {
			return clientError("The specified Auto Scaling group ARN is already being used by another capacity provider. " +
				"Specify a unique Auto Scaling group ARN and try again.")
		}
	}
	p.group, p.settings.AutoScalingGroupArn = g.Name, &g.ARN
	p.settings = filledProvider(p.settings)
	return p.protectable()
}

// protectable refuses managed termination protection where it would not work.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AutoScalingGroupProvider.html
func (p *capacityProvider) protectable() error {
	if p.settings.ManagedTerminationProtection != ecstypes.ManagedTerminationProtectionEnabled {
		return nil
	}
	if p.settings.ManagedScaling.Status != ecstypes.ManagedScalingStatusEnabled {
		return clientError("The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection " +
			"for a capacity provider, managed scaling must be enabled.")
	}
	if g, _ := p.r.f.needs.Groups.Group(p.r.name, p.group); !g.Protects {
		return invalid("The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection " +
			"for a capacity provider, the Auto Scaling group must have instance protection from scale in enabled.")
	}
	return nil
}

// The defaults of managed scaling.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
const (
	defaultTarget        = 100
	defaultMinStep       = 1
	defaultMaxStep       = 10000
	defaultWarmup  int32 = 300
)

func filledProvider(in ecstypes.AutoScalingGroupProvider) ecstypes.AutoScalingGroupProvider {
	s := value(in.ManagedScaling)
	s.Status = cmp.Or(s.Status, ecstypes.ManagedScalingStatusDisabled)
	s.TargetCapacity, s.InstanceWarmupPeriod = new(or(s.TargetCapacity, defaultTarget)), new(or(s.InstanceWarmupPeriod, defaultWarmup))
	s.MinimumScalingStepSize = new(or(s.MinimumScalingStepSize, defaultMinStep))
	s.MaximumScalingStepSize = new(or(s.MaximumScalingStepSize, defaultMaxStep))
	in.ManagedScaling = &s
	in.ManagedTerminationProtection = cmp.Or(in.ManagedTerminationProtection, ecstypes.ManagedTerminationProtectionDisabled)
	in.ManagedDraining = cmp.Or(in.ManagedDraining, ecstypes.ManagedDrainingEnabled)
	return in
}

func (f *Fake) updateProvider(c *sim.Call, in *awsecs.UpdateCapacityProviderInput) (*awsecs.UpdateCapacityProviderOutput, error) {
	if err := sim.Check(rules.UpdateCapacityProvider, refs{f.of(c)}, in, typed); err != nil {
		return nil, err
	}
	p := f.of(c).provider(value(in.Name))
	if p == nil || !p.belongsTo(in.Cluster) {
		return nil, providerNotFound(value(in.Name))
	}
	if p.update == ecstypes.CapacityProviderUpdateStatusUpdateInProgress {
		return nil, &ecstypes.UpdateInProgressException{Message: new("The specified capacity provider is being updated.")}
	}
	old := p.settings
	if u := in.AutoScalingGroupProvider; u != nil && p.managed == nil {
		p.settings.ManagedDraining = cmp.Or(u.ManagedDraining, p.settings.ManagedDraining)
		p.settings.ManagedTerminationProtection = cmp.Or(u.ManagedTerminationProtection, p.settings.ManagedTerminationProtection)
		if u.ManagedScaling != nil {
			p.settings.ManagedScaling = mergedScaling(old.ManagedScaling, u.ManagedScaling)
		}
	}
	var err error
	if u := in.ManagedInstancesProvider; u != nil && p.managed != nil {
		err = p.managed.change(u)
	} else if p.managed == nil {
		err = p.protectable()
	}
	if err != nil {
		p.settings = old
		return nil, err
	}
	p.update = ecstypes.CapacityProviderUpdateStatusUpdateInProgress
	f.sim.After(f.timing.Schedule, func() {
		if p.update == ecstypes.CapacityProviderUpdateStatusUpdateInProgress { // it may be on its way out by now
			p.update = ecstypes.CapacityProviderUpdateStatusUpdateComplete
		}
		if p.managed == nil {
			p.holdTerminating()
		}
		p.wake()
	})
	return &awsecs.UpdateCapacityProviderOutput{CapacityProvider: p.view(true)}, nil
}

// mergedScaling is what is given over what was.
func mergedScaling(was, given *ecstypes.ManagedScaling) *ecstypes.ManagedScaling {
	s := *was
	s.Status = cmp.Or(given.Status, s.Status)
	s.TargetCapacity = cmp.Or(given.TargetCapacity, s.TargetCapacity)
	s.MinimumScalingStepSize = cmp.Or(given.MinimumScalingStepSize, s.MinimumScalingStepSize)
	s.MaximumScalingStepSize = cmp.Or(given.MaximumScalingStepSize, s.MaximumScalingStepSize)
	s.InstanceWarmupPeriod = cmp.Or(given.InstanceWarmupPeriod, s.InstanceWarmupPeriod)
	return &s
}

func providerNotFound(name string) error {
	return invalid("The specified capacity provider '%s' was not found. Specify a valid name or ARN and try again.", lastPart(name))
}

func (f *Fake) deleteProvider(c *sim.Call, in *awsecs.DeleteCapacityProviderInput) (*awsecs.DeleteCapacityProviderOutput, error) {
	name := lastPart(value(in.CapacityProvider))
	if ownProvider(name) {
		return nil, invalid("The FARGATE and FARGATE_SPOT capacity providers are reserved and cannot be deleted.")
	}
	p := f.of(c).provider(name)
	if p == nil || !p.belongsTo(in.Cluster) {
		return nil, providerNotFound(name)
	}
	if p.managed != nil {
		if err := p.managed.inUse(); err != nil {
			return nil, err
		}
		p.managed.withdraw()
		return &awsecs.DeleteCapacityProviderOutput{CapacityProvider: p.view(true)}, nil
	}
	for _, cl := range p.attachedTo() {
		return nil, clientError("The capacity provider cannot be deleted because it is associated with cluster: %s. Remove the capacity provider from the "+
			"cluster and try again.", cl.name)
	}
	p.update = ecstypes.CapacityProviderUpdateStatusDeleteInProgress
	f.sim.After(f.timing.Schedule, func() {
		p.status, p.update = ecstypes.CapacityProviderStatusInactive, ecstypes.CapacityProviderUpdateStatusDeleteComplete
	})
	return &awsecs.DeleteCapacityProviderOutput{CapacityProvider: p.view(true)}, nil
}

// belongsTo reports whether the provider is one of the cluster's, if one is named: only
// Managed Instances belong to one.
func (p *capacityProvider) belongsTo(cluster *string) bool {
	return cluster == nil || p.managed == nil || p.managed.cl.name == lastPart(*cluster)
}

// attachedTo are the clusters that have the provider, by name.
func (p *capacityProvider) attachedTo() []*cluster {
	var list []*cluster
	for _, cl := range p.clusters {
		if cl.status == active {
			list = append(list, cl)
		}
	}
	slices.SortFunc(list, func(a, b *cluster) int { return cmp.Compare(a.name, b.name) })
	return list
}

func (p *capacityProvider) view(tags bool) *ecstypes.CapacityProvider {
	if p.managed != nil {
		return p.managedView(tags)
	}
	v := &ecstypes.CapacityProvider{
		Name: &p.name, CapacityProviderArn: &p.arn, Status: p.status, UpdateStatus: p.update, Type: ecstypes.CapacityProviderTypeEc2Autoscaling,
		AutoScalingGroupProvider: new(p.settings),
	}
	if tags {
		v.Tags = orEmpty(p.tags)
	}
	return v
}
