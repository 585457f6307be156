// SPDX-License-Identifier: Apache-2.0

package cloudmap

// NamespaceOutputs are what is known of a namespace once it exists.
type NamespaceOutputs struct {
	ID, ARN string
	// HTTPName is its name in DiscoverInstances: that of the namespace, unless another
	// had that name before.
	HTTPName string
	// HostedZone is the ID of the zone in Route 53; empty without DNS.
	HostedZone string
}

// ServiceOutputs are what is known of a service once it exists.
type ServiceOutputs struct{ ID, ARN string }

// Outputs returns what is known of the namespace.
func (n HTTPNamespace) Outputs(values map[string][]string) NamespaceOutputs {
	return namespaceOutputs(values)
}

// Outputs returns what is known of the namespace.
func (n PrivateNamespace) Outputs(values map[string][]string) NamespaceOutputs {
	return namespaceOutputs(values)
}

// Outputs returns what is known of the namespace.
func (n PublicNamespace) Outputs(values map[string][]string) NamespaceOutputs {
	return namespaceOutputs(values)
}

// Outputs returns what was found.
func (n ExistingNamespace) Outputs(values map[string][]string) NamespaceOutputs {
	return namespaceOutputs(values)
}

// Outputs returns what is known of the service.
func (s Service) Outputs(values map[string][]string) ServiceOutputs { return serviceOutputs(values) }

// Outputs returns what was found.
func (s ExistingService) Outputs(values map[string][]string) ServiceOutputs {
	return serviceOutputs(values)
}

func namespaceOutputs(values map[string][]string) NamespaceOutputs {
	return NamespaceOutputs{
		ID: first(values["id"]), ARN: first(values["arn"]), HTTPName: first(values["http"]), HostedZone: first(values["zone"]),
	}
}

func serviceOutputs(values map[string][]string) ServiceOutputs {
	return ServiceOutputs{ID: first(values["id"]), ARN: first(values["arn"])}
}

// first returns the only value of an output, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
