// SPDX-License-Identifier: Apache-2.0

// Package servicediscovery holds the states of AWS Cloud Map's kinds.
package servicediscovery

import (
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
)

// Kinds.
const (
	KindNamespace       = "cloudmap:Namespace"       // outputs: id, arn, name, http (its name in DiscoverInstances), zone (hosted zone, if any)
	KindService         = "cloudmap:Service"         // outputs: id, arn, name
	KindNamespaceLookup = "cloudmap:NamespaceLookup" // outputs: those of KindNamespace
	KindServiceLookup   = "cloudmap:ServiceLookup"   // outputs: those of KindService
)

// TagVPC says in which VPC a private namespace resolves, which Cloud Map does not show.
const TagVPC = "slipway:vpc"

// Threshold is that of all custom health checks, whatever was asked for.
// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
const Threshold = 1

// Namespace is a namespace: one of its fields is set, which tells its type.
type Namespace struct {
	HTTP    *awssd.CreateHttpNamespaceInput
	Private *awssd.CreatePrivateDnsNamespaceInput
	Public  *awssd.CreatePublicDnsNamespaceInput
}

// Service is a service of a namespace.
type Service struct {
	Create awssd.CreateServiceInput
}

// NamespaceLookup is an existing namespace of that name.
type NamespaceLookup struct{ Name string }

// ServiceLookup is an existing service of a namespace, by the namespace's ID and its
// own name.
type ServiceLookup struct{ Namespace, Name string }
