// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// elasticMost is the default quota of Elastic IP addresses of a region, see
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html.
const elasticMost = 5

type elastic = ec2types.Address

var addressView = view[elastic]{
	prefix: "eipalloc-", id: func(a elastic) string { return aws.ToString(a.AllocationId) },
	filters: map[string]func(elastic) []string{
		"allocation-id":        one(func(a elastic) *string { return a.AllocationId }),
		"association-id":       one(func(a elastic) *string { return a.AssociationId }),
		"public-ip":            one(func(a elastic) *string { return a.PublicIp }),
		"private-ip-address":   one(func(a elastic) *string { return a.PrivateIpAddress }),
		"network-interface-id": one(func(a elastic) *string { return a.NetworkInterfaceId }),
		"network-border-group": one(func(a elastic) *string { return a.NetworkBorderGroup }),
		"domain":               text(func(a elastic) ec2types.DomainType { return a.Domain }),
	},
}

func registerAddresses(s *sim.Service, f *Fake) {
	handle(s, f, "AllocateAddress", (*region).allocateAddress, sim.Refuses[awsec2.AllocateAddressInput]("Address",
		"CustomerOwnedIpv4Pool", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool"),
		sim.Needs(func(c *sim.Call, in *awsec2.AllocateAddressInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "elastic-ip/*")...)
		}))
	handle(s, f, "ReleaseAddress", (*region).releaseAddress, sim.Refuses[awsec2.ReleaseAddressInput]("NetworkBorderGroup"),
		sim.Needs(func(c *sim.Call, in *awsec2.ReleaseAddressInput) []sim.Access {
			return access(c, "elastic-ip/"+aws.ToString(in.AllocationId))
		}))
	handle(s, f, "DescribeAddresses", (*region).describeAddresses)
}

// publicAddress makes up a public address that nobody else has.
func (r *region) publicAddress(owner string) string {
	n, err := strconv.ParseUint(r.f.sim.ID(6, "ec2", "public", r.name, owner), 16, 32)
	if err != nil {
		n = 0
	}
	for ; ; n++ {
		ip := fmt.Sprintf("54.%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff)
		if !r.public[ip] {
			r.public[ip] = true
			return ip
		}
	}
}

func (r *region) allocateAddress(in *awsec2.AllocateAddressInput) (*awsec2.AllocateAddressOutput, error) {
	if in.Domain != "" && in.Domain != ec2types.DomainTypeVpc {
		return nil, sim.Errorf("InvalidParameterValue", "Invalid value '%s' for domain.", in.Domain)
	}
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeElasticIp)
	if err != nil {
		return nil, err
	}
	if len(r.addresses.rows) >= elasticMost {
		return nil, sim.Errorf("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	id := r.id("eipalloc-", nameOf(tags))
	a := elastic{
		AllocationId: aws.String(id), PublicIp: aws.String(r.publicAddress(id)), Domain: ec2types.DomainTypeVpc,
		NetworkBorderGroup: aws.String(r.name), PublicIpv4Pool: aws.String("amazon"),
	}
	r.addresses.put(id, a)
	r.tag(id, tags)
	return &awsec2.AllocateAddressOutput{
		AllocationId: a.AllocationId, PublicIp: a.PublicIp, Domain: a.Domain, NetworkBorderGroup: a.NetworkBorderGroup,
		PublicIpv4Pool: a.PublicIpv4Pool,
	}, nil
}

func (r *region) releaseAddress(in *awsec2.ReleaseAddressInput) (*awsec2.ReleaseAddressOutput, error) {
	if in.PublicIp != nil {
		return nil, sim.Errorf("InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address")
	}
	a, err := need(&r.addresses, "eipalloc-", aws.ToString(in.AllocationId))
	if err != nil {
		return nil, err
	}
	if a.AssociationId != nil {
		return nil, sim.Errorf("InvalidIPAddress.InUse", "Address %s is in use.", *a.PublicIp)
	}
	r.addresses.drop(*a.AllocationId)
	delete(r.tags, *a.AllocationId)
	delete(r.public, *a.PublicIp)
	return &awsec2.ReleaseAddressOutput{}, nil
}

// bindElastic gives an interface an Elastic IP address.
func (r *region) bindElastic(a elastic, n nic) elastic {
	a.AssociationId = aws.String(r.id("eipassoc-", *a.AllocationId, *n.NetworkInterfaceId))
	a.NetworkInterfaceId, a.NetworkInterfaceOwnerId, a.PrivateIpAddress = n.NetworkInterfaceId, n.OwnerId, n.PrivateIpAddress
	n.Association = &ec2types.NetworkInterfaceAssociation{
		AllocationId: a.AllocationId, AssociationId: a.AssociationId, IpOwnerId: aws.String(r.account),
		PublicIp: a.PublicIp, PublicDnsName: aws.String(r.publicName(*a.PublicIp)),
	}
	r.addresses.put(*a.AllocationId, a)
	r.putInterface(n)
	return a
}

// freeElastic takes an Elastic IP address off its interface.
func (r *region) freeElastic(allocation string) {
	if a, ok := r.addresses.get(allocation); ok {
		a.AssociationId, a.NetworkInterfaceId, a.NetworkInterfaceOwnerId, a.PrivateIpAddress = nil, nil, nil, nil
		r.addresses.put(allocation, a)
	}
}

func (r *region) describeAddresses(in *awsec2.DescribeAddressesInput) (*awsec2.DescribeAddressesOutput, error) {
	list, _, err := describe(r, addressView, r.addresses.all(), query{ids: in.AllocationIds, filters: in.Filters})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeAddressesOutput{}
	found := map[string]bool{}
	for _, a := range list {
		found[*a.PublicIp] = true
		if len(in.PublicIps) > 0 && !slices.Contains(in.PublicIps, *a.PublicIp) {
			continue
		}
		a.Tags = r.tags[*a.AllocationId]
		out.Addresses = append(out.Addresses, a)
	}
	for _, ip := range in.PublicIps {
		if !found[ip] {
			return nil, sim.Errorf("InvalidAddress.NotFound", "Address '%s' not found.", ip)
		}
	}
	return out, nil
}
