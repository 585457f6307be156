// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// Protocol is what a listener or target speaks.
type Protocol elbtypes.ProtocolEnum

// The protocols of Application Load Balancers.
const (
	HTTP  Protocol = "HTTP"
	HTTPS Protocol = "HTTPS"
)

// The protocols of Network Load Balancers. TLS to a target group means that the
// balancer encrypts anew what it sends to the targets, whose certificates it does not
// look at.
const (
	TCP    Protocol = "TCP"
	TLS    Protocol = "TLS"
	UDP    Protocol = "UDP"
	TCPUDP Protocol = "TCP_UDP"
)

// udp reports whether datagrams are among what is spoken.
func (p Protocol) udp() bool { return p == UDP || p == TCPUDP }

// ProtocolVersion is the HTTP version that targets speak.
type ProtocolVersion string

// The protocol versions. GRPC and HTTP2 need an HTTPS listener.
const (
	HTTP1 ProtocolVersion = "HTTP1"
	HTTP2 ProtocolVersion = "HTTP2"
	GRPC  ProtocolVersion = "GRPC"
)

// TargetType is what the targets of a group are.
type TargetType elbtypes.TargetTypeEnum

// The target types. Tasks with a network interface of their own, as all of
// Fargate's, are registered by IP address. ALBTargets, one Application Load Balancer
// behind a listener of TCP, are for Network Load Balancers.
const (
	IPTargets       TargetType = "ip"
	InstanceTargets TargetType = "instance"
	ALBTargets      TargetType = "alb"
)

// Algorithm is how a target group picks a target for a request.
type Algorithm string

// The algorithms.
const (
	RoundRobin               Algorithm = "round_robin"
	LeastOutstandingRequests Algorithm = "least_outstanding_requests"
	WeightedRandom           Algorithm = "weighted_random"
)

// TargetGroupRef is a target group: a declared [TargetGroup], or an existing one
// by [TargetGroupARN]. The set is sealed.
type TargetGroupRef interface {
	// ARN is the group's ARN or the placeholder for it.
	ARN() string
	// Resources returns what must be declared with it.
	Resources() []slipway.Resource
	targetGroup()
}

// TargetGroupARN is an existing target group.
type TargetGroupARN string

// ARN returns the ARN.
func (a TargetGroupARN) ARN() string { return string(a) }

// Resources returns nil: nothing needs to be declared.
func (TargetGroupARN) Resources() []slipway.Resource { return nil }

func (TargetGroupARN) targetGroup() {}

// TargetGroup declares a target group of an Application or, with one of its
// protocols, of a Network Load Balancer.
type TargetGroup struct {
	name      string // of the resource
	awsName   string // derived; empty: name
	port      int32
	network   vpc.Network
	settings  groupSettings
	overrides []func(*awselb.CreateTargetGroupInput)
}

// groupSettings are what a [TargetGroup] and a [Route] have in common.
type groupSettings struct {
	protocol   Protocol
	version    ProtocolVersion
	targetType TargetType
	check      HealthCheck
	attributes map[string]string
	tags       map[string]string
}

// with returns s with an attribute; the maps of s stay as they are.
func (s groupSettings) with(key, value string) groupSettings {
	s.attributes = with(s.attributes, key, value)
	return s
}

// NewTargetGroup declares a target group: targets of the network that receive
// HTTP requests on port (1 to 65535) unless they are registered with another. The
// name, unique in the region, has at most 32 letters, digits and hyphens.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
func NewTargetGroup(name string, port int32, network vpc.Network) TargetGroup {
	return TargetGroup{name: name, port: port, network: network}
}

// WithProtocol sets what the targets speak; [HTTP] if not called. With one of the
// protocols of Network Load Balancers it is a group of these.
func (t TargetGroup) WithProtocol(p Protocol) TargetGroup {
	t.settings.protocol = p
	return t
}

// WithProtocolVersion sets the HTTP version of the targets; [HTTP1] if not called.
func (t TargetGroup) WithProtocolVersion(v ProtocolVersion) TargetGroup {
	t.settings.version = v
	return t
}

// WithTargetType sets what targets are; [IPTargets] if not called.
func (t TargetGroup) WithTargetType(k TargetType) TargetGroup {
	t.settings.targetType = k
	return t
}

