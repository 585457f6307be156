// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// awsScaleIn stands in states for what ECS chooses: what is nil would not be compared. It
// is never sent.
const awsScaleIn = -2

// managedDefaults fills in what ECS would.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_InstanceLaunchTemplate.html
func managedDefaults(s *model.CapacityProvider) {
	p := *s.Create.ManagedInstancesProvider
	t := ecstypes.InstanceLaunchTemplate{}
	if p.InstanceLaunchTemplate != nil {
		t = *p.InstanceLaunchTemplate
	}
	def(&t.CapacityOptionType, ecstypes.CapacityOptionTypeOnDemand)
	def(&t.Monitoring, ecstypes.ManagedInstancesMonitoringOptionsBasic)
	if t.InstanceMetadataTagsPropagation == nil {
		t.InstanceMetadataTagsPropagation = aws.Bool(true)
	}
	if t.LocalStorageConfiguration == nil {
		t.LocalStorageConfiguration = &ecstypes.ManagedInstancesLocalStorageConfiguration{}
	}
	def(&p.PropagateTags, ecstypes.PropagateMITagsNone)
	if p.InfrastructureOptimization == nil || p.InfrastructureOptimization.ScaleInAfter == nil {
		p.InfrastructureOptimization = &ecstypes.InfrastructureOptimization{ScaleInAfter: aws.Int32(awsScaleIn)}
	}
	p.InstanceLaunchTemplate = &t
	s.Create.ManagedInstancesProvider = &p
}

// sendable is the input without what stands for nothing.
func sendable(in awsecs.CreateCapacityProviderInput) awsecs.CreateCapacityProviderInput {
	if in.ManagedInstancesProvider == nil {
		return in
	}
	p := *in.ManagedInstancesProvider
	if o := p.InfrastructureOptimization; o != nil && aws.ToInt32(o.ScaleInAfter) == awsScaleIn {
		p.InfrastructureOptimization = nil
	}
	in.ManagedInstancesProvider = &p
	return in
}

// rebuiltManaged is the input that ECS describes.
func rebuiltManaged(p *ecstypes.ManagedInstancesProvider) *ecstypes.CreateManagedInstancesProviderConfiguration {
	if p == nil {
		return nil
	}
	return &ecstypes.CreateManagedInstancesProviderConfiguration{
		InfrastructureRoleArn: p.InfrastructureRoleArn, InstanceLaunchTemplate: p.InstanceLaunchTemplate, PropagateTags: p.PropagateTags,
		InfrastructureOptimization: p.InfrastructureOptimization, AutoRepairConfiguration: p.AutoRepairConfiguration,
	}
}

func createManaged(ctx context.Context, c slipway.Call, want *model.CapacityProvider) error {
	in := sendable(want.Create)
	in.Tags = allTags(c, in.Tags)
	return retried(ctx, c, roleNotReady, func(ctx context.Context) error {
		_, err := client(c).CreateCapacityProvider(ctx, &in)
		return capacityProviders{}.unheard(ctx, c, want, awserr.Wrap(err, "create capacity provider "+aws.ToString(in.Name)))
	})
}

// updateManaged says all of the settings again. To take a delay away is to send none.
func updateManaged(ctx context.Context, c slipway.Call, want *model.CapacityProvider) error {
	p := sendable(want.Create).ManagedInstancesProvider
	t := p.InstanceLaunchTemplate
	optimization := p.InfrastructureOptimization
	if optimization == nil {
		optimization = &ecstypes.InfrastructureOptimization{}
	}
	in := &awsecs.UpdateCapacityProviderInput{
		Name: want.Create.Name, Cluster: want.Create.Cluster,
		ManagedInstancesProvider: &ecstypes.UpdateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: p.InfrastructureRoleArn, PropagateTags: p.PropagateTags, AutoRepairConfiguration: p.AutoRepairConfiguration,
			InfrastructureOptimization: optimization,
			InstanceLaunchTemplate: &ecstypes.InstanceLaunchTemplateUpdate{
				CapacityReservations: t.CapacityReservations, Ec2InstanceProfileArn: t.Ec2InstanceProfileArn, InstanceRequirements: t.InstanceRequirements,
				InstanceMetadataTagsPropagation: t.InstanceMetadataTagsPropagation, LocalStorageConfiguration: t.LocalStorageConfiguration,
				Monitoring: t.Monitoring, NetworkConfiguration: t.NetworkConfiguration, StorageConfiguration: t.StorageConfiguration,
			},
		},
	}
	return retried(ctx, c, attachmentsChanging, func(ctx context.Context) error {
		_, err := client(c).UpdateCapacityProvider(ctx, in)
		return awserr.Wrap(err, "update capacity provider "+aws.ToString(in.Name))
	})
}

