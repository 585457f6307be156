// SPDX-License-Identifier: Apache-2.0

package world

// Registry is what ECS asks of a service of Cloud Map.
type Registry struct {
	ARN string
	// Records are the types of its DNS records; none where it is found by API alone.
	Records []string
}

// Registries are met by the Cloud Map fake, for the services of ECS that register their
// tasks. An instance has the id of its task.
type Registries interface {
	// Registry returns a service of Cloud Map by its ARN.
	Registry(region, arn string) (Registry, bool)
	// RegisterTask registers an instance with the attributes of RegisterInstance.
	RegisterTask(region, arn, id string, attributes map[string]string)
	// DeregisterTask takes it out; one that is gone is fine.
	DeregisterTask(region, arn, id string)
	// TaskHealth says whether it is healthy, as UpdateInstanceCustomHealthStatus does.
	TaskHealth(region, arn, id string, healthy bool)
}
