// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// region is the network of one account in one region.
type region struct {
	f             *Fake
	account, name string

	vpcs        table[network]
	subnets     table[subnet]
	gateways    table[ec2types.InternetGateway]
	nats        table[ec2types.NatGateway]
	addresses   table[ec2types.Address]
	routeTables table[ec2types.RouteTable]
	acls        table[ec2types.NetworkAcl]
	groups      table[group]
	endpoints   table[ec2types.VpcEndpoint]
	services    table[ownService]
	prefixLists table[prefixList]
	interfaces  table[ec2types.NetworkInterface]
	templates   table[template]
	instances   table[instance]
	// amis are the images that AWS publishes in the region.
	amis      []world.MachineImage
	volumes   table[volume]
	snapshots table[snapshot]

	// tags of everything, by ID.
	tags map[string][]ec2types.Tag
	// byAddress finds interfaces by VPC and private address, members by group.
	byAddress map[[2]string]string
	members   map[string]map[string]bool
	// public has the public addresses in use.
	public map[string]bool
	// dhcp is the ID of the set of DHCP options that all VPCs have.
	dhcp string
	// tokens has what was made for a client token.
	tokens map[string]string
}

func (f *Fake) newRegion(account, name string) *region {
	r := &region{
		f: f, account: account, name: name, tags: map[string][]ec2types.Tag{}, byAddress: map[[2]string]string{},
		members: map[string]map[string]bool{}, public: map[string]bool{}, tokens: map[string]string{},
	}
	r.dhcp = r.id("dopt-", "default")
	r.makeServiceLists()
	r.makeDefaultVPC()
	return r
}

// id makes an ID of EC2's long form, such as "vpc-0" and 16 digits.
func (r *region) id(prefix string, parts ...string) string {
	return prefix + "0" + r.f.sim.ID(16, append([]string{"ec2", r.account, r.name, prefix}, parts...)...)
}

// arn returns the ARN of a thing in EC2, such as "subnet/subnet-...".
func (r *region) arn(resource string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s", sim.Partition(r.name), r.name, r.account, resource)
}

// kind is a kind of thing that has IDs and can be tagged.
type kind struct {
	prefix string
	tagged ec2types.ResourceType
	// code and text are EC2's answer to an ID that does not exist.
	code, text string
	exists     func(r *region, id string) bool
}

// known tells whether a table has an ID.
func known[T any](t func(*region) *table[T]) func(*region, string) bool {
	return func(r *region, id string) bool {
		_, ok := t(r).get(id)
		return ok
	}
}

// kinds has the kinds of things by the prefix of their IDs.
var kinds = []kind{
	{"vpc-", ec2types.ResourceTypeVpc, "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist",
		known(func(r *region) *table[network] { return &r.vpcs })},
	{"subnet-", ec2types.ResourceTypeSubnet, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist",
		known(func(r *region) *table[subnet] { return &r.subnets })},
	{"sg-", ec2types.ResourceTypeSecurityGroup, "InvalidGroup.NotFound", "The security group '%s' does not exist",
		known(func(r *region) *table[group] { return &r.groups })},
	{"sgr-", ec2types.ResourceTypeSecurityGroupRule, "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist",
		func(r *region, id string) bool { _, _, ok := r.findRule(id); return ok }},
	{"rtb-", ec2types.ResourceTypeRouteTable, "InvalidRouteTableID.NotFound", "The routeTable ID '%s' does not exist",
		known(func(r *region) *table[ec2types.RouteTable] { return &r.routeTables })},
	{"igw-", ec2types.ResourceTypeInternetGateway, "InvalidInternetGatewayID.NotFound", "The internetGateway ID '%s' does not exist",
		known(func(r *region) *table[ec2types.InternetGateway] { return &r.gateways })},
	{"nat-", ec2types.ResourceTypeNatgateway, "NatGatewayNotFound", "The Nat Gateway %s was not found",
		known(func(r *region) *table[ec2types.NatGateway] { return &r.nats })},
	{"eipalloc-", ec2types.ResourceTypeElasticIp, "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist",
		known(func(r *region) *table[ec2types.Address] { return &r.addresses })},
	{"vpce-svc-", ec2types.ResourceTypeVpcEndpointService, "InvalidVpcEndpointServiceId.NotFound",
		"The VpcEndpointService Id '%s' does not exist", known(func(r *region) *table[ownService] { return &r.services })},
	{"vpce-", ec2types.ResourceTypeVpcEndpoint, "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '%s' does not exist",
		known(func(r *region) *table[ec2types.VpcEndpoint] { return &r.endpoints })},
	{"pl-", ec2types.ResourceTypePrefixList, "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist",
		known(func(r *region) *table[prefixList] { return &r.prefixLists })},
	{"eni-", ec2types.ResourceTypeNetworkInterface, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '%s' does not exist",
		known(func(r *region) *table[ec2types.NetworkInterface] { return &r.interfaces })},
	{"vol-", ec2types.ResourceTypeVolume, "InvalidVolume.NotFound", "The volume '%s' does not exist.",
		known(func(r *region) *table[volume] { return &r.volumes })},
	{"snap-", ec2types.ResourceTypeSnapshot, "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.",
		known(func(r *region) *table[snapshot] { return &r.snapshots })},
	{"dopt-", ec2types.ResourceTypeDhcpOptions, "InvalidDhcpOptionID.NotFound", "The dhcpOption ID '%s' does not exist",
		func(r *region, id string) bool { return id == r.dhcp }},
	{"acl-", ec2types.ResourceTypeNetworkAcl, "InvalidNetworkAclID.NotFound", "The networkAcl ID '%s' does not exist",
		known(func(r *region) *table[ec2types.NetworkAcl] { return &r.acls })},
	{"lt-", ec2types.ResourceTypeLaunchTemplate, "InvalidLaunchTemplateId.NotFound",
		"The specified launch template, with template ID %s, does not exist.", known(func(r *region) *table[template] { return &r.templates })},
	{"i-", ec2types.ResourceTypeInstance, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist",
		known(func(r *region) *table[instance] { return &r.instances })},
}

// need returns the thing of an ID, or EC2's answer that there is none.
func need[T any](t *table[T], prefix, id string) (T, error) {
	v, ok := t.get(id)
	if ok {
		return v, nil
	}
	return v, missing(prefix, id)
}

// missing is EC2's answer to an ID that does not exist.
func missing(prefix, id string) error {
	for _, k := range kinds {
		if k.prefix == prefix {
			return sim.Errorf(k.code, k.text, id)
		}
	}
	return sim.Errorf("InvalidID", "The ID '%s' is not valid", id)
}

// kindOf returns the kind of an ID.
func kindOf(id string) (kind, bool) {
	for _, k := range kinds {
		if strings.HasPrefix(id, k.prefix) {
			return k, true
		}
	}
	return kind{}, false
}
