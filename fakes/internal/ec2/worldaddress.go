// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

var _ world.Addresses = (*Fake)(nil)

// PermitsAddress reports whether somebody of a private address, without groups, may
// open a TCP connection to members of the groups.
func (f *Fake) PermitsAddress(region, address string, to []string, port int32) bool {
	return f.of(region).connects(side{addresses: []string{address}}, side{groups: to}, port)
}

// ElasticAddress returns an Elastic IP address by its allocation, and the interface
// that has it.
func (f *Fake) ElasticAddress(region, allocation string) (ip, inUseBy string, found bool) {
	a, ok := f.of(region).addresses.get(allocation)
	if !ok {
		return "", "", false
	}
	return aws.ToString(a.PublicIp), aws.ToString(a.NetworkInterfaceId), true
}

// BindElastic gives an interface an Elastic IP address, taking it off another one.
func (f *Fake) BindElastic(region, allocation, iface string) {
	r := f.of(region)
	a, known := r.addresses.get(allocation)
	n, ok := r.interfaces.get(iface)
	if known && ok {
		r.bindElastic(r.unbindElastic(a), r.withoutPublic(n))
	}
}

// FreeElastic takes an Elastic IP address off its interface.
func (f *Fake) FreeElastic(region, allocation string) {
	r := f.of(region)
	if a, ok := r.addresses.get(allocation); ok {
		r.unbindElastic(a)
	}
}
