// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Registry returns a service by its ARN.
func (f *Fake) Registry(region, arn string) (world.Registry, bool) {
	s := f.registered(region, arn)
	if s == nil {
		return world.Registry{}, false
	}
	found := world.Registry{ARN: s.arn}
	if s.input.DnsConfig != nil {
		for _, d := range s.input.DnsConfig.DnsRecords {
			found.Records = append(found.Records, string(d.Type))
		}
	}
	return found, true
}

// registered is the service of an ARN; nil if there is none.
func (f *Fake) registered(region, arn string) *service {
	s, err := f.regions.Of(f.sim.Account(), region).service(&arn)
	if err != nil || s.arn != arn {
		return nil
	}
	return s
}

// RegisterTask registers an instance in the service.
func (f *Fake) RegisterTask(region, arn, id string, attributes map[string]string) {
	if s := f.registered(region, arn); s != nil {
		s.register(&instance{id: id, attributes: attributes})
	}
}

// DeregisterTask takes the instance out after a while.
func (f *Fake) DeregisterTask(region, arn, id string) {
	s := f.registered(region, arn)
	if s == nil {
		return
	}
	if f.timing.Registration <= 0 {
		s.deregister(id)
		return
	}
	f.sim.After(f.timing.Registration, func() { s.deregister(id) })
}

// TaskHealth says whether an instance is healthy, which counts where the service has
// custom health checks.
func (f *Fake) TaskHealth(region, arn, id string, healthy bool) {
	s := f.registered(region, arn)
	if s == nil || s.input.HealthCheckCustomConfig == nil || s.instances[id] == nil {
		return
	}
	status := sdtypes.HealthStatusUnhealthy
	if healthy {
		status = sdtypes.HealthStatusHealthy
	}
	f.believe(s.instances[id], status)
}
