// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"errors"
	"hash/fnv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/placement"
)

// unseated is why a task has no place.
type unseated struct {
	// reason is what events and failures say; event is a whole event instead.
	reason, event string
	// failures of RunTask, where they are about single instances.
	failures []ecstypes.Failure
	// none: there is no instance at all.
	none bool
}

// noInstances are the words for a capacity provider without instances.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
const noInstances = "No Container Instances were found in your capacity provider."

// seat finds the task a place: on Fargate, on an instance, or among those that wait for
// one. It returns why there is none.
func (t *task) seat(zones map[string]int) *unseated {
	if t.spec.host == nil {
		if reason := t.place(t.evened(zones), zones); reason != "" {
			return &unseated{reason: reason}
		}
		return nil
	}
	if !t.fake().needs.Access.HasServiceLinkedRole(ecsService) {
		return &unseated{reason: noLinkedRole}
	}
	no := t.choose()
	if no == nil {
		return nil
	}
	if p := t.cl.r.providers[t.provider]; p != nil && !t.evens && p.grows() {
		if len(t.cl.waiting) >= mostWaiting {
			return &unseated{reason: no.reason, event: "(service " + t.service() + ") was unable to place tasks in your cluster " +
				"because the tasks provisioning capacity limit was exceeded."}
		}
		t.waits = true
		t.cl.waiting = append(t.cl.waiting, t)
		return nil
	}
	return no
}

// choose asks placement for an instance and takes it.
func (t *task) choose() *unseated {
	q, err := t.spec.host.query(t.provider)
	if err != nil {
		return &unseated{reason: err.Error()}
	}
	id, err := t.cl.places.Choose(q, seedOf(t.id))
	if err == nil {
		t.sit(t.cl.nodes[id])
		return nil
	}
	no, ok := errors.AsType[*placement.UnplacedError](err)
	if !ok {
		return &unseated{reason: err.Error()}
	}
	return t.explain(no)
}

// seedOf tells tasks apart where placement has no preference.
func seedOf(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum64()
}

// explain words why none of the instances will do; those of other capacity providers
// are not asked.
func (t *task) explain(e *placement.UnplacedError) *unseated {
	mine := &placement.UnplacedError{}
	no := &unseated{}
	for _, f := range e.Failures {
		n := t.cl.nodes[f.Instance]
		if t.provider != "" && n.provider != t.provider {
			continue
		}
		mine.Failures = append(mine.Failures, f)
		no.failures = append(no.failures, ecstypes.Failure{Arn: &n.arn, Reason: new(string(f.Reason))})
	}
	no.none = len(no.failures) == 0
	no.reason = mine.Error()
	if no.none && t.provider != "" {
		no.reason = noInstances
		no.event = "(service " + t.service() + ") was unable to place a task because no container instance met all of its requirements. Reason: " +
			noInstances + " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
		return no
	}
	if no.none {
		no.reason = placement.NoInstances
	}
	no.event = mine.Event(t.service())
	return no
}

// service is the name of the task's service.
func (t *task) service() string {
	if t.dep == nil {
		return ""
	}
	return t.dep.service.name
}

// sit gives the task its place on an instance.
func (t *task) sit(n *node) {
	_ = n.cl.places.Start(placement.Task{ID: t.id, Group: t.spec.group, Needs: t.spec.host.request.Needs}, n.id) // it has none yet
	t.node, t.waits = n, false
	n.tasks[t.id] = t
	t.pinGPUs()
	if t.seq > 0 { // else it is counted when it is launched
		n.count(t, 1)
	}
	t.toZone(n.zone)
	t.subnet = t.subnetIn(n.zone)
	if t.spec.executionRole == "" {
		t.execution = n.role
	}
	n.occupied()
}

// toZone keeps the deployment's count of tasks by zone.
func (t *task) toZone(zone string) {
	if t.dep != nil && t.counted {
		t.dep.zones[t.zone]--
		t.dep.zones[zone]++
	}
	t.zone = zone
}

// subnetIn is the first of the task's subnets in a zone.
func (t *task) subnetIn(zone string) string {
	for _, id := range t.spec.network.Subnets {
		if s, ok := t.fake().needs.Network.Subnet(t.region(), id); ok && s.Zone == zone {
			return id
		}
	}
	return ""
}

// count keeps the instance's counts of tasks.
func (n *node) count(t *task, by int32) {
	switch {
	case isPending(t.status):
		n.pending += by
	case t.status == running:
		n.running += by
		n.cl.places.Running(t.id)
	}
}

// leave gives the task's place back.
func (t *task) leave() {
	if t.node == nil {
		t.cl.forgo(t)
		return
	}
	n := t.node
	n.cl.places.Stop(t.id)
	delete(n.tasks, t.id)
	t.unpinGPUs()
	for port, held := range n.ports {
		if held.c.t == t {
			delete(n.ports, port)
		}
	}
	n.vacated()
}

// settleIn leads a task that has its place on an instance from PROVISIONING on.
func (t *task) settleIn() {
	if t.awsvpc() {
		t.then(t.fake().timing.Provision, t.attach)
		return
	}
	t.become(pending)
	t.prepare()
}

// awsvpc reports whether the task has a network interface of its own.
func (t *task) awsvpc() bool {
	return t.spec.host == nil || t.spec.td.definition.NetworkMode == ecstypes.NetworkModeAwsvpc
}

// loseHost ends a task whose instance is gone.
func (t *task) loseHost(reason string) { t.cut(reason) }

// orphan has ECS know no more of a task whose instance was deregistered by force: it
// goes on without ECS, which never learns of its end.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterContainerInstance.html
func (t *task) orphan() {
	for _, c := range t.containers {
		if c.status == running {
			c.ending = true
			c.end(0, "")
			c.exit = nil
		}
	}
	t.stop(ecstypes.TaskStopCodeUserInitiated, "Container instance deregistration forced by user")
	t.stopContainers()
	t.finishIfEnded()
}

// daemon reports whether the task is that of a daemon service.
func (t *task) daemon() bool { return t.dep != nil && t.dep.service.daemon() }
