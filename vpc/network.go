// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/vpc"
)

// Network is an existing VPC and those of its subnets that are of interest. It
// is looked up when the stack is planned; nothing is ever made or changed.
//
// A subnet is public if its route table, or else the VPC's main one, has a route
// to an internet gateway, see
// https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html.
type Network struct {
	state model.Network
	side  side
}

// side selects among the subnets; it is the name of the output that lists them.
type side string

const (
	allSubnets     side = "subnets"
	publicSubnets  side = "public"
	privateSubnets side = "private"
)

// zones is the name of the output that lists the subnets' zones.
func (s side) zones() string {
	if s == allSubnets {
		return "zones"
	}
	return string(s) + "-zones"
}

// Default returns the region's default VPC with its public subnets, which are
// all of them unless somebody changed it.
func Default() Network {
	return Network{state: model.Network{Default: true}, side: publicSubnets}
}

// ByID returns the VPC of that ID, such as "vpc-0123456789abcdef0", with all its
// subnets.
func ByID(id string) Network {
	return Network{state: model.Network{ID: id}, side: allSubnets}
}

// Lookup returns the one VPC that has all of the tags, with all its subnets.
func Lookup(tags map[string]string) Network {
	return Network{state: model.Network{Tags: maps.Clone(tags)}, side: allSubnets}
}

// WithSubnets narrows the subnets down to these IDs, in addition to those already
// named.
func (n Network) WithSubnets(ids ...string) Network {
	n.state.SubnetIDs = append(slices.Clip(n.state.SubnetIDs), ids...)
	return n
}

// WithSubnetTags narrows the subnets down to those that have all of the tags, in
// addition to those already asked for.
func (n Network) WithSubnetTags(tags map[string]string) Network {
	merged := make(map[string]string, len(n.state.SubnetTags)+len(tags))
	maps.Copy(merged, n.state.SubnetTags)
	maps.Copy(merged, tags)
	n.state.SubnetTags = merged
	return n
}

// Public returns the network with its public subnets only. Tasks in them are
// given a public address, without which they could not reach the internet.
func (n Network) Public() Network {
	n.side = publicSubnets
	return n
}

// Private returns the network with its private subnets only. Tasks in them reach
// the internet by NAT, and AWS's services by NAT or VPC endpoints.
func (n Network) Private() Network {
	n.side = privateSubnets
	return n
}

// VPC returns the ID of the VPC, as a placeholder.
func (n Network) VPC() string { return slipway.Ref(n.ID(), "id") }

// Subnets returns the IDs of the subnets, as one placeholder that stands for all.
func (n Network) Subnets() []string { return []string{slipway.Ref(n.ID(), string(n.side))} }

// Zones returns the names of the subnets' zones, as one placeholder that stands for
// all. They have the order of [Network.Subnets]: as many subnets as there are zones
// come first, one in each.
func (n Network) Zones() []string { return []string{slipway.Ref(n.ID(), n.side.zones())} }

// AssignsPublicIP reports whether tasks are to be given a public address: only
// in a network that was asked for its public subnets.
func (n Network) AssignsPublicIP() bool { return n.side == publicSubnets }

// Resources returns the look-up itself.
func (n Network) Resources() []slipway.Resource { return []slipway.Resource{n} }

// ID names the look-up by what it asks for, so that equal look-ups are one.
func (n Network) ID() slipway.ID {
	var parts []string
	switch {
	case n.state.Default:
		parts = []string{"default"}
	case n.state.ID != "":
		parts = []string{n.state.ID}
	default:
		parts = tagNames("", n.state.Tags)
	}
	parts = append(parts, n.state.SubnetIDs...)
	parts = append(parts, tagNames("subnet:", n.state.SubnetTags)...)
	return slipway.ID{Kind: model.KindNetwork, Name: strings.Join(parts, ",")}
}

func tagNames(prefix string, tags map[string]string) []string {
	var names []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		names = append(names, prefix+url.QueryEscape(k)+"="+url.QueryEscape(tags[k]))
	}
	return names
}

// Build returns the look-up.
func (n Network) Build() (slipway.Desired, error) {
	state := n.state
	state.Tags = maps.Clone(state.Tags)
	state.SubnetIDs = slices.Clone(state.SubnetIDs)
	state.SubnetTags = maps.Clone(state.SubnetTags)
	return slipway.Desired{Kind: networkKind(), State: &state}, nil
}

// Validate reports everything that could never be found.
func (n Network) Validate() error { return validate(n.ID(), networkDriver{}.Check(nil, &n.state)) }
