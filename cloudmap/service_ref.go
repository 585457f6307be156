// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// ServiceRef is a service of Cloud Map: a declared [Service], or an existing one by
// [ServiceNamed], [ServiceID] or [ServiceARN]. The set is sealed.
type ServiceRef interface {
	// ServiceID returns the ID or a placeholder for it.
	ServiceID() string
	// ARN returns the ARN, as a placeholder or with some.
	ARN() string
	// Resources returns what must be declared with it: itself, unless it is given.
	Resources() []slipway.Resource

	discovered()
}

// ServiceID is the existing service of that ID, such as "srv-utcrh6wavdkggqtk".
type ServiceID string

// ServiceID returns the ID.
func (s ServiceID) ServiceID() string { return string(s) }

// ARN returns the ARN in the account and region of the stack.
func (s ServiceID) ARN() string { return ownARN("service/" + string(s)) }

// Resources returns nothing: the service exists.
func (ServiceID) Resources() []slipway.Resource { return nil }

func (ServiceID) discovered() {}

// ServiceARN is the existing service of that ARN.
type ServiceARN string

// ServiceID returns the ID, which the ARN ends in.
func (s ServiceARN) ServiceID() string { return lastPart(string(s)) }

// ARN returns the ARN.
func (s ServiceARN) ARN() string { return string(s) }

// Resources returns nothing: the service exists.
func (ServiceARN) Resources() []slipway.Resource { return nil }

func (ServiceARN) discovered() {}

// ServiceNamed returns the existing service of that name in a namespace. It is looked up
// when the stack is planned; nothing is ever made or changed.
func ServiceNamed(in NamespaceRef, name string) ExistingService {
	if in == nil {
		in = NamespaceID("")
	}
	return ExistingService{in, name}
}

// ExistingService is a service that is looked up; see [ServiceNamed].
type ExistingService struct {
	in   NamespaceRef
	name string
}

// ID names the look-up by what it asks for.
func (s ExistingService) ID() slipway.ID {
	return slipway.ID{Kind: model.KindServiceLookup, Name: titleOf(s.in) + "/" + s.name}
}

// ServiceID returns the ID, as a placeholder.
func (s ExistingService) ServiceID() string { return slipway.Ref(s.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (s ExistingService) ARN() string { return slipway.Ref(s.ID(), "arn") }

// Resources returns the look-up itself, which brings that of its namespace.
func (s ExistingService) Resources() []slipway.Resource { return []slipway.Resource{s} }

func (ExistingService) discovered() {}

// Build returns the look-up.
func (s ExistingService) Build() (slipway.Desired, error) {
	if s.in == nil {
		return slipway.Desired{}, slipway.FieldError{Path: s.ID().String(), Got: "the zero ExistingService", Want: "one of ServiceNamed", Rule: "cloudmap-builder"}
	}
	return slipway.Desired{
		Kind: serviceLookupKind(), State: &model.ServiceLookup{Namespace: s.in.NamespaceID(), Name: s.name}, Uses: s.in.Resources(),
	}, nil
}
