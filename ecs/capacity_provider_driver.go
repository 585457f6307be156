// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/awsid"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

// capacityProviders is the driver of capacity providers of one's own.
type capacityProviders struct {
	family
	awsid.Identity
}

// Before names what must be gone first: whatever uses the provider.
func (capacityProviders) Before() []string {
	return []string{model.KindService, model.KindClusterCapacity}
}

// Effects: the name follows from the group, which is fixed, or from what is fixed of
// Managed Instances.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateCapacityProvider.html
func (capacityProviders) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.Name": slipway.Replace,
			"Create.AutoScalingGroupProvider.AutoScalingGroupArn": slipway.NewName,
			"Create.Cluster":                       slipway.NewName,
			managedTemplate + "CapacityOptionType": slipway.NewName,
			managedTemplate + "FipsEnabled":        slipway.NewName,
		},
		Keys: map[string]string{"Create.Tags": "Key"},
		Sets: []string{
			managedTemplate + "NetworkConfiguration.Subnets", managedTemplate + "NetworkConfiguration.SecurityGroups",
			managedTypes + "AllowedInstanceTypes", managedTypes + "ExcludedInstanceTypes", managedTypes + "CpuManufacturers",
			managedTypes + "InstanceGenerations", managedTypes + "LocalStorageTypes", managedTypes + "AcceleratorTypes",
			managedTypes + "AcceleratorManufacturers", managedTypes + "AcceleratorNames",
		},
		Ignore: []string{"Scales"},
	}
}

const (
	managedTemplate = "Create.ManagedInstancesProvider.InstanceLaunchTemplate."
	managedTypes    = managedTemplate + "InstanceRequirements."
)

// The defaults of managed scaling.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
const (
	defaultTarget  = 100 // percent
	defaultMinStep = 1
	defaultMaxStep = 10000
	defaultWarmup  = 300 // seconds
)

// Defaults fills in what ECS would.
func (capacityProviders) Defaults(s *model.CapacityProvider) {
	if s.Create.Tags == nil {
		s.Create.Tags = []ecstypes.Tag{}
	}
	if s.Create.ManagedInstancesProvider != nil {
		managedDefaults(s)
	}
	if s.Create.AutoScalingGroupProvider == nil {
		return
	}
	g := *s.Create.AutoScalingGroupProvider
	scaling := ecstypes.ManagedScaling{}
	if g.ManagedScaling != nil {
		scaling = *g.ManagedScaling
	}
	def(&scaling.Status, ecstypes.ManagedScalingStatusDisabled)
	defTo(&scaling.TargetCapacity, defaultTarget)
	defTo(&scaling.MinimumScalingStepSize, defaultMinStep)
	defTo(&scaling.MaximumScalingStepSize, defaultMaxStep)
	if scaling.InstanceWarmupPeriod == nil {
		scaling.InstanceWarmupPeriod = aws.Int32(defaultWarmup)
	}
	g.ManagedScaling = &scaling
	def(&g.ManagedTerminationProtection, ecstypes.ManagedTerminationProtectionDisabled)
	def(&g.ManagedDraining, ecstypes.ManagedDrainingEnabled)
	s.Create.AutoScalingGroupProvider = &g
}

const docManagedScaling = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html"

// Check returns all that ECS would reject, and warns of a group that two scale.
func (capacityProviders) Check(refs slipway.Refs, s *model.CapacityProvider) []slipway.FieldError {
	in := sendable(s.Create)
	found := ecsrules.CreateCapacityProvider.All(refs, &in)
	g := s.Create.AutoScalingGroupProvider
	if s.Scales && g != nil && g.ManagedScaling != nil && g.ManagedScaling.Status == ecstypes.ManagedScalingStatusEnabled {
		found = append(found, slipway.FieldError{
			Path: "AutoScalingGroupProvider.AutoScalingGroupArn", Got: "a group with scaling policies or schedules of its own",
			Want: "a group that only managed scaling changes", Doc: docManagedScaling, Rule: "ecs-capacity-provider-scales", Warn: true,
		})
	}
	return rules.At("Create", found)
}

