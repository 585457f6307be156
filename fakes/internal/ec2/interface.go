// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

type nic = ec2types.NetworkInterface

var interfaceView = view[nic]{
	prefix: "eni-", id: func(n nic) string { return aws.ToString(n.NetworkInterfaceId) },
	filters: map[string]func(nic) []string{
		"network-interface-id": one(func(n nic) *string { return n.NetworkInterfaceId }),
		"subnet-id":            one(func(n nic) *string { return n.SubnetId }),
		"vpc-id":               one(func(n nic) *string { return n.VpcId }),
		"availability-zone":    one(func(n nic) *string { return n.AvailabilityZone }),
		"description":          one(func(n nic) *string { return n.Description }),
		"mac-address":          one(func(n nic) *string { return n.MacAddress }),
		"owner-id":             one(func(n nic) *string { return n.OwnerId }),
		"private-ip-address":   one(func(n nic) *string { return n.PrivateIpAddress }),
		"private-dns-name":     one(func(n nic) *string { return n.PrivateDnsName }),
		"requester-id":         one(func(n nic) *string { return n.RequesterId }),
		"requester-managed":    flag(func(n nic) *bool { return n.RequesterManaged }),
		"interface-type":       text(func(n nic) ec2types.NetworkInterfaceType { return n.InterfaceType }),
		"status":               text(func(n nic) ec2types.NetworkInterfaceStatus { return n.Status }),
		"group-id": each(func(n nic) []ec2types.GroupIdentifier { return n.Groups },
			func(g ec2types.GroupIdentifier) *string { return g.GroupId }),
		"group-name": each(func(n nic) []ec2types.GroupIdentifier { return n.Groups },
			func(g ec2types.GroupIdentifier) *string { return g.GroupName }),
		"addresses.private-ip-address": one(func(n nic) *string { return n.PrivateIpAddress }),
		"association.public-ip":        association(func(a *ec2types.NetworkInterfaceAssociation) *string { return a.PublicIp }),
		"attachment.instance-id":       attachedBy(func(a *ec2types.NetworkInterfaceAttachment) *string { return a.InstanceId }),
		"attachment.attachment-id":     attachedBy(func(a *ec2types.NetworkInterfaceAttachment) *string { return a.AttachmentId }),
		"association.allocation-id":    association(func(a *ec2types.NetworkInterfaceAssociation) *string { return a.AllocationId }),
	},
}

func association(f func(*ec2types.NetworkInterfaceAssociation) *string) func(nic) []string {
	return one(func(n nic) *string {
		if n.Association == nil {
			return nil
		}
		return f(n.Association)
	})
}

func attachedBy(f func(*ec2types.NetworkInterfaceAttachment) *string) func(nic) []string {
	return one(func(n nic) *string {
		if n.Attachment == nil {
			return nil
		}
		return f(n.Attachment)
	})
}

func registerInterfaces(s *sim.Service, f *Fake) {
	handle(s, f, "CreateNetworkInterface", (*region).createInterface, sim.Refuses[awsec2.CreateNetworkInterfaceInput](
		"ConnectionTrackingSpecification", "EnablePrimaryIpv6", "InterfaceType", "Ipv4PrefixCount", "Ipv4Prefixes", "Ipv6AddressCount",
		"Ipv6Addresses", "Ipv6PrefixCount", "Ipv6Prefixes", "Operator", "PrivateIpAddresses", "SecondaryPrivateIpAddressCount"),
		sim.Needs(func(c *sim.Call, in *awsec2.CreateNetworkInterfaceInput) []sim.Access {
			return creating(c, in.TagSpecifications, access(c, "network-interface/*", "subnet/"+aws.ToString(in.SubnetId))...)
		}))
	handle(s, f, "DeleteNetworkInterface", (*region).deleteInterface, sim.Needs(func(c *sim.Call, in *awsec2.DeleteNetworkInterfaceInput) []sim.Access {
		return access(c, "network-interface/"+aws.ToString(in.NetworkInterfaceId))
	}))
	handle(s, f, "DescribeNetworkInterfaces", (*region).describeInterfaces,
		sim.Refuses[awsec2.DescribeNetworkInterfacesInput]("IncludeManagedResources"))
	handle(s, f, "ModifyNetworkInterfaceAttribute", (*region).modifyInterface, sim.Refuses[awsec2.ModifyNetworkInterfaceAttributeInput](
		"AssociatePublicIpAddress", "AssociatedSubnetIds", "Attachment", "ConnectionTrackingSpecification", "EnaSrdSpecification",
		"EnablePrimaryIpv6"), sim.Needs(func(c *sim.Call, in *awsec2.ModifyNetworkInterfaceAttributeInput) []sim.Access {
		return access(c, "network-interface/"+aws.ToString(in.NetworkInterfaceId))
	}))
}

