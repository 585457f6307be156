// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
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
)

// ALPN is which application protocol a TLS listener agrees on with its clients.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#alpn-policies
type ALPN string

// The policies.
const (
	ALPNNone       ALPN = "None"
	HTTP1Only      ALPN = "HTTP1Only"
	HTTP2Only      ALPN = "HTTP2Only"
	HTTP2Optional  ALPN = "HTTP2Optional"
	HTTP2Preferred ALPN = "HTTP2Preferred"
)

// NetworkListener declares a listener of a Network Load Balancer. All that arrives is
// forwarded.
type NetworkListener struct {
	balancer     Network
	port         int32
	protocol     Protocol
	forward      Forward
	certificates []string
	policy       string
	alpn         ALPN
	attributes   map[string]string
	tags         map[string]string
	overrides    []func(*awselb.CreateListenerInput)
	// shifts: the weights are only where the listener begins.
	shifts bool
}

// NewNetworkListener declares a listener that speaks [TCP], [UDP] or [TCPUDP] on port
// (1 to 65535), or with [NetworkListener.WithCertificate] [TLS], and forwards to target
// groups that fit: those of a TCP or TLS listener speak TCP or TLS, those of a UDP
// listener UDP or TCP_UDP, those of a TCP_UDP listener TCP_UDP.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
func NewNetworkListener(balancer Network, protocol Protocol, port int32, forward Forward) NetworkListener {
	return NetworkListener{balancer: balancer, protocol: protocol, port: port, forward: forward}
}

// WithCertificate makes it a TLS listener. arn is the certificate's; more are chosen by
// the host name that the client asks for (SNI).
func (l NetworkListener) WithCertificate(arn string, more ...string) NetworkListener {
	l.protocol = TLS
	l.certificates = append(append(slices.Clip(l.certificates), arn), more...)
	return l
}

// WithSSLPolicy sets the protocols and ciphers of a TLS listener by the name of a
// policy; AWS's default, ELBSecurityPolicy-2016-08, if not called.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html
func (l NetworkListener) WithSSLPolicy(name string) NetworkListener {
	l.policy = name
	return l
}

// WithALPN sets which application protocol a TLS listener agrees on; [ALPNNone] if not
// called.
func (l NetworkListener) WithALPN(a ALPN) NetworkListener {
	l.alpn = a
	return l
}

// WithIdleTimeout sets after how long without data a TCP connection is forgotten, 60 to
// 6000 whole seconds; 350 if not called. Not for [TLS] and [UDP].
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
func (l NetworkListener) WithIdleTimeout(d time.Duration) NetworkListener {
	return l.WithAttribute(model.AttrTCPIdleTimeout, strconv.Itoa(int(seconds(d))))
}

// WithAttribute sets an attribute by AWS's key.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
func (l NetworkListener) WithAttribute(key, value string) NetworkListener {
	l.attributes = with(l.attributes, key, value)
	return l
}

// WithTag adds a tag.
func (l NetworkListener) WithTag(key, value string) NetworkListener {
	l.tags = with(l.tags, key, value)
	return l
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (l NetworkListener) WithOverride(f func(*awselb.CreateListenerInput)) NetworkListener {
	l.overrides = append(slices.Clip(l.overrides), f)
	return l
}

// ID returns "elb:Listener/<balancer>/<port>".
func (l NetworkListener) ID() slipway.ID {
	return slipway.ID{Kind: model.KindListener, Name: fmt.Sprintf("%s/%d", l.balancer.name, l.port)}
}

// ARN returns the placeholder for the listener's ARN.
func (l NetworkListener) ARN() string { return slipway.Ref(l.ID(), "arn") }

// Resources returns the listener.
func (l NetworkListener) Resources() []slipway.Resource { return []slipway.Resource{l} }

func (NetworkListener) forwarder() {}

// Build returns the wanted state.
func (l NetworkListener) Build() (slipway.Desired, error) {
	in := awselb.CreateListenerInput{
		LoadBalancerArn: aws.String(l.balancer.ARN()), Port: aws.Int32(l.port),
		Protocol: elbtypes.ProtocolEnum(l.protocol), SslPolicy: optional(l.policy), Tags: tagList(l.tags),
		DefaultActions: []elbtypes.Action{l.forward.action()},
	}
	if l.alpn != "" {
		in.AlpnPolicy = []string{string(l.alpn)}
	}
	state := &model.Listener{Attributes: maps.Clone(l.attributes), Shifts: l.shifts}
	if len(l.certificates) > 0 {
		in.Certificates = []elbtypes.Certificate{{CertificateArn: aws.String(l.certificates[0])}}
		state.Certificates = slices.Clone(l.certificates[1:])
	}
	uses := append(l.balancer.Resources(), l.forward.resources()...)
	uses = append(uses, l.balancer.ingress(l.protocol, l.port)...)
	overridden := override.Run("Create.", &in, l.overrides...)
	state.Create = in
	return slipway.Desired{Kind: listenerKind(), State: state, Uses: uses, Overridden: overridden}, nil
}

// Validate reports all that AWS would reject.
func (l NetworkListener) Validate() error { return validate(l, listeners{}) }
