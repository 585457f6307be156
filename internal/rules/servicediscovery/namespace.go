// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"regexp"
	"slices"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/slipway-go/slipway/internal/rules"
)

// The forms of names.
var (
	visible    = regexp.MustCompile(`^[\x21-\x7e]+$`)
	publicName = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
)

const (
	maxHTTPName = 1024
	maxDNSName  = 253
)

// CreateHTTPNamespace holds the rules of namespaces without DNS.
var CreateHTTPNamespace = slices.Concat(rules.Of[awssd.CreateHttpNamespaceInput]{
	{Meta: rules.Meta{ID: "cloudmap-http-name", Code: invalid, Doc: api + "API_CreateHttpNamespace.html"},
		Check: func(r *rules.Report, in *awssd.CreateHttpNamespaceInput) {
			named(r, in.Name, visible, maxHTTPName, "1 to 1024 visible ASCII characters, without spaces")
		}},
}, commonRules(func(in *awssd.CreateHttpNamespaceInput) common {
	return common{in.Description, in.CreatorRequestId, in.Tags}
}))

// CreatePrivateDNSNamespace holds the rules of namespaces that resolve in a VPC.
var CreatePrivateDNSNamespace = slices.Concat(rules.Of[awssd.CreatePrivateDnsNamespaceInput]{
	{Meta: rules.Meta{ID: "cloudmap-private-name", Code: invalid, Doc: api + "API_CreatePrivateDnsNamespace.html"},
		Check: func(r *rules.Report, in *awssd.CreatePrivateDnsNamespaceInput) {
			named(r, in.Name, visible, maxDNSName, "1 to 253 visible ASCII characters, without spaces")
		}},
	{Meta: rules.Meta{ID: "cloudmap-private-vpc", Code: invalid, Doc: api + "API_CreatePrivateDnsNamespace.html"},
		Check: func(r *rules.Report, in *awssd.CreatePrivateDnsNamespaceInput) {
			if value(in.Vpc) == "" {
				r.Add(rules.Problem{Path: "Vpc", Got: "none", Want: "a VPC"})
			}
		}},
	{Meta: rules.Meta{ID: "cloudmap-soa-ttl", Code: invalid, Doc: api + "API_SOA.html"},
		Check: func(r *rules.Report, in *awssd.CreatePrivateDnsNamespaceInput) {
			if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
				ttl(r, "Properties.DnsProperties.SOA.TTL", p.DnsProperties.SOA.TTL)
			}
		}},
}, commonRules(func(in *awssd.CreatePrivateDnsNamespaceInput) common {
	return common{in.Description, in.CreatorRequestId, in.Tags}
}))

// CreatePublicDNSNamespace holds the rules of namespaces that resolve everywhere.
var CreatePublicDNSNamespace = slices.Concat(rules.Of[awssd.CreatePublicDnsNamespaceInput]{
	{Meta: rules.Meta{ID: "cloudmap-public-name", Code: invalid, Doc: api + "API_CreatePublicDnsNamespace.html"},
		Check: func(r *rules.Report, in *awssd.CreatePublicDnsNamespaceInput) {
			named(r, in.Name, publicName, maxDNSName, "a domain of two labels or more, as in example.com")
		}},
	{Meta: rules.Meta{ID: "cloudmap-soa-ttl", Code: invalid, Doc: api + "API_SOA.html"},
		Check: func(r *rules.Report, in *awssd.CreatePublicDnsNamespaceInput) {
			if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
				ttl(r, "Properties.DnsProperties.SOA.TTL", p.DnsProperties.SOA.TTL)
			}
		}},
}, commonRules(func(in *awssd.CreatePublicDnsNamespaceInput) common {
	return common{in.Description, in.CreatorRequestId, in.Tags}
}))
