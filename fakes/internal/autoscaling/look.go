// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// The pauses between launches that fail in a row: AWS tries again ever more seldom and
// does not say how seldom.
const (
	retryFirst = 15 * time.Second
	retryMost  = 15 * time.Minute
)

// plan has the group look at itself soon, once.
func (g *group) plan() {
	if g.looking {
		return
	}
	g.looking = true
	g.r.f.sim.After(0, func() {
		g.looking = false
		g.look()
	})
}

// look brings the group nearer to what it shall be.
func (g *group) look() {
	switch {
	case g.r.groups[g.name()] != g:
	case g.deleting:
		g.vanish()
	default:
		g.grow()
		g.shrink()
		g.roll()
		g.balance()
		g.fillPool()
	}
}

// vanish ends a group that is deleted once its last instance is gone.
func (g *group) vanish() {
	for _, m := range slices.Clone(g.members) {
		m.leave("an instance was taken out of service in response to a user request to force delete the group")
	}
	if len(g.members) > 0 {
		return
	}
	for _, a := range g.activities {
		a.AutoScalingGroupState = aws.String("Deleted")
	}
	for _, p := range g.policies {
		g.forgetAlarms(p)
	}
	delete(g.r.groups, g.name())
	g.r.gone = append(g.r.gone, g)
	g.told("")
}

// grow launches what the group lacks.
func (g *group) grow() {
	have, want := g.capacity(), g.desired()
	if have >= want || g.suspends("Launch") || g.now().Before(g.retry) {
		return
	}
	why := fmt.Sprintf("an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d",
		have, want)
	for g.capacity() < want {
		what := why
		if g.replacing > 0 {
			what = "an instance was launched in response to an unhealthy instance needing to be replaced"
		}
		if g.fromPool(what) {
			g.replacing = max(g.replacing-1, 0)
			continue
		}
		if !g.launch(launchOrder{what: what}) {
			g.backOff()
			break
		}
		g.replacing = max(g.replacing-1, 0)
		g.failures = 0
	}
	g.cause = ""
}

// backOff plans the next try after launches that failed.
func (g *group) backOff() {
	pause := min(retryFirst<<min(g.failures, 10), retryMost)
	g.failures++
	g.retry = g.now().Add(pause)
	g.r.f.sim.At(g.retry, g.plan)
}

// shrink terminates what the group has too many of. Instances that only even out zones
// are not too many until they serve.
func (g *group) shrink() {
	have, want := g.capacity(), g.desired()
	for _, m := range g.members {
		if m.counts() && m.balancing {
			have -= m.weight
		}
	}
	if have <= want || g.suspends("Terminate") {
		return
	}
	chosen := g.choose(have - want)
	if len(chosen) == 0 {
		g.guarded(have, want)
		return
	}
	less := 0
	for _, m := range chosen {
		less += m.weight
	}
	what := fmt.Sprintf("an instance was taken out of service in response to a difference between desired and actual capacity, "+
		"shrinking the capacity from %d to %d", have, have-less)
	sentences := []string{what}
	for _, m := range chosen {
		sentences = append(sentences, "At "+g.now().UTC().Format("2006-01-02T15:04:05Z")+" instance "+m.id+" was selected for termination")
	}
	what = strings.Join(sentences, ".  ")
	for _, m := range chosen {
		if !m.keep() {
			m.leave(what)
		}
	}
	g.cause = ""
}

// guarded says, once for a desired capacity, that protection keeps the group from it.
func (g *group) guarded(have, want int) {
	if g.blocked != nil && *g.blocked == int32(want) {
		return
	}
	for _, m := range g.counted() {
		if !m.protected {
			return // one that is smaller than what is too much: its weight is more than the difference
		}
	}
	g.blocked = aws.Int32(int32(want))
	a := g.record("Could not scale to desired capacity.", fmt.Sprintf("an attempt was made to take instances out of service in response to a difference "+
		"between desired and actual capacity, shrinking the capacity from %d to %d", have, want), "{}")
	g.close(a, asgtypes.ScalingActivityStatusCodeCancelled,
		"Could not scale to desired capacity because all remaining instances are protected from scale-in.")
	a.Description = aws.String("Could not scale to desired capacity because all remaining instances are protected from scale-in.")
	g.cause = ""
}

// zoneCounts is how many instances the group has in each zone that it may use.
func (g *group) zoneCounts() map[string]int {
	counts := map[string]int{}
	for _, p := range g.subnets {
		counts[p.zone] = 0
	}
	for _, m := range g.counted() {
		counts[m.zone]++
	}
	return counts
}

// balance launches an instance in a zone that has too few, if the zones are uneven and
// nothing else goes on; the one too many goes once it serves.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage
func (g *group) balance() {
	if g.refresh != nil || g.suspends("AZRebalance") || g.suspends("Launch") || g.suspends("Terminate") || g.capacity() != g.desired() || g.now().Before(g.retry) {
		return
	}
	for _, m := range g.members {
		if !m.serves() && !m.warm() && m.state != asgtypes.LifecycleStateStandby {
			return
		}
	}
	counts := g.zoneCounts()
	fullest, emptiest := "", ""
	for _, zone := range slices.Sorted(maps.Keys(counts)) {
		usable := !g.r.f.needs.Zones.Lost(zone) && slices.ContainsFunc(g.subnets, func(p place) bool { return p.zone == zone })
		if emptiest == "" && usable || usable && counts[zone] < counts[emptiest] {
			emptiest = zone
		}
		if g.leavable(zone) && (fullest == "" || counts[zone] > counts[fullest]) {
			fullest = zone
		}
	}
	if fullest == "" || emptiest == "" || counts[fullest]-counts[emptiest] < 2 {
		return
	}
	what := fmt.Sprintf("instances were launched to balance instances in zones %s with other zones resulting in more than desired number of instances in the group", emptiest)
	if !g.launch(launchOrder{what: what, zone: emptiest, balancing: true}) {
		g.backOff()
	}
}

// leavable: an instance of the zone is not protected.
func (g *group) leavable(zone string) bool {
	return slices.ContainsFunc(g.members, func(m *member) bool { return m.zone == zone && m.serves() && !m.protected })
}
