// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// InstanceCapacity is a share of the tasks for a capacity provider of instances, which
// must be one of the cluster's. Shares for Fargate are a [Capacity]; no strategy has
// both.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
type InstanceCapacity struct {
	// Provider is one of the cluster's, see [Cluster.WithCapacityProvider].
	Provider InstanceProvider
	// Base is how many tasks, at least, run on this provider, 0 to 100000. Only one may
	// have a base.
	Base int
	// Weight is the share of the tasks above the base, 0 to 1000, relative to the
	// others. At least one must have a weight.
	Weight int
}

func (c InstanceCapacity) item() ecstypes.CapacityProviderStrategyItem {
	return ecstypes.CapacityProviderStrategyItem{CapacityProvider: aws.String(c.Provider.ProviderName()), Base: clamp(c.Base), Weight: clamp(c.Weight)}
}
