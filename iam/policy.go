// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"maps"
	"slices"

	"github.com/slipway-go/slipway/internal/policy"
)

// Effect says what a [Statement] does; the zero value allows.
type Effect int

// The effects.
const (
	Allow Effect = iota
	Deny
)

// String returns the effect as policies write it.
func (e Effect) String() string {
	if e == Deny {
		return policy.Deny
	}
	return policy.Allow
}

// Conditions are condition keys and their values by operator, such as
// {"StringEquals": {"aws:ResourceTag/team": {"web"}}}.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html.
type Conditions map[string]map[string][]string

// Statement is one statement of a [Policy]. Patterns may hold * and ?.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
type Statement struct {
	// SID names the statement, in letters and digits; optional.
	SID string
	// Effect allows by default.
	Effect Effect
	// Principals are whom it is about, in policies of resources only. Their own
	// conditions join Conditions.
	Principals []Principal
	// Actions such as "s3:GetObject", or NotActions: all but these.
	Actions, NotActions []string
	// Resources are ARNs or "*", or NotResources: all but these.
	Resources, NotResources []string
	// Conditions that must all hold.
	Conditions Conditions
}

// Policy is a policy document of the version 2012-10-17.
type Policy struct {
	// ID names the document; optional, and only in policies of resources.
	ID         string
	Statements []Statement
}

// JSON returns the document as AWS takes it. Equal policies have equal texts: what
// is a set is sorted.
func (p Policy) JSON() string {
	doc := policy.Document{Version: policy.Version2012, ID: p.ID}
	for _, s := range p.Statements {
		doc.Statements = append(doc.Statements, s.document())
	}
	return doc.String()
}

func (s Statement) document() policy.Statement {
	out := policy.Statement{
		SID: s.SID, Effect: s.Effect.String(), Actions: s.Actions, NotActions: s.NotActions,
		Resources: s.Resources, NotResources: s.NotResources,
	}
	conditions := Conditions{}.with(s.Conditions)
	for _, p := range s.Principals {
		if out.Principals == nil {
			out.Principals = map[string][]string{}
		}
		t := p.trust()
		out.Principals[t.kind] = append(out.Principals[t.kind], t.value)
		conditions = conditions.with(t.conditions)
	}
	out.Conditions = conditions.list()
	return out
}

// with returns c with the values of more added.
func (c Conditions) with(more Conditions) Conditions {
	all := Conditions{}
	for _, from := range []Conditions{c, more} {
		for operator, keys := range from {
			if all[operator] == nil {
				all[operator] = map[string][]string{}
			}
			for key, values := range keys {
				all[operator][key] = slices.Concat(all[operator][key], values)
			}
		}
	}
	return all
}

func (c Conditions) list() []policy.Condition {
	var all []policy.Condition
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			all = append(all, policy.Condition{Operator: operator, Key: key, Values: c[operator][key]})
		}
	}
	return all
}
