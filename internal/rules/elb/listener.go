// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateListener are the rules of CreateListener.
var CreateListener = rules.Of[awselb.CreateListenerInput]{
	{
		Meta: rules.Meta{ID: "elb-listener-balancer", Code: "LoadBalancerNotFound", Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			arn := aws.ToString(in.LoadBalancerArn)
			if _, found, known := r.Get(model.KindLoadBalancer, arn); known && !found {
				r.Add(rules.Problem{
					Path: "LoadBalancerArn", Got: arn, Want: "an existing load balancer",
					Text: fmt.Sprintf("Load balancer '%s' not found", arn),
				})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-protocol", Code: invalid, Doc: docPreflight + "/pf-elbv2-listener-protocol-lb-type"},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			listenerProtocol(r, in.Protocol, typeOf(r, in.LoadBalancerArn))
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-port", Code: invalid, Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			if in.Port == nil {
				r.Add(rules.Problem{Path: "Port", Got: "none", Want: "1 to 65535", Text: "A port must be specified"})
			}
			within(r, "Port", "port", in.Port, 1, 65535, "")
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-certificates", Code: invalid, Doc: docPreflight + "/pf-elbv2-listener-cert-exactly-one"},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			certificates(r, in.Protocol, in.Certificates)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-policy", Code: invalid, Doc: docPreflight + "/pf-elbv2-listener-sslpolicy-secure-only"},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			sslPolicy(r, in.Protocol, in.SslPolicy)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-alpn", Code: invalid, Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			alpn(r, in.Protocol, in.AlpnPolicy)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-dualstack", Code: configuration, Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			dualstack(r, in.Protocol, balancer(r, in.LoadBalancerArn))
		},
	},
	{
		Meta: rules.Meta{ID: "elb-listener-actions", Code: invalid, Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) {
			actions(r, "DefaultActions", in.DefaultActions, context{
				protocol: in.Protocol, balancer: typeOf(r, in.LoadBalancerArn),
			})
		},
	},
	{
		Meta:  rules.Meta{ID: "elb-listener-tags", Code: invalid, Doc: docListener},
		Check: func(r *rules.Report, in *awselb.CreateListenerInput) { tags(r, in.Tags) },
	},
}

// ModifyListener are the rules of ModifyListener.
var ModifyListener = rules.Of[awselb.ModifyListenerInput]{
	{
		Meta: rules.Meta{ID: "elb-listener-modify", Code: invalid, Doc: docReference + "API_ModifyListener.html"},
		Check: func(r *rules.Report, in *awselb.ModifyListenerInput) {
			protocol, given, balancerARN := in.Protocol, in.Certificates, (*string)(nil)
			if l := listener(r, in.ListenerArn); l != nil {
				balancerARN = l.Create.LoadBalancerArn
				if protocol == "" {
					protocol = l.Create.Protocol
				}
				if given == nil {
					given = l.Create.Certificates
				}
			}
			kind := typeOf(r, balancerARN)
			if in.Protocol != "" {
				listenerProtocol(r, in.Protocol, kind)
				dualstack(r, in.Protocol, balancer(r, balancerARN))
			}
			within(r, "Port", "port", in.Port, 1, 65535, "")
			if protocol != "" {
				certificates(r, protocol, given)
				sslPolicy(r, protocol, in.SslPolicy)
				alpn(r, protocol, in.AlpnPolicy)
			}
			if in.DefaultActions != nil {
				actions(r, "DefaultActions", in.DefaultActions, context{protocol: protocol, balancer: kind})
			}
		},
	},
}

// AddListenerCertificates are the rules of AddListenerCertificates.
var AddListenerCertificates = rules.Of[awselb.AddListenerCertificatesInput]{
	{
		Meta: rules.Meta{ID: "elb-listener-more-certificates", Code: invalid, Doc: docReference + "API_AddListenerCertificates.html"},
		Check: func(r *rules.Report, in *awselb.AddListenerCertificatesInput) {
			if l := listener(r, in.ListenerArn); l != nil && l.Create.Protocol != elbtypes.ProtocolEnumHttps &&
				l.Create.Protocol != elbtypes.ProtocolEnumTls {
				r.Add(rules.Problem{
					Path: "ListenerArn", Got: "a listener of " + string(l.Create.Protocol), Want: "an HTTPS or TLS listener",
					Text: fmt.Sprintf("A certificate cannot be specified for %s listeners", l.Create.Protocol),
				})
			}
			for i, c := range in.Certificates {
				certificateARN(r, fmt.Sprintf("Certificates[%d]", i), c)
			}
		},
	},
}

// listener looks a listener up, or returns nil.
func listener(r *rules.Report, arn *string) *model.Listener {
	state, _, _ := r.Get(model.KindListener, aws.ToString(arn))
	l, _ := state.(*model.Listener)
	return l
}

