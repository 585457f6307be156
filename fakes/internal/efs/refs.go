// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"net/netip"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	model "github.com/slipway-go/slipway/internal/model/efs"
	rules "github.com/slipway-go/slipway/internal/rules/efs"
)

// refs answers the rules from what there is.
type refs struct {
	f *Fake
	c *sim.Call
}

// Get knows file systems, and the addresses of subnets.
func (r refs) Get(kind, ref string) (state any, found, known bool) {
	switch kind {
	case model.KindFileSystem:
		s, ok := r.f.regions.In(r.c).systems[ref]
		if !ok {
			return nil, false, true
		}
		return &model.FileSystem{Create: awsefs.CreateFileSystemInput{
			ThroughputMode: s.described.ThroughputMode, AvailabilityZoneName: s.described.AvailabilityZoneName,
		}}, true, true
	case rules.KindSubnet:
		s, ok := r.f.network.Subnet(r.c.Region, ref)
		block, err := netip.ParsePrefix(s.CIDR)
		return block, ok && err == nil, true
	default:
		return nil, false, false
	}
}
