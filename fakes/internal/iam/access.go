// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/policy"
)

// grants are the policies that a role or user has of its own.
type grants struct {
	inline   map[string]string
	attached []string
	boundary string
}

// state is what a snapshot shows, in which none is the same as empty.
func (g grants) state() map[string]any {
	shown := map[string]any{}
	for name, document := range g.inline {
		shown["inline "+name] = document
	}
	for _, arn := range g.attached {
		shown["attached "+arn] = true
	}
	if g.boundary != "" {
		shown["boundary"] = g.boundary
	}
	return shown
}

// Authorize returns AWS's AccessDenied if the caller may not do what is asked.
// The account's root and AWS's own services may do everything.
func (f *Fake) Authorize(p sim.Principal, a sim.Access) error {
	if f.Owner(p) || p.Role == "" && p.Service != "" {
		return nil
	}
	if d := f.decide(p, a); !d.Allowed {
		return denied(p, a, d)
	}
	return nil
}

// Owner reports whether a principal is the cloud's owner, who may do everything.
func (f *Fake) Owner(p sim.Principal) bool { return p.Role == "" && strings.HasSuffix(p.ARN, ":root") }

// decide evaluates all policies that bear on an access.
func (f *Fake) decide(p sim.Principal, a sim.Access) policy.Decision {
	set, request := f.question(p, a)
	return set.Evaluate(request)
}

// question is an access with the policies that bear on it.
func (f *Fake) question(p sim.Principal, a sim.Access) (policy.Set, policy.Request) {
	own, tags := f.grantsOf(p)
	set := policy.Set{Identity: f.policiesOf(own)}
	if own.boundary != "" {
		set.Boundary = &policy.Named{Name: own.boundary, Document: f.managedDocument(own.boundary)}
	}
	if a.Policy != "" {
		set.Resource = &policy.Named{Name: a.Resource, Document: f.parsed(a.Policy)}
	}
	return set, policy.Request{Principal: asPrincipal(p), Action: a.Action, Resource: a.Resource, Context: f.context(p, tags, a.Context)}
}

func asPrincipal(p sim.Principal) policy.Principal {
	q := policy.Principal{ARN: p.ARN, Role: p.Role, Account: p.Account}
	if p.Role == "" {
		q.Service = p.Service
	}
	return q
}

// grantsOf returns the policies and tags of the role or user behind a principal.
func (f *Fake) grantsOf(p sim.Principal) (grants, map[string]string) {
	if r, ok := f.roles[nameOf(p.Role)]; ok && p.Role != "" {
		return r.grants, tagMap(r.Tags)
	}
	if u, ok := f.users[nameOf(p.ARN)]; ok && strings.Contains(p.ARN, ":user/") {
		return u.grants, tagMap(u.Tags)
	}
	return grants{}, nil
}

// policiesOf are a role's or user's own policies, inline ones first, by name.
func (f *Fake) policiesOf(g grants) []policy.Named {
	var all []policy.Named
	for _, name := range sortedKeys(g.inline) {
		all = append(all, policy.Named{Name: name, Document: f.parsed(g.inline[name])})
	}
	for _, arn := range g.attached {
		all = append(all, policy.Named{Name: arn, Document: f.managedDocument(arn)})
	}
	return all
}

func (f *Fake) managedDocument(arn string) policy.Document {
	p, ok := f.managed(arn)
	if !ok {
		return policy.Document{}
	}
	return f.parsed(p.document())
}

// parsed reads a document that was checked when it was stored, once.
func (f *Fake) parsed(text string) policy.Document {
	if doc, ok := f.documents[text]; ok {
		return doc
	}
	doc, err := policy.Parse(text)
	if err != nil {
		return policy.Document{} // allows nothing
	}
	f.documents[text] = doc
	return doc
}

// context adds the keys that AWS gives with every request.
func (f *Fake) context(p sim.Principal, tags map[string]string, given map[string][]string) map[string][]string {
	now := f.sim.Now()
	all := map[string][]string{
		"aws:PrincipalAccount":      {p.Account},
		"aws:PrincipalIsAWSService": {strconv.FormatBool(p.Service != "" && p.Role == "")},
		"aws:CurrentTime":           {now.UTC().Format(time.RFC3339)},
		"aws:EpochTime":             {strconv.FormatInt(now.Unix(), 10)},
		"aws:SecureTransport":       {"true"},
		"aws:userid":                {p.UserID},
	}
	switch {
	case p.Role != "":
		all["aws:PrincipalArn"], all["aws:PrincipalType"] = []string{p.Role}, []string{"AssumedRole"}
	case strings.Contains(p.ARN, ":user/"):
		all["aws:PrincipalArn"], all["aws:PrincipalType"] = []string{p.ARN}, []string{"User"}
		all["aws:username"] = []string{nameOf(p.ARN)}
	}
	for key, value := range tags {
		all["aws:PrincipalTag/"+key] = []string{value}
	}
	maps.Copy(all, given)
	return all
}
