// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
)

// Connect has the tasks of a service reach other services of a namespace by short
// names, and be reached.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html
type Connect struct {
	// Namespace by name or ARN; the cluster's default if empty.
	Namespace string
	// In is a namespace that may be declared with the service. It counts instead of
	// Namespace.
	In cloudmap.NamespaceRef
	// Endpoints at which others reach the service; none for a service that only
	// calls others.
	Endpoints []Endpoint
}

// Endpoint is a port of a service that others of the namespace reach.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html
type Endpoint struct {
	// Port of a container.
	Port Port
	// DiscoveryName in Cloud Map; the port's name if empty.
	DiscoveryName string
	// DNSName by which others reach it; "<discovery name>.<namespace>" if empty.
	DNSName string
	// ClientPort at which others reach it; the container's port if 0.
	ClientPort int
	// ProxyPort at which the proxy of Service Connect listens in the task; one of
	// its choice if 0.
	ProxyPort int
	// IdleTimeout of a connection, and RequestTimeout (not for TCP); those of
	// Service Connect if 0.
	IdleTimeout, RequestTimeout time.Duration
}

func (c Connect) input() *ecstypes.ServiceConnectConfiguration {
	in := &ecstypes.ServiceConnectConfiguration{Enabled: true, Namespace: set(c.Namespace)}
	if c.In != nil {
		in.Namespace = aws.String(c.In.ARN())
	}
	for _, e := range c.Endpoints {
		in.Services = append(in.Services, e.input())
	}
	return in
}

// resources are those that must be declared with the service.
func (c Connect) resources() []slipway.Resource {
	if c.In == nil {
		return nil
	}
	return c.In.Resources()
}

func (e Endpoint) input() ecstypes.ServiceConnectService {
	s := ecstypes.ServiceConnectService{
		PortName: aws.String(e.Port.name), DiscoveryName: set(e.DiscoveryName), IngressPortOverride: optional(e.ProxyPort),
	}
	if e.DNSName != "" || e.ClientPort != 0 {
		port := e.ClientPort
		if port == 0 {
			port = e.Port.from
		}
		s.ClientAliases = []ecstypes.ServiceConnectClientAlias{{DnsName: set(e.DNSName), Port: aws.Int32(clamp(port))}}
	}
	if e.IdleTimeout != 0 || e.RequestTimeout != 0 {
		s.Timeout = &ecstypes.TimeoutConfiguration{
			IdleTimeoutSeconds: seconds(e.IdleTimeout), PerRequestTimeoutSeconds: seconds(e.RequestTimeout),
		}
	}
	return s
}

func (c Connect) clone() *Connect {
	c.Endpoints = slices.Clone(c.Endpoints)
	return &c
}
