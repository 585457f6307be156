// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// ZoneAffinity is how clients inside the VPC find the node of a Network Load Balancer
// that is in their own zone, by the name server of the VPC.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-load-balancer-attributes.html#zonal-dns-affinity
type ZoneAffinity string

// The affinities: none, 85 and 100 percent of the queries.
const (
	AnyZone         ZoneAffinity = "any_availability_zone"
	PartlyOwnZone   ZoneAffinity = "partial_availability_zone_affinity"
	EntirelyOwnZone ZoneAffinity = "availability_zone_affinity"
)

// Network declares a Network Load Balancer, which passes connections on without
// looking into them. It has no listeners of its own: its routes bring them.
type Network struct {
	name       string
	network    vpc.Network
	internal   bool
	groups     []vpc.GroupRef
	groupless  bool
	clients    []vpc.Peer
	address    IPAddressType
	static     []elbtypes.SubnetMapping
	attributes map[string]string
	tags       map[string]string
	overrides  []func(*awselb.CreateLoadBalancerInput)
}

// NewNetwork declares a balancer in the network's subnets, one a zone. The name,
// unique in the region, has at most 32 letters, digits and hyphens.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
func NewNetwork(name string, network vpc.Network) Network {
	return Network{name: name, network: network}
}

// WithInternal gives the balancer private addresses only. The network should then
// be one of private subnets.
func (n Network) WithInternal() Network {
	n.internal = true
	return n
}

// WithSecurityGroup adds a security group, at most 5. With none the balancer gets one
// of its own that admits everybody to the ports of its routes.
func (n Network) WithSecurityGroup(g vpc.GroupRef) Network {
	if g == nil {
		g = vpc.GroupID("")
	}
	n.groups, n.groupless = append(slices.Clip(n.groups), g), false
	return n
}

// WithoutSecurityGroup makes the balancer without security groups, which AWS lets
// nobody change later: the balancer then admits everybody, and the tasks of its routes
// must admit its clients themselves.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func (n Network) WithoutSecurityGroup() Network {
	n.groups, n.groupless = nil, true
	return n
}

// WithClients narrows down whom the balancer's own security group admits: everybody
// (0.0.0.0/0 and ::/0) if not called. Of a balancer without one, it is whom the tasks
// admit, which must include the addresses of the balancer's subnets.
func (n Network) WithClients(peers ...vpc.Peer) Network {
	n.clients = append(slices.Clip(n.clients), peers...)
	return n
}

// WithIPAddressType sets which addresses the balancer has, [IPv4] or [Dualstack];
// [IPv4] if not called.
func (n Network) WithIPAddressType(t IPAddressType) Network {
	n.address = t
	return n
}

// WithElasticIP gives the balancer, which must face the internet, an Elastic IP
// address in a subnet: the id of its allocation, such as
// "eipalloc-0123456789abcdef0". The balancer is then only in the subnets that are
// named so, and an address cannot be changed later.
func (n Network) WithElasticIP(subnet, allocation string) Network {
	return n.withAddress(elbtypes.SubnetMapping{SubnetId: aws.String(subnet), AllocationId: aws.String(allocation)})
}

// WithPrivateIP gives an internal balancer an address of a subnet's range. The
// balancer is then only in the subnets that are named so, and an address cannot be
// changed later.
func (n Network) WithPrivateIP(subnet, address string) Network {
	return n.withAddress(elbtypes.SubnetMapping{SubnetId: aws.String(subnet), PrivateIPv4Address: aws.String(address)})
}

func (n Network) withAddress(m elbtypes.SubnetMapping) Network {
	n.static = append(slices.Clip(n.static), m)
	return n
}

// WithCrossZone has every node of the balancer send to the targets of all zones;
// without, a node sends to those of its own zone.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-load-balancer-attributes.html#cross-zone-load-balancing
func (n Network) WithCrossZone() Network { return n.WithAttribute(model.AttrCrossZone, "true") }

// WithZoneAffinity sets how clients find the node of their own zone; [AnyZone] if not
// called.
func (n Network) WithZoneAffinity(a ZoneAffinity) Network {
	return n.WithAttribute(model.AttrZoneAffinity, string(a))
}

// WithDeletionProtection keeps the balancer from being deleted, by Slipway too,
// until it is taken away.
func (n Network) WithDeletionProtection() Network {
	return n.WithAttribute(model.AttrDeletionProtection, "true")
}

// WithAccessLogs has the balancer write logs of its TLS connections to an S3 bucket of
// the same region, whose policy must allow it, below the prefix (may be empty).
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
func (n Network) WithAccessLogs(bucket, prefix string) Network {
	return n.WithAttribute(model.AttrAccessLogs, "true").
		WithAttribute(model.AttrAccessLogsBucket, bucket).
		WithAttribute(model.AttrAccessLogsPrefix, prefix)
}

// WithAttribute sets an attribute by AWS's key, such as "zonal_shift.config.enabled".
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func (n Network) WithAttribute(key, value string) Network {
	n.attributes = with(n.attributes, key, value)
	return n
}

