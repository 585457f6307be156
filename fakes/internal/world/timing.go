// SPDX-License-Identifier: Apache-2.0

package world

import "time"

// Timing is how long AWS takes over things. With the zero value nothing takes
// time except what is declared (periods, cooldowns, bakes) and repeats, which
// take at least [Repeat].
type Timing struct {
	// Provision is from PROVISIONING to PENDING: the network interface.
	Provision time.Duration
	// Pull is per image, from PENDING on.
	Pull time.Duration
	// Activate is from the start of the containers to RUNNING.
	Activate time.Duration
	// Deprovision is from the end of the containers to STOPPED.
	Deprovision time.Duration
	// Schedule is the pause between two looks of the service scheduler.
	Schedule time.Duration
	// LoadBalancer is from provisioning to active.
	LoadBalancer time.Duration
	// Probes: health checks keep their declared intervals. Otherwise a probe whose
	// outcome is open is repeated after Repeat. What is declared keeps its length
	// all the same: a new target whose program is still starting ([Program.Start])
	// is given interval times unhealthy threshold before it is unhealthy, as it
	// would be on AWS.
	Probes bool
	// Drain: deregistered targets drain for their declared delay.
	Drain bool
	// Bake is how long ECS goes on watching the alarms of a deployment once all
	// its tasks are healthy and the older ones gone, unless the service says how long.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
	Bake time.Duration
	// NetworkShift is how much longer stages take in which the traffic of a Network Load
	// Balancer is shifted.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb-resources-for-blue-green.html
	NetworkShift time.Duration
	// Propagate is how long a new role cannot be assumed yet.
	Propagate time.Duration
	// NATGateway and Endpoint are from pending to available.
	NATGateway, Endpoint time.Duration
	// FileSystem and MountTarget are from creating to available, in EFS.
	FileSystem, MountTarget time.Duration
	// Instance is from pending to running, in EC2; Boot from running until the ECS
	// agent has registered the instance.
	Instance, Boot time.Duration
	// Agent is each of the steps in which the ECS agent of an instance is updated.
	Agent time.Duration
	// Checks is from running until an instance has passed EC2's status checks.
	// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
	Checks time.Duration
	// Terminate is from shutting-down to terminated.
	Terminate time.Duration
	// CapacityLook is the pause between two looks of managed scaling at the capacity
	// provider's group.
	CapacityLook time.Duration
	// Namespace is how long it takes to make or delete a namespace, in Cloud Map, and
	// Registration to register an instance, to take it out, or to change a service.
	Namespace, Registration time.Duration
	// CustomHealth is how long Cloud Map waits before it believes a custom health status.
	// https://docs.aws.amazon.com/cloud-map/latest/api/API_HealthCheckCustomConfig.html
	CustomHealth time.Duration
}

// Repeat is the least time between two attempts at the same thing.
const Repeat = time.Millisecond

// Realistic are AWS's usual durations.
var Realistic = Timing{
	Provision: 10 * time.Second, Pull: 8 * time.Second, Activate: 2 * time.Second, Deprovision: 10 * time.Second,
	Schedule: 5 * time.Second, LoadBalancer: 2 * time.Minute, Probes: true, Drain: true, Propagate: 8 * time.Second,
	NATGateway: 90 * time.Second, Endpoint: 60 * time.Second,
	Bake:         4 * time.Minute, // AWS: less than 5 minutes
	NetworkShift: 10 * time.Minute,
	FileSystem:   5 * time.Second, MountTarget: 90 * time.Second,
	Instance: 20 * time.Second, Boot: 40 * time.Second, Checks: 2 * time.Minute, Terminate: 40 * time.Second, Agent: 10 * time.Second,
	CapacityLook: time.Minute, // CapacityProviderReservation is published once a minute
	Namespace:    30 * time.Second, Registration: 3 * time.Second, CustomHealth: 30 * time.Second,
}
