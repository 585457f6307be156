// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// ManagedProvider is a capacity provider of Managed Instances: a declared
// [ManagedInstances] or an existing one by [ManagedProviderNamed]. The set is sealed.
type ManagedProvider interface {
	// ProviderName returns the provider's name or a placeholder for it.
	ProviderName() string
	// Resources returns what must be declared with the provider.
	Resources() []slipway.Resource

	managedProvider()
}

// ManagedProviderNamed returns the existing capacity provider of that name, which must be
// of Managed Instances.
func ManagedProviderNamed(name string) ManagedProvider { return existingManaged(name) }

type existingManaged string

func (p existingManaged) ProviderName() string          { return string(p) }
func (p existingManaged) Resources() []slipway.Resource { return nil }
func (p existingManaged) managedProvider()              {}

// ManagedInstances declares a capacity provider whose EC2 instances ECS launches when
// tasks need them, keeps up to date, and terminates when they are idle. It belongs to one
// cluster. By default ECS chooses general-purpose types.
//
// It brings the role by which ECS manages the instances, the instances' own role with an
// instance profile, and their security group. Its name in AWS ends in a hash of what AWS
// cannot change, or not take back: the cluster, Spot or not, FIPS, and which of the
// settings without a default are there at all. Other such settings are another provider,
// to which services are switched before the old one is deleted.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html
type ManagedInstances struct {
	name           string
	cluster        ClusterRef
	network        vpc.Network
	requirements   *InstanceRequirements
	option         ecstypes.CapacityOptionType
	reservations   *CapacityReservations
	infrastructure iam.RoleRef
	profile        iam.ProfileRef
	groups         []vpc.GroupRef
	storage        Memory
	local          bool
	detailed       bool
	fips           *bool
	hidden         bool
	propagate      bool
	idle           *time.Duration
	repair         ecstypes.AutoRepairActionsStatus
	tags           map[string]string
	overrides      []func(*awsecs.CreateCapacityProviderInput)
}

// CapacityReservations say which Capacity Reservations instances are launched into.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityReservationRequest.html
type CapacityReservations struct {
	// Group is the ARN of a resource group of reservations; any that match if empty.
	Group string
	// Preference is RESERVATIONS_ONLY, RESERVATIONS_FIRST or RESERVATIONS_EXCLUDED.
	Preference ecstypes.CapacityReservationPreference
}

// NewManagedInstances declares Managed Instances of that name for a cluster, in the
// network's subnets. It only refers to the cluster, which the stack declares besides:
// mostly with the services that run there. The name has up to 248 letters, digits,
// hyphens and underscores, and does not begin with aws, ecs or fargate.
func NewManagedInstances(name string, cluster ClusterRef, network vpc.Network) ManagedInstances {
	return ManagedInstances{name: name, cluster: cluster, network: network}
}

// WithRequirements chooses the instance types by what they offer.
func (p ManagedInstances) WithRequirements(q InstanceRequirements) ManagedInstances {
	p.requirements = q.clone()
	return p
}

// WithSpot launches Spot instances, which AWS may take back at two minutes' notice.
func (p ManagedInstances) WithSpot() ManagedInstances {
	p.option, p.reservations = ecstypes.CapacityOptionTypeSpot, nil
	return p
}

// WithReservations launches instances into Capacity Reservations.
func (p ManagedInstances) WithReservations(c CapacityReservations) ManagedInstances {
	p.option, p.reservations = ecstypes.CapacityOptionTypeReserved, &c
	return p
}

// WithInfrastructureRole sets the role by which ECS manages the instances. A declared role
// comes to trust ECS and gets AWS's policy, and leave to pass the role of the instances.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
func (p ManagedInstances) WithInfrastructureRole(r iam.RoleRef) ManagedInstances {
	p.infrastructure = r
	return p
}

// WithInstanceProfile sets the profile of the instances, whose role must have what the
// agent of ECS needs. Of an existing one the infrastructure role may only pass the role
// if the role's name begins with ecsInstanceRole, unless it is given more.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-instance-profile.html
func (p ManagedInstances) WithInstanceProfile(i iam.ProfileRef) ManagedInstances {
	p.profile = i
	return p
}

