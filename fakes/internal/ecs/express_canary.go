// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The deployments of Express Mode: a share of the traffic in percent, a bake time, the
// rest of it and another bake time, both in minutes.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-update-full.html
const (
	expressCanary = 5.0
	expressBake   = 3
)

// canary is how deployments go: ECS watches the alarm and counts the tasks that fail.
func (e *express) canary() *ecstypes.DeploymentConfiguration {
	return &ecstypes.DeploymentConfiguration{
		Strategy: ecstypes.DeploymentStrategyCanary, BakeTimeInMinutes: new(int32(expressBake)),
		CanaryConfiguration: &ecstypes.CanaryConfiguration{
			CanaryPercent: new(expressCanary), CanaryBakeTimeInMinutes: new(int32(expressBake)),
		},
		Alarms:                   &ecstypes.DeploymentAlarms{Enable: true, Rollback: true, AlarmNames: []string{e.alarmName()}},
		DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true},
	}
}

// began notes what the revision is made of that is to be deployed, whichever API has
// changed the service, and has the parts follow it.
func (e *express) began(d *deployment) {
	e.config.definition = d.spec.td.arn()
	e.config.seen(d.spec.td)
	e.updated = e.s.cl.r.f.sim.Now()
	e.revisions[d.revision], e.slots[d.revision] = e.config, 0
	if from := e.s.source(d); from != nil {
		e.slots[d.revision] = 1 - e.slots[from.revision]
	}
	e.plan()
}

// revert has the parts be again what they were with a revision.
func (e *express) revert(to *deployment) {
	e.config, e.updated = e.revisions[to.revision], e.s.cl.r.f.sim.Now()
	e.plan()
}

// keep starts tasks of the last good revision in place of those that stop while parts of
// another one are made.
func (s *service) keep() {
	if d := s.completed; d != nil {
		s.start(d, int(s.desired)-len(d.tasks))
	}
}

// attach gives the service the parts that are there now, and the revision that waits for
// them.
func (e *express) attach() {
	s, d := e.s, e.s.deployments[0]
	network, err := s.cl.r.network(*e.awsvpc(e.config))
	if err != nil {
		return // a subnet has gone; tasks will not be placed
	}
	next := s.input
	next.LoadBalancers = e.balancers()
	next.NetworkConfiguration = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &network}
	s.input, s.network = next, network
	if d == s.completed {
		return
	}
	d.input, d.spec, d.balancers = next, s.spec(), slices.Clone(next.LoadBalancers)
	d.spec.startedBy = d.id
	d.balancers[0].TargetGroupArn = new(e.targets().arn)
}

// again forgets how often parts could not be made.
func (e *express) again() { e.failures, e.retry = 0, time.Time{} }
