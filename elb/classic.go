// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// SSL is what Classic Load Balancers call encrypted connections that are not HTTPS.
const SSL Protocol = "SSL"

// ClassicListener is a port of a Classic Load Balancer and where it leads.
type ClassicListener struct {
	// Protocol is [HTTP], [HTTPS], [TCP] or [SSL].
	Protocol Protocol
	// Port is 1 to 65535.
	Port int32
	// TargetProtocol is what the instances speak, of the same layer as Protocol: HTTP or
	// HTTPS, TCP or SSL. [HTTP] or [TCP] if empty.
	TargetProtocol Protocol
	// TargetPort is the port of the instances, 1 to 65535: the host port of the container.
	TargetPort int32
	// Certificate is the ARN of one of ACM or IAM, for HTTPS and SSL.
	Certificate string
}

// ClassicHealthCheck is how a Classic Load Balancer finds out whether an instance works.
// Zero values are AWS's defaults: a TCP connection to the first listener's target port
// every 30 seconds, 10 good answers in a row make an instance healthy and 2 bad ones
// unhealthy. Durations are whole seconds.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
type ClassicHealthCheck struct {
	// Protocol is [HTTP], [HTTPS], [TCP] or [SSL]; [TCP] if empty.
	Protocol Protocol
	// Port of the instances, 1 to 65535; 0 is the first listener's target port.
	Port int32
	// Path of the request, with HTTP and HTTPS; "/" if empty. Only 200 is a good answer.
	Path string
	// Interval is 5 to 300 seconds; 0 means 30 seconds.
	Interval time.Duration
	// Timeout is 2 to 60 seconds and less than Interval; 0 means 5 seconds.
	Timeout time.Duration
	// Healthy and Unhealthy are 2 to 10 answers; 0 means 10 and 2.
	Healthy, Unhealthy int32
}

// Classic declares a Classic Load Balancer, which sends to instances by their ports. It
// is for services on EC2 instances whose tasks have fixed host ports, and AWS's legacy:
// plans warn of it.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
type Classic struct {
	name      string
	network   vpc.Network
	listeners []ClassicListener
	internal  bool
	groups    []vpc.GroupRef
	clients   []vpc.Peer
	check     ClassicHealthCheck
	idle      time.Duration
	drain     time.Duration
	crossZone bool
	logs      *classictypes.AccessLog
	tags      map[string]string
	overrides []func(*awsclassic.CreateLoadBalancerInput)
}

// NewClassic declares a balancer in the network's subnets, one a zone. The name, unique
// among the Classic Load Balancers of the region, has at most 32 letters, digits and
// hyphens.
// https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html
func NewClassic(name string, network vpc.Network, listener ClassicListener) Classic {
	return Classic{name: name, network: network, listeners: []ClassicListener{listener}}
}

// WithListener adds a listener.
func (b Classic) WithListener(l ClassicListener) Classic {
	b.listeners = append(slices.Clip(b.listeners), l)
	return b
}

// WithInternal gives the balancer private addresses only.
func (b Classic) WithInternal() Classic {
	b.internal = true
	return b
}

// WithSecurityGroup adds a security group. With none the balancer gets one of its own
// that admits everybody to its ports.
func (b Classic) WithSecurityGroup(g vpc.GroupRef) Classic {
	if g == nil {
		g = vpc.GroupID("")
	}
	b.groups = append(slices.Clip(b.groups), g)
	return b
}

// WithClients narrows down whom the balancer's own security group admits: everybody
// (0.0.0.0/0 and ::/0) if not called.
func (b Classic) WithClients(peers ...vpc.Peer) Classic {
	b.clients = append(slices.Clip(b.clients), peers...)
	return b
}

// WithHealthCheck sets the health check of the instances.
func (b Classic) WithHealthCheck(h ClassicHealthCheck) Classic {
	b.check = h
	return b
}

// WithIdleTimeout sets after how long without data a connection is closed, 1 to 4000
// seconds; 60 if not called.
func (b Classic) WithIdleTimeout(d time.Duration) Classic {
	b.idle = d
	return b
}