// deleteManaged takes the provider out of its cluster's default strategy, stops the tasks
// that no service looks after, deletes it, and waits until its instances are gone: before
// that the cluster, the roles and the security group cannot go. It is safe to repeat.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html
func deleteManaged(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider]) error {
	name, cluster := output(have, "name"), aws.ToString(have.State.Create.Cluster)
	if have.Phase != slipway.Deleting {
		if err := leaveDefault(ctx, c, cluster, name); err != nil {
			return err
		}
		err := stopLoose(ctx, c, cluster, "its capacity provider is being deleted", func(t *ecstypes.Task) bool {
			return aws.ToString(t.CapacityProviderName) == name
		})
		if err != nil {
			return err
		}
		err = retriedFor(ctx, c, detachPatience, stillTasks, func(ctx context.Context) error {
			_, err := client(c).DeleteCapacityProvider(ctx, &awsecs.DeleteCapacityProviderInput{CapacityProvider: &name, Cluster: &cluster})
			return awserr.Wrap(err, "delete capacity provider "+name)
		})
		if err != nil {
			return err
		}
	}
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := client(c).DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{name}})
		if err != nil || len(out.CapacityProviders) == 0 {
			return err == nil, awserr.Wrap(err, "describe capacity provider "+name)
		}
		p := &out.CapacityProviders[0]
		if p.UpdateStatus == ecstypes.CapacityProviderUpdateStatusDeleteFailed {
			return false, fmt.Errorf("%w: capacity provider %s: %s", slipway.ErrFailed, name, aws.ToString(p.UpdateStatusReason))
		}
		return p.Status == ecstypes.CapacityProviderStatusInactive, nil
	})
}

// leaveDefault takes a provider out of a cluster's default strategy.
func leaveDefault(ctx context.Context, c slipway.Call, cluster, provider string) error {
	found, err := describeClusters(ctx, c, []string{cluster})
	f := found[cluster]
	if err != nil || f == nil {
		return err
	}
	left := without(f.DefaultCapacityProviderStrategy, provider)
	if len(left) == len(f.DefaultCapacityProviderStrategy) {
		return nil
	}
	return putCapacity(ctx, c, &awsecs.PutClusterCapacityProvidersInput{
		Cluster: f.ClusterName, CapacityProviders: f.CapacityProviders, DefaultCapacityProviderStrategy: left,
	}, nil)
}

// hideManaged takes Managed Instances out of the lists of clusters' capacity providers.
// They belong to their cluster by themselves: PutClusterCapacityProviders neither takes
// them nor takes them away, but DescribeClusters shows them.
// https://github.com/hashicorp/terraform-provider-aws/issues/46346
func hideManaged(ctx context.Context, c slipway.Call, found map[string]*ecstypes.Cluster) error {
	in := &awsecs.DescribeCapacityProvidersInput{}
	for _, f := range found {
		for _, p := range f.CapacityProviders {
			if !awsProvider(p) && !slices.Contains(in.CapacityProviders, p) {
				in.CapacityProviders = append(in.CapacityProviders, p)
			}
		}
	}
	slices.Sort(in.CapacityProviders)
	for batch := range slices.Chunk(in.CapacityProviders, describeBatch) {
		all, err := describeProviders(ctx, c, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: batch})
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.State.Create.ManagedInstancesProvider == nil {
				continue
			}
			for _, f := range found {
				f.CapacityProviders = slices.DeleteFunc(f.CapacityProviders, func(name string) bool { return name == output(p, "name") })
			}
		}
	}
	return nil
}

// managedPermissions say what else a caller needs for Managed Instances.
func managedPermissions(have *slipway.Live[model.CapacityProvider], want *model.CapacityProvider) []slipway.Permission {
	if want == nil {
		cluster := aws.ToString(have.State.Create.Cluster)
		return []slipway.Permission{
			anywhere("ecs:DescribeClusters", "ecs:DescribeServices", "ecs:ListServices", "ecs:ListTasks"),
			{Actions: []string{"ecs:PutClusterCapacityProviders"}, Resources: []string{ownARN("ecs", "cluster/"+cluster)}},
			{Actions: []string{"ecs:DescribeTasks", "ecs:StopTask"}, Resources: []string{ownARN("ecs", "task/"+cluster+"/*")}},
		}
	}
	var all []slipway.Permission
	if have == nil {
		all = append(all, serviceLinkedRole())
	}
	return append(all, slipway.Permission{
		Actions: []string{"iam:PassRole"}, Resources: []string{aws.ToString(want.Create.ManagedInstancesProvider.InfrastructureRoleArn)},
		Conditions: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": {"ecs.amazonaws.com"}}},
	})
}
