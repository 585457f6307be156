// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"fmt"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
	"github.com/slipway-go/slipway/internal/rules"
	sdrules "github.com/slipway-go/slipway/internal/rules/servicediscovery"
)

// Check reports what Cloud Map would reject in an SDK input of yours: a pointer to the
// input of CreateHttpNamespace, CreatePrivateDnsNamespace, CreatePublicDnsNamespace,
// CreateService, UpdateService or RegisterInstance.
func Check(in any) error {
	switch in := in.(type) {
	case *awssd.CreateHttpNamespaceInput:
		return rules.Errors(sdrules.CreateHTTPNamespace.All(nil, in))
	case *awssd.CreatePrivateDnsNamespaceInput:
		return rules.Errors(sdrules.CreatePrivateDNSNamespace.All(nil, in))
	case *awssd.CreatePublicDnsNamespaceInput:
		return rules.Errors(sdrules.CreatePublicDNSNamespace.All(nil, in))
	case *awssd.CreateServiceInput:
		return rules.Errors(sdrules.CreateService.All(nil, in))
	case *awssd.UpdateServiceInput:
		return rules.Errors(sdrules.UpdateService.All(nil, in))
	case *awssd.RegisterInstanceInput:
		return rules.Errors(sdrules.RegisterInstance.All(nil, in))
	default:
		return fmt.Errorf("%w: cloudmap.Check has no rules for a %T", slipway.ErrInvalid, in)
	}
}

// Check returns all that Cloud Map would reject.
func (namespaces) Check(refs slipway.Refs, s *model.Namespace) []slipway.FieldError {
	switch {
	case s.Private != nil:
		return rules.At("Private", sdrules.CreatePrivateDNSNamespace.All(refs, s.Private))
	case s.Public != nil:
		return rules.At("Public", sdrules.CreatePublicDNSNamespace.All(refs, s.Public))
	default:
		return rules.At("HTTP", sdrules.CreateHTTPNamespace.All(refs, s.HTTP))
	}
}

// Check returns all that Cloud Map would reject.
func (services) Check(refs slipway.Refs, s *model.Service) []slipway.FieldError {
	in := creation(s)
	return rules.At("Create", sdrules.CreateService.All(refs, &in))
}
