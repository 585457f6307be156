// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
)

// PlacementStrategy says which of the instances that will do is the best for a task,
// and which task is stopped when there is one too many: [SpreadBy], [BinpackBy] or
// [RandomPlacement]. The set is sealed. A service or run takes at most 5, in order: the
// next decides between instances that are equal by those before. Without any, a
// service is spread over zones. Not on Fargate, and not for daemons.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html
type PlacementStrategy interface {
	strategy() ecstypes.PlacementStrategy
}

// SpreadBy has as many tasks of the service, or task group, on each value of a field:
// [SpreadByZone], [SpreadByInstance], or that of [SpreadByAttribute].
type SpreadBy string

// What tasks are usually spread over.
const (
	SpreadByZone     SpreadBy = "attribute:" + placement.AvailabilityZone
	SpreadByInstance SpreadBy = "instanceId"
)

// SpreadByAttribute spreads over the values of an attribute of instances, such as
// "rack" or "ecs.instance-type".
func SpreadByAttribute(name string) SpreadBy { return SpreadBy("attribute:" + name) }

func (s SpreadBy) strategy() ecstypes.PlacementStrategy {
	return ecstypes.PlacementStrategy{Type: ecstypes.PlacementStrategyTypeSpread, Field: aws.String(string(s))}
}

// BinpackBy puts tasks where the least of a resource is left, so that few instances
// are used: [BinpackCPU] or [BinpackMemory].
type BinpackBy string

// What is packed.
const (
	BinpackCPU    BinpackBy = "cpu"
	BinpackMemory BinpackBy = "memory"
)

func (b BinpackBy) strategy() ecstypes.PlacementStrategy {
	return ecstypes.PlacementStrategy{Type: ecstypes.PlacementStrategyTypeBinpack, Field: aws.String(string(b))}
}

// RandomPlacement puts tasks on any instance that will do.
type RandomPlacement struct{}

func (RandomPlacement) strategy() ecstypes.PlacementStrategy {
	return ecstypes.PlacementStrategy{Type: ecstypes.PlacementStrategyTypeRandom}
}
