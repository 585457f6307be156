// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// member is an instance of a group.
type member struct {
	g                    *group
	id, kind, image      string
	subnet, zone, zoneID string
	template             asgtypes.LaunchTemplateSpecification
	weight               int
	weighted, spot       bool
	state                asgtypes.LifecycleState
	unhealthy, protected bool
	// balancing: it is launched beyond the desired capacity, to even out zones, and noticed
	// that its Spot capacity goes.
	balancing, noticed bool
	// launched is when it was, served since when it is in service.
	launched, served time.Time
	// activity is the one that goes on about it, or nil.
	activity *asgtypes.Activity
	// waits are the lifecycle actions that hold it.
	waits []*wait
}

// wait is a lifecycle action: an instance that waits for a hook.
type wait struct {
	hook, token string
	// began bounds it by the global time-out; beat counts heartbeats, so that what an
	// earlier one has planned is void.
	began time.Time
	beat  int
}

// counts: it serves or will.
func (m *member) counts() bool {
	switch m.state {
	case asgtypes.LifecycleStatePending, asgtypes.LifecycleStatePendingWait, asgtypes.LifecycleStatePendingProceed,
		asgtypes.LifecycleStateInService:
		return true
	}
	return false
}

func (m *member) warm() bool    { return strings.HasPrefix(string(m.state), "Warmed:") }
func (m *member) serves() bool  { return m.state == asgtypes.LifecycleStateInService }
func (m *member) leaving() bool { return strings.HasPrefix(string(m.state), "Terminating") }

func (m *member) health() *string {
	if m.unhealthy {
		return aws.String("Unhealthy")
	}
	return aws.String("Healthy")
}

func (m *member) weightText() *string {
	if !m.weighted {
		return nil
	}
	return aws.String(strconv.Itoa(m.weight))
}

func (m *member) described() asgtypes.Instance {
	t := m.template
	return asgtypes.Instance{
		AvailabilityZone: &m.zone, AvailabilityZoneId: &m.zoneID, HealthStatus: m.health(), InstanceId: &m.id, InstanceType: &m.kind, ImageId: &m.image,
		LaunchTemplate: &t, LifecycleState: m.state, ProtectedFromScaleIn: aws.Bool(m.protected), WeightedCapacity: m.weightText(),
	}
}

// enter puts the instance into a state and tells of it.
func (m *member) enter(state asgtypes.LifecycleState) {
	if m.state == state {
		return
	}
	m.state = state
	m.g.told(m.id)
}

// arrived: EC2 runs the instance, and nothing but hooks is between it and service.
func (m *member) arrived() {
	if m.hold(launching, asgtypes.LifecycleStatePendingWait) {
		return
	}
	m.serve()
}

// serve takes the instance into service.
func (m *member) serve() {
	m.served = m.g.now()
	m.balancing = m.balancing && m.g.refresh != nil
	m.enter(asgtypes.LifecycleStateInService)
	for _, arn := range m.g.targets() {
		m.g.r.f.needs.Targets.Register(m.g.r.name, arn, m.target(arn))
	}
	m.finish()
	m.watchHealth()
	m.watchAge()
	m.g.cooled()
	m.g.plan()
}

// leave takes the instance out of service for good. what is the sentence of the cause.
func (m *member) leave(what string) {
	if m.leaving() {
		return
	}
	m.cancel("Instance is being terminated before it was in service.")
	m.activity = m.g.record("Terminating EC2 instance: "+m.id, what, m.details())
	m.depart()
}

// depart is leave once its activity is known: targets drain, hooks hold it, EC2 ends it.
// It does not count any more: the group looks whether it needs another one.
func (m *member) depart() {
	m.g.plan()
	m.waits = nil
	m.enter(asgtypes.LifecycleStateTerminating)
	waits := false
	for _, arn := range m.g.targets() {
		t := m.target(arn)
		m.g.r.f.needs.Targets.Deregister(m.g.r.name, arn, t)
		waits = waits || m.drains(arn)
	}
	if waits && m.lives() {
		m.activity.StatusCode = asgtypes.ScalingActivityStatusCodeWaitingForELBConnectionDraining
		return
	}
	m.drained()
}

// drained: no balancer needs the instance any more.
func (m *member) drained() {
	if m.state != asgtypes.LifecycleStateTerminating {
		return
	}
	if !m.g.deleting && m.lives() && m.hold(terminating, asgtypes.LifecycleStateTerminatingWait) {
		return
	}
	m.end()
}

// end has EC2 terminate the instance.
func (m *member) end() {
	m.waits = nil
	m.enter(asgtypes.LifecycleStateTerminatingProceed)
	f := m.g.r.f
	if i, ok := f.needs.Instances.Instance(m.g.r.name, m.id); !ok || i.State == "terminated" {
		m.ended()
		return
	}
	if m.activity != nil {
		m.activity.StatusCode = asgtypes.ScalingActivityStatusCodeInProgress
	}
	f.needs.Instances.Terminate(m.g.r.name, m.id)
}

// ended: the instance is terminated.
func (m *member) ended() {
	m.finish()
	m.state = asgtypes.LifecycleStateTerminated
	m.g.drop(m)
	m.g.told(m.id)
	m.g.plan()
}

// lives reports whether EC2 still runs the instance.
func (m *member) lives() bool {
	i, ok := m.g.r.f.needs.Instances.Instance(m.g.r.name, m.id)
	return ok && (i.State == "pending" || i.State == "running")
}

// drop forgets an instance.
func (g *group) drop(m *member) {
	for i, other := range g.members {
		if other == m {
			g.members = append(g.members[:i:i], g.members[i+1:]...)
			break
		}
	}
	if g.r.members[m.id] == m {
		delete(g.r.members, m.id)
	}
}
