// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"slices"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/cloudmap"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	model "github.com/slipway-go/slipway/internal/model/ecs"
	modelscheduler "github.com/slipway-go/slipway/internal/model/scheduler"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// Kinds returns the kinds of this package: ecs:Cluster, ecs:ClusterCapacity,
// ecs:CapacityProvider, ecs:TaskDefinition, ecs:Service, ecs:ExpressService, ecs:Job,
// logs:LogGroup, scheduler:Schedule and scheduler:ScheduleGroup.
func Kinds() []slipway.Kind {
	return []slipway.Kind{
		clusterKind(), clusterCapacityKind(), capacityProviderKind(), taskDefinitionKind(), serviceKind(), expressKind(), jobKind(),
		logGroupKind(), scheduleKind(), scheduleGroupKind(),
	}
}

func clusterKind() slipway.Kind { return slipway.NewKind(model.KindCluster, clusters{}) }

func clusterCapacityKind() slipway.Kind {
	return slipway.NewKind(model.KindClusterCapacity, clusterCapacities{})
}

func capacityProviderKind() slipway.Kind {
	return slipway.NewKind(model.KindCapacityProvider, capacityProviders{})
}

func taskDefinitionKind() slipway.Kind {
	return slipway.NewKind(model.KindTaskDefinition, taskDefinitions{})
}

func serviceKind() slipway.Kind { return slipway.NewKind(model.KindService, services{}) }

func jobKind() slipway.Kind { return slipway.NewKind(model.KindJob, jobs{}) }

func scheduleKind() slipway.Kind { return slipway.NewKind(modelscheduler.KindSchedule, schedules{}) }

func scheduleGroupKind() slipway.Kind {
	return slipway.NewKind(modelscheduler.KindGroup, scheduleGroups{})
}

func logGroupKind() slipway.Kind { return slipway.NewKind(model.KindLogGroup, logGroups{}) }

// family is what the drivers of this package have in common.
type family struct{}

// Kinds returns the kinds of this package and of those it stands on.
func (family) Kinds() []slipway.Kind {
	return slices.Concat(Kinds(), iam.Kinds(), vpc.Kinds(), elb.Kinds(), autoscaling.Kinds(), storage.Kinds(), cloudmap.Kinds())
}

// validate reports all that AWS would reject in r's state, and warns of nothing.
func validate[T any](r slipway.Resource, driver slipway.Checker[T]) error {
	desired, err := r.Build()
	if err != nil {
		return err
	}
	state, ok := desired.State.(*T)
	if !ok {
		return fmt.Errorf("%s: its state is a %T", r.ID(), desired.State)
	}
	errs := driver.Check(nil, state)
	for i := range errs {
		errs[i].Path = r.ID().String() + " " + errs[i].Path
	}
	return slipway.JoinFields(errs)
}
