// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"strings"
)

// Request is one question: may this principal do this to that?
type Request struct {
	// Principal is who asks.
	Principal Principal
	// Action such as "ecs:CreateService"; Resource an ARN or "*".
	Action, Resource string
	// Context has condition keys and their values; keys ignore case.
	Context map[string][]string
}

// Principal is who makes a request. One of ARN, Service and Federated is set.
type Principal struct {
	// ARN of the user, role session or root.
	ARN string
	// Role is the ARN of the role behind a session.
	Role string
	// Account has 12 digits.
	Account string
	// Service is an AWS service that acts by itself, such as
	// "ecs-tasks.amazonaws.com".
	Service string
	// Federated is the identity provider that vouches for the principal.
	Federated string
}

// Named is a policy with the name or ARN it goes by.
type Named struct {
	Name string
	Document
}

// Set is all the policies that bear on a request. Nil pointers are absent.
type Set struct {
	// Identity are those of the user or role.
	Identity []Named
	// Boundary bounds what Identity can allow.
	Boundary *Named
	// Session are those given when the role was assumed; they bound it further.
	Session []Named
	// Resource is that of the resource; in one account it allows by itself.
	Resource *Named
	// Trust: Resource is a role's trust policy, which must allow by itself.
	Trust bool
}

// Kind says what kind of policy decided.
type Kind string

// The kinds of policies, in AWS's words.
const (
	Identity Kind = "identity-based policy"
	Resource Kind = "resource-based policy"
	Boundary Kind = "permissions boundary"
	Session  Kind = "session policy"
	Trust    Kind = "role trust policy"
)

// Decision is the answer to a [Request].
type Decision struct {
	Allowed bool
	// Kind is that of the policy that decided, or, if nothing allows, of the one
	// that should have.
	Kind Kind
	// Policy is the name of the policy, and Statement the one in it that decided;
	// empty and nil if the request is denied because nothing allows it.
	Policy    string
	Statement *Statement
	action    string
}

// Explicit reports whether a statement denies the request.
func (d Decision) Explicit() bool { return !d.Allowed && d.Statement != nil }

// Because returns AWS's words for a denial, as they end its messages: "because
// no identity-based policy allows the ecs:RunTask action"; empty if allowed.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func (d Decision) Because() string {
	switch {
	case d.Allowed:
		return ""
	case d.Explicit():
		return "with an explicit deny in " + article(d.Kind) + " " + string(d.Kind)
	default:
		return "because no " + string(d.Kind) + " allows the " + d.action + " action"
	}
}

func article(k Kind) string {
	if k == Identity {
		return "an"
	}
	return "a"
}

// Evaluate decides a request: an explicit deny wins over an allow, an allow over
// silence, and what bounds must allow too.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
func (s Set) Evaluate(r Request) Decision {
	q := newQuestion(r)
	if d, denied := s.denied(q); denied {
		return d
	}
	if s.Trust {
		return q.first(Trust, s.resource())
	}
	granted := q.first(Resource, s.resource())
	if granted.Allowed && (r.Principal.Service != "" || !q.viaRole(granted.Statement)) {
		return granted
	}
	if r.Principal.Service != "" {
		return granted
	}
	return s.identity(q, granted)
}

// identity decides by the caller's own policies; granted is what the resource's
// policy says to the role.
func (s Set) identity(q question, granted Decision) Decision {
	d := q.first(Identity, s.Identity)
	if granted.Allowed {
		d = granted
	}
	if !d.Allowed {
		return d
	}
	if s.Boundary != nil {
		if b := q.first(Boundary, []Named{*s.Boundary}); !b.Allowed {
			return b
		}
	}
	if len(s.Session) > 0 {
		if b := q.first(Session, s.Session); !b.Allowed {
			return b
		}
	}
	return d
}

func (s Set) resource() []Named {
	if s.Resource == nil {
		return nil
	}
	return []Named{*s.Resource}
}

