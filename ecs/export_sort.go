// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
)

// serviceSort is the sort of a service: its builders, and those of its tasks. What both have is
// done to the core of either, for all their With methods forward to it.
type serviceSort struct {
	launch ecstypes.LaunchType
	daemon bool
}

// sort tells the sorts of services apart.
func (x *exporter) sort() serviceSort {
	in := &x.service.Create
	on := serviceSort{ecstypes.LaunchTypeFargate, in.SchedulingStrategy == ecstypes.SchedulingStrategyDaemon}
	switch {
	case in.LaunchType == ecstypes.LaunchTypeExternal:
		x.leavef("the service runs on instances of one's own outside of AWS, for which there is no builder")
		on.launch = ecstypes.LaunchTypeEc2
	case on.daemon || in.LaunchType == ecstypes.LaunchTypeEc2 || len(providersOf(in.CapacityProviderStrategy)) > 0:
		on.launch = ecstypes.LaunchTypeEc2
	}
	return on
}

// onEC2 reports whether the service that is being written runs on instances.
func (x *exporter) onEC2() bool { return x.on.launch == ecstypes.LaunchTypeEc2 }

// constructor is the name of the service's.
func (on serviceSort) constructor() string {
	switch {
	case on.daemon:
		return "ecs.NewEC2DaemonService"
	case on.launch == ecstypes.LaunchTypeEc2:
		return "ecs.NewEC2Service"
	default:
		return "ecs.NewFargateService"
	}
}

// service is the builder with that core.
func (on serviceSort) service(core serviceCore) slipway.Resource {
	switch {
	case on.daemon:
		return EC2DaemonService{core}
	case on.launch == ecstypes.LaunchTypeEc2:
		return EC2Service{core}
	default:
		return FargateService{core}
	}
}

// taskConstructor is the name of the task definition's.
func (on serviceSort) taskConstructor() string {
	if on.launch == ecstypes.LaunchTypeEc2 {
		return "ecs.NewEC2TaskDefinition"
	}
	return "ecs.NewFargateTaskDefinition"
}
