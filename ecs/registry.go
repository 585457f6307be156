// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/cloudmap"
)

// registry is the service of Cloud Map in which tasks register, and the port of a
// container under which, if they do.
type registry struct {
	service   cloudmap.ServiceRef
	container string
	port      int
}

// WithRegistry registers the tasks with their addresses in a service of Cloud Map, instead
// of one that was given before: one with records of type A, or one that is found by API
// alone. A task is registered before it is RUNNING and taken out when it stops; with
// custom health checks the service is told how the health checks of its containers are.
// At most 1000 tasks.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
func (s FargateService) WithRegistry(r cloudmap.ServiceRef) FargateService {
	return FargateService{s.core.withRegistry(registry{service: r})}
}

// WithPortRegistry is [FargateService.WithRegistry] for a service of Cloud Map with a record
// of type SRV: the tasks are registered with the port of a container, too.
func (s FargateService) WithPortRegistry(r cloudmap.ServiceRef, c Container, p Port) FargateService {
	return FargateService{s.core.withRegistry(registry{r, containerOf(c).name, p.from})}
}

// WithRegistry registers the tasks in a service of Cloud Map; see
// [FargateService.WithRegistry]. Only with [AWSVPC]: other tasks need a port.
func (s EC2Service) WithRegistry(r cloudmap.ServiceRef) EC2Service {
	return EC2Service{s.core.withRegistry(registry{service: r})}
}

// WithPortRegistry is [EC2Service.WithRegistry] for a service of Cloud Map with a record of
// type SRV. Without [AWSVPC] the tasks are registered with the address of their instance and
// the port that it has for the container's.
func (s EC2Service) WithPortRegistry(r cloudmap.ServiceRef, c TaskContainer, p Port) EC2Service {
	return EC2Service{s.core.withRegistry(registry{r, containerOf(c).name, p.from})}
}

// WithRegistry registers the tasks in a service of Cloud Map; see
// [FargateService.WithRegistry]. Only with [AWSVPC]: other tasks need a port.
func (s EC2DaemonService) WithRegistry(r cloudmap.ServiceRef) EC2DaemonService {
	return EC2DaemonService{s.core.withRegistry(registry{service: r})}
}

// WithPortRegistry is [EC2DaemonService.WithRegistry] for a service of Cloud Map with a record
// of type SRV; see [EC2Service.WithPortRegistry].
func (s EC2DaemonService) WithPortRegistry(r cloudmap.ServiceRef, c TaskContainer, p Port) EC2DaemonService {
	return EC2DaemonService{s.core.withRegistry(registry{r, containerOf(c).name, p.from})}
}

// WithRegistry registers the tasks in a service of Cloud Map; see
// [FargateService.WithRegistry]. Not with [ManagedTaskDefinition.WithHostNetwork]: such
// tasks need a port.
func (s ManagedService) WithRegistry(r cloudmap.ServiceRef) ManagedService {
	return ManagedService{s.core.withRegistry(registry{service: r})}
}

// WithPortRegistry is [ManagedService.WithRegistry] for a service of Cloud Map with a record
// of type SRV; see [EC2Service.WithPortRegistry].
func (s ManagedService) WithPortRegistry(r cloudmap.ServiceRef, c ManagedTaskContainer, p Port) ManagedService {
	return ManagedService{s.core.withRegistry(registry{r, containerOf(c).name, p.from})}
}

func (s serviceCore) withRegistry(r registry) serviceCore {
	s.registry = &r
	return s
}

// registryProblems are those that the input does not show.
func (s serviceCore) registryProblems() []slipway.FieldError {
	if s.registry == nil || s.registry.service != nil {
		return nil
	}
	return []slipway.FieldError{{
		Path: s.ID().String() + " ServiceRegistries[0]", Got: "nil", Want: "a service of Cloud Map", Rule: "ecs-builder",
	}}
}

// discovery registers the tasks.
func (b *serviceParts) discovery() {
	r := b.service.registry
	if r == nil {
		return
	}
	b.use(r.service.Resources()...)
	in := ecstypes.ServiceRegistry{RegistryArn: aws.String(r.service.ARN()), ContainerName: set(r.container)}
	if r.container != "" {
		in.ContainerPort = aws.Int32(clamp(r.port))
	}
	b.in.ServiceRegistries = []ecstypes.ServiceRegistry{in}
}
