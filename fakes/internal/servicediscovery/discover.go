// SPDX-License-Identifier: Apache-2.0

package servicediscovery

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) discoverOperations(s *sim.Service) {
	sim.Handle(s, "DiscoverInstances", f.discover, sim.Refuses[awssd.DiscoverInstancesInput]("OwnerAccount"))
	sim.Handle(s, "DiscoverInstancesRevision", f.discoverRevision, sim.Refuses[awssd.DiscoverInstancesRevisionInput]("OwnerAccount"))
}

// named finds a service by the names that clients know.
func (r *region) named(namespaceName, serviceName *string) (*service, error) {
	for _, n := range r.namespaces {
		if n.httpName != aws.ToString(namespaceName) {
			continue
		}
		for _, s := range r.holds(n) {
			if aws.ToString(s.input.Name) == aws.ToString(serviceName) {
				return s, nil
			}
		}
		return nil, noService()
	}
	return nil, noNamespace()
}

// discover answers with the instances in the order of their ids, where AWS shuffles them.
func (f *Fake) discover(c *sim.Call, in *awssd.DiscoverInstancesInput) (*awssd.DiscoverInstancesOutput, error) {
	s, err := f.regions.In(c).named(in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	const most = 1000
	size := int(aws.ToInt32(in.MaxResults))
	if in.MaxResults == nil {
		size = pageSize
	}
	if size < 1 || size > most {
		return nil, invalid("MaxResults must be 1 to 1000.")
	}
	all := having(s.sorted(), in.QueryParameters)
	if better := having(all, in.OptionalParameters); len(better) > 0 {
		all = better
	}
	if all, err = s.inHealth(all, in.HealthStatus); err != nil {
		return nil, err
	}
	out := &awssd.DiscoverInstancesOutput{InstancesRevision: new(s.revision)}
	for _, i := range all[:min(size, len(all))] {
		out.Instances = append(out.Instances, sdtypes.HttpInstanceSummary{
			InstanceId: &i.id, NamespaceName: &s.namespace.httpName, ServiceName: s.input.Name, HealthStatus: i.status(), Attributes: i.attributes,
		})
	}
	return out, nil
}

// having are the instances with all of the attributes.
func having(all []*instance, attributes map[string]string) []*instance {
	var found []*instance
	for _, i := range all {
		fits := true
		for key, value := range attributes {
			got, ok := i.attributes[key]
			fits = fits && ok && got == value
		}
		if fits {
			found = append(found, i)
		}
	}
	return found
}

// inHealth are the instances that are asked for by their health, which counts only where
// it is checked.
func (s *service) inHealth(all []*instance, filter sdtypes.HealthStatusFilter) ([]*instance, error) {
	if filter == "" {
		filter = sdtypes.HealthStatusFilterHealthyOrElseAll
	}
	if !slices.Contains(filter.Values(), filter) {
		return nil, invalid("HealthStatus must be HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL.")
	}
	if s.input.HealthCheckCustomConfig == nil || filter == sdtypes.HealthStatusFilterAll {
		return all, nil
	}
	wanted := sdtypes.HealthStatusHealthy
	if filter == sdtypes.HealthStatusFilterUnhealthy {
		wanted = sdtypes.HealthStatusUnhealthy
	}
	var found []*instance
	for _, i := range all {
		if i.status() == wanted {
			found = append(found, i)
		}
	}
	if filter == sdtypes.HealthStatusFilterHealthyOrElseAll && len(found) == 0 {
		return all, nil
	}
	return found, nil
}

func (f *Fake) discoverRevision(c *sim.Call, in *awssd.DiscoverInstancesRevisionInput) (*awssd.DiscoverInstancesRevisionOutput, error) {
	s, err := f.regions.In(c).named(in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	return &awssd.DiscoverInstancesRevisionOutput{InstancesRevision: new(s.revision)}, nil
}
