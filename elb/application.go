// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"errors"
	"maps"
	"net/http"
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

// IPAddressType is which addresses a balancer has.
type IPAddressType elbtypes.IpAddressType

// The address types. Internal balancers have no DualstackWithoutPublicIPv4.
const (
	IPv4                       IPAddressType = "ipv4"
	Dualstack                  IPAddressType = "dualstack"
	DualstackWithoutPublicIPv4 IPAddressType = "dualstack-without-public-ipv4"
)

// Application declares an Application Load Balancer with its listeners: HTTP on
// port 80, or with [Application.WithHTTPS] HTTPS on port 443 and a redirect to it.
// Requests to which no [Route] applies are answered with 404.
type Application struct {
	name         string
	network      vpc.Network
	certificates []string
	policy       string
	internal     bool
	groups       []vpc.GroupRef
	clients      []vpc.Peer
	address      IPAddressType
	attributes   map[string]string
	tags         map[string]string
	overrides    []func(*awselb.CreateLoadBalancerInput)
}

// NewApplication declares a balancer in the network's subnets, which must lie in
// at least two zones. The name, unique in the region, has at most 32 letters,
// digits and hyphens.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
func NewApplication(name string, network vpc.Network) Application {
	return Application{name: name, network: network}
}

// WithHTTPS makes the balancer listen on HTTPS:443 and redirect HTTP:80 to it. The
// certificate is one of ACM or IAM, in the same region; more are chosen by the
// host name that the client asks for (SNI).
func (a Application) WithHTTPS(certificateARN string, more ...string) Application {
	a.certificates = append(append(slices.Clip(a.certificates), certificateARN), more...)
	return a
}

// WithSSLPolicy sets the protocols and ciphers of HTTPS by the name of a policy;
// "ELBSecurityPolicy-TLS13-1-2-2021-06", as AWS recommends, if not called.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
func (a Application) WithSSLPolicy(name string) Application {
	a.policy = name
	return a
}

// WithInternal gives the balancer private addresses only. The network should then
// be one of private subnets.
func (a Application) WithInternal() Application {
	a.internal = true
	return a
}

// WithSecurityGroup adds a security group, at most 5. With none the balancer gets
// one of its own that admits everybody to its ports.
func (a Application) WithSecurityGroup(g vpc.GroupRef) Application {
	if g == nil {
		g = vpc.GroupID("")
	}
	a.groups = append(slices.Clip(a.groups), g)
	return a
}

// WithClients narrows down whom the balancer's own security group admits:
// everybody (0.0.0.0/0 and ::/0) if not called.
func (a Application) WithClients(peers ...vpc.Peer) Application {
	a.clients = append(slices.Clip(a.clients), peers...)
	return a
}

// WithIPAddressType sets which addresses the balancer has; [IPv4] if not called.
func (a Application) WithIPAddressType(t IPAddressType) Application {
	a.address = t
	return a
}

// WithIdleTimeout sets after how long without data a connection is closed, 1 to
// 4000 seconds; 60 if not called.
func (a Application) WithIdleTimeout(d time.Duration) Application {
	return a.WithAttribute(model.AttrIdleTimeout, strconv.Itoa(int(seconds(d))))
}

// WithDeletionProtection keeps the balancer from being deleted, by Slipway too,
// until it is taken away.
func (a Application) WithDeletionProtection() Application {
	return a.WithAttribute(model.AttrDeletionProtection, "true")
}

// WithAccessLogs has the balancer write its access logs to an S3 bucket of the
// same region, whose policy must allow it, below the prefix (may be empty).
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
func (a Application) WithAccessLogs(bucket, prefix string) Application {
	return a.WithAttribute(model.AttrAccessLogs, "true").
		WithAttribute(model.AttrAccessLogsBucket, bucket).
		WithAttribute(model.AttrAccessLogsPrefix, prefix)
}

// WithAttribute sets an attribute by AWS's key, such as
// "routing.http.drop_invalid_header_fields.enabled".
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func (a Application) WithAttribute(key, value string) Application {
	a.attributes = with(a.attributes, key, value)
	return a
}

// WithTag adds a tag.
func (a Application) WithTag(key, value string) Application {
	a.tags = with(a.tags, key, value)
	return a
}

// WithOverride has f change the SDK input, after all else. Several run in order.
func (a Application) WithOverride(f func(*awselb.CreateLoadBalancerInput)) Application {
	a.overrides = append(slices.Clip(a.overrides), f)
	return a
}

// ID returns "elb:LoadBalancer/<name>".
func (a Application) ID() slipway.ID { return slipway.ID{Kind: model.KindLoadBalancer, Name: a.name} }

// ARN returns the placeholder for the balancer's ARN.
func (a Application) ARN() string { return slipway.Ref(a.ID(), "arn") }

// DNSName returns the placeholder for the balancer's DNS name.
func (a Application) DNSName() string { return slipway.Ref(a.ID(), "dns") }

