// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

const (
	managedPolicy         = "AmazonECSInfrastructureRolePolicyForManagedInstances"
	managedInstancePolicy = "AmazonECSInstanceRolePolicyForManagedInstances"
)

// Build returns the input of CreateCapacityProvider.
func (p ManagedInstances) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(p.problems()); err != nil {
		return slipway.Desired{}, err
	}
	profile, instances := p.instanceProfile()
	infrastructure := p.infrastructureRole(instances)
	uses := append(infrastructure.Resources(), profile.Resources()...)
	uses = append(uses, p.network.Resources()...)
	network := &ecstypes.ManagedInstancesNetworkConfiguration{Subnets: p.network.Subnets()}
	for _, g := range p.SecurityGroups() {
		network.SecurityGroups = append(network.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	in := awsecs.CreateCapacityProviderInput{
		Cluster: aws.String(p.cluster.clusterRef()), Tags: tagList(p.tags),
		ManagedInstancesProvider: &ecstypes.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String(infrastructure.ARN()), InstanceLaunchTemplate: p.template(profile, network),
			InfrastructureOptimization: p.optimization(),
		},
	}
	if p.repair != "" {
		in.ManagedInstancesProvider.AutoRepairConfiguration = &ecstypes.AutoRepairConfiguration{ActionsStatus: p.repair}
	}
	if p.propagate {
		in.ManagedInstancesProvider.PropagateTags = ecstypes.PropagateMITagsCapacityProvider
	}
	in.Name = aws.String(hashedName(p.name, p.fixed(in.ManagedInstancesProvider)))
	overridden := override.Run("Create.", &in, p.overrides...)
	return slipway.Desired{Kind: capacityProviderKind(), State: &model.CapacityProvider{Create: in}, Uses: uses, Overridden: overridden}, nil
}

func (p ManagedInstances) template(
	profile iam.ProfileRef, network *ecstypes.ManagedInstancesNetworkConfiguration,
) *ecstypes.InstanceLaunchTemplate {
	t := &ecstypes.InstanceLaunchTemplate{
		Ec2InstanceProfileArn: aws.String(profile.ARN()), NetworkConfiguration: network, CapacityOptionType: p.option, FipsEnabled: p.fips,
	}
	if p.requirements != nil {
		t.InstanceRequirements = p.requirements.input()
	}
	if c := p.reservations; c != nil {
		t.CapacityReservations = &ecstypes.CapacityReservationRequest{ReservationGroupArn: set(c.Group), ReservationPreference: c.Preference}
	}
	if p.storage != 0 {
		t.StorageConfiguration = &ecstypes.ManagedInstancesStorageConfiguration{StorageSizeGiB: aws.Int32(clamp(int(p.storage / GiB)))}
	}
	if p.local {
		t.LocalStorageConfiguration = &ecstypes.ManagedInstancesLocalStorageConfiguration{UseLocalStorage: true}
	}
	if p.detailed {
		t.Monitoring = ecstypes.ManagedInstancesMonitoringOptionsDetailed
	}
	if p.hidden {
		t.InstanceMetadataTagsPropagation = aws.Bool(false)
	}
	return t
}

func (p ManagedInstances) optimization() *ecstypes.InfrastructureOptimization {
	if p.idle == nil {
		return nil
	}
	return &ecstypes.InfrastructureOptimization{ScaleInAfter: aws.Int32(clamp(int(*p.idle / time.Second)))}
}

// fixed is what cannot be changed, or not taken back: a change says only what is to be
// otherwise.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_InstanceLaunchTemplateUpdate.html
func (p ManagedInstances) fixed(in *ecstypes.CreateManagedInstancesProviderConfiguration) string {
	t := in.InstanceLaunchTemplate
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", p.cluster.ClusterName(), t.CapacityOptionType)
	if t.FipsEnabled != nil {
		fmt.Fprintf(&b, " fips=%t", *t.FipsEnabled)
	}
	for _, part := range []any{t.InstanceRequirements, t.CapacityReservations, t.StorageConfiguration, in.AutoRepairConfiguration} {
		outline(&b, reflect.ValueOf(part))
	}
	return b.String()
}

// outline writes the names of what is set in a struct of the SDK, not the values.
func outline(b *strings.Builder, v reflect.Value) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	b.WriteString(" {")
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
			b.WriteString(" " + f.Name)
			outline(b, v.Field(i))
		}
	}
	b.WriteString(" }")
}

// instanceProfile is the profile of the instances, with the ARN of its role, which is
// empty if it is not known.
func (p ManagedInstances) instanceProfile() (profile iam.ProfileRef, role string) {
	profile = p.profile
	if profile == nil {
		own := iam.NewDerivedRole(shortened("ecs-"+p.name+"-instance", maxDerivedRole)).WithManagedPolicy(awsPolicy(managedInstancePolicy))
		profile = iam.NewDerivedInstanceProfile("ecs-"+p.name, own)
	}
	if declared, ok := profile.(iam.InstanceProfile); ok && declared.Role() != nil {
		role = declared.Role().ARN()
	}
	return profile, role
}

// infrastructureRole lets ECS manage the instances. AWS's policy lets it pass roles only
// whose names begin with ecsInstanceRole, without a path; so it is given that for the one.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForManagedInstances.html
func (p ManagedInstances) infrastructureRole(instances string) iam.RoleRef {
	role, declared := p.infrastructure.(iam.Role)
	switch {
	case p.infrastructure != nil && !declared:
		return p.infrastructure
	case !declared:
		role = iam.NewDerivedRole(shortened("ecs-"+p.name+"-infrastructure", maxDerivedRole))
	}
	if instances != "" {
		role = role.WithStatement(iam.Statement{
			Actions: []string{"iam:PassRole"}, Resources: []string{instances},
			Conditions: iam.Conditions{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}},
		})
	}
	return role.WithManagedPolicy(awsPolicy(managedPolicy)).
		WithTrust(iam.ServicePrincipal{Service: "ecs.amazonaws.com", SourceAccount: slipway.Self("account")})
}

// problems are what the provider cannot be built with.
func (p ManagedInstances) problems() []slipway.FieldError {
	var all []slipway.FieldError
	add := func(path, got, want string) {
		all = append(all, slipway.FieldError{Path: p.ID().String() + " " + path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	const template = "ManagedInstancesProvider.InstanceLaunchTemplate."
	if p.cluster == nil {
		add("Cluster", "nil", "a cluster")
	}
	for i, g := range p.groups {
		if g == nil {
			add(fmt.Sprintf("%sNetworkConfiguration.SecurityGroups[%d]", template, i), "nil", "a security group")
		}
	}
	if p.storage%GiB != 0 {
		add(template+"StorageConfiguration.StorageSizeGiB", fmt.Sprintf("%d MiB", p.storage), "whole GiB")
	}
	if p.idle != nil && *p.idle%time.Second != 0 {
		add("ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter", p.idle.String(), "whole seconds")
	}
	if p.idle != nil && *p.idle < 0 && *p.idle != noScaleIn {
		add("ManagedInstancesProvider.InfrastructureOptimization.ScaleInAfter", p.idle.String(), "0 s to 1 h, or WithoutScaleIn")
	}
	return all
}