// listenerProtocol checks the protocol against the balancer's type; a balancer
// that is not known may be of any.
func listenerProtocol(r *rules.Report, p elbtypes.ProtocolEnum, balancer elbtypes.LoadBalancerTypeEnum) {
	allowed := "HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, GENEVE"
	switch balancer {
	case elbtypes.LoadBalancerTypeEnumApplication:
		allowed = "HTTP, HTTPS"
	case elbtypes.LoadBalancerTypeEnumNetwork:
		allowed = "TCP, TLS, UDP, TCP_UDP, QUIC, TCP_QUIC"
	case elbtypes.LoadBalancerTypeEnumGateway:
		return
	}
	if p != "" && strings.Contains(", "+allowed+",", ", "+string(p)+",") {
		return
	}
	got := string(p)
	if p == "" {
		got = "none"
	}
	r.Add(rules.Problem{
		Path: "Protocol", Got: got, Want: "one of " + allowed,
		Text: fmt.Sprintf("Listener protocol '%s' must be one of '%s'", p, allowed),
	})
}

// alpnPolicies are those of TLS listeners.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html#alpn-policies
var alpnPolicies = []string{"HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"}

func alpn(r *rules.Report, p elbtypes.ProtocolEnum, policy []string) {
	switch {
	case len(policy) == 0:
	case p != elbtypes.ProtocolEnumTls:
		r.Add(rules.Problem{Path: "AlpnPolicy", Got: strings.Join(policy, ", "), Want: "none, for the protocol is " + string(p)})
	case len(policy) > 1:
		r.Add(rules.Problem{Path: "AlpnPolicy", Got: strconv.Itoa(len(policy)), Want: "one"})
	case !slices.Contains(alpnPolicies, policy[0]):
		r.Add(rules.Problem{Path: "AlpnPolicy", Got: policy[0], Want: "one of " + strings.Join(alpnPolicies, ", ")})
	}
}

// dualstack checks that datagrams are not to be had with IPv6, unless their senders
// get a prefix of it.
func dualstack(r *rules.Report, p elbtypes.ProtocolEnum, b *model.LoadBalancer) {
	datagrams := p == elbtypes.ProtocolEnumUdp || p == elbtypes.ProtocolEnumTcpUdp ||
		p == elbtypes.ProtocolEnumQuic || p == elbtypes.ProtocolEnumTcpQuic
	if b == nil || !datagrams || b.Create.IpAddressType != elbtypes.IpAddressTypeDualstack ||
		b.Create.EnablePrefixForIpv6SourceNat == elbtypes.EnablePrefixForIpv6SourceNatEnumOn {
		return
	}
	r.Add(rules.Problem{Path: "Protocol", Got: string(p) + " on a dualstack balancer", Want: "TCP or TLS, or a balancer of ipv4"})
}

func secure(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttps || p == elbtypes.ProtocolEnumTls
}

func certificates(r *rules.Report, p elbtypes.ProtocolEnum, list []elbtypes.Certificate) {
	switch {
	case secure(p) && len(list) == 0:
		r.Add(rules.Problem{
			Path: "Certificates", Got: "none", Want: "one, for the protocol is " + string(p),
			Text: fmt.Sprintf("A certificate must be specified for %s listeners", p),
		})
	case !secure(p) && len(list) > 0:
		r.Add(rules.Problem{
			Path: "Certificates", Got: strconv.Itoa(len(list)), Want: "none, for the protocol is " + string(p),
			Text: fmt.Sprintf("A certificate cannot be specified for %s listeners", p),
		})
	case len(list) > 1:
		r.Add(rules.Problem{
			Path: "Certificates", Got: strconv.Itoa(len(list)), Want: "one; others are added by AddListenerCertificates",
			Text: fmt.Sprintf("Up to '1' certificate ARNs can be specified, but '%d' were specified", len(list)),
		})
	}
	for i, c := range list {
		certificateARN(r, fmt.Sprintf("Certificates[%d]", i), c)
	}
}

func certificateARN(r *rules.Report, path string, c elbtypes.Certificate) {
	arn := aws.ToString(c.CertificateArn)
	if slipway.HasRef(arn) {
		return
	}
	if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":acm:") && !strings.Contains(arn, ":iam:") {
		r.Add(rules.Problem{
			Path: path + ".CertificateArn", Got: quoted(arn), Want: "the ARN of a certificate of ACM or IAM",
			Text: fmt.Sprintf("Certificate ARN '%s' is not valid", arn),
		})
	}
	if c.IsDefault != nil {
		r.Add(rules.Problem{
			Path: path + ".IsDefault", Got: strconv.FormatBool(*c.IsDefault), Want: "none: it is for answers only",
			Text: "Certificate default flag cannot be specified",
		})
	}
}

func sslPolicy(r *rules.Report, p elbtypes.ProtocolEnum, policy *string) {
	if policy == nil || slipway.HasRef(*policy) {
		return
	}
	if !secure(p) {
		r.Add(rules.Problem{
			Path: "SslPolicy", Got: *policy, Want: "none, for the protocol is " + string(p),
			// Sic.
			Text: fmt.Sprintf("An SSL policy cannot be specifed for %s listeners", p),
		})
		return
	}
	if _, ok := SSLPolicies[*policy]; !ok {
		r.Add(rules.Problem{
			Path: "SslPolicy", Got: *policy, Want: "a policy of AWS's list", Code: "SSLPolicyNotFound",
			Text: fmt.Sprintf("SSL policy '%s' not found", *policy),
		})
	}
}
