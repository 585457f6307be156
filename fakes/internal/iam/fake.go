// SPDX-License-Identifier: Apache-2.0

// Package iam is the simulated IAM and STS.
//
// Policies are evaluated for every call by a role's session or a user; the
// cloud's owner may do everything.
package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
	"github.com/slipway-go/slipway/internal/policy"
)

// Fake is the simulated service.
type Fake struct {
	sim    *sim.Sim
	timing world.Timing

	roles    map[string]role
	users    map[string]user
	policies map[string]managedPolicy // by ARN; AWS's own too
	profiles map[string]profile
	sessions map[string]session // by access key
	keys     map[string]accessKey
	tasks    map[string]deletion
	// documents are parsed policies by their text.
	documents map[string]policy.Document
}

var _ world.Access = (*Fake)(nil)

// New returns the service without roles.
func New(s *sim.Sim, t world.Timing) *Fake {
	return &Fake{
		sim: s, timing: t,
		roles: map[string]role{}, users: map[string]user{}, policies: map[string]managedPolicy{},
		profiles: map[string]profile{}, sessions: map[string]session{}, keys: map[string]accessKey{},
		tasks: map[string]deletion{}, documents: map[string]policy.Document{},
	}
}

// Services returns the operations of IAM and STS.
func (f *Fake) Services() []*sim.Service {
	iam, sts := sim.NewService("IAM", "iam"), sim.NewService("STS", "sts")
	iam.Things = f.things
	f.serveRoles(iam)
	f.serveRolePolicies(iam)
	f.servePolicies(iam)
	f.serveAttachments(iam)
	f.serveProfiles(iam)
	f.serveLinked(iam)
	f.serveUsers(iam)
	f.serveSimulator(iam)
	f.serveSTS(sts)
	return []*sim.Service{iam, sts}
}

// arn returns the ARN of a thing of the account, such as "role/path/name".
func (f *Fake) arn(resource string) string { return "arn:aws:iam::" + f.sim.Account() + ":" + resource }

// id returns a unique id of the kind that the prefix stands for.
func (f *Fake) id(prefix, name string) string {
	const digits = 17
	return prefix + strings.ToUpper(f.sim.ID(digits, prefix, name))
}

// things are what a snapshot shows.
func (f *Fake) things() []sim.Thing {
	var all []sim.Thing
	add := func(kind, id string, state any) { all = append(all, sim.Thing{Type: kind, ID: id, State: state}) }
	for _, name := range slices.Sorted(maps.Keys(f.roles)) {
		r := f.roles[name]
		add("role", name, map[string]any{"Role": r.Role, "Policies": r.state()})
	}
	for _, name := range slices.Sorted(maps.Keys(f.users)) {
		u := f.users[name]
		add("user", name, map[string]any{"User": u.User, "Policies": u.state()})
	}
	for _, arn := range slices.Sorted(maps.Keys(f.policies)) {
		add("policy", arn, f.policies[arn].versions)
	}
	for _, name := range slices.Sorted(maps.Keys(f.profiles)) {
		add("instance-profile", name, f.profiles[name])
	}
	return all
}