// WithTag adds a tag.
func (n Network) WithTag(key, value string) Network {
	n.tags = with(n.tags, key, value)
	return n
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (n Network) WithOverride(f func(*awselb.CreateLoadBalancerInput)) Network {
	n.overrides = append(slices.Clip(n.overrides), f)
	return n
}

// ID returns "elb:LoadBalancer/<name>".
func (n Network) ID() slipway.ID { return slipway.ID{Kind: model.KindLoadBalancer, Name: n.name} }

// ARN returns the placeholder for the balancer's ARN.
func (n Network) ARN() string { return slipway.Ref(n.ID(), "arn") }

// DNSName returns the placeholder for the balancer's DNS name.
func (n Network) DNSName() string { return slipway.Ref(n.ID(), "dns") }

// HostedZone returns the placeholder for the id of the hosted zone of the DNS
// name, for alias records in Route 53.
func (n Network) HostedZone() string { return slipway.Ref(n.ID(), "zone") }

// Suffix returns the placeholder for "net/<name>/<id>", by which metrics name the
// balancer.
func (n Network) Suffix() string { return slipway.Ref(n.ID(), "suffix") }

// Network returns the network of the balancer.
func (n Network) Network() vpc.Network { return n.network }

// SecurityGroups returns all security groups of the balancer: its own one if it was
// given none, and none if it is to have none.
func (n Network) SecurityGroups() []vpc.GroupRef {
	switch {
	case len(n.groups) > 0:
		return slices.Clone(n.groups)
	case n.groupless:
		return nil
	default:
		return []vpc.GroupRef{n.ownGroup()}
	}
}

// TCP returns a route for the connections to a port, 1 to 65535.
func (n Network) TCP(port int32) NetworkRoute { return newNetworkRoute(n, TCP, port) }

// UDP returns a route for the datagrams to a port, 1 to 65535.
func (n Network) UDP(port int32) NetworkRoute { return newNetworkRoute(n, UDP, port) }

// TCPUDP returns a route for connections and datagrams to a port, 1 to 65535, which a
// balancer cannot tell apart there.
func (n Network) TCPUDP(port int32) NetworkRoute { return newNetworkRoute(n, TCPUDP, port) }

// TLS returns a route for the encrypted connections to a port, 1 to 65535, which the
// balancer decrypts. The certificate is one of ACM or IAM, in the same region; more are
// chosen by the host name that the client asks for (SNI).
func (n Network) TLS(port int32, certificateARN string, more ...string) NetworkRoute {
	r := newNetworkRoute(n, TLS, port)
	r.listener = r.listener.WithCertificate(certificateARN, more...).WithSSLPolicy(recommendedPolicy)
	r.settings.protocol = TCP
	return r
}

// Resources returns the balancer itself, which brings its security group.
func (n Network) Resources() []slipway.Resource { return []slipway.Resource{n} }

// Build returns the wanted state.
func (n Network) Build() (slipway.Desired, error) {
	in := awselb.CreateLoadBalancerInput{
		Name: aws.String(n.name), Type: elbtypes.LoadBalancerTypeEnumNetwork,
		Scheme:        elbtypes.LoadBalancerSchemeEnumInternetFacing,
		IpAddressType: elbtypes.IpAddressType(n.address), Tags: tagList(n.tags),
	}
	if n.internal {
		in.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	}
	if len(n.static) > 0 {
		in.SubnetMappings = slices.Clone(n.static)
	} else {
		in.Subnets = n.network.Subnets()
	}
	uses := n.network.Resources()
	for _, g := range n.SecurityGroups() {
		in.SecurityGroups = append(in.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	overridden := override.Run("Create.", &in, n.overrides...)
	return slipway.Desired{
		Kind:  loadBalancerKind(),
		State: &model.LoadBalancer{Create: in, Attributes: maps.Clone(n.attributes)},
		Uses:  uses, Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject.
func (n Network) Validate() error { return validate(n, loadBalancers{}) }

// ownGroup is the security group of a balancer that was given none.
func (n Network) ownGroup() vpc.SecurityGroup {
	return vpc.NewSecurityGroup(n.name+"-nlb", "Clients of the load balancer "+n.name, n.network)
}

// peers are those who are let in.
func (n Network) peers() []vpc.Peer {
	if len(n.clients) > 0 {
		return slices.Clone(n.clients)
	}
	return []vpc.Peer{vpc.CIDR("0.0.0.0/0"), vpc.CIDR("::/0")}
}

// ingress are the rules of the balancer's own group for a listener.
func (n Network) ingress(p Protocol, port int32) []slipway.Resource {
	if n.groupless || len(n.groups) > 0 {
		return nil
	}
	var ports []vpc.Ports
	if p.udp() {
		ports = append(ports, vpc.UDP(port))
	}
	if p != UDP {
		ports = append(ports, vpc.TCP(port))
	}
	var all []slipway.Resource
	for _, a := range admissions(n.peers(), ports) {
		all = append(all, vpc.Ingress(n.ownGroup(), a.From, a.Ports))
	}
	return all
}
