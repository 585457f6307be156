// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/override"
)

// HTTPNamespace declares a namespace whose services are found by the API alone, by
// DiscoverInstances. It is what Service Connect needs.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateHttpNamespace.html
type HTTPNamespace struct {
	about     about
	overrides []func(*awssd.CreateHttpNamespaceInput)
}

// NewHTTPNamespace declares a namespace of that name, of 1 to 1024 visible ASCII
// characters and unique in the region.
func NewHTTPNamespace(name string) HTTPNamespace { return HTTPNamespace{about: about{name: name}} }

// WithDescription says what the namespace is for, in up to 1024 characters.
func (n HTTPNamespace) WithDescription(text string) HTTPNamespace {
	n.about.description = text
	return n
}

// WithTag sets a tag.
func (n HTTPNamespace) WithTag(key, value string) HTTPNamespace {
	n.about = n.about.withTag(key, value)
	return n
}

// WithOverride has f change the input of CreateHttpNamespace after everything else, for
// what this builder does not offer.
func (n HTTPNamespace) WithOverride(f func(*awssd.CreateHttpNamespaceInput)) HTTPNamespace {
	n.overrides = append(slices.Clip(n.overrides), f)
	return n
}

// ID returns "cloudmap:Namespace/<name>".
func (n HTTPNamespace) ID() slipway.ID { return n.about.id() }

// NamespaceID returns the ID, as a placeholder.
func (n HTTPNamespace) NamespaceID() string { return slipway.Ref(n.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (n HTTPNamespace) ARN() string { return slipway.Ref(n.ID(), "arn") }

// Resources returns the namespace itself.
func (n HTTPNamespace) Resources() []slipway.Resource { return []slipway.Resource{n} }

func (n HTTPNamespace) title() string { return n.about.name }

// Build returns the wanted state.
func (n HTTPNamespace) Build() (slipway.Desired, error) {
	in := awssd.CreateHttpNamespaceInput{Name: aws.String(n.about.name), Description: n.about.text(), Tags: tagList(n.about.tags)}
	overridden := override.Run("HTTP.", &in, n.overrides...)
	return slipway.Desired{Kind: namespaceKind(), State: &model.Namespace{HTTP: &in}, Overridden: overridden}, nil
}

// Validate reports all that AWS would reject.
func (n HTTPNamespace) Validate() error { return validate(n, namespaces{}) }

// about is what all things of Cloud Map have.
type about struct {
	name, description string
	tags              map[string]string
}

func (a about) withTag(key, value string) about {
	tags := maps.Clone(a.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[key] = value
	a.tags = tags
	return a
}

func (a about) id() slipway.ID { return slipway.ID{Kind: model.KindNamespace, Name: a.name} }

// text is the description, if there is one.
func (a about) text() *string {
	if a.description == "" {
		return nil
	}
	return &a.description
}
