// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"cmp"
	"slices"
	"strconv"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Why Fargate does not take a task, in failures of RunTask and in service events.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
const (
	noCapacity = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
	overQuota  = "You’ve reached the limit on the number of vCPUs you can run concurrently"
	// noFargate is what a zone without Fargate comes to.
	noFargate = "Internal error."
)

// unitsPerCPU are the CPU units of one vCPU.
const unitsPerCPU = 1024

// SetFargate says what Fargate does not have for new tasks.
func (f *Fake) SetFargate(l world.FargateLimits) {
	f.limits = l
	f.tryEvening()
}

// Fargate returns what Fargate does not have.
func (f *Fake) Fargate() world.FargateLimits { return f.limits }

// capacity is the capacity provider that the task runs on, whether it was named
// or is meant by the launch type.
func (t *task) capacity() string {
	if t.provider == fargateSpot {
		return fargateSpot
	}
	return fargate
}

// units are the CPU units that the task takes of the account's quota.
func (t *task) units() int {
	n, err := strconv.Atoi(value(t.cpu()))
	if err != nil {
		return 0
	}
	return n
}

// place chooses the subnet that the task runs in: of those where Fargate takes it
// the one whose zone has the fewest tasks so far. It returns why there is none.
func (t *task) place(subnets []string, zones map[string]int) string {
	if !t.fake().needs.Access.HasServiceLinkedRole(ecsService) {
		return noLinkedRole // which the network interface is made with
	}
	if t.exceeds() {
		return overQuota
	}
	reason, least := "", -1
	for _, id := range subnets {
		s, ok := t.fake().needs.Network.Subnet(t.region(), id)
		if !ok {
			continue
		}
		if why := t.refused(s.Zone); why != "" {
			reason = cmp.Or(reason, why)
			continue
		}
		if n := zones[s.Zone]; least < 0 || n < least {
			t.subnet, t.zone, least = id, s.Zone, n
		}
	}
	switch {
	case least >= 0:
	case reason != "":
		return reason
	default: // none is left; the network interface will tell
		t.subnet = subnets[0]
	}
	t.cl.r.used[t.capacity()] += t.units()
	return ""
}

// release gives back what place took.
func (t *task) release() {
	if t.spec.host != nil {
		t.leave()
		return
	}
	t.cl.r.used[t.capacity()] -= t.units()
}

// exceeds reports whether the task is more than the account's quota leaves.
func (t *task) exceeds() bool {
	quota := t.fake().limits.VCPUs
	if t.capacity() == fargateSpot {
		quota = t.fake().limits.SpotVCPUs
	}
	return quota > 0 && float64(t.cl.r.used[t.capacity()]+t.units()) > quota*unitsPerCPU
}

// refused is why Fargate does not take the task in a zone, or "".
func (t *task) refused(zone string) string {
	l := &t.fake().limits
	switch {
	case slices.Contains(l.Without, zone):
		return noFargate
	case t.fake().lostZone(zone), slices.Contains(l.Full, zone), t.capacity() == fargateSpot && slices.Contains(l.FullSpot, zone):
		return noCapacity
	}
	return ""
}

// unplaced has the deployment try again later, ever more seldom.
func (s *service) unplaced(d *deployment, no *unseated) {
	if s.evening(d) {
		s.unevenable(s.neediest())
		return
	}
	if no.event != "" {
		s.eventOnce(no.event)
	} else {
		s.unableToPlace(no.reason)
	}
	d.unplaced++
	d.delay(s.backoff(throttledAfter + d.unplaced - 1))
	s.wake()
}

// placeAll places the tasks of one RunTask, and says what became of the others.
func (cl *cluster) placeAll(sp *spec, strategy []ecstypes.CapacityProviderStrategyItem, count int) (tasks []*task, failures []ecstypes.Failure, err error) {
	have, zones := map[string]int32{}, map[string]int{}
	tasks, failures = make([]*task, 0, count), []ecstypes.Failure{}
	for range count {
		t := cl.newTask(sp, nil)
		if err := t.assumeRoles(); err != nil {
			return nil, nil, err // that of the first: all have the same roles
		}
		t.provider = provider(strategy, have)
		switch no := t.seat(zones); {
		case no == nil:
		case sp.host != nil && no.none:
			return nil, nil, invalid("%s", no.reason)
		case sp.host != nil && len(no.failures) > 0:
			return tasks, no.failures, nil // what is true of one is true of those that follow
		default:
			failures = append(failures, ecstypes.Failure{Reason: &no.reason})
			continue
		}
		have[t.provider]++
		zones[t.zone]++
		tasks = append(tasks, t)
	}
	return tasks, failures, nil
}
