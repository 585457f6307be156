// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"strings"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// NamespaceRef is a namespace: a declared [HTTPNamespace], [PrivateNamespace] or
// [PublicNamespace], or an existing one by [NamespaceNamed], [NamespaceID] or
// [NamespaceARN]. The set is sealed.
type NamespaceRef interface {
	// NamespaceID returns the ID or a placeholder for it.
	NamespaceID() string
	// ARN returns the ARN, as a placeholder or with some.
	ARN() string
	// Resources returns what must be declared with it: itself, unless it is given.
	Resources() []slipway.Resource

	// title names the namespace in the IDs of its services.
	title() string
}

// NamespaceID is the existing namespace of that ID, such as "ns-uejictsjen2i4eeg".
type NamespaceID string

// NamespaceID returns the ID.
func (n NamespaceID) NamespaceID() string { return string(n) }

// ARN returns the ARN in the account and region of the stack.
func (n NamespaceID) ARN() string { return ownARN("namespace/" + string(n)) }

// Resources returns nothing: the namespace exists.
func (NamespaceID) Resources() []slipway.Resource { return nil }

func (n NamespaceID) title() string { return string(n) }

// NamespaceARN is the existing namespace of that ARN, in the account of the stack.
type NamespaceARN string

// NamespaceID returns the ID, which the ARN ends in.
func (n NamespaceARN) NamespaceID() string { return lastPart(string(n)) }

// ARN returns the ARN.
func (n NamespaceARN) ARN() string { return string(n) }

// Resources returns nothing: the namespace exists.
func (NamespaceARN) Resources() []slipway.Resource { return nil }

func (n NamespaceARN) title() string { return n.NamespaceID() }

// lastPart is what follows the last slash of an ARN, or the whole of an ID.
func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// NamespaceNamed returns the one existing namespace of that name in the region. It is
// looked up when the stack is planned; nothing is ever made or changed.
func NamespaceNamed(name string) ExistingNamespace { return ExistingNamespace{name} }

// ExistingNamespace is a namespace that is looked up; see [NamespaceNamed].
type ExistingNamespace struct{ name string }

// ID names the look-up by what it asks for.
func (n ExistingNamespace) ID() slipway.ID {
	return slipway.ID{Kind: model.KindNamespaceLookup, Name: n.name}
}

// NamespaceID returns the ID, as a placeholder.
func (n ExistingNamespace) NamespaceID() string { return slipway.Ref(n.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (n ExistingNamespace) ARN() string { return slipway.Ref(n.ID(), "arn") }

// Resources returns the look-up itself.
func (n ExistingNamespace) Resources() []slipway.Resource { return []slipway.Resource{n} }

func (n ExistingNamespace) title() string { return n.name }

// Build returns the look-up.
func (n ExistingNamespace) Build() (slipway.Desired, error) {
	return slipway.Desired{Kind: namespaceLookupKind(), State: &model.NamespaceLookup{Name: n.name}}, nil
}
