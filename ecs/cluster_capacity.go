// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/ecs"
)

// clusterCapacity declares which capacity providers a cluster has, if some are one's
// own. It is a resource of its own: instances join a cluster that is there, a provider
// stands for the instances' group, and the cluster has the provider after that.
type clusterCapacity struct {
	cluster   Cluster
	providers []InstanceProvider
	// managed belong to the cluster as they are; they are only in the default strategy.
	managed []ManagedProvider
}

// ID names it by the cluster.
func (c clusterCapacity) ID() slipway.ID {
	return slipway.ID{Kind: model.KindClusterCapacity, Name: c.cluster.name}
}

// Build returns the input of PutClusterCapacityProviders.
func (c clusterCapacity) Build() (slipway.Desired, error) {
	in := awsecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String(c.cluster.clusterRef()), CapacityProviders: c.providerNames(),
		DefaultCapacityProviderStrategy: strategyOf(c.cluster.strategy),
	}
	var uses []slipway.Resource
	for _, p := range c.providers {
		uses = append(uses, p.Resources()...)
	}
	for _, p := range c.managed {
		uses = append(uses, p.Resources()...)
	}
	return slipway.Desired{Kind: clusterCapacityKind(), State: &model.ClusterCapacity{Put: in}, Uses: uses}, nil
}

// providerNames are the names of all providers, AWS's own first.
func (c clusterCapacity) providerNames() []string {
	all := []string{string(Fargate), string(FargateSpot)}
	for _, p := range c.providers {
		all = append(all, p.ProviderName())
	}
	return all
}

// capacity is all that the cluster has; apart if there is more than AWS's own.
func (c Cluster) capacity() (all clusterCapacity, apart bool) {
	all.cluster = c
	add := func(p InstanceProvider) {
		if p != nil && !slices.Contains(all.providerNames(), p.ProviderName()) {
			all.providers = append(all.providers, p)
		}
	}
	for _, p := range c.providers {
		add(p)
	}
	for _, s := range c.strategy {
		if on, ok := s.(InstanceCapacity); ok {
			add(on.Provider)
		}
		if on, ok := s.(ManagedCapacity); ok && on.Provider != nil {
			all.managed = append(all.managed, on.Provider)
		}
	}
	return all, len(all.providers)+len(all.managed) > 0
}

// has reports whether the cluster has the provider.
func (c Cluster) has(p InstanceProvider) bool {
	all, _ := c.capacity()
	return slices.Contains(all.providerNames(), p.ProviderName())
}

// problems are what the cluster cannot be built with.
func (c Cluster) problems() []slipway.FieldError {
	var all []slipway.FieldError
	for i, p := range c.providers {
		if p == nil {
			path := fmt.Sprintf("%s CapacityProviders[%d]", c.ID(), i)
			all = append(all, slipway.FieldError{Path: path, Got: "nil", Want: "a capacity provider", Rule: "ecs-builder"})
		}
	}
	return append(all, capacityProblems(c.ID(), c, c.strategy)...)
}

// without is a strategy without a provider.
func without(strategy []ecstypes.CapacityProviderStrategyItem, provider string) []ecstypes.CapacityProviderStrategyItem {
	kept := []ecstypes.CapacityProviderStrategyItem{}
	for _, item := range strategy {
		if aws.ToString(item.CapacityProvider) != provider {
			kept = append(kept, item)
		}
	}
	return kept
}
