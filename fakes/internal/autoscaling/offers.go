// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// offers are the ways to launch the next instance, the best first. The error is AWS's if
// the template is gone.
func (g *group) offers() ([]offer, error) {
	p := g.settings.MixedInstancesPolicy
	if p == nil {
		return []offer{{template: *g.settings.LaunchTemplate, weight: 1}}, nil
	}
	spot := g.nextIsSpot(p.InstancesDistribution)
	base := *p.LaunchTemplate.LaunchTemplateSpecification
	var all []offer
	for _, o := range p.LaunchTemplate.Overrides {
		way := offer{template: base, kind: aws.ToString(o.InstanceType), weight: 1, spot: spot}
		if o.LaunchTemplateSpecification != nil {
			way.template = *o.LaunchTemplateSpecification
		}
		if o.WeightedCapacity != nil {
			n, err := strconv.Atoi(*o.WeightedCapacity)
			if err != nil {
				return nil, err
			}
			way.weight, way.weighted = n, true
		}
		if q := o.InstanceRequirements; q != nil {
			ways, err := g.satisfying(way, q)
			if err != nil {
				return nil, err
			}
			all = append(all, ways...)
			continue
		}
		all = append(all, way)
	}
	if len(all) == 0 {
		return []offer{{template: base, weight: 1, spot: spot}}, nil
	}
	g.rank(all, spot, p.InstancesDistribution)
	return all, nil
}

// satisfying are the ways with the types that satisfy the requirements and that the template
// launches: the image has one architecture.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/create-mixed-instances-group-attribute-based-instance-type-selection.html
func (g *group) satisfying(way offer, q *asgtypes.InstanceRequirements) ([]offer, error) {
	required, err := world.Requirements(q)
	if err != nil {
		return nil, err
	}
	types, err := g.r.f.needs.Types.Matching(required)
	if err != nil {
		return nil, err
	}
	var all []offer
	for _, t := range types {
		way.kind = t.Name
		if err := g.r.f.needs.Instances.Dry(g.r.name, g.launchOf(way, g.subnets[0])); err == nil || scarce(err) {
			all = append(all, way)
		}
	}
	if len(all) == 0 {
		return nil, invalid("No instance type satisfies the instance requirements.") // AWS does not publish its words
	}
	return all, nil
}

// nextIsSpot: what is over the base, and over the share of on-demand instances above it,
// is Spot capacity. Fractions of an instance are on demand.
//
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
func (g *group) nextIsSpot(d *asgtypes.InstancesDistribution) bool {
	if d == nil {
		return false
	}
	base, share := int(aws.ToInt32(d.OnDemandBaseCapacity)), 100
	if d.OnDemandPercentageAboveBaseCapacity != nil {
		share = int(*d.OnDemandPercentageAboveBaseCapacity)
	}
	want := min(base, g.desired())
	want += ((g.desired()-want)*share + 99) / 100
	return g.onDemand() >= want
}

// onDemand is the capacity, by weight, that is on demand.
func (g *group) onDemand() (n int) {
	for _, m := range g.counted() {
		if !m.spot {
			n += m.weight
		}
	}
	return n
}

// rank sorts the ways by the allocation strategy. The simulation knows no prices and no
// depth of pools: what is smaller, by vCPUs and memory of a unit of capacity, counts as
// cheaper, and pools without capacity are passed over as they are met.
func (g *group) rank(all []offer, spot bool, d *asgtypes.InstancesDistribution) {
	strategy := "prioritized"
	if spot {
		strategy = "lowest-price"
	}
	if d != nil {
		strategy = cmp.Or(aws.ToString(d.OnDemandAllocationStrategy), strategy)
		if spot {
			strategy = cmp.Or(aws.ToString(d.SpotAllocationStrategy), "lowest-price")
		}
	}
	switch strategy {
	case "lowest-price", "price-capacity-optimized":
		slices.SortStableFunc(all, func(a, b offer) int { return cmp.Compare(g.price(a), g.price(b)) })
	}
	if spot && strategy == "lowest-price" {
		g.spread(all, d)
	}
}

// price stands for what a unit of capacity costs.
func (g *group) price(o offer) float64 {
	t, ok := g.r.f.needs.Instances.InstanceType(o.kind)
	if !ok {
		return 0
	}
	return t.Price() / float64(o.weight)
}

// spread puts the pool first, of the cheapest ones that the policy allows, that has the
// fewest instances; AWS's default is 2 pools.
func (g *group) spread(all []offer, d *asgtypes.InstancesDistribution) {
	pools := 2
	if d != nil && d.SpotInstancePools != nil {
		pools = int(*d.SpotInstancePools)
	}
	in := map[string]int{}
	for _, m := range g.counted() {
		if m.spot {
			in[m.kind]++
		}
	}
	slices.SortStableFunc(all[:min(pools, len(all))], func(a, b offer) int { return cmp.Compare(in[a.kind], in[b.kind]) })
}
