// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/iam"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/internal/rules"
)

// ProfileRef is an instance profile: a declared [InstanceProfile] or an existing one
// by [ProfileARN].
type ProfileRef interface {
	// ARN returns the profile's ARN or a placeholder for it.
	ARN() string
	// Resources returns what must be declared with the profile.
	Resources() []slipway.Resource

	profile()
}

// ProfileARN returns the existing instance profile of that ARN.
func ProfileARN(arn string) ProfileRef { return existingProfile(arn) }

type existingProfile string

func (p existingProfile) ARN() string { return string(p) }

func (p existingProfile) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindInstanceProfile, Name: nameOf(string(p))})}
}

func (p existingProfile) profile() {}

// instances is who assumes the role of an instance profile.
var instances = ServicePrincipal{Service: "ec2.amazonaws.com"}

// InstanceProfile hands a role to EC2 instances.
type InstanceProfile struct {
	name      string
	derived   bool
	path      string
	role      RoleRef
	tags      map[string]string
	overrides []func(*awsiam.CreateInstanceProfileInput)
}

// NewInstanceProfile returns a profile with its one role. A declared role comes to
// trust EC2. The name has 1 to 128 letters, digits and _+=,.@- and is unique in the
// account, without regard to case. It cannot be changed later, see
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html.
func NewInstanceProfile(name string, role RoleRef) InstanceProfile {
	if r, ok := role.(Role); ok {
		role = r.WithTrust(instances)
	}
	return InstanceProfile{name: name, role: role}
}

// NewDerivedInstanceProfile returns a profile whose name in AWS ends in the region,
// since IAM knows no regions: for profiles that the user does not name.
func NewDerivedInstanceProfile(name string, role RoleRef) InstanceProfile {
	p := NewInstanceProfile(name, role)
	p.derived = true
	return p
}

// WithPath sets the path, such as "/teams/web/", in place of /slipway/<stack>/. Once
// such a profile is no longer declared, the stack does not find it: remove it by
// [slipway.Stack.Destroy] before, or by hand. It cannot be changed later.
func (p InstanceProfile) WithPath(path string) InstanceProfile {
	p.path = path
	return p
}

// WithTag sets a tag.
func (p InstanceProfile) WithTag(key, value string) InstanceProfile {
	p.tags = with(p.tags, key, value)
	return p
}

// WithOverride has f change the input of CreateInstanceProfile after everything else,
// for what this builder does not offer.
func (p InstanceProfile) WithOverride(f func(*awsiam.CreateInstanceProfileInput)) InstanceProfile {
	p.overrides = append(slices.Clip(p.overrides), f)
	return p
}

// ID names the profile.
func (p InstanceProfile) ID() slipway.ID {
	return slipway.ID{Kind: model.KindInstanceProfile, Name: p.name}
}

// ARN returns the profile's ARN, as a placeholder.
func (p InstanceProfile) ARN() string { return slipway.Ref(p.ID(), "arn") }

// Name returns the profile's name in AWS; for a derived one it holds a placeholder for
// the region.
func (p InstanceProfile) Name() string {
	if p.derived {
		return p.name + "-" + slipway.Self("region")
	}
	return p.name
}

// Role returns the profile's role, which trusts EC2 if it is declared.
func (p InstanceProfile) Role() RoleRef { return p.role }

// Resources returns the profile itself, which brings its role.
func (p InstanceProfile) Resources() []slipway.Resource { return []slipway.Resource{p} }

func (p InstanceProfile) profile() {}

// Build returns the input of CreateInstanceProfile and the role.
func (p InstanceProfile) Build() (slipway.Desired, error) {
	if err := p.roleless(); err != nil {
		return slipway.Desired{}, err
	}
	state, overridden := p.state()
	return slipway.Desired{Kind: profileKind(), State: state, Uses: p.role.Resources(), Overridden: overridden}, nil
}

// Validate reports everything that AWS would reject in the profile.
func (p InstanceProfile) Validate() error {
	if err := p.roleless(); err != nil {
		return err
	}
	state, _ := p.state()
	found := profileDriver{}.Check(nil, state)
	for i := range found {
		found[i].Path = p.ID().String() + " " + found[i].Path
	}
	return rules.Errors(found)
}

func (p InstanceProfile) roleless() error {
	if p.role != nil {
		return nil
	}
	return slipway.FieldError{
		Path: p.ID().String() + " Role", Got: "nil", Want: "a role, such as NewRole", Rule: "iam-profile-builder",
	}
}

func (p InstanceProfile) state() (s *model.InstanceProfile, overridden []string) {
	s = &model.InstanceProfile{
		Create: awsiam.CreateInstanceProfileInput{
			InstanceProfileName: aws.String(p.Name()), Path: aws.String(p.path), Tags: roleTags(p.tags),
		},
		Role: p.role.ARN(),
	}
	if p.path == "" {
		s.Create.Path = aws.String(ownPath(slipway.Self("stack")))
	}
	return s, override.Run("Create.", &s.Create, p.overrides...)
}

// InstanceProfileOutputs is what AWS says of a profile once it exists; see
// [slipway.Output].
type InstanceProfileOutputs struct {
	// ARN of the profile.
	ARN string
	// Name in AWS, which for a derived profile ends in the region.
	Name string
	// ID is unique for all time, such as "AIPAEXAMPLE".
	ID string
}

// Outputs reads the outputs of the profile.
func (p InstanceProfile) Outputs(values map[string][]string) InstanceProfileOutputs {
	out := Role{}.Outputs(values)
	return InstanceProfileOutputs{ARN: out.ARN, Name: out.Name, ID: out.RoleID}
}
