// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway"
)

// Peer is the other side of a rule: a [CIDR], a [PrefixList], or a group by
// [FromGroup].
type Peer interface {
	apply(p *ec2types.IpPermission, description *string)
	resources() []slipway.Resource
	peerName() string
}

// CIDR is a range of IPv4 or IPv6 addresses, such as "10.0.0.0/8" or "::/0".
type CIDR string

// All addresses.
const (
	AnyIPv4 CIDR = "0.0.0.0/0"
	AnyIPv6 CIDR = "::/0"
)

func (c CIDR) apply(p *ec2types.IpPermission, description *string) {
	if strings.Contains(string(c), ":") && !slipway.HasRef(string(c)) {
		p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String(string(c)), Description: description}}
		return
	}
	p.IpRanges = []ec2types.IpRange{{CidrIp: aws.String(string(c)), Description: description}}
}
func (c CIDR) resources() []slipway.Resource { return nil }
func (c CIDR) peerName() string              { return string(c) }

// PrefixList is the ID of a managed prefix list, such as "pl-0123456789abcdef0".
type PrefixList string

func (l PrefixList) apply(p *ec2types.IpPermission, description *string) {
	p.PrefixListIds = []ec2types.PrefixListId{{PrefixListId: aws.String(string(l)), Description: description}}
}
func (l PrefixList) resources() []slipway.Resource { return nil }
func (l PrefixList) peerName() string              { return string(l) }

// FromGroup is every network interface in the group.
func FromGroup(g GroupRef) Peer { return groupPeer{orNone(g)} }

// nobody stands where a program gives no peer; the rules ask for one.
type nobody struct{}

func (nobody) apply(*ec2types.IpPermission, *string) {}
func (nobody) resources() []slipway.Resource         { return nil }
func (nobody) peerName() string                      { return "nobody" }

type groupPeer struct{ group GroupRef }

func (g groupPeer) apply(p *ec2types.IpPermission, description *string) {
	p.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: aws.String(g.group.GroupID()), Description: description}}
}
func (g groupPeer) resources() []slipway.Resource { return g.group.Resources() }
func (g groupPeer) peerName() string              { return g.group.label() }