// Read describes the provider.
func (capacityProviders) Read(ctx context.Context, c slipway.Call, want *model.CapacityProvider) (*slipway.Live[model.CapacityProvider], error) {
	if !known(want.Create.Name) {
		return nil, nil
	}
	all, err := describeProviders(ctx, c, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{*want.Create.Name}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	all[0].State.Scales = want.Scales
	return all[0], nil
}

// describeProviders describes the providers of one's own that are not gone.
func describeProviders(
	ctx context.Context, c slipway.Call, in *awsecs.DescribeCapacityProvidersInput,
) ([]*slipway.Live[model.CapacityProvider], error) {
	var all []*slipway.Live[model.CapacityProvider]
	in.Include = []ecstypes.CapacityProviderField{ecstypes.CapacityProviderFieldTags}
	for {
		out, err := client(c).DescribeCapacityProviders(ctx, in)
		if err != nil {
			return nil, awserr.Wrap(err, "describe capacity providers")
		}
		for i := range out.CapacityProviders {
			p := &out.CapacityProviders[i]
			if (p.AutoScalingGroupProvider != nil || p.ManagedInstancesProvider != nil) && p.Status != ecstypes.CapacityProviderStatusInactive {
				all = append(all, rebuildProvider(p))
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return all, nil
		}
		in.NextToken = out.NextToken
	}
}

// rebuildProvider turns what ECS describes into a state.
func rebuildProvider(p *ecstypes.CapacityProvider) *slipway.Live[model.CapacityProvider] {
	owner, own := ownerOf(p.Tags)
	live := &slipway.Live[model.CapacityProvider]{
		State: model.CapacityProvider{Create: awsecs.CreateCapacityProviderInput{
			Name: p.Name, AutoScalingGroupProvider: p.AutoScalingGroupProvider, Tags: own,
			ManagedInstancesProvider: rebuiltManaged(p.ManagedInstancesProvider),
		}},
		Owner:   owner,
		Outputs: map[string][]string{"arn": {aws.ToString(p.CapacityProviderArn)}, "name": {aws.ToString(p.Name)}},
	}
	if p.Cluster != nil {
		live.State.Create.Cluster = aws.String(lastPart(*p.Cluster))
	}
	switch p.UpdateStatus {
	case ecstypes.CapacityProviderUpdateStatusDeleteInProgress:
		live.Phase = slipway.Deleting
	case ecstypes.CapacityProviderUpdateStatusCreateInProgress, ecstypes.CapacityProviderUpdateStatusUpdateInProgress:
		live.Phase, live.Reason = slipway.Changing, "the capacity provider is "+string(p.UpdateStatus)
	case ecstypes.CapacityProviderUpdateStatusCreateFailed:
		live.Phase, live.Reason = slipway.Broken, aws.ToString(p.UpdateStatusReason)
	default:
	}
	return live
}

// Put creates the provider, or changes its settings.
func (d capacityProviders) Put(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider], want *model.CapacityProvider) error {
	managed := want.Create.ManagedInstancesProvider != nil
	if have == nil && managed {
		return createManaged(ctx, c, want)
	}
	if have == nil {
		in := want.Create
		strip(&in)
		keepWarmup(&in, want)
		in.Tags = allTags(c, in.Tags)
		_, err := client(c).CreateCapacityProvider(ctx, &in)
		return d.unheard(ctx, c, want, awserr.Wrap(err, "create capacity provider "+aws.ToString(in.Name)))
	}
	changed := changedFields(&have.State, want, d.Effects(), nil)
	if changed["AutoScalingGroupProvider"] {
		if err := updateProvider(ctx, c, want); err != nil {
			return err
		}
	}
	if changed["ManagedInstancesProvider"] && managed {
		if err := updateManaged(ctx, c, want); err != nil {
			return err
		}
	}
	return putTags(ctx, c, output(have, "arn"), have.Owner, have.State.Create.Tags, want.Create.Tags)
}

// unheard takes the error of a creation away if the provider is there and the stack's own:
// it has been made by a call whose answer was lost.
func (d capacityProviders) unheard(ctx context.Context, c slipway.Call, want *model.CapacityProvider, err error) error {
	if err == nil || !strings.Contains(err.Error(), "already exists") {
		return err
	}
	there, readErr := d.Read(ctx, c, want)
	if readErr == nil && there != nil && there.Owner == c.Owner() {
		return nil
	}
	return err
}

// keepWarmup: a warm-up of 0 is none, and no blank.
func keepWarmup(in *awsecs.CreateCapacityProviderInput, want *model.CapacityProvider) {
	if given := want.Create.AutoScalingGroupProvider; given != nil && given.ManagedScaling != nil && in.AutoScalingGroupProvider.ManagedScaling != nil {
		in.AutoScalingGroupProvider.ManagedScaling.InstanceWarmupPeriod = given.ManagedScaling.InstanceWarmupPeriod
	}
}

func updateProvider(ctx context.Context, c slipway.Call, want *model.CapacityProvider) error {
	g := want.Create.AutoScalingGroupProvider
	in := &awsecs.UpdateCapacityProviderInput{
		Name: want.Create.Name,
		AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProviderUpdate{
			ManagedScaling: g.ManagedScaling, ManagedTerminationProtection: g.ManagedTerminationProtection, ManagedDraining: g.ManagedDraining,
		},
	}
	return retried(ctx, c, attachmentsChanging, func(ctx context.Context) error {
		_, err := client(c).UpdateCapacityProvider(ctx, in)
		return awserr.Wrap(err, "update capacity provider "+aws.ToString(in.Name))
	})
}

// Watch waits until the change is made.
func (capacityProviders) Watch(ctx context.Context, c slipway.Call, want *model.CapacityProvider) error {
	name := aws.ToString(want.Create.Name)
	return slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := client(c).DescribeCapacityProviders(ctx, &awsecs.DescribeCapacityProvidersInput{CapacityProviders: []string{name}})
		if err != nil || len(out.CapacityProviders) == 0 {
			return err == nil, awserr.Wrap(err, "describe capacity provider "+name)
		}
		switch p := out.CapacityProviders[0]; p.UpdateStatus {
		case ecstypes.CapacityProviderUpdateStatusCreateInProgress, ecstypes.CapacityProviderUpdateStatusUpdateInProgress:
			return false, nil
		case ecstypes.CapacityProviderUpdateStatusCreateFailed, ecstypes.CapacityProviderUpdateStatusUpdateFailed:
			return false, fmt.Errorf("%w: capacity provider %s: %s", slipway.ErrFailed, name, aws.ToString(p.UpdateStatusReason))
		default:
			return true, nil
		}
	})
}

