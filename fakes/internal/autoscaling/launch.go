// SPDX-License-Identifier: Apache-2.0

package autoscaling

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

// launchOrder is why and where an instance is launched.
type launchOrder struct {
	// what is the sentence of the cause.
	what string
	// zone, if it must be one.
	zone      string
	balancing bool
	// warm: for the warm pool.
	warm bool
}

// offer is one way to launch: a type, of a template.
type offer struct {
	template asgtypes.LaunchTemplateSpecification
	kind     string
	weight   int
	weighted bool
	spot     bool
}

// linked is the service whose role the groups use.
const linked = "autoscaling.amazonaws.com"

// launch starts an instance in the first place that has room, and reports whether one had.
// Each zone that has none is an activity that failed.
func (g *group) launch(o launchOrder) bool {
	offers, err := g.offers()
	if err != nil {
		g.failed(o, place{}, err)
		return false
	}
	if !g.r.f.needs.Access.HasServiceLinkedRole(linked) {
		g.failed(o, place{}, errors.New("Access denied when attempting to assume role "+aws.ToString(g.settings.ServiceLinkedRoleARN)))
		return false
	}
	for _, p := range g.places(o) {
		var err error
		for _, way := range offers {
			var i world.Instance
			if i, err = g.r.f.needs.Instances.Launch(g.r.name, g.launchOf(way, p)); err == nil {
				g.join(i, way, p, o)
				return true
			}
			if !scarce(err) {
				break
			}
		}
		g.failed(o, p, err)
		if !scarce(err) {
			break
		}
	}
	return false
}

// scarce: another type or zone may have what this one lacks.
func scarce(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains([]string{"InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet"}, api.ErrorCode())
}

func (g *group) launchOf(way offer, p place) world.Launch {
	tags := map[string]string{"aws:autoscaling:groupName": g.name()}
	for _, t := range g.tags {
		if aws.ToBool(t.PropagateAtLaunch) {
			tags[*t.Key] = aws.ToString(t.Value)
		}
	}
	t := way.template
	return world.Launch{
		Template: cmp.Or(aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)), Version: aws.ToString(t.Version),
		Type: way.kind, Subnet: p.subnet, Spot: way.spot, Tags: tags,
	}
}

// words are what AWS says of an error.
func words(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorMessage()
	}
	return err.Error()
}

// message is what AWS says of an error, as a sentence.
func message(err error) string { return strings.TrimSuffix(words(err), ".") + "." }

// failed records a launch that failed.
func (g *group) failed(o launchOrder, p place, err error) {
	a := g.record("Launching a new EC2 instance", o.what, whereabouts(p))
	g.close(a, asgtypes.ScalingActivityStatusCodeFailed, message(err)+" Launching EC2 instance failed.")
}

// join takes a launched instance into the group.
func (g *group) join(i world.Instance, way offer, p place, o launchOrder) {
	t := way.template
	if v, err := g.r.f.needs.Instances.Template(g.r.name, cmp.Or(aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)),
		aws.ToString(t.Version)); err == nil {
		t = asgtypes.LaunchTemplateSpecification{
			LaunchTemplateId: aws.String(v.ID), LaunchTemplateName: aws.String(v.Name), Version: aws.String(versionText(v)),
		}
	}
	m := &member{
		g: g, id: i.ID, kind: i.Type.Name, image: i.Image, subnet: p.subnet, zone: p.zone, zoneID: p.zoneID, template: t, weight: way.weight,
		weighted: way.weighted, spot: way.spot, state: asgtypes.LifecycleStatePending, launched: g.now(), balancing: o.balancing,
		protected: aws.ToBool(g.settings.NewInstancesProtectedFromScaleIn),
	}
	if o.warm {
		m.state = asgtypes.LifecycleStateWarmedPending
	}
	m.activity = g.record("Launching a new EC2 instance: "+i.ID, o.what, whereabouts(p))
	m.activity.StatusCode = asgtypes.ScalingActivityStatusCodePreInService
	g.members = append(g.members, m)
	g.r.members[i.ID] = m
	g.told(m.id)
}

func versionText(t world.Template) string { return strconv.FormatInt(t.Version, 10) }

// places are the subnets in the order in which they are tried: that of the zone with the
// fewest instances first, those of the warm pool among them if it is for that. Zones that
// are lost come last, so that they are tried where there is nothing else.
func (g *group) places(o launchOrder) []place {
	counts, in := g.zoneCounts(), map[string]int{}
	for _, m := range g.members {
		switch {
		case m.counts():
			in[m.subnet]++
		case o.warm && m.warm():
			in[m.subnet]++
			counts[m.zone]++
		}
	}
	all := slices.DeleteFunc(slices.Clone(g.subnets), func(p place) bool { return o.zone != "" && p.zone != o.zone })
	lost := func(p place) int {
		if g.r.f.needs.Zones.Lost(p.zone) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b place) int {
		return cmp.Or(cmp.Compare(lost(a), lost(b)), cmp.Compare(counts[a.zone], counts[b.zone]), cmp.Compare(in[a.subnet], in[b.subnet]))
	})
	return all
}
