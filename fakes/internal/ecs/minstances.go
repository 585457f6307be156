// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/placement"
)

// managedInstances are what a capacity provider has that launches instances itself. It
// belongs to one cluster.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html
type managedInstances struct {
	p  *capacityProvider
	cl *cluster
	// settings are replaced, never edited, by updates.
	settings ecstypes.ManagedInstancesProvider
	made     time.Time
	// alive are the instances that are not terminated, by id; those in coming have not
	// registered yet.
	alive  map[string]bool
	coming map[string]arrival
	// idle is since when a container instance has had no tasks, by EC2 instance.
	idle map[string]time.Time
	// looked is when it looks next; zero if it does not.
	looked time.Time
}

// arrival is an instance that was launched and has not registered.
type arrival struct {
	zone string
	// offer is what placement will know of it.
	offer    placement.Instance
	launched time.Time
}

// needsProvider is the access to CreateCapacityProvider, and to hand ECS the role by which
// it manages instances.
func needsProvider(c *sim.Call, in *awsecs.CreateCapacityProviderInput) []sim.Access {
	list := withTags("ecs:CreateCapacityProvider", c.ARN("ecs", "capacity-provider/"+value(in.Name)), in.Tags)
	if p := in.ManagedInstancesProvider; p != nil {
		list = append(list, passManaging(p.InfrastructureRoleArn)...)
	}
	return list
}

// needsProviderUpdate is that to UpdateCapacityProvider.
func needsProviderUpdate(c *sim.Call, in *awsecs.UpdateCapacityProviderInput) []sim.Access {
	list := onProvider("ecs:UpdateCapacityProvider", func(in *awsecs.UpdateCapacityProviderInput) *string { return in.Name })(c, in)
	if p := in.ManagedInstancesProvider; p != nil {
		list = append(list, passManaging(p.InfrastructureRoleArn)...)
	}
	return list
}

func passManaging(role *string) []sim.Access {
	return []sim.Access{sim.Access{Action: "iam:PassRole", Resource: value(role)}.With("iam:PassedToService", ecsService)}
}

// createManaged makes a provider of Managed Instances, which is PROVISIONING for a moment.
func (f *Fake) createManaged(c *sim.Call, in *awsecs.CreateCapacityProviderInput) (*awsecs.CreateCapacityProviderOutput, error) {
	r := f.of(c)
	if f.needs.Types == nil || f.needs.Instances == nil {
		return nil, sim.NotModelled("Managed Instances need EC2 instances, which are not modelled here")
	}
	cl, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	given := in.ManagedInstancesProvider
	network := ecstypes.AwsVpcConfiguration{
		Subnets: given.InstanceLaunchTemplate.NetworkConfiguration.Subnets, SecurityGroups: given.InstanceLaunchTemplate.NetworkConfiguration.SecurityGroups,
	}
	if len(network.Subnets) == 0 {
		return nil, sim.NotModelled("Managed Instances without subnets are not modelled")
	}
	if _, err := r.network(network); err != nil {
		return nil, err
	}
	if err := f.linkRole(c); err != nil {
		return nil, err
	}
	p := &capacityProvider{
		r: r, name: *in.Name, arn: r.arn("capacity-provider/" + *in.Name), tags: in.Tags, clusters: map[string]*cluster{cl.name: cl},
		status: ecstypes.CapacityProviderStatusProvisioning, update: ecstypes.CapacityProviderUpdateStatusCreateInProgress,
	}
	p.managed = &managedInstances{
		p: p, cl: cl, made: c.Now(), alive: map[string]bool{}, coming: map[string]arrival{}, idle: map[string]time.Time{},
		settings: filledManaged(ecstypes.ManagedInstancesProvider{
			InfrastructureRoleArn: given.InfrastructureRoleArn, InstanceLaunchTemplate: given.InstanceLaunchTemplate,
			PropagateTags: given.PropagateTags, InfrastructureOptimization: given.InfrastructureOptimization, AutoRepairConfiguration: given.AutoRepairConfiguration,
		}),
	}
	r.providers[p.name] = p
	out := &awsecs.CreateCapacityProviderOutput{CapacityProvider: p.view(true)}
	f.sim.After(f.timing.Schedule, func() {
		if p.status == ecstypes.CapacityProviderStatusProvisioning {
			p.status, p.update = ecstypes.CapacityProviderStatusActive, ecstypes.CapacityProviderUpdateStatusCreateComplete
		}
	})
	return out, nil
}

// filledManaged has what AWS fills in.
func filledManaged(s ecstypes.ManagedInstancesProvider) ecstypes.ManagedInstancesProvider {
	t := *s.InstanceLaunchTemplate
	t.CapacityOptionType = cmp.Or(t.CapacityOptionType, ecstypes.CapacityOptionTypeOnDemand)
	t.Monitoring = cmp.Or(t.Monitoring, ecstypes.ManagedInstancesMonitoringOptionsBasic)
	t.InstanceMetadataTagsPropagation = new(or(t.InstanceMetadataTagsPropagation, true))
	s.PropagateTags = cmp.Or(s.PropagateTags, ecstypes.PropagateMITagsNone)
	s.InstanceLaunchTemplate = &t
	return s
}

