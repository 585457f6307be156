// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	modelsd "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// registry answers for a service of Cloud Map.
func (x refs) registry(arn string) (state any, found, known bool) {
	if x.r.f.needs.Registries == nil {
		return nil, false, false
	}
	held, ok := x.r.f.needs.Registries.Registry(x.r.name, arn)
	if !ok {
		return nil, false, true
	}
	s := &modelsd.Service{}
	for _, t := range held.Records {
		if s.Create.DnsConfig == nil {
			s.Create = awssd.CreateServiceInput{DnsConfig: &sdtypes.DnsConfig{}}
		}
		s.Create.DnsConfig.DnsRecords = append(s.Create.DnsConfig.DnsRecords, sdtypes.DnsRecord{Type: sdtypes.RecordType(t)})
	}
	return s, true, true
}

// registrable refuses what tasks here cannot register in.
func (r *region) registrable(registry ecstypes.ServiceRegistry) error {
	if r.f.needs.Registries == nil {
		return sim.NotModelled("Cloud Map is not modelled here")
	}
	held, _ := r.f.needs.Registries.Registry(r.name, value(registry.RegistryArn))
	if slices.Contains(held.Records, string(sdtypes.RecordTypeAaaa)) {
		return sim.NotModelled("tasks with IPv6 addresses are not modelled, so that they cannot register in a service of type AAAA")
	}
	return nil
}

// registries are those of the task's deployment.
func (t *task) registries() []ecstypes.ServiceRegistry {
	if t.dep == nil {
		return nil
	}
	return t.dep.input.ServiceRegistries
}

// enlist registers the task in Cloud Map.
func (t *task) enlist() {
	for i := range t.registries() {
		registry := &t.registries()[i]
		t.fake().needs.Registries.RegisterTask(t.region(), value(registry.RegistryArn), t.id, t.instance(registry))
	}
}

// delist takes the task out of Cloud Map.
func (t *task) delist() {
	for _, registry := range t.registries() {
		t.fake().needs.Registries.DeregisterTask(t.region(), value(registry.RegistryArn), t.id)
	}
}

// report tells Cloud Map how the checks of the task's containers are.
func (t *task) report() {
	if !t.checked() || t.status != activating && t.status != running {
		return
	}
	for _, registry := range t.registries() {
		t.fake().needs.Registries.TaskHealth(t.region(), value(registry.RegistryArn), t.id, t.health() == ecstypes.HealthStatusHealthy)
	}
}

// instance are the attributes of the task in Cloud Map.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-discovery.html
func (t *task) instance(registry *ecstypes.ServiceRegistry) map[string]string {
	all := map[string]string{
		"AWS_INSTANCE_IPV4": t.nic.PrivateIP, "AWS_INIT_HEALTH_STATUS": "HEALTHY", "AVAILABILITY_ZONE": t.zone, "REGION": t.region(),
		"ECS_CLUSTER_NAME": t.cl.name, "ECS_SERVICE_NAME": t.dep.service.name, "ECS_TASK_DEFINITION_FAMILY": t.spec.td.family(),
	}
	port := or(registry.Port, value(registry.ContainerPort))
	if !t.awsvpc() {
		all["AWS_INSTANCE_IPV4"] = t.node.iface.PrivateIP
		port = t.bound(value(registry.ContainerName), value(registry.ContainerPort))
	}
	if t.node != nil {
		all["EC2_INSTANCE_ID"] = t.node.ec2
	}
	if port != 0 {
		all["AWS_INSTANCE_PORT"] = strconv.Itoa(int(port))
	}
	if t.checked() && t.health() != ecstypes.HealthStatusHealthy {
		all["AWS_INIT_HEALTH_STATUS"] = "UNHEALTHY"
	}
	return all
}
