// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	rules "github.com/slipway-go/slipway/internal/rules/ec2autoscaling"
)

func registerPools(s *sim.Service, f *Fake) {
	sim.Handle(s, "PutWarmPool", f.putPool,
		onGroups("PutWarmPool", func(in *awsasg.PutWarmPoolInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DeleteWarmPool", f.deletePool,
		onGroups("DeleteWarmPool", func(in *awsasg.DeleteWarmPoolInput) *string { return in.AutoScalingGroupName }))
	sim.Handle(s, "DescribeWarmPool", f.describePool)
}

// pool are the instances of the warm pool.
func (g *group) pool() []asgtypes.Instance {
	var all []asgtypes.Instance
	for _, m := range g.members {
		if m.warm() {
			all = append(all, m.described())
		}
	}
	return all
}

// ready: the instance of the warm pool is in the pool's state.
func (m *member) ready() bool {
	switch m.state {
	case asgtypes.LifecycleStateWarmedStopped, asgtypes.LifecycleStateWarmedRunning, asgtypes.LifecycleStateWarmedHibernated:
		return true
	}
	return false
}

// fromPool takes an instance of the warm pool into service, one of the zone with the fewest
// in service, and reports whether it has one.
func (g *group) fromPool(what string) bool {
	counts := g.zoneCounts()
	pool := slices.DeleteFunc(slices.Clone(g.members), func(m *member) bool { return !m.ready() })
	slices.SortStableFunc(pool, func(a, b *member) int { return cmp.Compare(counts[a.zone], counts[b.zone]) })
	for _, m := range pool {
		running := m.state == asgtypes.LifecycleStateWarmedRunning
		if !running && g.r.f.needs.Instances.Start(g.r.name, m.id) != nil {
			continue // no room for it where it is
		}
		m.activity = g.record("Launching a new EC2 instance from warm pool: "+m.id, what, m.details())
		m.activity.StatusCode = asgtypes.ScalingActivityStatusCodePreInService
		m.protected = aws.ToBool(g.settings.NewInstancesProtectedFromScaleIn)
		m.enter(asgtypes.LifecycleStatePending)
		if running {
			m.arrived()
		}
		return true
	}
	return false
}

// wanted is how many instances the warm pool shall have.
func (g *group) wanted() int {
	p := g.settings.WarmPoolConfiguration
	if p == nil || p.Status == asgtypes.WarmPoolStatusPendingDelete {
		return 0
	}
	prepared := int(*g.settings.MaxSize)
	if p.MaxGroupPreparedCapacity != nil {
		prepared = int(*p.MaxGroupPreparedCapacity)
	}
	return max(prepared-max(g.capacity(), g.desired()), int(aws.ToInt32(p.MinSize)))
}

// fillPool launches what the warm pool lacks and terminates what it has too many of.
func (g *group) fillPool() {
	pool := slices.DeleteFunc(slices.Clone(g.members), func(m *member) bool { return !m.warm() })
	want := g.wanted()
	for _, m := range pool[min(want, len(pool)):] {
		m.leave("an instance was taken out of service in response to a difference between desired and actual capacity of the warm pool")
	}
	if len(pool) >= want || g.suspends("Launch") || g.now().Before(g.retry) {
		g.forgetPool()
		return
	}
	for range want - len(pool) {
		if !g.launch(launchOrder{what: "an instance was started in response to a difference between desired and actual capacity of the warm pool", warm: true}) {
			g.backOff()
			return
		}
	}
}

// forgetPool ends a pool that is being deleted once it is empty.
func (g *group) forgetPool() {
	p := g.settings.WarmPoolConfiguration
	if p != nil && p.Status == asgtypes.WarmPoolStatusPendingDelete && len(g.pool()) == 0 {
		g.settings.WarmPoolConfiguration, g.settings.WarmPoolSize = nil, nil
	}
}

// warmed ends the start of an instance of the warm pool, whose hooks have been answered.
func (m *member) warmed(result string) {
	if result != "CONTINUE" {
		m.leave("an instance was taken out of service in response to a launch lifecycle action that was abandoned")
		m.g.plan()
		return
	}
	m.enter(asgtypes.LifecycleStateWarmedPendingProceed)
	m.park()
}

// park brings an instance into the state of the pool.
func (m *member) park() {
	if p := m.g.settings.WarmPoolConfiguration; p != nil && p.PoolState == asgtypes.WarmPoolStateRunning {
		m.enter(asgtypes.LifecycleStateWarmedRunning)
		m.finish()
		return
	}
	m.g.r.f.needs.Instances.Stop(m.g.r.name, m.id)
}

// parked: EC2 has stopped an instance of the pool.
func (m *member) parked() {
	state := asgtypes.LifecycleStateWarmedStopped
	if p := m.g.settings.WarmPoolConfiguration; p != nil && p.PoolState == asgtypes.WarmPoolStateHibernated {
		state = asgtypes.LifecycleStateWarmedHibernated
	}
	m.enter(state)
	m.finish()
}

// keep returns an instance to the warm pool instead of terminating it, where the pool
// reuses instances, and reports whether it does.
func (m *member) keep() bool {
	p := m.g.settings.WarmPoolConfiguration
	if p == nil || p.InstanceReusePolicy == nil || !aws.ToBool(p.InstanceReusePolicy.ReuseOnScaleIn) || m.spot || !m.serves() {
		return false
	}
	m.activity = m.g.record("Returning EC2 instance to the warm pool: "+m.id, "an instance was returned to the warm pool in response to a scale in", m.details())
	m.withdraw(asgtypes.LifecycleStateWarmedPending)
	m.park()
	return true
}

func (f *Fake) putPool(c *sim.Call, in *awsasg.PutWarmPoolInput) (*awsasg.PutWarmPoolOutput, error) {
	r := f.regions.In(c)
	if err := sim.Check(rules.PutWarmPool, r, in, typed); err != nil {
		return nil, err
	}
	g, err := r.find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if p := g.settings.MixedInstancesPolicy; p != nil && p.InstancesDistribution != nil {
		d := p.InstancesDistribution
		if d.OnDemandPercentageAboveBaseCapacity != nil && *d.OnDemandPercentageAboveBaseCapacity < 100 {
			return nil, invalid("You can't add a warm pool to an Auto Scaling group that has a mixed instances policy with Spot Instances.")
		}
	}
	g.settings.WarmPoolConfiguration = &asgtypes.WarmPoolConfiguration{
		InstanceReusePolicy: in.InstanceReusePolicy, MaxGroupPreparedCapacity: positive(in.MaxGroupPreparedCapacity),
		MinSize: cmp.Or(in.MinSize, aws.Int32(0)), PoolState: cmp.Or(in.PoolState, asgtypes.WarmPoolStateStopped),
	}
	g.plan()
	return &awsasg.PutWarmPoolOutput{}, nil
}

// deletePool terminates the pool's instances; without force there may be none in the pool
// that are on their way.
func (f *Fake) deletePool(c *sim.Call, in *awsasg.DeleteWarmPoolInput) (*awsasg.DeleteWarmPoolOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	p := g.settings.WarmPoolConfiguration
	if p == nil {
		return nil, invalid("No warm pool found for Auto Scaling group " + g.name() + ".")
	}
	if !aws.ToBool(in.ForceDelete) && g.running() != nil {
		return nil, &asgtypes.ScalingActivityInProgressFault{
			Message: aws.String("You cannot delete a warm pool while there are scaling activities in progress for that group."),
		}
	}
	next := *p
	next.Status = asgtypes.WarmPoolStatusPendingDelete
	g.settings.WarmPoolConfiguration = &next
	g.plan()
	return &awsasg.DeleteWarmPoolOutput{}, nil
}

func (f *Fake) describePool(c *sim.Call, in *awsasg.DescribeWarmPoolInput) (*awsasg.DescribeWarmPoolOutput, error) {
	g, err := f.regions.In(c).find(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	cut, next, err := page(g.pool(), in.NextToken, in.MaxRecords, pageInstances, pageInstances)
	return &awsasg.DescribeWarmPoolOutput{Instances: cut, NextToken: next, WarmPoolConfiguration: g.settings.WarmPoolConfiguration}, err
}