// order is what a new interface shall be.
type order struct {
	subnet  string
	groups  []string
	address string
	public  bool
	// owner tells interfaces apart, such as a task's ARN.
	owner, description, requester string
	kind                          ec2types.NetworkInterfaceType
}

// makeInterface makes an interface. One with a requester belongs to a service
// and is in use at once.
func (r *region) makeInterface(o order) (nic, error) {
	s, err := need(&r.subnets, "subnet-", o.subnet)
	if err != nil {
		return nic{}, err
	}
	groups, err := r.groupsIn(o.groups, s)
	if err != nil {
		return nic{}, err
	}
	address, err := r.takeAddress(s, o)
	if err != nil {
		return nic{}, err
	}
	if o.kind == "" {
		o.kind = ec2types.NetworkInterfaceTypeInterface
	}
	id := r.id("eni-", o.subnet, o.owner, o.description)
	n := nic{
		NetworkInterfaceId: aws.String(id), SubnetId: s.SubnetId, VpcId: s.VpcId, AvailabilityZone: s.AvailabilityZone,
		AvailabilityZoneId: s.AvailabilityZoneId, Description: aws.String(o.description), Groups: groups, InterfaceType: o.kind,
		MacAddress: aws.String(mac(r.f.sim.ID(10, "ec2", "mac", id))), OwnerId: aws.String(r.account),
		PrivateIpAddress: aws.String(address.String()), PrivateDnsName: aws.String(r.privateName(address)),
		RequesterManaged: aws.Bool(o.requester != ""), SourceDestCheck: aws.Bool(o.kind != ec2types.NetworkInterfaceTypeNatGateway),
		Status: ec2types.NetworkInterfaceStatusAvailable,
	}
	if o.requester != "" {
		n.RequesterId, n.Status = aws.String(o.requester), ec2types.NetworkInterfaceStatusInUse
		n.Attachment = &ec2types.NetworkInterfaceAttachment{
			AttachmentId: aws.String(r.id("eni-attach-", id)), AttachTime: aws.Time(r.f.sim.Now()), DeleteOnTermination: aws.Bool(false),
			DeviceIndex: aws.Int32(1), InstanceOwnerId: aws.String(o.requester), Status: ec2types.AttachmentStatusAttached,
		}
	}
	if o.public {
		n.Association = r.freshPublic(id)
	}
	r.putInterface(n)
	return n, nil
}

// freshPublic gives an interface a public address that is not an Elastic IP address.
func (r *region) freshPublic(id string) *ec2types.NetworkInterfaceAssociation {
	ip := r.publicAddress(id)
	return &ec2types.NetworkInterfaceAssociation{
		IpOwnerId: aws.String("amazon"), PublicIp: aws.String(ip), PublicDnsName: aws.String(r.publicName(ip)),
	}
}

