// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/override"
)

// GroupRef is a security group: a declared [SecurityGroup] or an existing one by
// [GroupID].
type GroupRef interface {
	// GroupID returns the group's ID or a placeholder for it.
	GroupID() string
	// Resources returns what must be declared with the group.
	Resources() []slipway.Resource

	label() string
}

// GroupID returns the existing group of that ID, such as "sg-0123456789abcdef0".
func GroupID(id string) GroupRef { return existingGroup(id) }

// orNone is g, or, where a program gives none, a group whose ID the rules refuse.
func orNone(g GroupRef) GroupRef {
	if g == nil {
		return existingGroup("")
	}
	return g
}

type existingGroup string

func (g existingGroup) GroupID() string               { return string(g) }
func (g existingGroup) Resources() []slipway.Resource { return nil }
func (g existingGroup) label() string                 { return string(g) }

// SecurityGroup is a security group without its rules, which are resources of
// their own. AWS gives a new group one rule, which is kept: all outgoing traffic
// is allowed.
type SecurityGroup struct {
	name, description string
	network           Network
	tags              map[string]string
	overrides         []func(*awsec2.CreateSecurityGroupInput)
}

// NewSecurityGroup returns a group in the network's VPC. The name is unique in
// the VPC, has up to 255 characters and may not start with "sg-"; the description
// has 1 to 255 characters. Neither can be changed later, see
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html.
func NewSecurityGroup(name, description string, network Network) SecurityGroup {
	return SecurityGroup{name: name, description: description, network: network}
}

// WithTag sets a tag.
func (g SecurityGroup) WithTag(key, value string) SecurityGroup {
	g.tags = with(g.tags, key, value)
	return g
}

// WithOverride has f change the input of CreateSecurityGroup after everything
// else, for what this builder does not offer.
func (g SecurityGroup) WithOverride(f func(*awsec2.CreateSecurityGroupInput)) SecurityGroup {
	g.overrides = append(slices.Clip(g.overrides), f)
	return g
}

// ID names the group.
func (g SecurityGroup) ID() slipway.ID {
	return slipway.ID{Kind: model.KindSecurityGroup, Name: g.name}
}

// GroupID returns the group's ID, as a placeholder.
func (g SecurityGroup) GroupID() string { return slipway.Ref(g.ID(), "id") }

// ARN returns the group's ARN, as a placeholder.
func (g SecurityGroup) ARN() string { return slipway.Ref(g.ID(), "arn") }

// Resources returns the group itself.
func (g SecurityGroup) Resources() []slipway.Resource { return []slipway.Resource{g} }

func (g SecurityGroup) label() string { return g.name }

// Build returns the input of CreateSecurityGroup.
func (g SecurityGroup) Build() (slipway.Desired, error) {
	state, overridden := g.state()
	return slipway.Desired{
		Kind: groupKind(), State: state, Uses: g.network.Resources(), Overridden: overridden,
	}, tooLong(g.ID())
}

func (g SecurityGroup) state() (s *model.SecurityGroup, overridden []string) {
	s = &model.SecurityGroup{Create: awsec2.CreateSecurityGroupInput{
		GroupName: aws.String(g.name), Description: aws.String(g.description), VpcId: aws.String(g.network.VPC()),
		TagSpecifications: tagSpecification(ec2types.ResourceTypeSecurityGroup, g.tags),
	}}
	return s, override.Run("Create.", &s.Create, g.overrides...)
}

// Validate reports everything that AWS would reject.
func (g SecurityGroup) Validate() error {
	state, _ := g.state()
	return errors.Join(tooLong(g.ID()), validate(g.ID(), groupDriver{}.Check(nil, state)))
}

func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}