// Delete takes the provider from its clusters, whose instances are drained, clears the
// protection of the group's instances, and deletes it. Each step looks first, so that it
// can be repeated.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCapacityProvider.html
func (capacityProviders) Delete(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider]) error {
	if have.State.Create.ManagedInstancesProvider != nil {
		return deleteManaged(ctx, c, have)
	}
	if have.Phase == slipway.Deleting {
		return nil
	}
	name := output(have, "name")
	clusters, err := allClusters(ctx, c)
	if err != nil {
		return err
	}
	for _, f := range clusters {
		if !slices.Contains(f.CapacityProviders, name) {
			continue
		}
		if err := detach(ctx, c, aws.ToString(f.ClusterName), name); err != nil {
			return err
		}
	}
	if g := have.State.Create.AutoScalingGroupProvider; g != nil && aws.ToString(g.AutoScalingGroupArn) != "" {
		if err := unprotect(ctx, c, *g.AutoScalingGroupArn); err != nil {
			return err
		}
	}
	return retried(ctx, c, attachmentsChanging, func(ctx context.Context) error {
		_, err := client(c).DeleteCapacityProvider(ctx, &awsecs.DeleteCapacityProviderInput{CapacityProvider: &name})
		return awserr.Wrap(err, "delete capacity provider "+name)
	})
}

// Tag marks the provider.
func (capacityProviders) Tag(ctx context.Context, c slipway.Call, have *slipway.Live[model.CapacityProvider]) error {
	return tag(ctx, c, output(have, "arn"))
}

// List finds the providers that the stack owns.
func (capacityProviders) List(ctx context.Context, c slipway.Call) ([]*slipway.Live[model.CapacityProvider], error) {
	all, err := describeProviders(ctx, c, &awsecs.DescribeCapacityProvidersInput{})
	return slices.DeleteFunc(all, func(l *slipway.Live[model.CapacityProvider]) bool { return l.Owner.Stack != c.Stack }), err
}

// Predict returns what follows from the name.
func (capacityProviders) Predict(want *model.CapacityProvider) map[string][]string {
	name := aws.ToString(want.Create.Name)
	return map[string][]string{"arn": {ownARN("ecs", "capacity-provider/"+name)}, "name": {name}}
}