// groupsIn returns the groups of a new interface: those named, else the VPC's
// default one.
func (r *region) groupsIn(ids []string, s subnet) ([]ec2types.GroupIdentifier, error) {
	if len(ids) == 0 {
		ids = []string{r.defaultGroupOf(*s.VpcId)}
	}
	if len(ids) > r.f.quotas.Of(world.QuotaInterfaceGroups) {
		return nil, sim.Errorf("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	var groups []ec2types.GroupIdentifier
	for _, id := range ids {
		g, err := need(&r.groups, "sg-", id)
		if err != nil {
			return nil, err
		}
		if g.vpc != *s.VpcId {
			return nil, sim.Errorf("InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, *s.SubnetId)
		}
		groups = append(groups, ec2types.GroupIdentifier{GroupId: aws.String(id), GroupName: aws.String(g.name)})
	}
	return groups, nil
}

func (r *region) takeAddress(s subnet, o order) (netip.Addr, error) {
	if o.address == "" {
		a, ok := s.pool.take(r.f.sim.ID(8, "ec2", "address", *s.SubnetId, o.owner, o.description))
		if !ok {
			return a, sim.Errorf("InsufficientFreeAddressesInSubnet",
				"The specified subnet does not have enough free addresses to satisfy the request.")
		}
		return a, nil
	}
	a, err := netip.ParseAddr(o.address)
	switch {
	case err != nil || !s.pool.block.Contains(a):
		return a, sim.Errorf("InvalidParameterValue", "Address %s does not fall within the subnet's address range", o.address)
	case !s.pool.usable(a):
		return a, sim.Errorf("InvalidParameterValue", "Address %s is in subnet's reserved address range", o.address)
	case s.pool.taken[a]:
		return a, sim.Errorf("InvalidIPAddress.InUse", "The specified address is already in use.")
	}
	s.pool.taken[a] = true
	return a, nil
}

func mac(digits string) string {
	parts := []string{"02"}
	for i := 0; i+1 < len(digits); i += 2 {
		parts = append(parts, digits[i:i+2])
	}
	return strings.Join(parts, ":")
}

func (r *region) privateName(a netip.Addr) string {
	host := "ip-" + strings.ReplaceAll(a.String(), ".", "-")
	return host + "." + r.domain()
}

// domain is that of private names.
func (r *region) domain() string {
	if r.name == "us-east-1" {
		return "ec2.internal"
	}
	return r.name + ".compute.internal"
}

func (r *region) publicName(ip string) string {
	host := "ec2-" + strings.ReplaceAll(ip, ".", "-")
	if r.name == "us-east-1" {
		return host + ".compute-1.amazonaws.com"
	}
	return host + "." + r.name + ".compute.amazonaws.com"
}

// putInterface stores an interface and finds it by address and groups.
func (r *region) putInterface(n nic) {
	id := *n.NetworkInterfaceId
	if old, ok := r.interfaces.get(id); ok {
		r.leaveGroups(old)
	}
	r.interfaces.put(id, n)
	r.byAddress[[2]string{*n.VpcId, *n.PrivateIpAddress}] = id
	for _, g := range n.Groups {
		if r.members[*g.GroupId] == nil {
			r.members[*g.GroupId] = map[string]bool{}
		}
		r.members[*g.GroupId][id] = true
	}
}

func (r *region) leaveGroups(n nic) {
	for _, g := range n.Groups {
		delete(r.members[*g.GroupId], *n.NetworkInterfaceId)
	}
}

// forgetInterface removes an interface and gives its addresses back.
func (r *region) forgetInterface(n nic) {
	r.leaveGroups(n)
	r.interfaces.drop(*n.NetworkInterfaceId)
	delete(r.tags, *n.NetworkInterfaceId)
	delete(r.byAddress, [2]string{*n.VpcId, *n.PrivateIpAddress})
	if s, ok := r.subnets.get(*n.SubnetId); ok {
		if a, err := netip.ParseAddr(*n.PrivateIpAddress); err == nil {
			delete(s.pool.taken, a)
		}
	}
	if n.Association == nil {
		return
	}
	if n.Association.AllocationId == nil {
		delete(r.public, *n.Association.PublicIp)
		return
	}
	r.freeElastic(*n.Association.AllocationId)
}

func (r *region) describedInterface(n nic) nic {
	n.TagSet = r.tags[*n.NetworkInterfaceId]
	n.PrivateIpAddresses = []ec2types.NetworkInterfacePrivateIpAddress{{
		Primary: aws.Bool(true), PrivateIpAddress: n.PrivateIpAddress, PrivateDnsName: n.PrivateDnsName, Association: n.Association,
	}}
	return n
}

func (r *region) createInterface(in *awsec2.CreateNetworkInterfaceInput) (*awsec2.CreateNetworkInterfaceOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeNetworkInterface)
	if err != nil {
		return nil, err
	}
	if id, ok := r.madeFor("eni", in.ClientToken); ok {
		if n, ok := r.interfaces.get(id); ok {
			n = r.describedInterface(n)
			return &awsec2.CreateNetworkInterfaceOutput{NetworkInterface: &n, ClientToken: in.ClientToken}, nil
		}
	}
	n, err := r.makeInterface(order{
		subnet: aws.ToString(in.SubnetId), groups: in.Groups, address: aws.ToString(in.PrivateIpAddress),
		description: aws.ToString(in.Description), owner: nameOf(tags),
	})
	if err != nil {
		return nil, err
	}
	r.keepToken("eni", in.ClientToken, *n.NetworkInterfaceId)
	r.tag(*n.NetworkInterfaceId, tags)
	n = r.describedInterface(n)
	n.Status = "pending"
	return &awsec2.CreateNetworkInterfaceOutput{NetworkInterface: &n, ClientToken: in.ClientToken}, nil
}

// madeFor returns what was made for a client token before.
func (r *region) madeFor(kind string, token *string) (string, bool) {
	id, ok := r.tokens[kind+"/"+aws.ToString(token)]
	return id, ok && aws.ToString(token) != ""
}

func (r *region) keepToken(kind string, token *string, id string) {
	if aws.ToString(token) != "" {
		r.tokens[kind+"/"+*token] = id
	}
}

func (r *region) deleteInterface(in *awsec2.DeleteNetworkInterfaceInput) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	n, err := need(&r.interfaces, "eni-", aws.ToString(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	if n.Status == ec2types.NetworkInterfaceStatusInUse {
		return nil, sim.Errorf("InvalidParameterValue", "Network interface '%s' is currently in use.", *n.NetworkInterfaceId)
	}
	r.forgetInterface(n)
	return &awsec2.DeleteNetworkInterfaceOutput{}, nil
}

func (r *region) describeInterfaces(in *awsec2.DescribeNetworkInterfacesInput) (*awsec2.DescribeNetworkInterfacesOutput, error) {
	list, next, err := describe(r, interfaceView, r.interfaces.all(), query{in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &awsec2.DescribeNetworkInterfacesOutput{NextToken: next}
	for _, n := range list {
		out.NetworkInterfaces = append(out.NetworkInterfaces, r.describedInterface(n))
	}
	return out, nil
}

func (r *region) modifyInterface(in *awsec2.ModifyNetworkInterfaceAttributeInput) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	n, err := need(&r.interfaces, "eni-", aws.ToString(in.NetworkInterfaceId))
	if err != nil {
		return nil, err
	}
	if aws.ToBool(n.RequesterManaged) {
		return nil, sim.Errorf("AuthFailure", "You do not have permission to access the specified resource.")
	}
	if len(in.Groups) > 0 {
		s, err := need(&r.subnets, "subnet-", *n.SubnetId)
		if err != nil {
			return nil, err
		}
		if n.Groups, err = r.groupsIn(slices.Clone(in.Groups), s); err != nil {
			return nil, err
		}
	}
	if in.Description != nil {
		n.Description = in.Description.Value
	}
	if in.SourceDestCheck != nil {
		n.SourceDestCheck = in.SourceDestCheck.Value
	}
	r.putInterface(n)
	return &awsec2.ModifyNetworkInterfaceAttributeOutput{}, nil
}