// WithHealthCheck sets the health check.
func (t TargetGroup) WithHealthCheck(h HealthCheck) TargetGroup {
	t.settings.check = h
	return t
}

// WithDeregistrationDelay sets how long a deregistered target may finish its
// requests: 0 to 3600 whole seconds; 300 if not called.
func (t TargetGroup) WithDeregistrationDelay(d time.Duration) TargetGroup {
	t.settings = t.settings.deregistrationDelay(d)
	return t
}

// WithSlowStart sets how long a new target gets a growing share of requests: 30 to
// 900 seconds, or 0 for off, as if not called. Needs [RoundRobin].
func (t TargetGroup) WithSlowStart(d time.Duration) TargetGroup {
	t.settings = t.settings.slowStart(d)
	return t
}

// WithStickiness keeps a client with its target for d, 1 second to 7 days, by a
// cookie of the balancer's.
func (t TargetGroup) WithStickiness(d time.Duration) TargetGroup {
	t.settings = t.settings.stickiness(d)
	return t
}

// WithAppStickiness keeps a client with its target for d, 1 second to 7 days, by
// the cookie that the application sets.
func (t TargetGroup) WithAppStickiness(cookie string, d time.Duration) TargetGroup {
	t.settings = t.settings.appStickiness(cookie, d)
	return t
}

// WithAlgorithm sets how a target is picked; [RoundRobin] if not called.
func (t TargetGroup) WithAlgorithm(a Algorithm) TargetGroup {
	t.settings = t.settings.with(model.AttrAlgorithm, string(a))
	return t
}

// WithClientIP says whether targets see the address of the client instead of the
// balancer's. If not called they do, unless they are addresses that speak [TCP] or
// [TLS]; with [UDP] and [TCPUDP] they always do. Only for Network Load Balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation
func (t TargetGroup) WithClientIP(preserve bool) TargetGroup {
	t.settings = t.settings.clientIP(preserve)
	return t
}

// WithProxyProtocol has the balancer begin each connection with a header of proxy
// protocol version 2, which targets must expect. Only for Network Load Balancers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#proxy-protocol
func (t TargetGroup) WithProxyProtocol() TargetGroup {
	t.settings = t.settings.with(model.AttrProxyProtocol, "true")
	return t
}

// WithCrossZone says whether the group's targets get requests that arrived in other
// zones; as the balancer has it if not called.
func (t TargetGroup) WithCrossZone(on bool) TargetGroup {
	t.settings = t.settings.with(model.AttrCrossZone, strconv.FormatBool(on))
	return t
}

// WithSourceStickiness keeps a client with its target by its address. Only for Network
// Load Balancers, and not with [TLS].
func (t TargetGroup) WithSourceStickiness() TargetGroup {
	t.settings = t.settings.sourceStickiness()
	return t
}

// WithAttribute sets an attribute by AWS's key, such as
// "target_group_health.dns_failover.minimum_healthy_targets.count".
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
func (t TargetGroup) WithAttribute(key, value string) TargetGroup {
	t.settings = t.settings.with(key, value)
	return t
}

