// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// group finds a group by name or ARN, or returns nil.
func (f *Fake) group(region, nameOrARN string) *group {
	if at := strings.LastIndex(nameOrARN, "autoScalingGroupName/"); strings.HasPrefix(nameOrARN, "arn:") && at >= 0 {
		g := f.of(region).groups[nameOrARN[at+len("autoScalingGroupName/"):]]
		if g != nil && *g.settings.AutoScalingGroupARN == nameOrARN {
			return g
		}
		return nil
	}
	return f.of(region).groups[nameOrARN]
}

// Group returns a group by name or ARN.
func (f *Fake) Group(region, nameOrARN string) (world.Group, bool) {
	g := f.group(region, nameOrARN)
	if g == nil {
		return world.Group{}, false
	}
	d := g.settings
	out := world.Group{
		ARN: *d.AutoScalingGroupARN, Name: g.name(), Min: int(*d.MinSize), Max: int(*d.MaxSize), Desired: g.desired(),
		Protects: *d.NewInstancesProtectedFromScaleIn, Template: g.templateID(), Version: aws.ToString(g.specs()[0].Version), Deleting: g.deleting,
		Tags: map[string]string{},
	}
	out.Types = g.types()
	for _, p := range g.subnets {
		out.Subnets = append(out.Subnets, p.subnet)
	}
	for _, m := range g.members {
		out.Instances = append(out.Instances, world.GroupInstance{ID: m.id, Lifecycle: string(m.state), Protected: m.protected})
	}
	for _, t := range g.tags {
		out.Tags[*t.Key] = aws.ToString(t.Value)
	}
	return out, true
}

// types are the instance types that the group launches.
func (g *group) types() []string {
	var all []string
	if p := g.settings.MixedInstancesPolicy; p != nil {
		for _, o := range p.LaunchTemplate.Overrides {
			all = append(all, aws.ToString(o.InstanceType))
		}
	}
	if len(all) > 0 {
		return all
	}
	t, err := g.r.f.needs.Instances.Template(g.r.name, g.templateID(), aws.ToString(g.specs()[0].Version))
	if err != nil || t.Type == "" {
		return nil
	}
	return []string{t.Type}
}

// SetDesired changes the desired capacity, within the group's bounds.
func (f *Fake) SetDesired(region, name string, n int, cause string) {
	if g := f.group(region, name); g != nil && !g.deleting {
		g.wants(g.within(n), cause)
	}
}

// Protect sets the scale-in protection of an instance.
func (f *Fake) Protect(region, name, instance string, on bool) {
	g := f.group(region, name)
	if g == nil {
		return
	}
	if m := f.of(region).members[instance]; m != nil && m.g == g && m.protected != on {
		m.protect(on)
	}
}

// Tag sets a tag of the group, which its instances get too.
func (f *Fake) Tag(region, name, key, value string) {
	if g := f.group(region, name); g != nil {
		g.setTag(asgtypes.Tag{Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(true)})
	}
}

// HoldTerminating makes a lifecycle hook, or takes it away.
func (f *Fake) HoldTerminating(region, name, hook string, on bool) {
	g := f.group(region, name)
	switch {
	case g == nil:
	case !on:
		g.removeHook(hook)
	default:
		g.hooks = append(slices.DeleteFunc(slices.Clone(g.hooks), func(h asgtypes.LifecycleHook) bool { return *h.LifecycleHookName == hook }),
			asgtypes.LifecycleHook{
				AutoScalingGroupName: g.settings.AutoScalingGroupName, LifecycleHookName: &hook, LifecycleTransition: aws.String(terminating),
				DefaultResult: aws.String("CONTINUE"), HeartbeatTimeout: aws.Int32(globalMost), GlobalTimeout: aws.Int32(globalMost),
			})
	}
}

// Release lets an instance that waits for the hook be terminated.
func (f *Fake) Release(region, name, hook, instance string) {
	g := f.group(region, name)
	if g == nil {
		return
	}
	if m := f.of(region).members[instance]; m != nil && m.g == g {
		if w := m.waitFor(hook); w != nil {
			m.proceed(w, "CONTINUE")
		}
	}
}

// OnGroup has fn called whenever the group's numbers change, or the lifecycle of one of
// its instances.
func (f *Fake) OnGroup(fn func(region, group, instance string)) { f.onGroup = append(f.onGroup, fn) }
