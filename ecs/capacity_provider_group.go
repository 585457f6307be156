// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/override"
)

// InstanceGroup is the Auto Scaling group of a capacity provider, such as one of
// package autoscaling. A group has only one provider.
type InstanceGroup interface {
	// ARN returns the group's ARN or a placeholder for it.
	ARN() string
	// Resources returns what must be declared with it.
	Resources() []slipway.Resource
	// ProtectsFromScaleIn reports whether new instances are protected.
	ProtectsFromScaleIn() bool
	// Scales reports whether the group has policies or schedules of its own.
	Scales() bool
}

// ManagedScaling is how ECS changes the number of instances. The zero value is AWS's
// default.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedScaling.html
type ManagedScaling struct {
	// TargetCapacity is how much of the instances is to be in use, 1 to 100 percent;
	// 0 means 100. Less keeps instances in spare.
	TargetCapacity int
	// MinStep and MaxStep bound how many instances are added at a time, 1 to 10000; 0
	// means 1 and 10000.
	MinStep, MaxStep int
	// Warmup is how long a new instance takes until its metrics count, up to 10000
	// seconds; nil means 300.
	Warmup *time.Duration
}

func (m ManagedScaling) input() *ecstypes.ManagedScaling {
	in := &ecstypes.ManagedScaling{
		Status: ecstypes.ManagedScalingStatusEnabled, TargetCapacity: optional(m.TargetCapacity),
		MinimumScalingStepSize: optional(m.MinStep), MaximumScalingStepSize: optional(m.MaxStep),
	}
	if m.Warmup != nil {
		in.InstanceWarmupPeriod = aws.Int32(clamp(int((*m.Warmup + time.Second - 1) / time.Second)))
	}
	return in
}

// GroupProvider declares a capacity provider whose instances are those of an Auto
// Scaling group. ECS adds instances when tasks do not fit and takes idle ones away; it
// drains an instance before the group terminates it. Its name in AWS ends in a hash,
// since AWS cannot change the group of a provider: another group is another provider,
// to which services are switched before the old one is deleted.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html
type GroupProvider struct {
	name      string
	group     InstanceGroup
	scaling   *ManagedScaling
	protect   bool
	undrained bool
	tags      map[string]string
	overrides []func(*awsecs.CreateCapacityProviderInput)
}

// NewGroupProvider returns the capacity provider of the group, with managed scaling.
// The name has up to 248 letters, digits, hyphens and underscores, and does not begin
// with aws, ecs or fargate.
func NewGroupProvider(name string, group InstanceGroup) GroupProvider {
	return GroupProvider{name: name, group: group, scaling: &ManagedScaling{}}
}

// WithManagedScaling says how ECS changes the number of instances.
func (p GroupProvider) WithManagedScaling(m ManagedScaling) GroupProvider {
	p.scaling = &m
	return p
}

// WithoutManagedScaling leaves the number of instances to the group. Tasks that do not
// fit then wait for nothing.
func (p GroupProvider) WithoutManagedScaling() GroupProvider {
	p.scaling = nil
	return p
}

// WithTerminationProtection keeps the group from terminating instances that run tasks
// when it scales in. It needs managed scaling, and a group with scale-in protection.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-termination-protection.html
func (p GroupProvider) WithTerminationProtection() GroupProvider {
	p.protect = true
	return p
}

// WithoutManagedDraining has the group terminate instances without draining them.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html
func (p GroupProvider) WithoutManagedDraining() GroupProvider {
	p.undrained = true
	return p
}

// WithTag sets a tag.
func (p GroupProvider) WithTag(key, value string) GroupProvider {
	p.tags = with(p.tags, key, value)
	return p
}

// WithOverride has f change the input of CreateCapacityProvider after everything else,
// for what this builder does not offer.
func (p GroupProvider) WithOverride(f func(*awsecs.CreateCapacityProviderInput)) GroupProvider {
	p.overrides = append(slices.Clip(p.overrides), f)
	return p
}

// ID names the provider.
func (p GroupProvider) ID() slipway.ID {
	return slipway.ID{Kind: model.KindCapacityProvider, Name: p.name}
}

// ARN returns the provider's ARN, as a placeholder.
func (p GroupProvider) ARN() string { return slipway.Ref(p.ID(), "arn") }

// ProviderName returns the provider's name in AWS, as a placeholder.
func (p GroupProvider) ProviderName() string { return slipway.Ref(p.ID(), "name") }

// Resources returns the provider itself, which brings its group.
func (p GroupProvider) Resources() []slipway.Resource { return []slipway.Resource{p} }

func (p GroupProvider) instanceProvider() {}

// Build returns the input of CreateCapacityProvider.
func (p GroupProvider) Build() (slipway.Desired, error) {
	if err := slipway.JoinFields(p.problems()); err != nil {
		return slipway.Desired{}, err
	}
	in := awsecs.CreateCapacityProviderInput{
		Name: aws.String(hashedName(p.name, p.group.ARN())), Tags: tagList(p.tags),
		AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(p.group.ARN())},
	}
	g := in.AutoScalingGroupProvider
	if p.scaling != nil {
		g.ManagedScaling = p.scaling.input()
	}
	if p.protect {
		g.ManagedTerminationProtection = ecstypes.ManagedTerminationProtectionEnabled
	}
	if p.undrained {
		g.ManagedDraining = ecstypes.ManagedDrainingDisabled
	}
	overridden := override.Run("Create.", &in, p.overrides...)
	return slipway.Desired{
		Kind: capacityProviderKind(), State: &model.CapacityProvider{Create: in, Scales: p.group.Scales()},
		Uses: p.group.Resources(), Overridden: overridden,
	}, nil
}

// Validate reports everything that AWS would reject.
func (p GroupProvider) Validate() error { return validate(p, capacityProviders{}) }

// problems are what the provider cannot be built with.
func (p GroupProvider) problems() []slipway.FieldError {
	problem := slipway.FieldError{Rule: "ecs-builder"}
	switch path := p.ID().String() + " AutoScalingGroupProvider."; {
	case p.group == nil:
		problem.Path, problem.Got, problem.Want = path+"AutoScalingGroupArn", "nil", "an Auto Scaling group"
	case p.protect && !p.group.ProtectsFromScaleIn():
		problem.Path, problem.Got = path+"ManagedTerminationProtection", "a group whose instances are not protected"
		problem.Want = "a group with scale-in protection, see autoscaling.Group.WithScaleInProtection"
	default:
		return nil
	}
	return []slipway.FieldError{problem}
}

// nameHash is how many hex digits end a derived name.
const nameHash = 6

// hashedName is the name with a short hash of what cannot be changed about it.
func hashedName(name, fixed string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + fixed))
	return name + "-" + hex.EncodeToString(sum[:])[:nameHash]
}

// ProviderOutputs is what AWS says of a provider once it exists; see
// [slipway.Output].
type ProviderOutputs struct {
	// ARN and Name of the provider.
	ARN, Name string
}

// Outputs reads the outputs of the provider.
func (p GroupProvider) Outputs(values map[string][]string) ProviderOutputs {
	one := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	return ProviderOutputs{ARN: one("arn"), Name: one("name")}
}
