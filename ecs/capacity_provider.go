// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// Provider is a capacity provider: [Fargate] or [FargateSpot], an existing one as
// CapacityProvider("name"), or a declared [GroupProvider]. The set is sealed.
type Provider interface {
	// ProviderName returns the provider's name or a placeholder for it.
	ProviderName() string
	// Resources returns what must be declared with the provider.
	Resources() []slipway.Resource

	provider()
}

// CapacityProvider is an existing capacity provider, by its name.
type CapacityProvider string

// Fargate's capacity providers.
const (
	// Fargate is capacity of one's own, on demand.
	Fargate CapacityProvider = "FARGATE"
	// FargateSpot is spare capacity, cheaper, which AWS may take back at two
	// minutes' notice.
	FargateSpot CapacityProvider = "FARGATE_SPOT"
)

// ProviderName returns the name.
func (p CapacityProvider) ProviderName() string { return string(p) }

// Resources returns nothing.
func (p CapacityProvider) Resources() []slipway.Resource { return nil }

func (p CapacityProvider) provider() {}

// Capacity is a share of the tasks for a capacity provider. A strategy has either
// Fargate's providers or others.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type Capacity struct {
	// Provider is [Fargate], [FargateSpot], or one of the cluster's own, see
	// [Cluster.WithCapacityProvider].
	Provider Provider
	// Base is how many tasks, at least, run on this provider, 0 to 100000. Only one
	// may have a base.
	Base int
	// Weight is the share of the tasks above the base, 0 to 1000, relative to the
	// others. At least one must have a weight.
	Weight int
}

func strategyOf(shares []Capacity) []ecstypes.CapacityProviderStrategyItem {
	var all []ecstypes.CapacityProviderStrategyItem
	for _, s := range shares {
		all = append(all, ecstypes.CapacityProviderStrategyItem{
			CapacityProvider: aws.String(s.Provider.ProviderName()), Base: clamp(s.Base), Weight: clamp(s.Weight),
		})
	}
	return all
}

// awsProvider reports whether it is one of AWS's own.
func awsProvider(name string) bool {
	return name == Fargate.ProviderName() || name == FargateSpot.ProviderName()
}

// capacityNeeds are what tasks on the shares bring, and what must be ready before:
// that the cluster has the providers.
func capacityNeeds(cluster ClusterRef, shares []Capacity) (uses []slipway.Resource, after []slipway.ID) {
	for _, s := range shares {
		uses = append(uses, s.Provider.Resources()...)
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
func capacityProblems(id slipway.ID, cluster ClusterRef, launch ecstypes.LaunchType, shares []Capacity) []slipway.FieldError {
	var all []slipway.FieldError
	add := func(i int, got, want string) {
		path := fmt.Sprintf("%s CapacityProviderStrategy[%d].CapacityProvider", id, i)
		all = append(all, slipway.FieldError{Path: path, Got: got, Want: want, Rule: "ecs-builder"})
	}
	for i, s := range shares {
		if s.Provider == nil {
			add(i, "nil", "a capacity provider")
			continue
		}
		own, ok := s.Provider.(slipway.Resource)
		if !ok {
			continue
		}
		if launch == ecstypes.LaunchTypeFargate {
			add(i, own.ID().String(), "Fargate or FargateSpot: tasks of Fargate do not run on instances")
		} else if declared, is := cluster.(Cluster); !is || !declared.has(s.Provider) {
			add(i, own.ID().String(), "a provider that the cluster has by WithCapacityProvider")
		}
	}
	return all
}
