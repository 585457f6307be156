// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// group is an Auto Scaling group.
type group struct {
	r *region
	// settings have no instances and no tags; see [group.described].
	settings  asgtypes.AutoScalingGroup
	subnets   []place
	tags      []asgtypes.Tag
	suspended map[string]string
	hooks     []asgtypes.LifecycleHook
	// members are in order of arrival.
	members    []*member
	activities []*asgtypes.Activity
	actions    map[string]*action
	policies   map[string]asgtypes.ScalingPolicy
	// refresh goes on, or is nil; refreshes are all there have been.
	refresh   *refresh
	refreshes []*refresh
	// cause is why the numbers have changed; it stands before that of the next activities.
	cause string
	// replacing counts the instances that are launched for unhealthy ones.
	replacing int
	// failures counts launches that failed in a row; none is tried until retry.
	failures int
	retry    time.Time
	// blocked is the desired capacity that scale-in protection has kept from being reached.
	blocked *int32
	// cooldown is when the cooldown of the last scaling ends.
	cooldown time.Time
	// looking: a look is planned. collecting: metrics are published every minute.
	looking, deleting, collecting bool
}

// place is a subnet in its zone.
type place struct{ subnet, zone, zoneID string }

func (g *group) name() string   { return *g.settings.AutoScalingGroupName }
func (g *group) desired() int   { return int(*g.settings.DesiredCapacity) }
func (g *group) now() time.Time { return g.r.f.sim.Now() }

// suspends reports whether a process of the group is suspended.
func (g *group) suspends(process string) bool { _, ok := g.suspended[process]; return ok }

// checks reports whether the group looks at a kind of health check.
func (g *group) checks(kind string) bool {
	for k := range strings.SplitSeq(aws.ToString(g.settings.HealthCheckType), ",") {
		if strings.TrimSpace(k) == kind {
			return true
		}
	}
	return false
}

// capacity is what the group has, by weight, of instances that serve or will.
func (g *group) capacity() (n int) {
	for _, m := range g.members {
		if m.counts() {
			n += m.weight
		}
	}
	return n
}

// members that are out of the warm pool and not on their way out.
func (g *group) counted() []*member {
	return slices.DeleteFunc(slices.Clone(g.members), func(m *member) bool { return !m.counts() })
}

// told lets others know of a change of the group, or of one of its instances.
func (g *group) told(instance string) {
	for _, fn := range g.r.f.onGroup {
		fn(g.r.name, g.name(), instance)
	}
}

// wants changes the desired capacity. why is in AWS's words, without the numbers.
func (g *group) wants(n int, why string) {
	from := g.desired()
	if from == n {
		return
	}
	g.explain(fmt.Sprintf("%s changing the desired capacity from %d to %d", why, from, n))
	g.settings.DesiredCapacity = aws.Int32(int32(n))
	g.blocked = nil
	g.failures, g.retry = 0, time.Time{}
	g.told("")
	g.plan()
}

// explain puts a sentence before those of the next activities.
func (g *group) explain(what string) { g.cause += g.stamp(what) }

// stamp is a sentence of a cause: when, and what.
func (g *group) stamp(what string) string {
	return "At " + g.now().UTC().Format("2006-01-02T15:04:05Z") + " " + what + ".  "
}

// described is the group as the API shows it.
func (g *group) described() asgtypes.AutoScalingGroup {
	d := g.settings
	if x := g.refresh; x != nil && x.brings() {
		d.LaunchTemplate, d.MixedInstancesPolicy = x.before.LaunchTemplate, x.before.MixedInstancesPolicy
	}
	for _, m := range g.members {
		if !m.warm() {
			d.Instances = append(d.Instances, m.described())
		}
	}
	for _, t := range g.tags {
		d.Tags = append(d.Tags, g.tagged(t))
	}
	for _, name := range processes {
		if why, ok := g.suspended[name]; ok {
			d.SuspendedProcesses = append(d.SuspendedProcesses, asgtypes.SuspendedProcess{ProcessName: aws.String(name), SuspensionReason: aws.String(why)})
		}
	}
	if g.deleting {
		d.Status = aws.String("Delete in progress")
	}
	return d
}

func (g *group) tagged(t asgtypes.Tag) asgtypes.TagDescription {
	return asgtypes.TagDescription{
		Key: t.Key, Value: aws.String(aws.ToString(t.Value)), PropagateAtLaunch: aws.Bool(aws.ToBool(t.PropagateAtLaunch)),
		ResourceId: g.settings.AutoScalingGroupName, ResourceType: aws.String("auto-scaling-group"),
	}
}
