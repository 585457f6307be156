// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// choose returns the instances to terminate so that the group has less, by weight, and no
// more than that; those protected from scale-in stay.
func (g *group) choose(less int) []*member {
	var chosen []*member
	left := slices.DeleteFunc(g.counted(), func(m *member) bool { return m.balancing })
	if x := g.refresh; x != nil && slices.ContainsFunc(left, func(m *member) bool { return slices.Contains(x.left, m) }) {
		left = slices.DeleteFunc(left, func(m *member) bool { return !slices.Contains(x.left, m) })
	}
	for less > 0 {
		m := g.pick(left, less)
		if m == nil {
			break
		}
		chosen = append(chosen, m)
		left = slices.DeleteFunc(left, func(o *member) bool { return o == m })
		less -= m.weight
	}
	return chosen
}

// pick returns the next one: of the zone that has most instances, by the policies in their
// order.
//
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
func (g *group) pick(left []*member, less int) *member {
	free := slices.DeleteFunc(slices.Clone(left), func(m *member) bool { return m.protected || m.weight > less })
	if len(free) == 0 {
		return nil
	}
	in := map[string]int{}
	for _, m := range left {
		in[m.zone]++
	}
	most := 0
	for _, m := range free {
		most = max(most, in[m.zone])
	}
	free = slices.DeleteFunc(free, func(m *member) bool { return in[m.zone] < most })
	for _, policy := range g.settings.TerminationPolicies {
		free = g.narrow(policy, free)
	}
	return free[0]
}

// narrow returns those that a policy would terminate first.
func (g *group) narrow(policy string, free []*member) []*member {
	switch policy {
	case "OldestInstance":
		return first(free, func(a, b *member) int { return a.launched.Compare(b.launched) })
	case "NewestInstance":
		return first(free, func(a, b *member) int { return b.launched.Compare(a.launched) })
	case "OldestLaunchTemplate":
		return first(free, g.olderTemplate)
	case "AllocationStrategy":
		return g.surplus(free)
	default: // Default
		return first(g.narrow("OldestLaunchTemplate", g.surplus(free)), func(a, b *member) int { return a.launched.Compare(b.launched) })
	}
}

// first returns those that are least.
func first(list []*member, compare func(a, b *member) int) []*member {
	if len(list) == 0 {
		return list
	}
	least := slices.MinFunc(list, compare)
	return slices.DeleteFunc(slices.Clone(list), func(m *member) bool { return compare(m, least) > 0 })
}

// olderTemplate: those of another template than the group's come first, then those of an
// older version.
func (g *group) olderTemplate(a, b *member) int {
	rank := func(m *member) int {
		if *m.template.LaunchTemplateId != g.templateID() {
			return -1
		}
		n, err := strconv.Atoi(aws.ToString(m.template.Version))
		if err != nil {
			return 0
		}
		return n
	}
	return cmp.Compare(rank(a), rank(b))
}

// surplus: of on-demand and Spot instances, those that the mixed instances policy has too
// many of.
func (g *group) surplus(free []*member) []*member {
	p := g.settings.MixedInstancesPolicy
	if p == nil || p.InstancesDistribution == nil {
		return free
	}
	share := 100
	if n := p.InstancesDistribution.OnDemandPercentageAboveBaseCapacity; n != nil {
		share = int(*n)
	}
	want := min(int(aws.ToInt32(p.InstancesDistribution.OnDemandBaseCapacity)), g.desired())
	want += ((g.desired()-want)*share + 99) / 100
	spot := g.onDemand() <= want
	kept := slices.DeleteFunc(slices.Clone(free), func(m *member) bool { return m.spot != spot })
	if len(kept) == 0 {
		return free
	}
	return kept
}