// HostedZone returns the placeholder for the id of the hosted zone of the DNS
// name, for alias records in Route 53.
func (a Application) HostedZone() string { return slipway.Ref(a.ID(), "zone") }

// Suffix returns the placeholder for "app/<name>/<id>", by which metrics and
// scaling policies name the balancer.
func (a Application) Suffix() string { return slipway.Ref(a.ID(), "suffix") }

// URL returns the URL of the balancer, with its DNS name as a placeholder.
func (a Application) URL() string { return a.Route("/*").URL() }

// Network returns the network of the balancer.
func (a Application) Network() vpc.Network { return a.network }

// SecurityGroup returns the first of the balancer's security groups: its own if it
// was given none.
func (a Application) SecurityGroup() vpc.GroupRef { return a.SecurityGroups()[0] }

// SecurityGroups returns all security groups of the balancer.
func (a Application) SecurityGroups() []vpc.GroupRef {
	if len(a.groups) > 0 {
		return slices.Clone(a.groups)
	}
	return []vpc.GroupRef{a.ownGroup()}
}

// Listener returns the listener that routes are on: HTTPS:443 with certificates,
// else HTTP:80.
func (a Application) Listener() ListenerRef { return a.mainListener() }

// Route returns a route on the balancer's listener: what matches one of the path
// patterns, such as "/*" or "/api/*".
func (a Application) Route(patterns ...string) Route { return newRoute(a.mainListener(), patterns) }

// Resources returns the balancer itself, which brings its listeners and its
// security group.
func (a Application) Resources() []slipway.Resource { return []slipway.Resource{a} }

// Build returns the wanted state.
func (a Application) Build() (slipway.Desired, error) {
	in := awselb.CreateLoadBalancerInput{
		Name: aws.String(a.name), Type: elbtypes.LoadBalancerTypeEnumApplication,
		Scheme: elbtypes.LoadBalancerSchemeEnumInternetFacing, Subnets: a.network.Subnets(),
		IpAddressType: elbtypes.IpAddressType(a.address), Tags: tagList(a.tags),
	}
	if a.internal {
		in.Scheme = elbtypes.LoadBalancerSchemeEnumInternal
	}
	uses := a.network.Resources()
	for _, g := range a.SecurityGroups() {
		in.SecurityGroups = append(in.SecurityGroups, g.GroupID())
		uses = append(uses, g.Resources()...)
	}
	uses = append(uses, a.ingress()...)
	for _, l := range a.listeners() {
		uses = append(uses, l)
	}
	overridden := override.Run("Create.", &in, a.overrides...)
	return slipway.Desired{
		Kind:  loadBalancerKind(),
		State: &model.LoadBalancer{Create: in, Attributes: maps.Clone(a.attributes)},
		Uses:  uses, Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject in the balancer and its listeners.
func (a Application) Validate() error {
	errs := []error{validate(a, loadBalancers{})}
	for _, l := range a.listeners() {
		errs = append(errs, l.Validate())
	}
	return errors.Join(errs...)
}

const (
	httpPort  = 80
	httpsPort = 443
	// recommendedPolicy is what AWS's console chooses, unlike its API.
	recommendedPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
)

// mainListener is the one with routes.
func (a Application) mainListener() Listener {
	notFound := FixedResponse{Status: http.StatusNotFound, Body: "Not Found"}
	l := NewListener(a, httpPort, notFound)
	if len(a.certificates) > 0 {
		l = NewListener(a, httpsPort, notFound).WithSSLPolicy(recommendedPolicy).
			WithCertificate(a.certificates[0], a.certificates[1:]...)
		if a.policy != "" {
			l.policy = a.policy
		}
	}
	l.owned = true
	return l
}

// listeners are those that the balancer brings.
func (a Application) listeners() []Listener {
	all := []Listener{a.mainListener()}
	if len(a.certificates) > 0 {
		redirect := NewListener(a, httpPort, RedirectToHTTPS())
		redirect.owned = true
		all = append(all, redirect)
	}
	return all
}

// ownGroup is the security group of a balancer that was given none.
func (a Application) ownGroup() vpc.SecurityGroup {
	return vpc.NewSecurityGroup(a.name+"-alb", "Clients of the load balancer "+a.name, a.network)
}

// ingress are the rules of the balancer's own group.
func (a Application) ingress() []slipway.Resource {
	if len(a.groups) > 0 {
		return nil
	}
	peers := a.clients
	if len(peers) == 0 {
		peers = []vpc.Peer{vpc.CIDR("0.0.0.0/0"), vpc.CIDR("::/0")}
	}
	var all []slipway.Resource
	for _, l := range a.listeners() {
		for _, p := range peers {
			all = append(all, vpc.Ingress(a.ownGroup(), p, vpc.TCP(l.port)))
		}
	}
	return all
}
