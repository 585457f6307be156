// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// everyKind returns all kinds that there are.
func everyKind() []slipway.Kind {
	return slices.Concat(ecs.Kinds(), ecr.Kinds(), elb.Kinds(), iam.Kinds(), storage.Kinds(), vpc.Kinds(), autoscaling.Kinds(), cloudmap.Kinds())
}
