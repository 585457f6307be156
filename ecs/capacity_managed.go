// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// ManagedCapacity is a share of the tasks for Managed Instances of the cluster.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type ManagedCapacity struct {
	// Provider is one of the cluster's: the [ManagedInstances] declared for it, or
	// [ManagedProviderNamed].
	Provider ManagedProvider
	// Base is how many tasks, at least, run on this provider, 0 to 100000. Only one may
	// have a base.
	Base int
	// Weight is the share of the tasks above the base, 0 to 1000, relative to the
	// others. At least one must have a weight.
	Weight int
}

func (c ManagedCapacity) item() ecstypes.CapacityProviderStrategyItem {
	return ecstypes.CapacityProviderStrategyItem{CapacityProvider: aws.String(c.Provider.ProviderName()), Base: clamp(c.Base), Weight: clamp(c.Weight)}
}

// problem is why the share is none of the cluster's; nil if it may be.
func (c ManagedCapacity) problem(cluster ClusterRef) *slipway.FieldError {
	switch p := c.Provider.(type) {
	case nil:
		return &slipway.FieldError{Got: "nil", Want: "a capacity provider of Managed Instances"}
	case ManagedInstances:
		if p.cluster != nil && cluster != nil && p.cluster.ClusterName() != cluster.ClusterName() {
			return &slipway.FieldError{Got: "Managed Instances of cluster " + p.cluster.ClusterName(), Want: "some of cluster " + cluster.ClusterName()}
		}
	}
	return nil
}

// sharing is the strategy with the share: in place of one for the same provider, or
// after the others.
func sharing(shares []share, c ManagedCapacity) []share {
	shares = slices.Clone(shares)
	for i, s := range shares {
		if old, ok := s.(ManagedCapacity); ok && old.Provider != nil && c.Provider != nil && old.Provider.ProviderName() == c.Provider.ProviderName() {
			shares[i] = c
			return shares
		}
	}
	return append(shares, c)
}

// solely has all tasks on one provider.
func solely(p ManagedProvider) []share { return []share{ManagedCapacity{Provider: p, Weight: 1}} }
