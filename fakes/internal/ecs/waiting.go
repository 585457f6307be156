// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/internal/placement"
)

const (
	// mostWaiting is how many tasks of a cluster wait in PROVISIONING for capacity.
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
	mostWaiting = 500
	// longestWait is how long a task waits; AWS says 10 to 30 minutes.
	// https://aws.amazon.com/blogs/containers/deep-dive-on-amazon-ecs-cluster-auto-scaling/
	longestWait = 30 * time.Minute
)

// await has the task wait for an instance.
func (t *task) await() {
	t.cl.r.providers[t.provider].wake()
	t.fake().sim.After(longestWait, func() {
		if t.wanted() && t.waits {
			t.unstartable(t.unserved())
		}
	})
}

// unserved is why a task stops for which no instance came.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
func (t *task) unserved() string {
	const failed = "TaskFailedToStart: "
	registered, usable := false, false
	for _, n := range t.cl.nodes {
		registered = registered || n.provider == t.provider && n.status != inactive
		usable = usable || n.provider == t.provider && n.status == active
	}
	switch {
	case !registered:
		return failed + "EMPTY CAPACITY PROVIDER"
	case !usable:
		return failed + "NO ACTIVE INSTANCES"
	}
	if no := t.choose(); no != nil && len(no.failures) > 0 {
		return failed + strings.TrimSuffix(*no.failures[0].Reason, ".")
	}
	return failed + "RESOURCE:*"
}

// forgo takes a task out of those that wait.
func (cl *cluster) forgo(t *task) {
	if !t.waits {
		return
	}
	t.waits = false
	cl.waiting = slices.DeleteFunc(cl.waiting, func(o *task) bool { return o == t })
	if p := cl.r.providers[t.provider]; p != nil {
		p.wake()
	}
}

// nodesChanged has everybody look again who waits for an instance, daemons first.
func (cl *cluster) nodesChanged() {
	var others []*service
	for _, s := range cl.sortedServices() {
		switch {
		case s.status != active:
		case s.daemon():
			s.reconcile()
		default:
			others = append(others, s)
		}
	}
	cl.seatWaiting()
	for _, s := range others {
		if s.hosted() {
			s.vain = false
			s.placesChanged()
		}
	}
	cl.wakeProviders()
}

// placesChanged has the service try again at once what no instance would do for.
func (s *service) placesChanged() {
	for _, d := range s.deployments {
		if d.unplaced > 0 {
			d.unplaced, d.notBefore = 0, time.Time{}
		}
	}
	s.wake()
}

// seatWaiting places the tasks that wait, oldest first. Of those that ask the same only
// the first is asked in vain.
func (cl *cluster) seatWaiting() {
	if len(cl.waiting) == 0 {
		return
	}
	vain := map[*placement.Query]bool{}
	var left, seated []*task
	for _, t := range cl.waiting {
		if t.expecting() {
			left = append(left, t)
			continue
		}
		q, err := t.spec.host.query(t.provider)
		if err != nil || vain[q] {
			left = append(left, t)
			continue
		}
		if no := t.choose(); no != nil {
			vain[q] = true
			left = append(left, t)
			continue
		}
		seated = append(seated, t)
	}
	cl.waiting = left
	for _, t := range seated {
		if t.seq > 0 {
			t.settleIn()
		}
	}
}

// vacated has those that wait look again once a task has left; many of an instant make
// one look.
func (n *node) vacated() {
	cl := n.cl
	if !cl.vacancy {
		cl.vacancy = true
		cl.r.f.sim.After(0, func() {
			cl.vacancy = false
			cl.seatWaiting()
			for _, s := range cl.sortedServices() {
				if s.status == active && s.unplacedAny() {
					s.placesChanged()
				}
			}
			cl.wakeProviders()
		})
	}
	n.emptied()
}

func (s *service) unplacedAny() bool {
	return slices.ContainsFunc(s.deployments, func(d *deployment) bool { return d.unplaced > 0 })
}
