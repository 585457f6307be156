// SPDX-License-Identifier: Apache-2.0

// Package ec2 is the simulated EC2: VPCs and what is in them, with addresses, routes
// and security groups that decide what can reach what, and instances that boot from
// launch templates.
package ec2

import (
	"reflect"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	timing  world.Timing
	regions sim.Regional[region]
	service *sim.Service
	needs   Needs

	limits world.EC2Limits
	// lost zones, by name.
	lost map[string]bool
	// Who is told of instances, of Spot instances that are taken away, and of zones.
	onInstance, onNotice []func(region string, i world.Instance)
	onZone               []func(zone string, lost bool)
	// balancers are nil until somebody knows load balancers.
	balancers world.NetworkBalancers
	quotas    *world.Quotas
}

// Needs are the other services that instances ask.
type Needs struct {
	Profiles world.Profiles
	AMIs     world.AMIs
}

var (
	_ world.Network   = (*Fake)(nil)
	_ world.Instances = (*Fake)(nil)
	_ world.Zones     = (*Fake)(nil)
)

// New returns the service with a default VPC of three zones in each region.
func New(s *sim.Sim, t world.Timing, n Needs) *Fake {
	f := &Fake{sim: s, timing: t, needs: n, lost: map[string]bool{}}
	f.regions.New = f.newRegion
	f.service = f.operations()
	return f
}

// SetQuotas says what the account may have; by default it has AWS's default quotas.
func (f *Fake) SetQuotas(q *world.Quotas) { f.quotas = q }

// Services returns the operations of EC2.
func (f *Fake) Services() []*sim.Service { return []*sim.Service{f.service} }

func (f *Fake) operations() *sim.Service {
	s := sim.NewService("EC2", "ec2")
	s.Denied, s.Things = "UnauthorizedOperation", f.things
	for _, register := range []func(*sim.Service, *Fake){
		registerPlaces, registerVPCs, registerSubnets, registerGateways, registerNAT, registerAddresses,
		registerRouteTables, registerRoutes, registerGroups, registerGroupRules, registerEndpoints,
		registerPrefixLists, registerInterfaces, registerACLs, registerTags,
		registerAssociations, registerDHCP, registerEndpointServices, registerPrefixChanges,
		registerTypes, registerImages, registerTemplates, registerTemplateVersions, registerRun, registerInstances,
		registerStates, registerAttributes,
		registerServiceConfigurations, registerConnections, registerVolumes,
	} {
		register(s, f)
	}
	return s
}

// Open makes what every account has in a region, if nobody has asked for it yet.
func (f *Fake) Open(region string) { f.of(region) }

func (f *Fake) of(name string) *region { return f.regions.Of(f.sim.Account(), name) }

// handle registers an operation that works on the caller's region. A dry run
// ends before it begins: whether the caller may do it has been checked by then.
func handle[I, O any](s *sim.Service, f *Fake, name string, h func(r *region, in *I) (*O, error), opts ...sim.Option[I]) {
	sim.Handle(s, name, func(c *sim.Call, in *I) (*O, error) {
		if isDryRun(in) {
			return nil, dryRun()
		}
		return h(f.regions.In(c), in)
	}, opts...)
}

func dryRun() error {
	return sim.Errorf("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}

func isDryRun(in any) bool {
	field := reflect.ValueOf(in).Elem().FieldByName("DryRun")
	flag, ok := reflect.TypeAssert[*bool](orZero(field))
	return ok && flag != nil && *flag
}

// orZero stands in for the field of inputs that have none.
func orZero(v reflect.Value) reflect.Value {
	if v.IsValid() {
		return v
	}
	return reflect.ValueOf((*bool)(nil))
}
