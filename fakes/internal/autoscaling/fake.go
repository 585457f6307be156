// SPDX-License-Identifier: Apache-2.0

// Package autoscaling is the simulated EC2 Auto Scaling: groups that launch, replace and
// terminate instances of EC2.
package autoscaling

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	modelelb "github.com/slipway-go/slipway/internal/model/elb"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	needs   Needs
	regions sim.Regional[region]
	// onGroup are told of changes.
	onGroup []func(region, group, instance string)
	service *sim.Service
}

// Needs are the other services that groups ask.
type Needs struct {
	Access    world.Access
	Instances world.Instances
	Types     world.Types
	Zones     world.Zones
	Network   world.Network
	Targets   world.Targets
	Metrics   world.Metrics
}

var _ world.Groups = (*Fake)(nil)

// region has the groups of a region, by name, and those that are gone.
type region struct {
	f       *Fake
	account string
	name    string
	groups  map[string]*group
	gone    []*group
	// members finds an instance that is in a group.
	members map[string]*member
	// loads are how much CPU the instances of a group use, by its name.
	loads map[string]func(t time.Time, serving int) float64
}

// New returns the service without groups.
func New(s *sim.Sim, n Needs) *Fake {
	f := &Fake{sim: s, needs: n}
	f.regions.New = func(account, name string) *region {
		return &region{
			f: f, account: account, name: name, groups: map[string]*group{}, members: map[string]*member{},
			loads: map[string]func(time.Time, int) float64{},
		}
	}
	n.Instances.OnInstance(f.instanceChanged)
	n.Instances.OnSpotNotice(f.spotNoticed)
	n.Zones.OnZone(f.zoneChanged)
	n.Targets.OnHealth(f.targetChanged)
	n.Metrics.OnBreach(f.alarmed)
	f.service = f.operations()
	return f
}

// Services returns the operations of EC2 Auto Scaling.
func (f *Fake) Services() []*sim.Service { return []*sim.Service{f.service} }

func (f *Fake) operations() *sim.Service {
	s := sim.NewService("Auto Scaling", "autoscaling")
	s.Things = f.things
	for _, register := range []func(*sim.Service, *Fake){
		registerGroups, registerInstances, registerCapacity, registerActivities, registerProcesses, registerHooks,
		registerTags, registerTargets, registerTypes, registerSchedules, registerPools,
		registerPolicies, registerRefreshes, registerMetrics,
	} {
		register(s, f)
	}
	return s
}

func (f *Fake) of(name string) *region { return f.regions.Of(f.sim.Account(), name) }

// Get answers the rules about target groups.
func (r *region) Get(kind, ref string) (state any, found, known bool) {
	if kind != modelelb.KindTargetGroup {
		return nil, false, false
	}
	g, ok := r.f.needs.Targets.TargetGroup(r.name, ref)
	if !ok {
		return nil, false, true
	}
	return &modelelb.TargetGroup{Create: awselb.CreateTargetGroupInput{TargetType: elbtypes.TargetTypeEnum(g.TargetType)}}, true, true
}

// find returns a group, or AWS's answer that there is none.
func (r *region) find(name *string) (*group, error) {
	if g, ok := r.groups[aws.ToString(name)]; ok {
		return g, nil
	}
	return nil, invalid("AutoScalingGroup name not found - AutoScalingGroup '" + aws.ToString(name) + "' not found")
}

// sorted returns the groups of the names, or all of them, by name.
func (r *region) sorted(names []string) []*group {
	var all []*group
	for _, name := range slices.Sorted(maps.Keys(r.groups)) {
		if len(names) == 0 || slices.Contains(names, name) {
			all = append(all, r.groups[name])
		}
	}
	return all
}

func invalid(text string) error { return sim.Errorf("ValidationError", "%s", text) }

func typed(code, message string) error {
	switch code {
	case "AlreadyExists":
		return &asgtypes.AlreadyExistsFault{Message: &message}
	default:
		return nil
	}
}

// page cuts a page as the Describe operations do.
func page[E any](all []E, token *string, size *int32, usual, most int) ([]E, *string, error) {
	n := usual
	if size != nil {
		n = int(*size)
	}
	if n < 1 || n > most {
		return nil, nil, sim.Errorf("ValidationError",
			"1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and %d", n, most)
	}
	cut, next, err := sim.Page(all, token, n)
	if err != nil {
		return nil, nil, &asgtypes.InvalidNextToken{Message: aws.String("The token is invalid.")}
	}
	return cut, next, nil
}

// onGroups says that the caller needs the operation's action on the group of that name.
func onGroups[I any](action string, name func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{groupAccess(c, action, name(in))}
	})
}
