// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// InstanceProvider is a capacity provider of instances: a declared [GroupProvider] or an
// existing one by [ProviderNamed]. The set is sealed.
type InstanceProvider interface {
	// ProviderName returns the provider's name or a placeholder for it.
	ProviderName() string
	// Resources returns what must be declared with the provider.
	Resources() []slipway.Resource

	instanceProvider()
}

// ProviderNamed returns the existing capacity provider of that name.
func ProviderNamed(name string) InstanceProvider { return existingProvider(name) }

type existingProvider string

func (p existingProvider) ProviderName() string { return string(p) }

func (p existingProvider) Resources() []slipway.Resource {
	return []slipway.Resource{slipway.Named(slipway.ID{Kind: model.KindCapacityProvider, Name: string(p)})}
}

func (p existingProvider) instanceProvider() {}

// awsProvider reports whether it is one of AWS's own.
func awsProvider(name string) bool { return name == string(Fargate) || name == string(FargateSpot) }

// capacityNeeds are what tasks on the shares bring, and what must be ready before:
// that the cluster has the providers.
func capacityNeeds(cluster ClusterRef, shares []share) (uses []slipway.Resource, after []slipway.ID) {
	for _, s := range shares {
		if on, ok := s.(InstanceCapacity); ok {
			uses = append(uses, on.Provider.Resources()...)
		}
		if on, ok := s.(ManagedCapacity); ok {
			uses = append(uses, on.Provider.Resources()...)
		}
	}
	if declared, ok := cluster.(Cluster); ok && len(shares) > 0 {
		if capacity, apart := declared.capacity(); apart {
			after = append(after, capacity.ID())
		}
	}
	return uses, after
}

// capacityProblems are shares that the cluster has no provider for, as far as that can
// be told from the declarations.
func capacityProblems(id slipway.ID, cluster ClusterRef, shares []share) []slipway.FieldError {
	var all []slipway.FieldError
	add := func(i int, got, want string) {
		path := fmt.Sprintf("%s CapacityProviderStrategy[%d].CapacityProvider", id, i)
		all = append(all, slipway.FieldError{Path: path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	for i, s := range shares {
		if on, ok := s.(ManagedCapacity); ok {
			if problem := on.problem(cluster); problem != nil {
				add(i, problem.Got, problem.Want)
			}
		}
		on, ok := s.(InstanceCapacity)
		if !ok {
			continue
		}
		if on.Provider == nil {
			add(i, "nil", "a capacity provider")
			continue
		}
		own, ok := on.Provider.(slipway.Resource)
		if !ok {
			continue
		}
		if declared, is := cluster.(Cluster); !is || !declared.has(on.Provider) {
			add(i, own.ID().String(), "a provider that the cluster has by WithCapacityProvider")
		}
	}
	return all
}
