// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/override"
	"github.com/slipway-go/slipway/vpc"
)

// PrivateNamespace declares a namespace whose services are found by DNS in a VPC, as
// "<service>.<namespace>", and by the API. It brings a private hosted zone of Route 53,
// for which the VPC must have DNS support and DNS host names.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
type PrivateNamespace struct {
	about     about
	network   vpc.Network
	negative  *time.Duration
	overrides []func(*awssd.CreatePrivateDnsNamespaceInput)
}

// NewPrivateNamespace declares a namespace of that name, such as "shop.local", of 1 to
// 253 visible ASCII characters and unique in the network's VPC. The VPC cannot be changed
// later. Cloud Map does not show it, so it is kept as the tag slipway:vpc.
func NewPrivateNamespace(name string, network vpc.Network) PrivateNamespace {
	return PrivateNamespace{about: about{name: name}, network: network}
}

// WithDescription says what the namespace is for, in up to 1024 characters.
func (n PrivateNamespace) WithDescription(text string) PrivateNamespace {
	n.about.description = text
	return n
}

// WithNegativeTTL sets for how long resolvers remember that a name does not exist, in
// whole seconds: the TTL of the zone's SOA record. Route 53's own if not called.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_SOA.html
func (n PrivateNamespace) WithNegativeTTL(ttl time.Duration) PrivateNamespace {
	n.negative = &ttl
	return n
}

// WithTag sets a tag.
func (n PrivateNamespace) WithTag(key, value string) PrivateNamespace {
	n.about = n.about.withTag(key, value)
	return n
}

// WithOverride has f change the input of CreatePrivateDnsNamespace after everything else,
// for what this builder does not offer.
func (n PrivateNamespace) WithOverride(f func(*awssd.CreatePrivateDnsNamespaceInput)) PrivateNamespace {
	n.overrides = append(slices.Clip(n.overrides), f)
	return n
}

// ID returns "cloudmap:Namespace/<name>".
func (n PrivateNamespace) ID() slipway.ID { return n.about.id() }

// NamespaceID returns the ID, as a placeholder.
func (n PrivateNamespace) NamespaceID() string { return slipway.Ref(n.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (n PrivateNamespace) ARN() string { return slipway.Ref(n.ID(), "arn") }

// Resources returns the namespace itself, which brings the look-up of its VPC.
func (n PrivateNamespace) Resources() []slipway.Resource { return []slipway.Resource{n} }

func (n PrivateNamespace) title() string { return n.about.name }

// Build returns the wanted state.
func (n PrivateNamespace) Build() (slipway.Desired, error) {
	in := awssd.CreatePrivateDnsNamespaceInput{
		Name: aws.String(n.about.name), Vpc: aws.String(n.network.VPC()), Description: n.about.text(), Tags: tagList(n.about.tags),
	}
	if n.negative != nil {
		in.Properties = &sdtypes.PrivateDnsNamespaceProperties{DnsProperties: &sdtypes.PrivateDnsPropertiesMutable{SOA: soa(*n.negative)}}
	}
	overridden := override.Run("Private.", &in, n.overrides...)
	return slipway.Desired{
		Kind: namespaceKind(), State: &model.Namespace{Private: &in}, Uses: n.network.Resources(), Overridden: overridden,
	}, nil
}

// Validate reports all that AWS would reject.
func (n PrivateNamespace) Validate() error { return validate(n, namespaces{}) }

// PublicNamespace declares a namespace whose services are found by DNS everywhere, and by
// the API. It brings a public hosted zone of Route 53: the domain must be yours, and
// delegated to that zone. Tasks register with their private addresses all the same.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePublicDnsNamespace.html
type PublicNamespace struct {
	about     about
	negative  *time.Duration
	overrides []func(*awssd.CreatePublicDnsNamespaceInput)
}

// NewPublicNamespace declares the namespace of a domain, such as "example.com".
func NewPublicNamespace(domain string) PublicNamespace {
	return PublicNamespace{about: about{name: domain}}
}

// WithDescription says what the namespace is for, in up to 1024 characters.
func (n PublicNamespace) WithDescription(text string) PublicNamespace {
	n.about.description = text
	return n
}

// WithNegativeTTL sets for how long resolvers remember that a name does not exist, in
// whole seconds: the TTL of the zone's SOA record. Route 53's own if not called.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_SOA.html
func (n PublicNamespace) WithNegativeTTL(ttl time.Duration) PublicNamespace {
	n.negative = &ttl
	return n
}

// WithTag sets a tag.
func (n PublicNamespace) WithTag(key, value string) PublicNamespace {
	n.about = n.about.withTag(key, value)
	return n
}

// WithOverride has f change the input of CreatePublicDnsNamespace after everything else,
// for what this builder does not offer.
func (n PublicNamespace) WithOverride(f func(*awssd.CreatePublicDnsNamespaceInput)) PublicNamespace {
	n.overrides = append(slices.Clip(n.overrides), f)
	return n
}

// ID returns "cloudmap:Namespace/<domain>".
func (n PublicNamespace) ID() slipway.ID { return n.about.id() }

// NamespaceID returns the ID, as a placeholder.
func (n PublicNamespace) NamespaceID() string { return slipway.Ref(n.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (n PublicNamespace) ARN() string { return slipway.Ref(n.ID(), "arn") }

// Resources returns the namespace itself.
func (n PublicNamespace) Resources() []slipway.Resource { return []slipway.Resource{n} }

func (n PublicNamespace) title() string { return n.about.name }

// Build returns the wanted state.
func (n PublicNamespace) Build() (slipway.Desired, error) {
	in := awssd.CreatePublicDnsNamespaceInput{Name: aws.String(n.about.name), Description: n.about.text(), Tags: tagList(n.about.tags)}
	if n.negative != nil {
		in.Properties = &sdtypes.PublicDnsNamespaceProperties{DnsProperties: &sdtypes.PublicDnsPropertiesMutable{SOA: soa(*n.negative)}}
	}
	overridden := override.Run("Public.", &in, n.overrides...)
	return slipway.Desired{Kind: namespaceKind(), State: &model.Namespace{Public: &in}, Overridden: overridden}, nil
}

// Validate reports all that AWS would reject.
func (n PublicNamespace) Validate() error { return validate(n, namespaces{}) }

func soa(ttl time.Duration) *sdtypes.SOA { return &sdtypes.SOA{TTL: seconds(ttl)} }

func seconds(d time.Duration) *int64 { return aws.Int64(int64(d / time.Second)) }
