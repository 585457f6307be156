// SPDX-License-Identifier: Apache-2.0

package ecs

import awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

// Kinds of capacity.
const (
	KindCapacityProvider = "ecs:CapacityProvider" // outputs: arn, name
	KindClusterCapacity  = "ecs:ClusterCapacity"  // output: name (of the cluster)
)

// CapacityProvider is a capacity provider of one's own.
type CapacityProvider struct {
	Create awsecs.CreateCapacityProviderInput
	// Scales: the group has policies or schedules of its own; only for a warning.
	Scales bool
}

// ClusterCapacity is which capacity providers a cluster has, if some are one's own.
type ClusterCapacity struct {
	Put awsecs.PutClusterCapacityProvidersInput
}