// WithTag adds a tag.
func (t TargetGroup) WithTag(key, value string) TargetGroup {
	t.settings.tags = with(t.settings.tags, key, value)
	return t
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (t TargetGroup) WithOverride(f func(*awselb.CreateTargetGroupInput)) TargetGroup {
	t.overrides = append(slices.Clip(t.overrides), f)
	return t
}

// ID returns "elb:TargetGroup/<name>".
func (t TargetGroup) ID() slipway.ID { return slipway.ID{Kind: model.KindTargetGroup, Name: t.name} }

// ARN returns the placeholder for the group's ARN.
func (t TargetGroup) ARN() string { return slipway.Ref(t.ID(), "arn") }

// Suffix returns the placeholder for "targetgroup/<name>/<id>", by which metrics
// and scaling policies name the group.
func (t TargetGroup) Suffix() string { return slipway.Ref(t.ID(), "suffix") }

// Port returns the port that targets receive requests on.
func (t TargetGroup) Port() int32 { return t.port }

// Resources returns the group itself.
func (t TargetGroup) Resources() []slipway.Resource { return []slipway.Resource{t} }

func (TargetGroup) targetGroup() {}

// Build returns the wanted state.
func (t TargetGroup) Build() (slipway.Desired, error) {
	in, overridden := t.input()
	return slipway.Desired{
		Kind:  targetGroupKind(),
		State: &model.TargetGroup{Create: in, Attributes: maps.Clone(t.settings.attributes)},
		Uses:  t.network.Resources(), Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject.
func (t TargetGroup) Validate() error { return validate(t, targetGroups{}) }

// input returns what is asked for, and what of it is overridden.
func (t TargetGroup) input() (in awselb.CreateTargetGroupInput, overridden []string) {
	s := t.settings
	in = awselb.CreateTargetGroupInput{
		Name: aws.String(t.name), Port: aws.Int32(t.port), VpcId: aws.String(t.network.VPC()),
		Protocol:   elbtypes.ProtocolEnum(s.protocol),
		TargetType: elbtypes.TargetTypeEnum(s.targetType),
		Tags:       tagList(s.tags),
	}
	if t.awsName != "" {
		in.Name = aws.String(t.awsName)
	}
	if in.Protocol == "" {
		in.Protocol = elbtypes.ProtocolEnumHttp
	}
	if in.TargetType == "" {
		in.TargetType = elbtypes.TargetTypeEnumIp
	}
	in.ProtocolVersion = optional(string(s.version))
	s.check.put(&in, s.version == GRPC)
	overridden = override.Run("Create.", &in, t.overrides...)
	return in, overridden
}

// derived returns t under a name that AWS takes and that changes with what AWS
// cannot change: a new group is made, the rule is switched, the old one deleted. The VPC
// is not part of it: that is the balancer's, and the same one can be looked up in
// several ways.
func (t TargetGroup) derived(scope string) TargetGroup {
	in, _ := t.input()
	t.awsName = derivedName(t.name,
		scope, t.name, string(in.Protocol), aws.ToString(in.ProtocolVersion),
		string(in.TargetType), strconv.Itoa(int(aws.ToInt32(in.Port))), string(in.IpAddressType))
	return t
}

func (s groupSettings) deregistrationDelay(d time.Duration) groupSettings {
	return s.with(model.AttrDeregistrationDelay, strconv.Itoa(int(seconds(d))))
}

func (s groupSettings) slowStart(d time.Duration) groupSettings {
	return s.with(model.AttrSlowStart, strconv.Itoa(int(seconds(d))))
}

func (s groupSettings) stickiness(d time.Duration) groupSettings {
	return s.with(model.AttrStickiness, "true").with(model.AttrStickinessType, "lb_cookie").
		with(model.AttrCookieDuration, strconv.Itoa(int(seconds(d))))
}

func (s groupSettings) appStickiness(cookie string, d time.Duration) groupSettings {
	return s.with(model.AttrStickiness, "true").with(model.AttrStickinessType, "app_cookie").
		with(model.AttrAppCookieName, cookie).
		with(model.AttrAppCookieDuration, strconv.Itoa(int(seconds(d))))
}

func (s groupSettings) clientIP(preserve bool) groupSettings {
	return s.with(model.AttrClientIP, strconv.FormatBool(preserve))
}

func (s groupSettings) sourceStickiness() groupSettings {
	return s.with(model.AttrStickiness, "true").with(model.AttrStickinessType, "source_ip")
}

// ports are those on which targets that listen on port are spoken to: health checks
// are never datagrams.
func (s groupSettings) ports(port int32) []vpc.Ports {
	check := s.check.Port
	if check == 0 {
		check = port
	}
	var all []vpc.Ports
	if s.protocol.udp() {
		all = append(all, vpc.UDP(port))
	}
	if s.protocol != UDP {
		all = append(all, vpc.TCP(port))
	}
	if s.protocol == UDP || check != port {
		all = append(all, vpc.TCP(check))
	}
	return all
}

// with returns a copy of m with one more entry.
func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// tagList returns tags as the SDK wants them, sorted by key.
func tagList(tags map[string]string) []elbtypes.Tag {
	var list []elbtypes.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, elbtypes.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return list
}
