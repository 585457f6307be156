// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/policy"
)

// session is what an access key stands for.
type session struct {
	// role is the name or, for one that STS gave out, also the id of the role.
	role, id string
	name     string
	expires  time.Time
}

// accessKey is a user's long-lived key.
type accessKey struct {
	user   string
	status string
	made   time.Time
}

// sessionName is that of sessions made by [Fake.Session].
const sessionName = "slipway"

// Session makes an access key that acts as the role (name or ARN). The role is
// looked up at each call, so it may be made later; a call made while it does not
// exist fails with InvalidClientTokenId, in words that say so.
func (f *Fake) Session(role string) string {
	key := f.key("ASIA", "session", role)
	f.sessions[key] = session{role: nameOf(role), name: sessionName}
	return key
}

func (f *Fake) key(prefix string, parts ...string) string {
	const digits = 16
	return prefix + strings.ToUpper(f.sim.ID(digits, parts...))
}

// Caller returns who signs with an access key.
func (f *Fake) Caller(key string) (sim.Principal, error) {
	if k, ok := f.keys[key]; ok && k.status == "Active" {
		u := f.users[k.user]
		return sim.Principal{ARN: *u.Arn, UserID: *u.UserId, Account: f.sim.Account()}, nil
	}
	s, ok := f.sessions[key]
	if !ok {
		return sim.Principal{}, invalidToken("")
	}
	r, ok := f.roles[s.role]
	if !ok || s.id != "" && s.id != *r.RoleId {
		return sim.Principal{}, invalidToken(fmt.Sprintf(" (the cloud has no role %q)", s.role))
	}
	if !s.expires.IsZero() && f.sim.Now().After(s.expires) {
		return sim.Principal{}, sim.Errorf("ExpiredToken", "The security token included in the request is expired")
	}
	return f.principal(r, s.name), nil
}

func invalidToken(why string) error {
	return sim.Errorf("InvalidClientTokenId", "The security token included in the request is invalid.%s", why)
}

// principal is a session of a role.
func (f *Fake) principal(r role, name string) sim.Principal {
	account := f.sim.Account()
	return sim.Principal{
		ARN:    "arn:aws:sts::" + account + ":assumed-role/" + *r.RoleName + "/" + name,
		UserID: *r.RoleId + ":" + name, Account: account, Role: *r.Arn,
	}
}

// Assume returns the principal that an AWS service becomes when it assumes the
// role, or why the role does not exist or does not trust it. A role cannot be
// assumed before it has propagated.
func (f *Fake) Assume(roleARN, service, name string, context map[string][]string) (sim.Principal, error) {
	p, err := f.assume(roleARN, sim.Principal{Service: service}, name, context)
	p.Service = ""
	return p, err
}

func (f *Fake) assume(roleARN string, by sim.Principal, name string, context map[string][]string) (sim.Principal, error) {
	r, ok := f.roles[nameOf(roleARN)]
	if !ok || *r.Arn != roleARN || f.sim.Now().Before(r.usable) {
		return sim.Principal{}, notAssumed(by, roleARN)
	}
	trust := policy.Named{Name: *r.RoleName, Document: f.parsed(*r.AssumeRolePolicyDocument)}
	d := policy.Set{Resource: &trust, Trust: true}.Evaluate(policy.Request{
		Principal: asPrincipal(by), Action: "sts:AssumeRole", Resource: roleARN, Context: f.context(by, nil, context),
	})
	if !d.Allowed {
		return sim.Principal{}, notAssumed(by, roleARN)
	}
	return f.principal(r, name), nil
}

func notAssumed(by sim.Principal, role string) error {
	who := by.ARN
	if who == "" {
		who = by.Service
	}
	return sim.Errorf("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", who, role)
}

// nameOf is the last part of an ARN or path, or the name itself.
func nameOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