// WithDraining lets an instance that is taken away finish its requests for d, 1 to 3600
// seconds. Without, connections are cut.
func (b Classic) WithDraining(d time.Duration) Classic {
	b.drain = d
	return b
}

// WithCrossZone has every node of the balancer send to the instances of all zones.
func (b Classic) WithCrossZone() Classic {
	b.crossZone = true
	return b
}

// WithAccessLogs has the balancer write its access logs every hour to an S3 bucket of
// the same region, whose policy must allow it, below the prefix (may be empty).
func (b Classic) WithAccessLogs(bucket, prefix string) Classic {
	b.logs = &classictypes.AccessLog{
		Enabled: true, S3BucketName: aws.String(bucket), S3BucketPrefix: aws.String(prefix), EmitInterval: aws.Int32(60),
	}
	return b
}

// WithTag adds a tag.
func (b Classic) WithTag(key, value string) Classic {
	b.tags = with(b.tags, key, value)
	return b
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (b Classic) WithOverride(f func(*awsclassic.CreateLoadBalancerInput)) Classic {
	b.overrides = append(slices.Clip(b.overrides), f)
	return b
}

// ID returns "elb:ClassicLoadBalancer/<name>".
func (b Classic) ID() slipway.ID { return slipway.ID{Kind: model.KindClassic, Name: b.name} }

// Name returns the placeholder for the balancer's name, by which services know it.
func (b Classic) Name() string { return slipway.Ref(b.ID(), "name") }

// DNSName returns the placeholder for the balancer's DNS name.
func (b Classic) DNSName() string { return slipway.Ref(b.ID(), "dns") }

// HostedZone returns the placeholder for the id of the hosted zone of the DNS name, for
// alias records in Route 53.
func (b Classic) HostedZone() string { return slipway.Ref(b.ID(), "zone") }

// URL returns where the first listener is reached, such as "http://<host>"; the host is
// the placeholder for the balancer's DNS name.
func (b Classic) URL() string {
	l := b.listeners[0]
	scheme, usual := "tcp", int32(0)
	switch l.Protocol {
	case HTTP:
		scheme, usual = "http", httpPort
	case HTTPS:
		scheme, usual = "https", httpsPort
	case SSL:
		scheme = "ssl"
	}
	if l.Port == usual {
		return scheme + "://" + b.DNSName()
	}
	return fmt.Sprintf("%s://%s:%d", scheme, b.DNSName(), l.Port)
}

// TargetPorts returns the ports of the instances to which the balancer sends.
func (b Classic) TargetPorts() []int32 {
	var all []int32
	for _, l := range b.listeners {
		all = append(all, l.TargetPort)
	}
	return all
}

// SecurityGroups returns all security groups of the balancer: its own if it was given
// none.
func (b Classic) SecurityGroups() []vpc.GroupRef {
	if len(b.groups) > 0 {
		return slices.Clone(b.groups)
	}
	return []vpc.GroupRef{b.ownGroup()}
}

// Admissions returns what the security groups of the instances must let in: the
// balancer, on its target ports and on that of the health check.
func (b Classic) Admissions() []Admission {
	var peers []vpc.Peer
	for _, g := range b.SecurityGroups() {
		peers = append(peers, vpc.FromGroup(g))
	}
	targets := b.TargetPorts()
	if b.check.Port != 0 {
		targets = append(targets, b.check.Port)
	}
	slices.Sort(targets)
	var ports []vpc.Ports
	for _, p := range slices.Compact(targets) {
		ports = append(ports, vpc.TCP(p))
	}
	return admissions(peers, ports)
}

// Resources returns the balancer itself, which brings its security group.
func (b Classic) Resources() []slipway.Resource { return []slipway.Resource{b} }

// Build returns the wanted state.
func (b Classic) Build() (slipway.Desired, error) {
	in := awsclassic.CreateLoadBalancerInput{
		LoadBalancerName: aws.String(b.name), Subnets: b.network.Subnets(), Tags: classicTags(b.tags),
	}
	if b.internal {
		in.Scheme = aws.String("internal")
	}
	for _, l := range b.listeners {
		in.Listeners = append(in.Listeners, l.input())
	}
	uses := b.network.Resources()
	for _, g := range b.SecurityGroups() {
		in.SecurityGroups = append(in.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	uses = append(uses, b.ingress()...)
	overridden := override.Run("Create.", &in, b.overrides...)
	return slipway.Desired{
		Kind: classicKind(), State: &model.Classic{Create: in, Health: b.health(), Attributes: b.attributes()},
		Uses: uses, Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject, and that the balancer is legacy.
func (b Classic) Validate() error { return validate(b, classics{}) }

func (l ClassicListener) input() classictypes.Listener {
	target := l.TargetProtocol
	switch {
	case target != "":
	case l.Protocol == HTTP || l.Protocol == HTTPS:
		target = HTTP
	default:
		target = TCP
	}
	return classictypes.Listener{
		Protocol: aws.String(string(l.Protocol)), LoadBalancerPort: l.Port,
		InstanceProtocol: aws.String(string(target)), InstancePort: aws.Int32(l.TargetPort),
		SSLCertificateId: optional(l.Certificate),
	}
}

// health is the health check, nil where all is AWS's default.
func (b Classic) health() *classictypes.HealthCheck {
	c := b.check
	if c == (ClassicHealthCheck{}) {
		return nil
	}
	protocol, port, path := c.Protocol, c.Port, ""
	if protocol == "" {
		protocol = TCP
	}
	if port == 0 {
		port = b.listeners[0].TargetPort
	}
	if protocol == HTTP || protocol == HTTPS {
		path = "/"
	}
	if c.Path != "" {
		path = c.Path
	}
	h := &classictypes.HealthCheck{Target: aws.String(fmt.Sprintf("%s:%d%s", protocol, port, path))}
	if c.Interval != 0 {
		h.Interval = aws.Int32(seconds(c.Interval))
	}
	if c.Timeout != 0 {
		h.Timeout = aws.Int32(seconds(c.Timeout))
	}
	if c.Healthy != 0 {
		h.HealthyThreshold = aws.Int32(c.Healthy)
	}
	if c.Unhealthy != 0 {
		h.UnhealthyThreshold = aws.Int32(c.Unhealthy)
	}
	return h
}

func (b Classic) attributes() *classictypes.LoadBalancerAttributes {
	a := &classictypes.LoadBalancerAttributes{
		CrossZoneLoadBalancing: &classictypes.CrossZoneLoadBalancing{Enabled: b.crossZone},
	}
	if b.logs != nil {
		logs := *b.logs
		a.AccessLog = &logs
	}
	if b.idle != 0 {
		a.ConnectionSettings = &classictypes.ConnectionSettings{IdleTimeout: aws.Int32(seconds(b.idle))}
	}
	if b.drain != 0 {
		a.ConnectionDraining = &classictypes.ConnectionDraining{Enabled: true, Timeout: aws.Int32(seconds(b.drain))}
	}
	return a
}

func (b Classic) ownGroup() vpc.SecurityGroup {
	return vpc.NewSecurityGroup(b.name+"-elb", "Clients of the load balancer "+b.name, b.network)
}

// ingress are the rules of the balancer's own group.
func (b Classic) ingress() []slipway.Resource {
	if len(b.groups) > 0 {
		return nil
	}
	peers := b.clients
	if len(peers) == 0 {
		peers = []vpc.Peer{vpc.CIDR("0.0.0.0/0"), vpc.CIDR("::/0")}
	}
	var ports []vpc.Ports
	for _, l := range b.listeners {
		ports = append(ports, vpc.TCP(l.Port))
	}
	var all []slipway.Resource
	for _, a := range admissions(peers, ports) {
		all = append(all, vpc.Ingress(b.ownGroup(), a.From, a.Ports))
	}
	return all
}