// WithSecurityGroup adds a security group of the instances. Without any they get one of
// their own, which nobody gets through.
func (p ManagedInstances) WithSecurityGroup(g vpc.GroupRef) ManagedInstances {
	p.groups = append(slices.Clip(p.groups), g)
	return p
}

// WithStorage sets the size of the instances' data volume, in whole GiB.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedInstancesStorageConfiguration.html
func (p ManagedInstances) WithStorage(n Memory) ManagedInstances {
	p.storage = n
	return p
}

// WithLocalStorage has data on the instance store volumes of types that have them, in
// place of a data volume.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedInstancesLocalStorageConfiguration.html
func (p ManagedInstances) WithLocalStorage() ManagedInstances {
	p.local = true
	return p
}

// WithDetailedMonitoring has EC2 tell CloudWatch of the instances every minute.
func (p ManagedInstances) WithDetailedMonitoring() ManagedInstances {
	p.detailed = true
	return p
}

// WithFIPS says whether instances use cryptographic modules validated by FIPS 140-2; only
// those in GovCloud do if not called.
func (p ManagedInstances) WithFIPS(on bool) ManagedInstances {
	p.fips = &on
	return p
}

// WithoutMetadataTags keeps tags out of the instances' metadata, which takes no keys with
// slashes or blanks.
func (p ManagedInstances) WithoutMetadataTags() ManagedInstances {
	p.hidden = true
	return p
}

// WithPropagatedTags gives the instances the tags of the provider.
func (p ManagedInstances) WithPropagatedTags() ManagedInstances {
	p.propagate = true
	return p
}

// WithScaleInAfter sets how long an instance may be idle or hardly used, 0 to an hour in
// whole seconds, before ECS does without it; AWS chooses if not called.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-infrastructure-optimization.html
func (p ManagedInstances) WithScaleInAfter(d time.Duration) ManagedInstances {
	p.idle = &d
	return p
}

// noScaleIn is how long instances may be idle that are kept.
const noScaleIn = -time.Second

// WithoutScaleIn keeps instances that are idle.
func (p ManagedInstances) WithoutScaleIn() ManagedInstances { return p.WithScaleInAfter(noScaleIn) }

// WithAutoRepair says whether ECS replaces instances that it finds impaired; AWS chooses
// if not called.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AutoRepairConfiguration.html
func (p ManagedInstances) WithAutoRepair(on bool) ManagedInstances {
	p.repair = ecstypes.AutoRepairActionsStatusDisabled
	if on {
		p.repair = ecstypes.AutoRepairActionsStatusEnabled
	}
	return p
}

// WithTag sets a tag.
func (p ManagedInstances) WithTag(key, value string) ManagedInstances {
	p.tags = with(p.tags, key, value)
	return p
}

// WithOverride has f change the input of CreateCapacityProvider after everything else,
// for what this builder does not offer.
func (p ManagedInstances) WithOverride(f func(*awsecs.CreateCapacityProviderInput)) ManagedInstances {
	p.overrides = append(slices.Clip(p.overrides), f)
	return p
}

// ID names the provider.
func (p ManagedInstances) ID() slipway.ID {
	return slipway.ID{Kind: model.KindCapacityProvider, Name: p.name}
}

// ARN returns the provider's ARN, as a placeholder.
func (p ManagedInstances) ARN() string { return slipway.Ref(p.ID(), "arn") }

// ProviderName returns the provider's name in AWS, as a placeholder.
func (p ManagedInstances) ProviderName() string { return slipway.Ref(p.ID(), "name") }

// SecurityGroups returns those of the instances.
func (p ManagedInstances) SecurityGroups() []vpc.GroupRef {
	if len(p.groups) > 0 {
		return slices.Clone(p.groups)
	}
	return []vpc.GroupRef{vpc.NewSecurityGroup("ecs-"+p.name, "Managed Instances of "+p.name, p.network)}
}

// Resources returns the provider itself, which brings its roles and security group.
func (p ManagedInstances) Resources() []slipway.Resource { return []slipway.Resource{p} }

func (p ManagedInstances) managedProvider() {}

// Validate reports everything that AWS would reject.
func (p ManagedInstances) Validate() error { return validate(p, capacityProviders{}) }

// Outputs makes sense of what [slipway.Output] hands it.
func (p ManagedInstances) Outputs(values map[string][]string) ProviderOutputs {
	return GroupProvider{}.Outputs(values)
}