// denied looks for an explicit deny in all policies.
func (s Set) denied(q question) (Decision, bool) {
	byResource := Resource
	if s.Trust {
		byResource = Trust
	}
	var boundary []Named
	if s.Boundary != nil {
		boundary = []Named{*s.Boundary}
	}
	for _, group := range []struct {
		kind     Kind
		policies []Named
	}{{byResource, s.resource()}, {Identity, s.Identity}, {Boundary, boundary}, {Session, s.Session}} {
		if name, statement := q.find(Deny, group.kind, group.policies); statement != nil {
			return Decision{Kind: group.kind, Policy: name, Statement: statement, action: q.Action}, true
		}
	}
	return Decision{}, false
}

// question is a request made ready for matching.
type question struct {
	Request
	keys keys
}

func newQuestion(r Request) question {
	k := make(keys, len(r.Context))
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		k[strings.ToLower(key)] = r.Context[key]
	}
	return question{Request: r, keys: k}
}

// first decides by the first statement that allows.
func (q question) first(kind Kind, policies []Named) Decision {
	name, statement := q.find(Allow, kind, policies)
	return Decision{Allowed: statement != nil, Kind: kind, Policy: name, Statement: statement, action: q.Action}
}

func (q question) find(effect string, kind Kind, policies []Named) (string, *Statement) {
	for _, p := range policies {
		for i := range p.Statements {
			if s := &p.Statements[i]; s.Effect == effect && q.matches(kind, p.Version, s) {
				return p.Name, s
			}
		}
	}
	return "", nil
}

func (q question) matches(kind Kind, version string, s *Statement) bool {
	variables := q.variables(version)
	if !q.about(kind, version, s) {
		return false
	}
	for _, c := range s.Conditions {
		if !c.holds(q.keys, variables) {
			return false
		}
	}
	return true
}

// variables are what policies of a version can insert.
func (q question) variables(version string) lookup {
	if version != Version2012 {
		return nil
	}
	return q.keys.single
}

// about reports whether a statement is about the request, whatever its conditions.
func (q question) about(kind Kind, version string, s *Statement) bool {
	if (kind == Resource || kind == Trust) && !q.principal(kind, s) {
		return false
	}
	return q.action(s) && (kind == Trust || q.resource(s, q.variables(version)))
}

// Lacks returns the condition keys, in order, that statements about the request ask for
// and that it does not have.
func (s Set) Lacks(r Request) []string {
	q := newQuestion(r)
	var lacking []string
	policies := slices.Concat(s.Identity, s.Session, s.resource())
	if s.Boundary != nil {
		policies = append(policies, *s.Boundary)
	}
	for _, p := range policies {
		for i := range p.Statements {
			if !q.about(Identity, p.Version, &p.Statements[i]) {
				continue
			}
			for _, c := range p.Statements[i].Conditions {
				if _, given := q.keys.get(c.Key); !given {
					lacking = append(lacking, c.Key)
				}
			}
		}
	}
	slices.Sort(lacking)
	return slices.Compact(lacking)
}

func (q question) action(s *Statement) bool {
	matches := func(pattern string) bool { return MatchAction(pattern, q.Action) }
	if s.NotActions != nil {
		return !slices.ContainsFunc(s.NotActions, matches)
	}
	return slices.ContainsFunc(s.Actions, matches)
}

// resource compares the resource. The policy of a resource that names none, as
// those of ECR repositories, is about that resource.
func (q question) resource(s *Statement, variables lookup) bool {
	matches := func(pattern string) bool { return matchResource(pattern, q.Resource, variables) }
	switch {
	case s.NotResources != nil:
		return !slices.ContainsFunc(s.NotResources, matches)
	case s.Resources != nil:
		return slices.ContainsFunc(s.Resources, matches)
	default:
		return s.Principals != nil || s.NotPrincipals != nil
	}
}

// keys are condition keys in lower case with their values.
type keys map[string][]string

func (k keys) get(key string) ([]string, bool) {
	values, ok := k[strings.ToLower(key)]
	return values, ok
}

func (k keys) single(key string) (string, bool) {
	values := k[strings.ToLower(key)]
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}
