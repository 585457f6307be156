// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// String returns the document as JSON in one canonical form: elements and values
// that are sets are sorted and without repeats, a single value is not a list, and
// statements keep their order.
func (d Document) String() string {
	statements := make([]any, len(d.Statements))
	for i, s := range d.Statements {
		statements[i] = s.object()
	}
	members := map[string]any{"Statement": statements}
	put(members, "Version", d.Version)
	put(members, "Id", d.ID)
	return encode(members)
}

// String returns the statement as JSON in the form that [Document.String] uses.
func (s Statement) String() string { return encode(s.object()) }

// Normalize returns a document in the form of [Document.String]; text that is no
// policy is returned as it is.
func Normalize(text string) string {
	doc, err := Parse(text)
	if err != nil {
		return text
	}
	return doc.String()
}

func (s Statement) object() map[string]any {
	members := map[string]any{}
	put(members, "Sid", s.SID)
	put(members, "Effect", s.Effect)
	putPrincipals(members, "Principal", s.Principals)
	putPrincipals(members, "NotPrincipal", s.NotPrincipals)
	putSet(members, "Action", s.Actions)
	putSet(members, "NotAction", s.NotActions)
	putSet(members, "Resource", s.Resources)
	putSet(members, "NotResource", s.NotResources)
	if len(s.Conditions) > 0 {
		members["Condition"] = s.conditions()
	}
	return members
}

func (s Statement) conditions() map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, c := range s.Conditions {
		if all[c.Operator] == nil {
			all[c.Operator] = map[string]any{}
		}
		all[c.Operator][c.Key] = set(c.Values)
	}
	return all
}

func put(members map[string]any, name, value string) {
	if value != "" {
		members[name] = value
	}
}

func putSet(members map[string]any, name string, values []string) {
	if values != nil {
		members[name] = set(values)
	}
}

func putPrincipals(members map[string]any, name string, principals map[string][]string) {
	if principals == nil {
		return
	}
	types := make(map[string]any, len(principals))
	for kind, values := range principals {
		if kind == "AWS" {
			values = accounts(values)
		}
		types[kind] = set(values)
	}
	members[name] = types
}

// accounts gives whole accounts the shorter of their two forms: IAM returns the
// ARN of the root user where the account's digits were given.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func accounts(principals []string) []string {
	short := slices.Clone(principals)
	for i, p := range short {
		if parts := strings.Split(p, ":"); len(parts) == arnParts && parts[2] == "iam" && parts[arnParts-1] == "root" {
			short[i] = parts[arnParts-2]
		}
	}
	return short
}

// set is a single value as it is, and several sorted, each once.
func set(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	sorted := slices.Sorted(slices.Values(values))
	if sorted == nil {
		sorted = []string{}
	}
	return slices.Compact(sorted)
}

// encode writes maps, lists and strings, which cannot fail; the keys of maps are
// sorted.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}
