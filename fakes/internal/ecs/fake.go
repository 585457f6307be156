// SPDX-License-Identifier: Apache-2.0

// Package ecs is the simulated ECS: clusters, task definitions, tasks on Fargate
// and services that roll them out.
package ecs

import (
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Needs is what ECS needs of the other services.
type Needs struct {
	Access      world.Access
	Images      world.Images
	Network     world.Network
	Targets     world.Targets
	Secrets     world.Secrets
	Logs        world.Logs
	Alarms      world.Alarms
	FileSystems world.FileSystems
	// Zones may be nil: none is ever lost.
	Zones       world.Zones
	Directories world.Directories
	Volumes     world.Volumes
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
	// targets are the tasks behind registered targets.
	targets map[targetKey]*task
	// launched counts tasks.
	launched int
	// limits are what Fargate does not have.
	limits world.FargateLimits
}

var (
	_ world.Prober   = (*Fake)(nil)
	_ world.Services = (*Fake)(nil)
)

// New returns the service without clusters.
func New(s *sim.Sim, t world.Timing, n Needs) *Fake {
	f := &Fake{
		sim: s, timing: t, needs: n, api: sim.NewService("ECS", "ecs"),
		programs: map[string]world.Program{}, targets: map[targetKey]*task{},
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
	f.handleExpress()
	f.api.Things = f.things
	n.Targets.OnHealth(f.onTargetHealth)
	n.Alarms.OnAlarm(f.onAlarm)
	if n.Zones != nil {
		n.Zones.OnZone(f.onZone)
	}
	return f
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
		used: map[string]int{},
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
