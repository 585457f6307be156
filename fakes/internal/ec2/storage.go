// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ world.Attacher = (*Fake)(nil)

// AttachAt makes an interface that belongs to a service, with an address of its choice
// unless that is empty.
func (f *Fake) AttachAt(region, subnet, address string, groups []string, owner, description string) (world.Interface, error) {
	n, err := f.of(region).makeInterface(order{
		subnet: subnet, address: address, groups: groups, owner: owner, description: description,
		requester: requesterOf(description), kind: ec2types.NetworkInterfaceTypeInterface,
	})
	if err != nil {
		return world.Interface{}, err
	}
	return worldInterface(n), nil
}

// SetGroups changes the groups of an interface; those that are unknown are left out.
func (f *Fake) SetGroups(region, id string, groups []string) {
	r := f.of(region)
	n, ok := r.interfaces.get(id)
	if !ok {
		return
	}
	n.Groups = nil
	for _, g := range groups {
		if known, ok := r.groups.get(g); ok {
			n.Groups = append(n.Groups, ec2types.GroupIdentifier{GroupId: &g, GroupName: &known.name})
		}
	}
	r.putInterface(n)
}

// ResolvesNames reports whether the VPC has DNS support.
func (f *Fake) ResolvesNames(region, vpc string) bool {
	v, ok := f.of(region).vpcs.get(vpc)
	return ok && v.dns
}
