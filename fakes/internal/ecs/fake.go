// SPDX-License-Identifier: Apache-2.0

// Package ecs is the simulated ECS: clusters, task definitions, tasks on Fargate
// and on container instances, services that roll them out, and capacity providers.
package ecs

import (
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Needs is what ECS needs of the other services.
type Needs struct {
	Access  world.Access
	Images  world.Images
	Network world.Network
	Targets world.Targets
	// Traffic may be nil where no deployment shifts any.
	Traffic     world.Traffic
	Secrets     world.Secrets
	Logs        world.Logs
	Alarms      world.Alarms
	FileSystems world.FileSystems
	// Zones may be nil: none is ever lost.
	Zones       world.Zones
	Directories world.Directories
	Volumes     world.Volumes
	// Those of container instances may be nil: there are none then, and without Groups
	// no capacity providers of one's own.
	Instances world.Instances
	AMIs      world.AMIs
	Profiles  world.Profiles
	// Types may be nil where there are no Managed Instances.
	Types   world.Types
	Groups  world.Groups
	Classic world.ClassicBalancers
	// Registries may be nil: no task registers in Cloud Map then.
	Registries world.Registries
	// Metrics may be nil: nothing is published.
	Metrics world.Metrics
	// Operations makes the parts of Express Mode.
	Operations world.Operations
}

// Fake is the simulated service.
type Fake struct {
	sim      *sim.Sim
	timing   world.Timing
	needs    Needs
	api      *sim.Service
	regions  sim.Regional[region]
	programs map[string]world.Program
	// functions are those of lifecycle hooks, by ARN.
	functions map[string]func(world.HookEvent) world.HookAnswer
	// targets are the tasks behind registered targets.
	targets map[targetKey]*task
	// onSteady are told of services that have become steady.
	onSteady []func(region, cluster, name string)
	// agent is the newest version of the ECS agent.
	agent string
	// launched counts tasks.
	launched int
	// limits are what Fargate does not have.
	limits world.FargateLimits
	quotas *world.Quotas
}

// SetQuotas says what the account may have; by default it has AWS's default quotas.
func (f *Fake) SetQuotas(q *world.Quotas) { f.quotas = q }

var (
	_ world.Prober   = (*Fake)(nil)
	_ world.Services = (*Fake)(nil)
)

// New returns the service without clusters.
func New(s *sim.Sim, t world.Timing, n Needs) *Fake {
	f := &Fake{
		sim: s, timing: t, needs: n, api: sim.NewService("ECS", "ecs"),
		programs: map[string]world.Program{}, targets: map[targetKey]*task{},
		functions: map[string]func(world.HookEvent) world.HookAnswer{}, agent: agentVersion,
	}
	f.regions.New = func(account, name string) *region { return newRegion(f, account, name) }
	f.handleClusters()
	f.handleTaskDefinitions()
	f.handleTasks()
	f.handleServices()
	f.handleDeployments()
	f.handleTags()
	f.handleSettings()
	f.handleProtection()
	f.handleExec()
	f.handleNodes()
	f.handleExpress()
	f.api.Things = f.things
	n.Targets.OnHealth(f.onTargetHealth)
	n.Alarms.OnAlarm(f.onAlarm)
	f.listen()
	return f
}

// listen hears of what happens to what tasks run on.
func (f *Fake) listen() {
	n := &f.needs
	if n.Zones != nil {
		n.Zones.OnZone(f.onZone)
	}
	if n.Instances != nil {
		n.Instances.OnInstance(f.onInstance)
		n.Instances.OnSpotNotice(f.onSpotNotice)
	}
	if n.Groups != nil {
		n.Groups.OnGroup(f.onGroup)
	}
	if n.Classic != nil {
		n.Classic.OnInstanceHealth(f.onClassicHealth)
	}
}

// Services returns the operations of ECS.
func (f *Fake) Services() []*sim.Service { return []*sim.Service{f.api} }

// region is all that ECS has in one region of an account.
type region struct {
	f                        *Fake
	account, name, partition string
	clusters                 map[string]*cluster
	families                 map[string]*family
	settings                 map[ecstypes.SettingName]string
	rollouts                 map[string]*rollout    // by ARN of the service deployment
	revisions                map[string]*deployment // by ARN of the service revision
	addresses                map[address]*task
	providers                map[string]*capacityProvider
	nodes                    map[string]*node  // by EC2 instance
	hosts                    map[address]*node // by primary address
	// used are the CPU units of tasks that are not STOPPED, by capacity provider.
	used map[string]int
	// gateways are the load balancers that services of Express Mode share.
	gateways []*gateway
}

func newRegion(f *Fake, account, name string) *region {
	return &region{
		f: f, account: account, name: name, partition: sim.Partition(name),
		clusters: map[string]*cluster{}, families: map[string]*family{}, settings: map[ecstypes.SettingName]string{},
		rollouts: map[string]*rollout{}, revisions: map[string]*deployment{}, addresses: map[address]*task{},
		used: map[string]int{}, providers: map[string]*capacityProvider{}, nodes: map[string]*node{}, hosts: map[address]*node{},
	}
}

// of returns the region that a call is made in.
func (f *Fake) of(c *sim.Call) *region { return f.regions.In(c) }

// in returns the region of that name in the cloud's own account.
func (f *Fake) in(name string) *region { return f.regions.Of(f.sim.Account(), name) }

func (r *region) arn(resource string) string {
	return "arn:" + r.partition + ":ecs:" + r.name + ":" + r.account + ":" + resource
}

// lastPart is what follows the last slash of an ARN, or the whole of a name.
func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
