// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// drain sets the instance to DRAINING: it takes no new tasks, and services move theirs
// within the bounds of their deployment configuration.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html
func (n *node) drain() {
	if n.status == draining {
		return
	}
	n.become(draining)
	for _, t := range n.settled() {
		t.move(true)
	}
	n.cl.nodesChanged()
	n.emptied()
}

// resume makes a draining instance ACTIVE again; what has not moved stays.
func (n *node) resume() {
	if n.status != draining {
		return
	}
	for _, t := range n.settled() {
		t.move(false)
	}
	n.become(active)
	n.cl.nodesChanged()
}

// move has the service start another task in place of this one, or not any more. Those of
// older deployments go anyhow.
func (t *task) move(on bool) {
	if t.dep == nil || !t.wanted() || t.moving == on || t.daemon() || on && t.dep.status != primary {
		return
	}
	t.moving = on
	if on {
		t.dep.moving++
	} else {
		t.dep.moving--
	}
	t.dep.service.steady = false
	t.dep.service.wake()
}

// moveDrained has the tasks of the PRIMARY deployment alone move from instances that drain.
func (s *service) moveDrained() {
	for _, d := range s.deployments {
		for _, t := range d.tasks {
			t.move(d.status == primary && t.node != nil && t.node.status == draining)
		}
	}
}

// evict stops up to n of the deployment's tasks that are to move and are healthy, or
// are not; it returns how many.
func (s *service) evict(d *deployment, n int, healthy bool) int {
	if n <= 0 || d.moving == 0 {
		return 0
	}
	var picked []*task
	for _, t := range d.tasks {
		if t.moving && t.healthy == healthy && !t.protected() {
			picked = append(picked, t)
		}
	}
	slices.SortFunc(picked, func(a, b *task) int { return a.seq - b.seq })
	picked = picked[:min(n, len(picked))]
	s.stopPicked(picked)
	return len(picked)
}

// replicas reports whether tasks are left on the instance that are no daemons'.
func (n *node) replicas() bool {
	return slices.ContainsFunc(n.settled(), func(t *task) bool { return t.dep != nil && !t.daemon() })
}

// emptied lets go of an instance that drains once it has no tasks but daemons'.
func (n *node) emptied() {
	if n.status != draining {
		return
	}
	if !n.replicas() {
		n.cl.wakeDaemons()
	}
	if n.held && len(n.tasks) == 0 {
		n.letGo()
	}
}

// longestDrain is how long managed draining holds an instance.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html
const longestDrain = 48 * time.Hour

// drainHook is the lifecycle hook of managed draining.
const drainHook = "ecs-managed-draining-termination-hook"

// hold drains an instance that its group is about to terminate.
func (n *node) hold() {
	if n.held {
		return
	}
	n.held = true
	n.drain()
	n.cl.r.f.sim.After(longestDrain, func() {
		if n.held {
			n.letGo()
		}
	})
	n.emptied()
}

// letGo has the group go on with the termination.
func (n *node) letGo() {
	n.held = false
	if p := n.cl.r.providers[n.provider]; p != nil && p.managed != nil {
		p.managed.terminate(n.ec2)
	} else if p != nil {
		n.cl.r.f.needs.Groups.Release(n.cl.r.name, p.group, drainHook, n.ec2)
	}
}

func (s *service) stopPicked(picked []*task) {
	var ran []*task
	for _, t := range picked {
		if t.reached {
			ran = append(ran, t)
		}
		t.stop(ecstypes.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment "+s.deployments[0].id+")")
	}
	s.stoppedEvent(ran, len(picked)-len(ran))
}