// change makes an update: what is not given stays as it is. Instances that run keep what
// they were launched with.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateManagedInstancesProviderConfiguration.html
func (m *managedInstances) change(u *ecstypes.UpdateManagedInstancesProviderConfiguration) error {
	s, t, given := m.settings, *m.settings.InstanceLaunchTemplate, u.InstanceLaunchTemplate
	s.InfrastructureRoleArn = u.InfrastructureRoleArn
	s.PropagateTags = cmp.Or(u.PropagateTags, s.PropagateTags)
	s.AutoRepairConfiguration = cmp.Or(u.AutoRepairConfiguration, s.AutoRepairConfiguration)
	s.InfrastructureOptimization = cmp.Or(u.InfrastructureOptimization, s.InfrastructureOptimization)
	t.CapacityReservations = cmp.Or(given.CapacityReservations, t.CapacityReservations)
	t.Ec2InstanceProfileArn = cmp.Or(given.Ec2InstanceProfileArn, t.Ec2InstanceProfileArn)
	t.InstanceMetadataTagsPropagation = cmp.Or(given.InstanceMetadataTagsPropagation, t.InstanceMetadataTagsPropagation)
	t.InstanceRequirements = cmp.Or(given.InstanceRequirements, t.InstanceRequirements)
	t.LocalStorageConfiguration = cmp.Or(given.LocalStorageConfiguration, t.LocalStorageConfiguration)
	t.Monitoring = cmp.Or(given.Monitoring, t.Monitoring)
	t.NetworkConfiguration = cmp.Or(given.NetworkConfiguration, t.NetworkConfiguration)
	t.StorageConfiguration = cmp.Or(given.StorageConfiguration, t.StorageConfiguration)
	n := t.NetworkConfiguration
	if _, err := m.p.r.network(ecstypes.AwsVpcConfiguration{Subnets: n.Subnets, SecurityGroups: n.SecurityGroups}); err != nil {
		return err
	}
	s.InstanceLaunchTemplate = &t
	m.settings = s
	return nil
}

// inUse refuses to delete a provider that is in a strategy, or has tasks.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html
func (m *managedInstances) inUse() error {
	used := func(items []ecstypes.CapacityProviderStrategyItem) bool {
		return slices.ContainsFunc(items, func(i ecstypes.CapacityProviderStrategyItem) bool {
			return lastPart(value(i.CapacityProvider)) == m.p.name
		})
	}
	taken := used(m.cl.input.DefaultCapacityProviderStrategy)
	for _, s := range m.cl.services {
		taken = taken || s.status == active && used(s.strategy)
	}
	for _, t := range m.cl.tasks {
		taken = taken || t.status != stopped && t.provider == m.p.name
	}
	if taken {
		return &ecstypes.ResourceInUseException{Message: new("The specified capacity provider is in use and cannot be removed.")}
	}
	return nil
}

// withdraw deletes the provider: its instances go first.
func (m *managedInstances) withdraw() {
	m.p.status, m.p.update = ecstypes.CapacityProviderStatusDeprovisioning, ecstypes.CapacityProviderUpdateStatusDeleteInProgress
	for _, id := range sortedKeys(m.alive) {
		m.terminate(id)
	}
	m.p.r.f.sim.After(m.p.r.f.timing.Schedule, m.gone)
}

// gone ends the deletion once no instance is left.
func (m *managedInstances) gone() {
	if m.p.status == ecstypes.CapacityProviderStatusDeprovisioning && len(m.alive) == 0 {
		m.p.status, m.p.update = ecstypes.CapacityProviderStatusInactive, ecstypes.CapacityProviderUpdateStatusDeleteComplete
	}
}

// scoped are the providers of Managed Instances that belong to the cluster, by name.
func (cl *cluster) scoped() []string {
	var names []string
	for name, p := range cl.r.providers {
		if p.managed != nil && p.managed.cl == cl && p.status != ecstypes.CapacityProviderStatusInactive {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// providerNames are all capacity providers of the cluster: those that were put, and those
// that belong to it by themselves.
func (cl *cluster) providerNames() []string {
	return slices.Concat(cl.input.CapacityProviders, cl.scoped())
}

// isScoped reports whether a provider belongs to the cluster by itself.
func (cl *cluster) isScoped(name string) bool {
	p := cl.r.provider(name)
	return p != nil && p.managed != nil && p.managed.cl == cl
}

// isManaged reports whether a task of the provider runs on Managed Instances.
func (r *region) isManaged(provider string) bool {
	p := r.providers[provider]
	return p != nil && p.managed != nil
}
