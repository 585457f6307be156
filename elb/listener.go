// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
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

// ListenerRef is a listener: a declared [Listener], that of an [Application], or
// an existing one by [ListenerARN]. The set is sealed.
type ListenerRef interface {
	// ARN is the listener's ARN or the placeholder for it.
	ARN() string
	// Resources returns what must be declared with it.
	Resources() []slipway.Resource
	// frontend is what routes through this listener want to know.
	frontend() frontend
}

// frontend is the side of a balancer that clients see.
type frontend struct {
	name   string // of the balancer or else the listener, for derived names
	url    string // "" if not known
	groups []vpc.GroupRef
	app    *Application
}

// Listener declares a listener of a load balancer.
type Listener struct {
	balancer     Application
	port         int32
	protocol     Protocol
	action       Action
	certificates []string
	policy       string
	attributes   map[string]string
	tags         map[string]string
	overrides    []func(*awselb.CreateListenerInput)
	// owned: the balancer declares the listener, not the other way round.
	owned bool
}

// NewListener declares a listener beside those that the balancer has by itself. It
// speaks HTTP, or with [Listener.WithCertificate] HTTPS, on port (1 to 65535); the
// action is for requests to which no rule applies.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
func NewListener(balancer Application, port int32, action Action) Listener {
	return Listener{balancer: balancer, port: port, protocol: HTTP, action: action}
}

// WithCertificate makes it an HTTPS listener. arn is the certificate's; more are
// chosen by the host name that the client asks for (SNI).
func (l Listener) WithCertificate(arn string, more ...string) Listener {
	l.protocol = HTTPS
	l.certificates = append(append(slices.Clip(l.certificates), arn), more...)
	return l
}

// WithSSLPolicy sets the protocols and ciphers of an HTTPS listener by the name of
// a policy; AWS's default, ELBSecurityPolicy-2016-08, if not called.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
func (l Listener) WithSSLPolicy(name string) Listener {
	l.policy = name
	return l
}

// WithAttribute sets an attribute by AWS's key, such as
// "routing.http.response.server.enabled".
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
func (l Listener) WithAttribute(key, value string) Listener {
	l.attributes = with(l.attributes, key, value)
	return l
}

// WithTag adds a tag.
func (l Listener) WithTag(key, value string) Listener {
	l.tags = with(l.tags, key, value)
	return l
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (l Listener) WithOverride(f func(*awselb.CreateListenerInput)) Listener {
	l.overrides = append(slices.Clip(l.overrides), f)
	return l
}

// ID returns "elb:Listener/<balancer>/<port>".
func (l Listener) ID() slipway.ID {
	return slipway.ID{Kind: model.KindListener, Name: fmt.Sprintf("%s/%d", l.balancer.name, l.port)}
}

// ARN returns the placeholder for the listener's ARN.
func (l Listener) ARN() string { return slipway.Ref(l.ID(), "arn") }

// Resources returns the listener, or the balancer that brings it.
func (l Listener) Resources() []slipway.Resource {
	if l.owned {
		return l.balancer.Resources()
	}
	return []slipway.Resource{l}
}

// Route returns a route on the listener: what matches one of the path patterns.
func (l Listener) Route(patterns ...string) Route { return newRoute(l, patterns) }

// Build returns the wanted state.
func (l Listener) Build() (slipway.Desired, error) {
	in := awselb.CreateListenerInput{
		LoadBalancerArn: aws.String(l.balancer.ARN()), Port: aws.Int32(l.port),
		Protocol: elbtypes.ProtocolEnum(l.protocol), SslPolicy: optional(l.policy), Tags: tagList(l.tags),
	}
	state := &model.Listener{Attributes: maps.Clone(l.attributes)}
	if len(l.certificates) > 0 {
		in.Certificates = []elbtypes.Certificate{{CertificateArn: aws.String(l.certificates[0])}}
		state.Certificates = slices.Clone(l.certificates[1:])
	}
	var uses []slipway.Resource
	if !l.owned {
		uses = l.balancer.Resources()
	}
	if l.action != nil {
		in.DefaultActions = []elbtypes.Action{l.action.action()}
		uses = append(uses, l.action.resources()...)
	}
	overridden := override.Run("Create.", &in, l.overrides...)
	state.Create = in
	return slipway.Desired{Kind: listenerKind(), State: state, Uses: uses, Overridden: overridden}, nil
}

// Validate reports all that AWS would reject.
func (l Listener) Validate() error { return validate(l, listeners{}) }

func (l Listener) frontend() frontend {
	scheme, usual := "http", int32(80)
	if l.protocol == HTTPS {
		scheme, usual = "https", 443
	}
	port := ""
	if l.port != usual {
		port = fmt.Sprintf(":%d", l.port)
	}
	return frontend{
		name: l.balancer.name, url: scheme + "://" + hostPart + port,
		groups: l.balancer.SecurityGroups(), app: &l.balancer,
	}
}

// ExistingListener is a listener that is not declared here.
type ExistingListener struct {
	arn    string
	url    string
	groups []vpc.GroupRef
}

// ListenerARN is an existing listener of an Application Load Balancer.
func ListenerARN(arn string) ExistingListener { return ExistingListener{arn: arn} }

// WithSecurityGroup says which security group the balancer has, so that the
// targets of routes admit it.
func (l ExistingListener) WithSecurityGroup(g vpc.GroupRef) ExistingListener {
	l.groups = append(slices.Clip(l.groups), g)
	return l
}

// WithURL says under which URL, such as "https://example.com", the listener is
// reached; otherwise a route on it has none unless it has a host.
func (l ExistingListener) WithURL(url string) ExistingListener {
	l.url = url
	return l
}

// ARN returns the ARN.
func (l ExistingListener) ARN() string { return l.arn }

// Resources returns nil: nothing needs to be declared.
func (ExistingListener) Resources() []slipway.Resource { return nil }

// Route returns a route on the listener: what matches one of the path patterns.
func (l ExistingListener) Route(patterns ...string) Route { return newRoute(l, patterns) }

func (l ExistingListener) frontend() frontend {
	return frontend{name: l.arn, url: l.url, groups: l.groups}
}
