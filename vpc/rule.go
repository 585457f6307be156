// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/internal/override"
)

// Ports is the traffic that a rule lets pass.
type Ports struct {
	// Protocol is "tcp", "udp", "icmp", "icmpv6", the number of another protocol,
	// or "-1" for everything.
	Protocol string
	// From and To are the first and last port, 0 to 65535; for ICMP the type and
	// code, -1 for all. Other protocols have none.
	From, To int32
}

// TCP is one TCP port.
func TCP(port int32) Ports { return Ports{Protocol: "tcp", From: port, To: port} }

// TCPRange are the TCP ports between from and to, both included.
func TCPRange(from, to int32) Ports { return Ports{Protocol: "tcp", From: from, To: to} }

// UDP is one UDP port.
func UDP(port int32) Ports { return Ports{Protocol: "udp", From: port, To: port} }

// UDPRange are the UDP ports between from and to, both included.
func UDPRange(from, to int32) Ports { return Ports{Protocol: "udp", From: from, To: to} }

// AllTraffic is every protocol and port.
func AllTraffic() Ports { return Ports{Protocol: "-1"} }

func (p Ports) name() string {
	switch {
	case p.Protocol == "-1":
		return "all"
	case p.From == p.To:
		return fmt.Sprintf("%s/%d", p.Protocol, p.From)
	default:
		return fmt.Sprintf("%s/%d-%d", p.Protocol, p.From, p.To)
	}
}

// SecurityGroupRule is one rule of a group: one range of ports and one peer.
type SecurityGroupRule struct {
	group       GroupRef
	egress      bool
	peer        Peer
	ports       Ports
	description *string
	tags        map[string]string
	overrides   []func(*ec2types.IpPermission)
}

// Ingress returns the rule that lets traffic from the peer in to the group.
func Ingress(to GroupRef, from Peer, ports Ports) SecurityGroupRule {
	return SecurityGroupRule{group: to, peer: from, ports: ports}
}

// Egress returns the rule that lets traffic from the group out to the peer. A new
// group may already send everything everywhere.
func Egress(from GroupRef, to Peer, ports Ports) SecurityGroupRule {
	return SecurityGroupRule{group: from, egress: true, peer: to, ports: ports}
}

// WithDescription says what the rule is for, in up to 255 characters of a-z, A-Z,
// 0-9, spaces and ._-:/()#,@[]+=&;{}!$*, see
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html.
func (r SecurityGroupRule) WithDescription(text string) SecurityGroupRule {
	r.description = aws.String(text)
	return r
}

// WithTag sets a tag.
func (r SecurityGroupRule) WithTag(key, value string) SecurityGroupRule {
	r.tags = with(r.tags, key, value)
	return r
}

// WithOverride has f change the permission that is authorized after everything
// else, for what this builder does not offer.
func (r SecurityGroupRule) WithOverride(f func(*ec2types.IpPermission)) SecurityGroupRule {
	r.overrides = append(slices.Clip(r.overrides), f)
	return r
}

// whom is the peer that the rule is about.
func (r SecurityGroupRule) whom() Peer {
	if r.peer == nil {
		return nobody{}
	}
	return r.peer
}

// ID names the rule by what it allows.
func (r SecurityGroupRule) ID() slipway.ID {
	direction := "ingress"
	if r.egress {
		direction = "egress"
	}
	name := fmt.Sprintf("%s/%s/%s/%s", orNone(r.group).label(), direction, r.ports.name(), r.whom().peerName())
	return slipway.ID{Kind: model.KindSecurityGroupRule, Name: name}
}

// RuleID returns the rule's ID, as a placeholder.
func (r SecurityGroupRule) RuleID() string { return slipway.Ref(r.ID(), "id") }

// Resources returns the rule itself.
func (r SecurityGroupRule) Resources() []slipway.Resource { return []slipway.Resource{r} }

// Build returns the permission.
func (r SecurityGroupRule) Build() (slipway.Desired, error) {
	uses := append(slices.Clip(orNone(r.group).Resources()), r.whom().resources()...)
	state, overridden := r.state()
	return slipway.Desired{Kind: ruleKind(), State: state, Uses: uses, Overridden: overridden}, tooLong(r.ID())
}

func (r SecurityGroupRule) state() (s *model.SecurityGroupRule, overridden []string) {
	s = &model.SecurityGroupRule{
		Group: orNone(r.group).GroupID(), Egress: r.egress, Tags: maps.Clone(r.tags),
		Permission: ec2types.IpPermission{IpProtocol: aws.String(r.ports.Protocol)},
	}
	if hasPorts(r.ports.Protocol) {
		s.Permission.FromPort, s.Permission.ToPort = aws.Int32(r.ports.From), aws.Int32(r.ports.To)
	}
	r.whom().apply(&s.Permission, r.description)
	return s, override.Run("Permission.", &s.Permission, r.overrides...)
}

// Validate reports everything that AWS would reject.
func (r SecurityGroupRule) Validate() error {
	state, _ := r.state()
	return errors.Join(tooLong(r.ID()), validate(r.ID(), ruleDriver{}.Check(nil, state)))
}
